//! What an attempt showed, read off the gRPC status.

use std::error::Error as StdError;
use std::time::Duration;

use tonic::Status;

use hotdesk_proto::error::ApiError;

/// What an attempt that gave no answer showed.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A node said no, with a reason.
    Api(Box<ApiError>),
    /// No node said anything.
    NoAnswer {
        /// In words.
        why: String,
        /// The request may have reached a node.
        sent: bool,
    },
}

impl Problem {
    /// The node was asked and has not answered within this time.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        Self::NoAnswer {
            why: format!("no answer within {} ms", limit.as_millis()),
            sent: true,
        }
    }
}

/// Reads a status. One that tonic made on this side carries its source; every other came from over there.
pub(crate) fn observe(status: &Status) -> Problem {
    match status.source() {
        Some(source) => Problem::NoAnswer {
            why: innermost(source),
            sent: !never_connected(source),
        },
        None => Problem::Api(Box::new(ApiError::from(status))),
    }
}

/// No connection, so the request cannot have left.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| error.is::<tonic::ConnectError>())
}

/// The innermost error is the one that says something ("connection refused"); those around it say "transport
/// error".
fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error)
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        (*error).source()
    })
}
