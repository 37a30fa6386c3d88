//! What people do about themselves, whichever way they ask for it: page, sticker or program.

use std::sync::Arc;

use hotdesk_core::command::LogoutTarget;
use hotdesk_core::{Action, Actor, CallSettings, DeviceId, Done, Profile, Session, User};
use hotdesk_phone::Language;
use tonic::metadata::MetadataMap;

use super::super::login::{self, LogIn, LoggedIn};
use super::super::office::Office;
use super::super::trouble::Trouble;
use super::me::SURFACE;
use super::visitor::Asked;
use crate::services::{Error, new_request_id};

/// Where a user is logged in. A session whose time is up counts as none, though nobody may have swept it yet.
pub(super) fn sessions<'a>(asked: &'a Asked<'_>, user: &User) -> impl Iterator<Item = &'a Arc<Session>> {
    let sessions = asked.state.sessions_of(&user.id);
    sessions.filter(|session| !session.is_overdue(asked.now))
}

/// Logs somebody in at a phone. What goes wrong is said by the clock of the phone's office, and logged with the phone.
pub(super) async fn log_in(
    asked: &Asked<'_>,
    language: Language,
    request: LogIn,
) -> Result<LoggedIn, (Error, Trouble)> {
    let (device, surface) = (request.device.clone(), request.surface);
    let answer = login::try_log_in(asked.phones, request).await;
    answer.map_err(|error| {
        let office = Office::of_device(&asked.state, &device);
        let trouble = Trouble::in_words(&asked.state, &office, language, &error);
        trouble.log(&device, surface, Some(asked.address));
        (error, trouble)
    })
}

/// Ends the session of `user` at `device`; nobody else's, and none is fine.
pub(super) async fn end_session(
    asked: &Asked<'_>,
    user: &User,
    device: Option<&DeviceId>,
) -> Result<(), Error> {
    let own = device.and_then(|device| asked.state.session_at(device));
    let Some(session) = own.filter(|session| session.user == user.id) else {
        return Ok(());
    };
    let target = LogoutTarget::Device(session.device.clone());
    login::end(
        asked.phones,
        target,
        Some(session.epoch),
        login::Asks::at(SURFACE),
        new_request_id(),
    )
    .await?;
    Ok(())
}

/// Has the cluster keep what a user wants to find at every phone.
pub(super) async fn put_profile(
    asked: &Asked<'_>,
    user: &User,
    profile: Profile,
    calls: CallSettings,
) -> Result<(), Error> {
    let shared = &asked.phones.shared;
    let call = shared.gate.enter(Arc::new(MetadataMap::new()))?;
    let action = Action::PutProfile {
        user: user.id.clone(),
        profile: Some(profile),
        calls: Some(calls),
    };
    let by = Actor(format!("user:{}", user.id).into());
    let decided = shared
        .propose(call.deadline, by, Some(new_request_id()), action)
        .await?;
    match decided.done {
        Done::Put { .. } => Ok(()),
        _ => Err(decided.unexpected()),
    }
}
