//! Logging in and out from a phone, whatever its surface: the same call, the same lockout, an answer for
//! people.

use std::net::IpAddr;
use std::sync::Arc;

use hotdesk_core::command::LogoutTarget;
use hotdesk_core::{Actor, DeviceId, EndedSession, Epoch, RequestId, Session, UserName};
use hotdesk_proto::error::Failure;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use zeroize::Zeroizing;

use super::Phones;
use super::trouble::Trouble;
use crate::guesses::Origin;
use crate::pins::Pin;
use crate::services::{self, Error, Login, Logout, new_request_id};

/// What somebody asks for at a phone.
pub(crate) struct LogIn {
    /// As typed: id, alias, e-mail, extension or number.
    pub(crate) user: String,
    /// The phone.
    pub(crate) device: DeviceId,
    /// How the user shows to be that.
    pub(crate) proof: Proof,
    /// Where it was typed ("app", "built-in", "em", "kiosk", "sticker"); ends up in the session as
    /// "phone:app".
    pub(crate) surface: &'static str,
    /// The same in every retry.
    pub(crate) request_id: RequestId,
    /// Who sent it, for the log.
    pub(crate) address: Option<IpAddr>,
}

/// How somebody shows to be the user. No `Debug`: there is a PIN in it.
pub(crate) enum Proof {
    /// The PIN.
    Pin {
        /// As typed; empty counts as missing.
        typed: Zeroizing<String>,
        /// Where wrong ones are counted.
        origin: Origin,
    },
    /// Whoever calls has made sure already.
    Vouched,
}

/// Who asks, and how long that one waits.
#[derive(Clone, Debug)]
pub(super) struct Asks {
    /// For events and the audit trail.
    pub(super) by: Actor,
    /// Sooner than a call may take anyway.
    pub(super) until: Option<Instant>,
}

impl Asks {
    /// Somebody at that surface.
    pub(super) fn at(surface: &str) -> Self {
        Self {
            by: actor(surface),
            until: None,
        }
    }

    fn deadline(&self, of_call: Instant) -> Instant {
        self.until.map_or(of_call, |until| until.min(of_call))
    }
}

/// A login that was done.
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn {
    /// The session.
    pub(crate) session: Session,
    /// It had begun before.
    pub(crate) already: bool,
    /// What ended in the same entry: here by take-over, elsewhere by eviction.
    pub(crate) ended: Vec<EndedSession>,
    /// The log index of the entry.
    pub(crate) index: u64,
}

/// Logs somebody in at a phone.
///
/// # Errors
/// [`Trouble`], which has been logged under its id.
pub(crate) async fn log_in(phones: &Phones, request: LogIn) -> Result<LoggedIn, Trouble> {
    let (device, surface, address) = (request.device.clone(), request.surface, request.address);
    let answer = try_log_in(phones, request).await;
    answer.map_err(|error| Trouble::new(phones, &device, surface, address, &error))
}

/// The same for a caller that has its own words for what went wrong.
pub(super) async fn try_log_in(phones: &Phones, request: LogIn) -> Result<LoggedIn, Error> {
    let asks = Asks::at(request.surface);
    try_log_in_by(phones, request, asks).await
}

/// The same where the surface knows better who asks.
pub(super) async fn try_log_in_by(phones: &Phones, request: LogIn, asks: Asks) -> Result<LoggedIn, Error> {
    let answer = decide(phones, request, asks).await;
    let outcome = answer.as_ref().map_or_else(Error::name, |_| "done");
    phones.shared.metrics.login(outcome);
    answer
}

async fn decide(phones: &Phones, request: LogIn, asks: Asks) -> Result<LoggedIn, Error> {
    let shared = &phones.shared;
    let call = shared.gate.enter(Arc::new(MetadataMap::new()))?;
    let (proof, origin) = match request.proof {
        Proof::Vouched => (services::Proof::Vouched, Origin::Phone),
        Proof::Pin { typed, origin } => (services::Proof::Pin(pin(typed)?), origin),
    };
    let login = Login {
        // What was typed is not repeated: people type their PIN into the wrong field.
        user: UserName::parse(&request.user)
            .map_err(|_| Error::invalid("user", "is no name that a user can have"))?,
        device: request.device,
        origin,
        deadline: asks.deadline(call.deadline),
        by: asks.by,
        request_id: request.request_id,
    };
    let done = services::log_in(shared, login, proof).await?;
    Ok(LoggedIn {
        session: done.session,
        already: done.already,
        ended: done.ended,
        index: done.index,
    })
}

/// Ends the session at a phone, or only the one of this epoch; gives what ended, at most one.
///
/// # Errors
/// [`Trouble`], which has been logged under its id.
pub(crate) async fn log_out(
    phones: &Phones,
    device: &DeviceId,
    epoch: Option<Epoch>,
    surface: &'static str,
) -> Result<Option<EndedSession>, Trouble> {
    let target = LogoutTarget::Device(device.clone());
    let answer = end(phones, target, epoch, Asks::at(surface), new_request_id()).await;
    answer
        .map(|ended| ended.into_iter().next())
        .map_err(|error| Trouble::new(phones, device, surface, None, &error))
}

/// Ends sessions.
pub(super) async fn end(
    phones: &Phones,
    target: LogoutTarget,
    epoch: Option<Epoch>,
    asks: Asks,
    request_id: RequestId,
) -> Result<Vec<EndedSession>, Error> {
    let call = phones.shared.gate.enter(Arc::new(MetadataMap::new()))?;
    let logout = Logout {
        target,
        epoch,
        deadline: asks.deadline(call.deadline),
        by: asks.by,
        request_id,
    };
    let (ended, _) = services::log_out(&phones.shared, logout).await?;
    Ok(ended)
}

/// Reads a PIN; says nothing of what was typed.
pub(super) fn pin(mut typed: Zeroizing<String>) -> Result<Pin, Error> {
    if typed.is_empty() {
        return Err(Failure::PinRequired.into());
    }
    // Taken out, not copied: `Pin` wipes it.
    Pin::parse(std::mem::take(&mut *typed)).map_err(|invalid| Error::invalid("pin", invalid.to_string()))
}

/// Who asks, by where it was typed.
pub(super) fn actor(surface: &str) -> Actor {
    Actor(format!("phone:{surface}").into())
}
