//! Logins that phones have built in: the phone asks for the user's document with user id and PIN.
//!
//! A phone goes on asking with what was typed once: at every check for news, after a restart, after its user has logged
//! in somewhere else. Only the first of these is a login. So:
//! - while the user is logged in at this phone, the document is given without looking at the PIN: the phone has shown
//!   who it is, and its own document would say the same;
//! - where the file's name says by which document the phone was told to ask for it, and that was an older one, the phone
//!   gets what it should show now;
//! - a phone that has not yet shown that its last user is gone, and asks as that user, is turned away for a while: it
//!   is not somebody who types a PIN, and must not take the session back from where the user is now.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use hotdesk_cluster::Local;
use hotdesk_core::{DeviceId, RecentAt, State, UserId, UserName};
use hotdesk_phone::{Recognised, user_file_stamp};
use parking_lot::Mutex;

use super::Asked;
use super::identify::{self, Identified, basic};
use super::refused::{Refused, Result};
use crate::guesses::Origin;
use crate::phones::login::{LogIn, Proof, log_in};
use crate::services::new_request_id;

/// For how long a phone that asks as its last user is turned away; then somebody has typed it.
const STALE_FOR: Duration = Duration::from_secs(20);
/// How many phones are remembered in that way; beyond, phones are not turned away.
const STALE_MAX: usize = 4096;
/// How long to wait for this node's copy to have the login.
const COPY_WITHIN: Duration = Duration::from_secs(3);

/// Phones that asked as their last user: since when, and at which stamp.
#[derive(Default)]
pub(in crate::phones) struct Stale(Mutex<HashMap<DeviceId, (u64, Instant)>>);

impl Stale {
    /// Whether to turn the phone away.
    fn is_too_soon(&self, device: &DeviceId, stamp: u64, now: Instant) -> bool {
        let mut seen = self.0.lock();
        if seen.len() >= STALE_MAX {
            seen.retain(|_, (_, since)| now.saturating_duration_since(*since) < STALE_FOR);
        }
        if seen.len() >= STALE_MAX && !seen.contains_key(device) {
            return false;
        }
        let (known, since) = *seen.entry(device.clone()).or_insert((stamp, now));
        if known != stamp {
            seen.insert(device.clone(), (stamp, now));
            return true;
        }
        now.saturating_duration_since(since) < STALE_FOR
    }
}

impl Asked<'_> {
    /// Makes sure that the user is logged in at the phone. Gives a copy that has the login, when there was none.
    pub(super) async fn log_in(
        &self,
        local: &Local,
        phone: &Identified,
        recognised: &Recognised,
        (named, name): (&str, &str),
    ) -> Result<Option<Local>> {
        let Some(mut given) = basic(self.headers) else {
            return Err(Refused::ask_for_pin("user id and PIN, please"));
        };
        let device = &phone.device.id;
        if user_file_stamp(name).is_some_and(|stamp| stamp < local.state.wanted_stamp(device)) {
            return Ok(None);
        }
        let user = user_of(&local.state, &given.user);
        if !named.is_empty() && user_of(&local.state, named) != user {
            return Err(Refused::ask_for_pin("the document is another user's"));
        }
        if let Some(user) = &user {
            let session = local.state.session_at(device);
            if session.is_some_and(|session| session.user == *user) {
                return Ok(None);
            }
            self.may_change()?;
            if self.is_stale(&local.state, device, user) {
                return Err(Refused::ask_for_pin("the user is logged in here no longer"));
            }
        }
        self.may_change()?;
        let request = LogIn {
            user: std::mem::take(&mut given.user),
            device: device.clone(),
            proof: Proof::Pin {
                typed: std::mem::take(&mut given.password),
                origin: self.origin(phone),
            },
            surface: "built-in",
            request_id: new_request_id(),
            address: Some(self.peer.address),
        };
        match log_in(self.phones, request).await {
            Ok(done) => {
                let (vendor, epoch) = (recognised.vendor, done.session.epoch);
                self.phones
                    .login_timed(device, vendor, self.at, Instant::now(), epoch);
                Ok(Some(self.copy_with(done.index).await?))
            }
            Err(trouble) => {
                let status = match trouble.reason {
                    "wrong_pin" | "unknown_user" | "pin_required" | "invalid_argument" => {
                        StatusCode::UNAUTHORIZED
                    }
                    _ if trouble.retryable => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::FORBIDDEN,
                };
                Err(Refused::login(status, trouble.to_string(), device))
            }
        }
    }

    /// A phone that has not shown who it is has only been named.
    fn origin(&self, phone: &Identified) -> Origin {
        match phone.proof {
            identify::Proof::Token | identify::Proof::Certificate => Origin::Phone,
            // A former token is good for documents, and for nothing that a phone is trusted with beside.
            identify::Proof::FormerToken | identify::Proof::Window => Origin::Address(self.peer.address),
        }
    }

    /// The phone asks with what its last user once typed.
    fn is_stale(&self, state: &State, device: &DeviceId, user: &UserId) -> bool {
        let wanted = state.wanted_stamp(device);
        let shown = state.device(device).and_then(|device| device.shown);
        let has_been_wiped = shown.is_some_and(|shown| shown.stamp >= wanted);
        let last = state.recent_at(RecentAt::Device(device), 1);
        let was_here = last.first().is_some_and(|last| last.id == *user);
        !has_been_wiped && was_here && self.phones.stale.is_too_soon(device, wanted, self.at)
    }

    /// This node's copy, once it has the entry.
    async fn copy_with(&self, index: u64) -> Result<Local> {
        let cluster = &self.phones.shared.cluster;
        if cluster.local().index < index {
            let deadline = tokio::time::Instant::now() + COPY_WITHIN;
            let caught_up = self.phones.shared.catch_up(deadline).await;
            caught_up.map_err(|error| {
                Refused::try_again(format!("logged in, but no document yet ({})", error.name()))
            })?;
        }
        Ok(cluster.local())
    }
}

fn user_of(state: &State, name: &str) -> Option<UserId> {
    let name = UserName::parse(name).ok()?;
    state.find_user(&name).map(|user| user.id.clone())
}
