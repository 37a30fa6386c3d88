//! Resolve and Who: reading the binding table.

use hotdesk_core::{Device, DeviceId, Refusal, Session, State, TimeMs, User, UserName};
use hotdesk_proto::convert::{name, required};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;

use super::call::Call;
use super::request::consistency;
use super::{Error, Shared};
use crate::telemetry::{self, note};

pub(super) async fn resolve(
    shared: &Shared,
    call: Call,
    request: v1::ResolveRequest,
) -> Result<v1::ResolveResponse, Error> {
    note(telemetry::USER_ID, &request.name);
    let name: UserName = name("name", &request.name)?;
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    let user = state.find_user(&name).ok_or(Refusal::UnknownUser { name })?;
    Ok(v1::ResolveResponse {
        user: user.id.as_str().into(),
        display_name: user.display_name.as_str().into(),
        extension: user
            .extension
            .as_ref()
            .map_or("", |extension| extension.as_str())
            .into(),
        bindings: state
            .sessions_of(&user.id)
            .map(|session| binding(&state, session))
            .collect(),
        freshness: Some(freshness),
    })
}

fn binding(state: &State, session: &Session) -> v1::Binding {
    v1::Binding {
        device: session.device.as_str().into(),
        desk: state
            .device(&session.device)
            .map_or("", |device| device.desk.as_str())
            .into(),
        site: session.site.as_str().into(),
        epoch: session.epoch.0,
        since_ms: session.since.0,
    }
}

pub(super) async fn who(
    shared: &Shared,
    call: Call,
    request: v1::WhoRequest,
) -> Result<v1::WhoResponse, Error> {
    use v1::who_request::Subject;
    let subject = required("subject", request.subject, "a user, a device or any")?;
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    let answer = match subject {
        Subject::User(typed) => {
            note(telemetry::USER_ID, &typed);
            let name = name("user", &typed)?;
            who_user(&state, &name).ok_or(Refusal::UnknownUser { name })?
        }
        Subject::Device(typed) => {
            note(telemetry::DEVICE_ID, &typed);
            let device = name("device", &typed)?;
            who_device(&state, &device).ok_or(Refusal::UnknownDevice { device })?
        }
        Subject::Any(typed) => DeviceId::parse(&typed)
            .ok()
            .and_then(|device| who_device(&state, &device))
            .or_else(|| who_user(&state, &UserName::parse(&typed).ok()?))
            .ok_or_else(|| Failure::NotFound {
                what: format!("user or phone known as {}", shown(&typed)),
            })?,
    };
    Ok(v1::WhoResponse {
        freshness: Some(freshness),
        ..answer
    })
}

fn who_user(state: &State, name: &UserName) -> Option<v1::WhoResponse> {
    let user = state.find_user(name)?;
    Some(v1::WhoResponse {
        user: Some(user_as_of(user, state.clock())),
        device: None,
        sessions: state
            .sessions_of(&user.id)
            .map(|session| (&**session).into())
            .collect(),
        freshness: None,
    })
}

fn who_device(state: &State, id: &DeviceId) -> Option<v1::WhoResponse> {
    let device = state.device(id)?;
    let session = state.session_at(id);
    let user = session.and_then(|session| state.user(&session.user));
    Some(v1::WhoResponse {
        user: user.map(|user| user_as_of(user, state.clock())),
        device: Some(shown_device(device)),
        sessions: session.map(|session| (&**session).into()).into_iter().collect(),
        freshness: None,
    })
}

/// The record as it is shown: a lock that is over is none.
pub(super) fn user_as_of(user: &User, clock: TimeMs) -> v1::User {
    let mut shown = v1::User::from(user);
    if shown.locked_until_ms <= clock.0 {
        shown.locked_until_ms = 0;
    }
    shown
}

/// The record as it is shown to people: whether there is a secret, not the sealed one, nor what it was made from; and
/// the address even where it is the id.
pub(super) fn shown_device(device: &Device) -> v1::Device {
    v1::Device {
        sealed_secret: Vec::new(),
        secret_seed: Vec::new(),
        former_seeds: Vec::new(),
        mac: device.mac.map_or_else(String::new, |mac| mac.to_string()),
        ..device.into()
    }
}

fn shown(typed: &str) -> String {
    const LETTERS_MAX: usize = 80;
    typed
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LETTERS_MAX)
        .collect()
}
