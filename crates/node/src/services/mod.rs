//! The public services: sessions, directory, administration.
//!
//! Each trait method only lets the call in (`call.rs`: room, deadline, token, span) and hands over to a
//! function of its own, which works with core types and answers [`Error`]; the mapping to gRPC is in
//! `hotdesk_proto::error`.

mod admin;
mod backup;
mod call;
mod device_number;
mod device_secret;
mod directory;
mod edges;
mod error;
mod import;
mod import_rows;
mod languages;
mod lock_user;
mod login;
mod login_stream;
mod logout;
mod lookup;
mod members;
mod page;
mod phones;
mod profile;
mod request;
mod sessions;
mod visits;
mod watch;
mod watch_convert;

use std::sync::Arc;

use futures::FutureExt as _;
use hotdesk_cluster::Cluster;
use hotdesk_core::{Action, Actor, Command, Done, RequestId, State};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::auth::Auth;
use crate::guesses::Guesses;
use crate::http::Metrics;
use crate::lines::Lines;
use crate::pins::Pins;
use crate::telemetry::{self, note};

pub(crate) use admin::AdminService;
pub(crate) use call::Gate;
pub(crate) use directory::DirectoryService;
pub(crate) use error::Error;
pub(crate) use login::{Known, Login, Proof, check_pin, log_in, now};
pub(crate) use logout::{Logout, log_out};
pub(crate) use phones::PhonesService;
pub(crate) use request::new_request_id;
pub(crate) use sessions::SessionsService;
pub(crate) use visits::end_visits;

/// What all services work with.
pub(crate) struct Shared {
    pub(crate) node_id: u64,
    pub(crate) cluster: Cluster,
    pub(crate) pins: Pins,
    pub(crate) auth: Auth,
    /// Wrong PINs of the last minute.
    pub(crate) guesses: Guesses,
    /// What phones' passwords are sealed with, where the node has the key.
    pub(crate) lines: Option<Lines>,
    pub(crate) gate: Gate,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// Places for watching streams.
    pub(crate) watchers: Arc<Semaphore>,
}

/// What became of a write that no rule refused.
pub(crate) struct Decided {
    pub(crate) done: Done,
    /// The log index of the entry.
    pub(crate) index: u64,
}

impl Shared {
    /// Has the cluster decide.
    pub(crate) async fn propose(
        &self,
        deadline: Instant,
        by: Actor,
        request_id: Option<RequestId>,
        action: Action,
    ) -> Result<Decided, Error> {
        note(telemetry::BY, &by.0);
        if let Some(id) = request_id {
            note(telemetry::REQUEST_ID, id);
        }
        let command = Command {
            request_id,
            actor: by,
            action,
        };
        // Boxed, so that the futures of callers do not grow with the cluster's.
        let decision = self.cluster.propose(command, deadline.into_std()).boxed().await?;
        note(telemetry::LOG_INDEX, decision.index);
        match &*decision.outcome {
            Ok(done) => Ok(Decided {
                done: done.clone(),
                index: decision.index,
            }),
            Err(refusal) => Err(refusal.clone().into()),
        }
    }

    /// Makes this node's copy as new as everything acknowledged before the call.
    pub(crate) async fn catch_up(&self, deadline: Instant) -> Result<State, Error> {
        self.read_barrier(deadline).await?;
        Ok(self.cluster.local().state)
    }

    async fn read_barrier(&self, deadline: Instant) -> Result<(), Error> {
        self.cluster.read_barrier(deadline.into_std()).boxed().await?;
        Ok(())
    }

    /// The state to answer a read from, and how fresh it is.
    pub(crate) async fn read(
        &self,
        deadline: Instant,
        consistency: v1::Consistency,
    ) -> Result<(State, v1::Freshness), Error> {
        let linearizable = consistency == v1::Consistency::Linearizable;
        if linearizable {
            self.read_barrier(deadline).await?;
        }
        let local = self.cluster.local();
        let freshness = v1::Freshness {
            index: local.index,
            age_ms: if linearizable { 0 } else { millis(local.age) },
            cut_off: local.cut_off,
            node_id: self.node_id,
        };
        Ok((local.state, freshness))
    }
}

impl Decided {
    /// For an answer that does not belong to the request. No node of this version gives one; one of another
    /// version might, and then the honest word is that the outcome is not known.
    pub(crate) fn unexpected(self) -> Error {
        tracing::error!(
            log_index = self.index,
            "an outcome does not belong to its command"
        );
        Failure::Unknown.into()
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
