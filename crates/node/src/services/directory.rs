//! `hotdesk.v1.Directory`: sites, groups, users, phones, edges.

use std::sync::Arc;

use hotdesk_core::{
    Action, Device, Done, Edge, EdgeId, GroupId, Policy, Site, SiteId, State, User, UserName,
};
use hotdesk_proto::convert::{name, optional_name, part};
use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_server::Directory;
use tokio::time::timeout_at;
use tonic::{Request, Response, Status, Streaming};

use super::call::Call;
use super::lookup::{shown_device, user_as_of};
use super::page::page;
use super::request::{actor, consistency, request_id};
use super::sessions::Answers;
use super::{Error, Shared, device_number, device_secret, import, languages, lock_user, profile};
use crate::pins::Pin;
use crate::telemetry::{self, note};

/// The service; a cheap clone.
#[derive(Clone)]
pub(crate) struct DirectoryService(pub(crate) Arc<Shared>);

type Answer<T> = Result<Response<T>, Status>;

/// Puts and deletes differ in their records only.
macro_rules! put {
    ($service:ident, $request:ident, $field:ident, $action:path, $expected:literal) => {
        $service
            .0
            .answer_admin($request, async |call, message| {
                let record = part(stringify!($field), message.$field, $expected)?;
                put(
                    &$service.0,
                    call,
                    &message.request_id,
                    &message.by,
                    $action(record),
                )
                .await
            })
            .await
    };
}

macro_rules! delete {
    ($service:ident, $request:ident, $action:path) => {
        $service
            .0
            .answer_admin($request, async |call, message| {
                let action = $action(name("id", &message.id)?);
                delete(&$service.0, call, &message, action).await
            })
            .await
    };
}

#[tonic::async_trait]
impl Directory for DirectoryService {
    async fn put_site(&self, request: Request<v1::PutSiteRequest>) -> Answer<v1::PutResponse> {
        let put_site = async |call, message: v1::PutSiteRequest| {
            let site: Site = part("site", message.site, "the site")?;
            languages::check("site.language", &site.language)?;
            let action = Action::PutSite(site);
            put(&self.0, call, &message.request_id, &message.by, action).await
        };
        self.0.answer_admin(request, put_site).await
    }

    async fn delete_site(&self, request: Request<v1::DeleteRequest>) -> Answer<v1::DeleteResponse> {
        delete!(self, request, Action::DeleteSite)
    }

    async fn put_group(&self, request: Request<v1::PutGroupRequest>) -> Answer<v1::PutResponse> {
        put!(self, request, group, Action::PutGroup, "the group")
    }

    async fn delete_group(&self, request: Request<v1::DeleteRequest>) -> Answer<v1::DeleteResponse> {
        delete!(self, request, Action::DeleteGroup)
    }

    async fn put_user(&self, request: Request<v1::PutUserRequest>) -> Answer<v1::PutResponse> {
        let put_user = async |call, message: v1::PutUserRequest| {
            let user: User = part("user", message.user, "the user")?;
            if let Some(profile) = &user.profile {
                languages::check("user.profile.language", &profile.language)?;
            }
            let action = Action::PutUser(user);
            put(&self.0, call, &message.request_id, &message.by, action).await
        };
        self.0.answer_admin(request, put_user).await
    }

    async fn delete_user(&self, request: Request<v1::DeleteRequest>) -> Answer<v1::DeleteResponse> {
        delete!(self, request, Action::DeleteUser)
    }

    async fn put_device(&self, request: Request<v1::PutDeviceRequest>) -> Answer<v1::PutResponse> {
        let put_device = async |call, message: v1::PutDeviceRequest| {
            let device: Device = part("device", message.device, "the phone")?;
            let action = Action::PutDevice(device_number::checked("device.number", device)?);
            put(&self.0, call, &message.request_id, &message.by, action).await
        };
        self.0.answer_admin(request, put_device).await
    }

    async fn delete_device(&self, request: Request<v1::DeleteRequest>) -> Answer<v1::DeleteResponse> {
        delete!(self, request, Action::DeleteDevice)
    }

    async fn put_defaults(&self, request: Request<v1::PutDefaultsRequest>) -> Answer<v1::PutResponse> {
        put!(self, request, policy, Action::PutDefaults, "the policy")
    }

    async fn get_defaults(
        &self,
        request: Request<v1::GetDefaultsRequest>,
    ) -> Answer<v1::GetDefaultsResponse> {
        let read = async |_: Call, _| {
            let policy: Policy = *self.0.cluster.local().state.defaults();
            Ok(v1::GetDefaultsResponse {
                policy: Some((&policy).into()),
            })
        };
        self.0.answer_admin(request, read).await
    }

    async fn list_sites(&self, request: Request<v1::ListRequest>) -> Answer<v1::ListSitesResponse> {
        let list = async |call, message| {
            let (state, freshness, after) = listing::<SiteId>(&self.0, call, &message).await?;
            let rest = state
                .sites()
                .filter(|site| after.as_ref().is_none_or(|after| site.id > *after));
            let (sites, more) = page(rest.map(|site| (&**site).into()), message.limit);
            Ok(v1::ListSitesResponse {
                sites,
                more,
                freshness: Some(freshness),
            })
        };
        self.0.answer_admin(request, list).await
    }

    async fn list_groups(&self, request: Request<v1::ListRequest>) -> Answer<v1::ListGroupsResponse> {
        let list = async |call, message| {
            let (state, freshness, after) = listing::<GroupId>(&self.0, call, &message).await?;
            let rest = state
                .groups()
                .filter(|group| after.as_ref().is_none_or(|after| group.id > *after));
            let (groups, more) = page(rest.map(|group| (&**group).into()), message.limit);
            Ok(v1::ListGroupsResponse {
                groups,
                more,
                freshness: Some(freshness),
            })
        };
        self.0.answer_admin(request, list).await
    }

    async fn list_users(&self, request: Request<v1::ListRequest>) -> Answer<v1::ListUsersResponse> {
        let list = async |call, message| {
            let (state, freshness, after) = listing(&self.0, call, &message).await?;
            let rest = state.users_after(after.as_ref());
            let (users, more) = page(rest.map(|user| user_as_of(user, state.clock())), message.limit);
            Ok(v1::ListUsersResponse {
                users,
                more,
                freshness: Some(freshness),
            })
        };
        self.0.answer_admin(request, list).await
    }

    async fn list_devices(&self, request: Request<v1::ListRequest>) -> Answer<v1::ListDevicesResponse> {
        let list = async |call, message| {
            let (state, freshness, after) = listing(&self.0, call, &message).await?;
            let rest = state.devices_after(after.as_ref());
            let (devices, more) = page(rest.map(|device| shown_device(device)), message.limit);
            Ok(v1::ListDevicesResponse {
                devices,
                more,
                freshness: Some(freshness),
            })
        };
        self.0.answer_admin(request, list).await
    }

    /// An edge announces itself, so the edges' token will do.
    async fn put_edge(&self, request: Request<v1::PutEdgeRequest>) -> Answer<v1::PutResponse> {
        let announce = async |call, message: v1::PutEdgeRequest| {
            let edge: Edge = part("edge", message.edge, "the edge")?;
            let action = Action::PutEdge(edge);
            put(&self.0, call, &message.request_id, &message.by, action).await
        };
        self.0.answer_edge(request, announce).await
    }

    async fn delete_edge(&self, request: Request<v1::DeleteRequest>) -> Answer<v1::DeleteResponse> {
        delete!(self, request, Action::DeleteEdge)
    }

    async fn list_edges(&self, request: Request<v1::ListRequest>) -> Answer<v1::ListEdgesResponse> {
        let list = async |call, message| {
            let (state, freshness, after) = listing::<EdgeId>(&self.0, call, &message).await?;
            let rest = state
                .edges()
                .filter(|edge| after.as_ref().is_none_or(|after| edge.id > *after));
            let (edges, more) = page(rest.map(|edge| (&**edge).into()), message.limit);
            Ok(v1::ListEdgesResponse {
                edges,
                more,
                freshness: Some(freshness),
            })
        };
        self.0.answer_admin(request, list).await
    }

    async fn set_device_secret(
        &self,
        request: Request<v1::SetDeviceSecretRequest>,
    ) -> Answer<v1::SetDeviceSecretResponse> {
        self.0
            .answer_admin(request, |call, message| {
                device_secret::set(&self.0, call, message)
            })
            .await
    }

    async fn put_profile(&self, request: Request<v1::PutProfileRequest>) -> Answer<v1::PutProfileResponse> {
        self.0
            .answer_admin(request, |call, message| profile::put(&self.0, call, message))
            .await
    }

    async fn get_profile(&self, request: Request<v1::GetProfileRequest>) -> Answer<v1::GetProfileResponse> {
        self.0
            .answer_admin(request, |call, message| profile::get(&self.0, call, message))
            .await
    }

    async fn lock_user(&self, request: Request<v1::LockUserRequest>) -> Answer<v1::LockUserResponse> {
        self.0
            .answer_admin(request, |call, message| lock_user::lock(&self.0, call, message))
            .await
    }

    async fn set_pin(&self, request: Request<v1::SetPinRequest>) -> Answer<v1::SetPinResponse> {
        self.0
            .answer_admin(request, |call, message| set_pin(&self.0, call, message))
            .await
    }

    type ImportStream = Answers<v1::ImportResponse>;

    async fn import(&self, request: Request<Streaming<v1::ImportRequest>>) -> Answer<Self::ImportStream> {
        self.0
            .answer_admin(request, async |call, rows| {
                Ok(import::import(&self.0, call, rows))
            })
            .await
    }
}

async fn put(
    shared: &Shared,
    call: Call,
    id: &[u8],
    by: &str,
    action: Action,
) -> Result<v1::PutResponse, Error> {
    let by = actor(by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(request_id(id)?), action)
        .await?;
    match decided.done {
        Done::Put { created } => Ok(v1::PutResponse {
            created,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

async fn delete(
    shared: &Shared,
    call: Call,
    request: &v1::DeleteRequest,
    action: Action,
) -> Result<v1::DeleteResponse, Error> {
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(request_id(&request.request_id)?), action)
        .await?;
    match decided.done {
        Done::Deleted { existed } => Ok(v1::DeleteResponse {
            existed,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

async fn listing<Id>(
    shared: &Shared,
    call: Call,
    request: &v1::ListRequest,
) -> Result<(State, v1::Freshness, Option<Id>), Error>
where
    Id: std::str::FromStr<Err = hotdesk_core::InvalidName>,
{
    let after = optional_name("after", &request.after)?;
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    Ok((state, freshness, after))
}

async fn set_pin(
    shared: &Shared,
    call: Call,
    mut request: v1::SetPinRequest,
) -> Result<v1::SetPinResponse, Error> {
    // Taken out first of all, so that it is wiped whatever happens next.
    let typed = std::mem::take(&mut request.pin);
    let pin = if typed.is_empty() {
        None
    } else {
        Some(Pin::parse(typed))
    };
    let name: UserName = name("user", &request.user)?;
    let id = request_id(&request.request_id)?;
    note(telemetry::USER_ID, &name);
    // The user may have been added at another node a moment ago.
    let state = shared.catch_up(call.deadline).await?;
    let user = state
        .find_user(&name)
        .ok_or(hotdesk_core::Refusal::UnknownUser { name })?
        .id
        .clone();
    let verifier = match pin {
        None => None,
        Some(Err(invalid)) => return Err(Error::invalid("pin", invalid.to_string())),
        Some(Ok(pin)) => {
            let pin = Arc::new(pin);
            let hash = timeout_at(call.deadline, shared.pins.hash(&pin)).await;
            Some(hash.map_err(|_| hotdesk_proto::error::Failure::Timeout)??)
        }
    };
    let action = Action::SetCredential { user, verifier };
    let by = actor(&request.by, shared.node_id);
    let decided = shared.propose(call.deadline, by, Some(id), action).await?;
    match decided.done {
        Done::CredentialSet { version } => Ok(v1::SetPinResponse {
            version,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}
