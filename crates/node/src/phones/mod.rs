//! What phones and the people in front of them meet: documents, login pages, enrolment.
//!
//! Served on listeners of their own (`listen.rs`), from this node's copy of the state. What a phone shows is made by
//! the pure crate `hotdesk_phone`; here is who may ask for it, and what is told to the cluster afterwards.
//!
//! | path | what |
//! |---|---|
//! | `/p/<token>/<file>` | documents of an enrolled phone; the token is the phone's own secret |
//! | `/p/<token>/app` | its login application |
//! | `/e/<token>/<file>` | first contact with a one-time enrolment token |
//! | `/<file>` | first contact of an approved phone, or of one that nobody knows |
//! | `/healthz` | the listener works |

// The seams are in place before those who use them.
#![allow(dead_code)]

mod app;
mod certificates;
mod companion;
mod desk;
mod em;
mod listen;
mod login;
mod metrics;
mod office;
mod serve;
mod settings;
mod tokens;
mod trouble;

use std::sync::Arc;
use std::time::Instant;

use hotdesk_core::{Device, DeviceId, Epoch, State};
use hotdesk_phone::{Desk, Vendor};

use self::desk::NoDesk;
use self::tokens::Tokens;
use crate::lines::Lines;
use crate::services::Shared;

pub(crate) use listen::{Bound, Peer, Running};
pub(crate) use metrics::Metrics;
pub(crate) use settings::Settings;

/// Everything that serving phones needs.
pub(crate) struct Phones {
    /// The node.
    pub(crate) shared: Arc<Shared>,
    /// What is configured.
    pub(crate) settings: Settings,
    /// What pages carry on: signed, with an end.
    tokens: Tokens,
}

impl Phones {
    pub(crate) fn new(shared: Arc<Shared>, settings: Settings) -> Self {
        let tokens = Tokens::new(shared.lines.as_ref().map(Lines::page_key));
        Self {
            shared,
            settings,
            tokens,
        }
    }

    /// What `device` should show now, by this node's copy; waits for nothing.
    ///
    /// # Errors
    /// [`NoDesk`]: what is missing, for people.
    pub(crate) fn desk(&self, _state: &State, device: &Device) -> Result<Desk, NoDesk> {
        Err(NoDesk::NoSeed(device.id.clone()))
    }

    /// The phone whose document path has this token.
    pub(crate) fn phone_of_token(&self, _token: &str) -> Option<DeviceId> {
        None
    }

    /// The document of this stamp was fetched by the phone. Told to the cluster in batches; never waits.
    pub(crate) fn fetched(&self, _device: &DeviceId, _stamp: u64) {}

    /// A login from a phone has been decided: measures how long it took to be callable, and starts the clock of how
    /// long it takes until the phone has fetched its document.
    pub(crate) fn login_timed(
        &self,
        _device: &DeviceId,
        vendor: Vendor,
        submitted: Instant,
        committed: Instant,
        _epoch: Epoch,
    ) {
        let callable = committed.saturating_duration_since(submitted);
        self.shared.metrics.phones.callable(vendor, callable);
    }
}
