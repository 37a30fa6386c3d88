//! `hotdesk.v1.Admin`: operating a cluster.

use std::sync::Arc;

use hotdesk_core::command::ForceTarget;
use hotdesk_core::{Action, Done, Event, EventKind, Refusal, SiteId, UserName};
use hotdesk_proto::convert::{name, optional_name, required};
use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_server::Admin;
use tonic::{Request, Response, Status};

use super::call::Call;
use super::page::{first, page};
use super::request::{actor, consistency, request_id};
use super::sessions::Answers;
use super::watch_convert::shown_event;
use super::{Error, Shared, backup, members};
use crate::telemetry::{self, note};

/// The service; a cheap clone.
#[derive(Clone)]
pub(crate) struct AdminService(pub(crate) Arc<Shared>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Admin for AdminService {
    async fn cluster_status(
        &self,
        request: Request<v1::ClusterStatusRequest>,
    ) -> Answer<v1::ClusterStatusResponse> {
        self.0
            .answer_admin(request, async |_, _| Ok(members::status(&self.0)))
            .await
    }

    async fn add_learner(&self, request: Request<v1::AddLearnerRequest>) -> Answer<v1::MembershipResponse> {
        self.0
            .answer_admin(request, |_, message| members::add_learner(&self.0, message))
            .await
    }

    async fn promote(&self, request: Request<v1::NodeRequest>) -> Answer<v1::MembershipResponse> {
        self.0
            .answer_admin(request, |_, message| members::promote(&self.0, message))
            .await
    }

    async fn remove(&self, request: Request<v1::NodeRequest>) -> Answer<v1::MembershipResponse> {
        self.0
            .answer_admin(request, |_, message| members::remove(&self.0, message))
            .await
    }

    async fn transfer_leader(&self, request: Request<v1::NodeRequest>) -> Answer<v1::TransferLeaderResponse> {
        self.0
            .answer_admin(request, |_, message| members::transfer_leader(&self.0, message))
            .await
    }

    async fn list_sessions(
        &self,
        request: Request<v1::ListSessionsRequest>,
    ) -> Answer<v1::ListSessionsResponse> {
        self.0
            .answer_admin(request, |call, message| list_sessions(&self.0, call, message))
            .await
    }

    async fn force_logout(
        &self,
        request: Request<v1::ForceLogoutRequest>,
    ) -> Answer<v1::ForceLogoutResponse> {
        self.0
            .answer_admin(request, |call, message| force_logout(&self.0, call, message))
            .await
    }

    async fn unlock(&self, request: Request<v1::UnlockRequest>) -> Answer<v1::UnlockResponse> {
        self.0
            .answer_admin(request, |call, message| unlock(&self.0, call, message))
            .await
    }

    async fn audit(&self, request: Request<v1::AuditRequest>) -> Answer<v1::AuditResponse> {
        self.0
            .answer_admin(request, async |_, message| Ok(audit(&self.0, &message)))
            .await
    }

    type BackupStream = Answers<v1::BackupResponse>;

    async fn backup(&self, request: Request<v1::BackupRequest>) -> Answer<Self::BackupStream> {
        self.0.answer_admin(request, |_, _| backup::backup(&self.0)).await
    }
}

async fn list_sessions(
    shared: &Shared,
    call: Call,
    request: v1::ListSessionsRequest,
) -> Result<v1::ListSessionsResponse, Error> {
    let site: Option<SiteId> = optional_name("site", &request.site)?;
    let after = optional_name("after", &request.after)?;
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    if let Some(site) = site.as_ref().filter(|site| state.site(site).is_none()) {
        return Err(Refusal::UnknownSite { site: site.clone() }.into());
    }
    let sessions = state
        .sessions_after(after.as_ref())
        .filter(|session| site.as_ref().is_none_or(|site| session.site == *site));
    let (sessions, more) = page(sessions.map(|session| (&**session).into()), request.limit);
    Ok(v1::ListSessionsResponse {
        sessions,
        more,
        freshness: Some(freshness),
    })
}

async fn force_logout(
    shared: &Shared,
    call: Call,
    request: v1::ForceLogoutRequest,
) -> Result<v1::ForceLogoutResponse, Error> {
    use v1::force_logout_request::Target;
    let target = match required("target", request.target, "a device, a user or a site")? {
        Target::Device(device) => ForceTarget::Device(name("device", &device)?),
        Target::User(user) => ForceTarget::User(name("user", &user)?),
        Target::Site(site) => ForceTarget::Site(name("site", &site)?),
    };
    let action = Action::ForceLogout {
        target,
        note: request.note.into(),
    };
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(request_id(&request.request_id)?), action)
        .await?;
    match decided.done {
        Done::LoggedOut { ended, more } => {
            tracing::info!(
                sessions = ended.len(),
                log_index = decided.index,
                "sessions ended by force"
            );
            let ended = ended.iter().map(Into::into).collect();
            Ok(v1::ForceLogoutResponse {
                ended,
                more,
                index: decided.index,
            })
        }
        _ => Err(decided.unexpected()),
    }
}

async fn unlock(
    shared: &Shared,
    call: Call,
    request: v1::UnlockRequest,
) -> Result<v1::UnlockResponse, Error> {
    let typed: UserName = name("user", &request.user)?;
    let id = request_id(&request.request_id)?;
    note(telemetry::USER_ID, &typed);
    // The name may have been given to somebody else at another node a moment ago.
    let state = shared.catch_up(call.deadline).await?;
    let user = state
        .find_user(&typed)
        .ok_or(Refusal::UnknownUser { name: typed })?
        .id
        .clone();
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::Unlock(user))
        .await?;
    match decided.done {
        Done::Unlocked => Ok(v1::UnlockResponse { index: decided.index }),
        _ => Err(decided.unexpected()),
    }
}

fn audit(shared: &Shared, request: &v1::AuditRequest) -> v1::AuditResponse {
    const EVENTS_DEFAULT: usize = 100;
    const EVENTS_MAX: usize = 10_000;
    let limit = match request.limit {
        0 => EVENTS_DEFAULT,
        limit => (limit as usize).min(EVENTS_MAX),
    };
    let state = shared.cluster.local().state;
    // Whatever name the subject is known by; somebody who was deleted is known by the id in the trail only.
    let typed = request.subject.trim();
    let user = UserName::parse(typed)
        .ok()
        .and_then(|name| Some(state.find_user(&name)?.id.clone()));
    let device = hotdesk_core::DeviceId::parse(typed).ok();
    let subjects: Vec<&str> = [
        Some(typed),
        user.as_ref().map(|user| user.as_str()),
        device.as_ref().map(|device| device.as_str()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let wanted = |event: &&Arc<Event>| typed.is_empty() || concerns(&event.kind, &subjects);
    let events = state.audit().rev().filter(wanted);
    let events = events.map(|event| shown_event(event, false));
    v1::AuditResponse {
        events: first(events, limit).0,
    }
}

fn concerns(kind: &EventKind, subjects: &[&str]) -> bool {
    let (user, device) = match kind {
        EventKind::SessionStarted(session) | EventKind::SessionEnded { session, .. } => {
            (session.user.as_str(), session.device.as_str())
        }
        EventKind::UserLocked { user, device, .. } => (
            user.as_str(),
            device.as_ref().map_or("", |device| device.as_str()),
        ),
        EventKind::UserUnlocked(user) | EventKind::CredentialChanged { user, .. } => (user.as_str(), ""),
        EventKind::UserPut(user) => (user.id.as_str(), ""),
        EventKind::UserDeleted(user) => (user.as_str(), ""),
        EventKind::DevicePut(device) => ("", device.id.as_str()),
        EventKind::DeviceDeleted(device) => ("", device.as_str()),
        EventKind::DeviceServed { device, .. }
        | EventKind::DeviceHeld { device, .. }
        | EventKind::DeviceShown { device, .. } => ("", device.as_str()),
        EventKind::EdgePut(_)
        | EventKind::EdgeDeleted(_)
        | EventKind::SitePut(_)
        | EventKind::SiteDeleted(_)
        | EventKind::GroupPut(_)
        | EventKind::GroupDeleted(_)
        | EventKind::WaitingPut(_)
        | EventKind::WaitingGone(_)
        | EventKind::EnrolmentTokenPut(_)
        | EventKind::EnrolmentTokenGone(_)
        | EventKind::DefaultsPut(_)
        | EventKind::Forced { .. } => return false,
    };
    subjects
        .iter()
        .any(|subject| *subject == user || *subject == device)
}
