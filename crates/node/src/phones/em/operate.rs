//! Doing what was asked, for whoever may.

use std::net::IpAddr;

use futures::{StreamExt as _, stream};
use hotdesk_core::command::LogoutTarget;
use hotdesk_core::{
    Actor, Device, DeviceId, Epoch, EventKind, Session, SiteId, State, User, UserId, UserName,
};
use hotdesk_phone::em::{Code, DeviceResult, Exclusive, Operation, Response, UserResult};
use smol_str::SmolStr;
use std::sync::Arc;
use tokio::time::Instant;

use super::applications::{Application, Right};
use super::caller::{Caller, Claim};
use super::codes::{Doing, code};
use super::{Em, SURFACE, device_of, name_of, user_of};
use crate::guesses::Origin;
use crate::phones::Phones;
use crate::phones::login::{self, Asks, LogIn, Proof, try_log_in_by};
use crate::services::new_request_id;

/// Logouts of a `logoutAll` under way at the same time.
const LOGOUTS_AT_ONCE: usize = 16;

/// How far back the last login at a phone is looked for, in events: what was longer ago is nobody's.
const AUDIT_SCAN_MAX: usize = 2000;

/// One request, with this node's copy of the state as it was when it came.
pub(super) struct Request<'a> {
    pub(super) phones: &'a Phones,
    pub(super) em: &'a Em,
    pub(super) state: State,
    pub(super) address: IpAddr,
    /// When it has to be answered.
    pub(super) until: Instant,
}

impl Request<'_> {
    /// The answer.
    pub(super) async fn answer(&self, claim: Claim, operation: Operation) -> Result<Response, Code> {
        if let Operation::Login {
            device,
            user,
            profile,
            exclusive,
        } = operation
        {
            let wanted = Wanted {
                device,
                user,
                profile,
                exclusive,
            };
            return self.log_in(claim, wanted).await.map(|()| Response::Success);
        }
        let caller = claim.prove(self.phones, self.address, self.until).await?;
        match operation {
            Operation::Login { .. } | Operation::Logout { .. } | Operation::LogoutAll => self
                .log_out(&caller, &operation)
                .await
                .map(|()| Response::Success),
            Operation::DeviceUser { devices } => self.who_is_at(&caller, devices),
            Operation::UserDevices { users } => self
                .each_user(&caller, users, |caller, user| self.where_is(caller, user))
                .map(Response::UserDevices),
            Operation::CheckUser { users } => self
                .each_user(&caller, users, |_, user| user.is_some())
                .map(Response::Users),
            Operation::DeviceProfiles { users } => self
                .each_user(&caller, users, |_, user| {
                    user.map(|user| vec![user.id.as_smol().clone()])
                })
                .map(Response::Profiles),
        }
    }

    async fn log_in(&self, claim: Claim, wanted: Wanted) -> Result<(), Code> {
        let user = self.user(&wanted.user);
        let device = device_of(&self.state, &wanted.device);
        let mut by = None;
        let (user, device, proof) = match claim {
            Claim::Application(application) => {
                by = Some(application.actor());
                allowed(&application, Right::Login, device.map(|device| &device.site))?;
                let (user, device) = self.checked(&wanted, user, device)?;
                (user, device, Proof::Vouched)
            }
            Claim::User { name, pin } => {
                let own = self.state.find_user(&name).map(|own| &own.id);
                let is_self = own.is_some() && own == user.map(|user| &user.id);
                let checked = if is_self {
                    self.checked(&wanted, user, device)
                } else {
                    Err(Code::NoRights)
                };
                match checked {
                    // Nobody has shown yet to be the user: the request is the interface's.
                    Ok((user, device)) => {
                        let origin = Origin::Address(self.address);
                        (user, device, Proof::Pin { typed: pin, origin })
                    }
                    // Whoever cannot show who they are learns nothing about users and phones.
                    Err(code) => {
                        let claim = Claim::User { name, pin };
                        claim.prove(self.phones, self.address, self.until).await?;
                        return Err(code);
                    }
                }
            }
        };
        // An application that names somebody who does not exist is told so; a user who asks is the user.
        let doing = match proof {
            Proof::Pin { .. } => Doing::OwnLogin,
            Proof::Vouched => Doing::Login,
        };
        let asks = self.asks(by.unwrap_or_else(|| login::actor(SURFACE)));
        let request = LogIn {
            user: user.id.to_string(),
            device: device.id.clone(),
            proof,
            surface: SURFACE,
            request_id: new_request_id(),
            address: Some(self.address),
        };
        match try_log_in_by(self.phones, request, asks).await {
            Ok(_) => Ok(()),
            Err(error) => Err(code(error.name(), doing)),
        }
    }

    /// Who and where, as far as that can be told before the cluster decides.
    fn checked<'s>(
        &self,
        wanted: &Wanted,
        user: Option<&'s Arc<User>>,
        device: Option<&'s Arc<Device>>,
    ) -> Result<(&'s User, &'s Device), Code> {
        let user = user.ok_or(Code::NoUser)?;
        let device = device.ok_or(Code::NoDevice)?;
        if self.em.check_profile {
            let profile = wanted.profile.as_ref();
            let is_own = |name: &SmolStr| self.user(name).is_some_and(|own| own.id == user.id);
            profile.is_none_or(is_own).then_some(()).ok_or(Code::NoProfile)?;
        }
        self.check_exclusive(wanted.exclusive, user, device)?;
        Ok((user, device))
    }

    /// There is no time of its own for a session; see the module.
    fn check_exclusive(
        &self,
        exclusive: Option<Exclusive>,
        user: &User,
        device: &Device,
    ) -> Result<(), Code> {
        let Some(Exclusive::Minutes(minutes)) = exclusive.filter(|it| *it != Exclusive::Minutes(0)) else {
            return Ok(());
        };
        if self.em.refuse_exclusive {
            return Err(Code::LogoutTimer);
        }
        tracing::info!(
            user_id = user.id.as_str(),
            device_id = device.id.as_str(),
            minutes,
            "exclusiveDuration is not kept: the session ends by the rules of the user's group"
        );
        Ok(())
    }

    async fn log_out(&self, caller: &Caller, operation: &Operation) -> Result<(), Code> {
        match (operation, caller) {
            (Operation::Logout { device: name }, caller) => {
                let device = device_of(&self.state, name);
                if let Caller::Application(application) = caller {
                    allowed(application, Right::Logout, device.map(|device| &device.site))?;
                }
                let device = device.ok_or(Code::NoDevice)?;
                if !device.enabled {
                    return Err(Code::LogoutDisabled);
                }
                let session = self.state.session_at(&device.id).ok_or(Code::NobodyLoggedIn)?;
                let is_other = matches!(caller, Caller::User(user) if *user != session.user);
                if is_other {
                    return Err(Code::AnotherUser);
                }
                // Only that session: were there another one by now, the caller would not have meant it.
                let target = LogoutTarget::Device(device.id.clone());
                match self.end(caller, target, Some(session.epoch)).await? {
                    0 => Err(Code::NobodyLoggedIn),
                    _ => Ok(()),
                }
            }
            (_, Caller::User(user)) => self
                .end(caller, LogoutTarget::User(UserName::from(user)), None)
                .await
                .map(|_| ()),
            (_, Caller::Application(application)) => {
                allowed(application, Right::LogoutAll, None)?;
                let sessions = self
                    .state
                    .sessions()
                    .filter(|session| application.may_use(&session.site));
                let devices: Vec<DeviceId> = sessions.map(|session| session.device.clone()).collect();
                let ends = devices
                    .into_iter()
                    .map(|device| self.end(caller, LogoutTarget::Device(device), None));
                let ended: Vec<_> = stream::iter(ends)
                    .buffer_unordered(LOGOUTS_AT_ONCE)
                    .collect()
                    .await;
                ended.into_iter().try_for_each(|ended| ended.map(|_| ()))
            }
        }
    }

    const fn asks(&self, by: Actor) -> Asks {
        Asks {
            by,
            until: Some(self.until),
        }
    }

    /// Ends sessions; says how many.
    async fn end(&self, caller: &Caller, target: LogoutTarget, epoch: Option<Epoch>) -> Result<usize, Code> {
        let ended = login::end(
            self.phones,
            target,
            epoch,
            self.asks(caller.actor()),
            new_request_id(),
        )
        .await;
        ended
            .map(|ended| ended.len())
            .map_err(|error| code(error.name(), Doing::Other))
    }

    fn who_is_at(&self, caller: &Caller, names: Vec<SmolStr>) -> Result<Response, Code> {
        let Caller::Application(application) = caller else {
            return Err(Code::NoRights);
        };
        allowed(application, Right::Query, None)?;
        let at = |name: SmolStr| {
            let device = device_of(&self.state, &name).filter(|device| application.may_use(&device.site));
            let result = device.map_or(DeviceResult::DoesNotExist, |device| self.users_of(&device.id));
            (name, result)
        };
        Ok(Response::DeviceUsers(names.into_iter().map(at).collect()))
    }

    /// Who is there now, and whose login was the last before that, which may be the same user's.
    fn users_of(&self, device: &DeviceId) -> DeviceResult {
        let current = self.state.session_at(device);
        let started = self.state.audit().rev().take(AUDIT_SCAN_MAX);
        let last = started.filter_map(|event| match &event.kind {
            EventKind::SessionStarted(session) if session.device == *device => Some(session),
            _ => None,
        });
        let is_before =
            |session: &&Arc<Session>| current.is_none_or(|current| current.epoch != session.epoch);
        // Whoever is no longer in the directory is not named.
        let is_known = |session: &&Arc<Session>| self.state.user(&session.user).is_some();
        let last = last.filter(is_before).find(is_known);
        DeviceResult::Users {
            current: current.map(|session| session.user.as_smol().clone()),
            last: last.map(|session| session.user.as_smol().clone()),
        }
    }

    fn where_is(&self, caller: &Caller, user: Option<&Arc<User>>) -> UserResult {
        let Some(user) = user else {
            return UserResult::DoesNotExist;
        };
        let is_shown = |site: &SiteId| match caller {
            Caller::Application(application) => application.may_use(site),
            Caller::User(_) => true,
        };
        let sessions = self
            .state
            .sessions_of(&user.id)
            .filter(|session| is_shown(&session.site));
        let devices = sessions.filter_map(|session| self.state.device(&session.device));
        UserResult::Devices(devices.map(|device| name_of(device)).collect())
    }

    /// Something about each user; an end user asks about nobody else.
    fn each_user<T>(
        &self,
        caller: &Caller,
        names: Vec<SmolStr>,
        about: impl Fn(&Caller, Option<&Arc<User>>) -> T,
    ) -> Result<Vec<(SmolStr, T)>, Code> {
        if let Caller::Application(application) = caller {
            allowed(application, Right::Query, None)?;
        }
        let one = |name: SmolStr| {
            let user = self.user(&name);
            let is_self = |own: &UserId| user.is_some_and(|user| user.id == *own);
            match caller {
                Caller::User(own) if !is_self(own) => Err(Code::NoRights),
                _ => {
                    let result = about(caller, user);
                    Ok((name, result))
                }
            }
        };
        names.into_iter().map(one).collect()
    }

    fn user(&self, name: &str) -> Option<&Arc<User>> {
        user_of(&self.state, name)
    }
}

/// The user and the phone that a request is about, as far as the directory has them: what it does not have may be
/// anything, a PIN in the wrong place included, and is nothing for the log.
pub(super) fn subjects(state: &State, operation: &Operation) -> (Option<UserId>, Option<DeviceId>) {
    let (device, user) = match operation {
        Operation::Login { device, user, .. } => (device, Some(user)),
        Operation::Logout { device } => (device, None),
        Operation::LogoutAll
        | Operation::DeviceUser { .. }
        | Operation::UserDevices { .. }
        | Operation::CheckUser { .. }
        | Operation::DeviceProfiles { .. } => return (None, None),
    };
    let device = device_of(state, device).map(|device| device.id.clone());
    let user = match user {
        Some(name) => user_of(state, name).map(|user| user.id.clone()),
        None => {
            let session = device.as_ref().and_then(|device| state.session_at(device));
            session.map(|session| session.user.clone())
        }
    };
    (user, device)
}

/// A login as it was asked for.
struct Wanted {
    device: SmolStr,
    user: SmolStr,
    profile: Option<SmolStr>,
    exclusive: Option<Exclusive>,
}

/// Whether an application may do that, at that office.
fn allowed(application: &Application, right: Right, site: Option<&SiteId>) -> Result<(), Code> {
    let is_allowed = application.may(right) && site.is_none_or(|site| application.may_use(site));
    is_allowed.then_some(()).ok_or(Code::NoRights)
}
