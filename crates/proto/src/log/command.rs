//! Commands.

use bytes::Bytes;
use hotdesk_core::command::{Activity, ForceTarget, ImportRow, LogoutTarget, Served};
use hotdesk_core::{Action, Actor, Command, Epoch, RequestId, SealedSecret, ShownReport, TimeMs};

use crate::convert::{
    Invalid, name, names, optional_part, optional_request_id, put_user, request_id, required, seed,
    token_hash,
};
use crate::internal::v1 as wire;
use crate::internal::v1::command::Action as Wire;
use crate::v1;

impl From<&Command> for wire::Command {
    fn from(command: &Command) -> Self {
        Self {
            request_id: command.request_id.map_or_else(Bytes::new, id_bytes),
            actor: command.actor.0.as_str().into(),
            action: Some((&command.action).into()),
        }
    }
}

impl TryFrom<wire::Command> for Command {
    type Error = Invalid;
    fn try_from(command: wire::Command) -> Result<Self, Invalid> {
        Ok(Self {
            request_id: optional_request_id("request_id", &command.request_id)?,
            actor: Actor(command.actor.into()),
            action: required("action", command.action, "an action that this version knows")?.try_into()?,
        })
    }
}

impl From<&Action> for Wire {
    fn from(action: &Action) -> Self {
        match action {
            Action::Login {
                user,
                device,
                credential_version,
            } => Self::Login(wire::Login {
                user: user.as_str().into(),
                device: device.as_str().into(),
                credential_version: *credential_version,
            }),
            Action::Logout { target, epoch } => {
                use wire::logout::Target;
                let target = match target {
                    LogoutTarget::Device(device) => Target::Device(device.as_str().into()),
                    LogoutTarget::User(user) => Target::User(user.as_str().into()),
                };
                Self::Logout(wire::Logout {
                    target: Some(target),
                    epoch: epoch.map(|epoch| epoch.0),
                })
            }
            Action::ForceLogout { target, note } => {
                use wire::force_logout::Target;
                let target = match target {
                    ForceTarget::Device(device) => Target::Device(device.as_str().into()),
                    ForceTarget::User(user) => Target::User(user.as_str().into()),
                    ForceTarget::Site(site) => Target::Site(site.as_str().into()),
                };
                Self::ForceLogout(wire::ForceLogout {
                    target: Some(target),
                    note: note.as_str().into(),
                })
            }
            Action::Expire => Self::Expire(true),
            Action::Touch { items } => Self::Touch(wire::Touch {
                items: items.iter().map(Into::into).collect(),
            }),
            Action::PutSite(site) => Self::PutSite(site.into()),
            Action::DeleteSite(site) => Self::DeleteSite(site.as_str().into()),
            Action::PutGroup(group) => Self::PutGroup(group.into()),
            Action::DeleteGroup(group) => Self::DeleteGroup(group.as_str().into()),
            Action::PutDefaults(policy) => Self::PutDefaults(policy.into()),
            Action::PutUser(user) => Self::PutUser(put_user(user)),
            Action::DeleteUser(user) => Self::DeleteUser(user.as_str().into()),
            Action::PutDevice(device) => Self::PutDevice(device.into()),
            Action::DeleteDevice(device) => Self::DeleteDevice(device.as_str().into()),
            Action::SetDeviceSecret {
                device,
                sealed,
                seed,
                keeps_former,
            } => Self::SetDeviceSecret(wire::SetDeviceSecret {
                device: device.as_str().into(),
                sealed: sealed.as_ref().map(|sealed| Bytes::copy_from_slice(&sealed.0)),
                seed: seed.map_or_else(Bytes::new, |seed| id_bytes(RequestId(seed))),
                keeps_former: *keeps_former,
            }),
            Action::HoldDevice {
                device,
                until,
                reason,
            } => Self::HoldDevice(wire::HoldDevice {
                device: device.as_str().into(),
                until_ms: until.0,
                reason: reason.as_str().into(),
            }),
            Action::PutEdge(edge) => Self::PutEdge(edge.into()),
            Action::DeleteEdge(edge) => Self::DeleteEdge(edge.as_str().into()),
            Action::ReportServing { items } => Self::ReportServing(wire::ReportServing {
                items: items.iter().map(Into::into).collect(),
            }),
            Action::SetCredential { user, verifier } => Self::SetCredential(wire::SetCredential {
                user: user.as_str().into(),
                verifier: verifier.as_deref().map(Into::into),
            }),
            Action::ReportFailedLogin { user, device } => Self::ReportFailedLogin(wire::ReportFailedLogin {
                user: user.as_str().into(),
                device: device.as_str().into(),
            }),
            Action::Unlock(user) => Self::Unlock(user.as_str().into()),
            Action::EndVisits(user) => Self::EndVisits(user.as_str().into()),
            Action::LockUser { user, until, note } => Self::LockUser(wire::LockUser {
                user: user.as_str().into(),
                until_ms: until.0,
                note: note.as_str().into(),
            }),
            Action::PutProfile { user, profile, calls } => Self::PutProfile(wire::PutProfile {
                user: user.as_str().into(),
                profile: profile.as_ref().map(Into::into),
                calls: calls.as_ref().map(Into::into),
            }),
            Action::ReportShown { items } => Self::ReportShown(wire::ReportShown {
                items: items.iter().map(Into::into).collect(),
            }),
            Action::ReportWaiting { items } => Self::ReportWaiting(wire::ReportWaiting {
                items: items.iter().map(Into::into).collect(),
            }),
            Action::DeclineWaiting { mac } => Self::DeclineWaiting(mac.to_string()),
            Action::OpenEnrolment { device, until } => Self::OpenEnrolment(wire::OpenEnrolment {
                device: device.as_str().into(),
                until_ms: until.0,
            }),
            Action::CloseEnrolment { device } => Self::CloseEnrolment(device.as_str().into()),
            Action::ReloadDevices { devices } => Self::ReloadDevices(wire::ReloadDevices {
                devices: devices.iter().map(|device| device.as_str().into()).collect(),
            }),
            Action::PutEnrolmentToken(token) => Self::PutEnrolmentToken(token.into()),
            Action::DeleteEnrolmentToken { hash } => {
                Self::DeleteEnrolmentToken(Bytes::copy_from_slice(&hash.0))
            }
            Action::EnrolDevice {
                token_hash,
                mac,
                vendor_model,
            } => Self::EnrolDevice(wire::EnrolDevice {
                token_hash: Bytes::copy_from_slice(&token_hash.0),
                mac: mac.to_string(),
                vendor_model: vendor_model.as_str().into(),
            }),
            Action::ImportStage {
                import,
                first_row,
                rows,
            } => Self::ImportStage(wire::ImportStage {
                import: id_bytes(*import),
                first_row: *first_row,
                rows: rows.iter().map(Into::into).collect(),
            }),
            Action::ImportCommit {
                import,
                rows,
                dry_run,
            } => Self::ImportCommit(wire::ImportCommit {
                import: id_bytes(*import),
                rows: *rows,
                dry_run: *dry_run,
            }),
            Action::ImportAbort { import } => Self::ImportAbort(id_bytes(*import)),
        }
    }
}

impl TryFrom<Wire> for Action {
    type Error = Invalid;
    fn try_from(action: Wire) -> Result<Self, Invalid> {
        Ok(match action {
            Wire::Login(login) => Self::Login {
                user: name("login.user", &login.user)?,
                device: name("login.device", &login.device)?,
                credential_version: login.credential_version,
            },
            Wire::Logout(logout) => Self::Logout {
                target: logout_target(logout.target)?,
                epoch: logout.epoch.map(Epoch),
            },
            Wire::ForceLogout(force) => Self::ForceLogout {
                target: force_target(force.target)?,
                note: force.note.into(),
            },
            Wire::Expire(_) => Self::Expire,
            Wire::Touch(touch) => Self::Touch {
                items: each("touch.items", touch.items)?,
            },
            Wire::PutSite(site) => Self::PutSite(record("put_site", site)?),
            Wire::DeleteSite(site) => Self::DeleteSite(name("delete_site", &site)?),
            Wire::PutGroup(group) => Self::PutGroup(record("put_group", group)?),
            Wire::DeleteGroup(group) => Self::DeleteGroup(name("delete_group", &group)?),
            Wire::PutDefaults(policy) => Self::PutDefaults(record("put_defaults", policy)?),
            Wire::PutUser(user) => Self::PutUser(record("put_user", user)?),
            Wire::DeleteUser(user) => Self::DeleteUser(name("delete_user", &user)?),
            Wire::PutDevice(device) => Self::PutDevice(record("put_device", device)?),
            Wire::DeleteDevice(device) => Self::DeleteDevice(name("delete_device", &device)?),
            Wire::SetDeviceSecret(set) => Self::SetDeviceSecret {
                device: name("set_device_secret.device", &set.device)?,
                sealed: set.sealed.map(|sealed| SealedSecret(sealed[..].into())),
                seed: seed("set_device_secret.seed", &set.seed)?,
                keeps_former: set.keeps_former,
            },
            Wire::HoldDevice(hold) => Self::HoldDevice {
                device: name("hold_device.device", &hold.device)?,
                until: TimeMs(hold.until_ms),
                reason: hold.reason.into(),
            },
            Wire::PutEdge(edge) => Self::PutEdge(record("put_edge", edge)?),
            Wire::DeleteEdge(edge) => Self::DeleteEdge(name("delete_edge", &edge)?),
            Wire::ReportServing(report) => Self::ReportServing {
                items: each("report_serving.items", report.items)?,
            },
            Wire::SetCredential(set) => Self::SetCredential {
                user: name("set_credential.user", &set.user)?,
                verifier: set.verifier.map(Into::into),
            },
            Wire::ReportFailedLogin(failed) => Self::ReportFailedLogin {
                user: name("report_failed_login.user", &failed.user)?,
                device: name("report_failed_login.device", &failed.device)?,
            },
            Wire::Unlock(user) => Self::Unlock(name("unlock", &user)?),
            Wire::EndVisits(user) => Self::EndVisits(name("end_visits", &user)?),
            Wire::LockUser(lock) => Self::LockUser {
                user: name("lock_user.user", &lock.user)?,
                until: TimeMs(lock.until_ms),
                note: lock.note.into(),
            },
            Wire::PutProfile(put) => Self::PutProfile {
                user: name("put_profile.user", &put.user)?,
                profile: optional_part("put_profile.profile", put.profile)?,
                calls: optional_part("put_profile.calls", put.calls)?,
            },
            Wire::ReportShown(report) => Self::ReportShown {
                items: each("report_shown.items", report.items)?,
            },
            Wire::ReportWaiting(report) => Self::ReportWaiting {
                items: each("report_waiting.items", report.items)?,
            },
            Wire::DeclineWaiting(mac) => Self::DeclineWaiting {
                mac: name("decline_waiting", &mac)?,
            },
            Wire::OpenEnrolment(open) => Self::OpenEnrolment {
                device: name("open_enrolment.device", &open.device)?,
                until: TimeMs(open.until_ms),
            },
            Wire::CloseEnrolment(device) => Self::CloseEnrolment {
                device: name("close_enrolment", &device)?,
            },
            Wire::ReloadDevices(reload) => Self::ReloadDevices {
                devices: names("reload_devices.devices", &reload.devices)?,
            },
            Wire::PutEnrolmentToken(token) => Self::PutEnrolmentToken(record("put_enrolment_token", token)?),
            Wire::DeleteEnrolmentToken(hash) => Self::DeleteEnrolmentToken {
                hash: token_hash("delete_enrolment_token", &hash)?,
            },
            Wire::EnrolDevice(enrol) => Self::EnrolDevice {
                token_hash: token_hash("enrol_device.token_hash", &enrol.token_hash)?,
                mac: name("enrol_device.mac", &enrol.mac)?,
                vendor_model: enrol.vendor_model.into(),
            },
            Wire::ImportStage(stage) => Self::ImportStage {
                import: request_id("import_stage.import", &stage.import)?,
                first_row: stage.first_row,
                rows: each::<_, ImportRow>("import_stage.rows", stage.rows)?,
            },
            Wire::ImportCommit(commit) => Self::ImportCommit {
                import: request_id("import_commit.import", &commit.import)?,
                rows: commit.rows,
                dry_run: commit.dry_run,
            },
            Wire::ImportAbort(import) => Self::ImportAbort {
                import: request_id("import_abort", &import)?,
            },
        })
    }
}

impl From<&Activity> for wire::touch::Item {
    fn from(activity: &Activity) -> Self {
        Self {
            device: activity.device.as_str().into(),
            epoch: activity.epoch.0,
            at_ms: activity.at.0,
        }
    }
}

impl TryFrom<wire::touch::Item> for Activity {
    type Error = Invalid;
    fn try_from(item: wire::touch::Item) -> Result<Self, Invalid> {
        Ok(Self {
            device: name("device", &item.device)?,
            epoch: Epoch(item.epoch),
            at: TimeMs(item.at_ms),
        })
    }
}

impl From<&Served> for wire::report_serving::Item {
    fn from(served: &Served) -> Self {
        Self {
            device: served.device.as_str().into(),
            edge: served.edge.as_str().into(),
            gone: served.gone,
        }
    }
}

impl TryFrom<wire::report_serving::Item> for Served {
    type Error = Invalid;
    fn try_from(item: wire::report_serving::Item) -> Result<Self, Invalid> {
        Ok(Self {
            device: name("device", &item.device)?,
            edge: name("edge", &item.edge)?,
            gone: item.gone,
        })
    }
}

impl From<&ShownReport> for wire::report_shown::Item {
    fn from(report: &ShownReport) -> Self {
        Self {
            device: report.device.as_str().into(),
            stamp: report.stamp,
            how: v1::ShownBy::from(report.how).into(),
            trouble: report.trouble.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<wire::report_shown::Item> for ShownReport {
    type Error = Invalid;
    fn try_from(item: wire::report_shown::Item) -> Result<Self, Invalid> {
        Ok(Self {
            device: name("device", &item.device)?,
            stamp: item.stamp,
            how: item.how().into(),
            trouble: item.trouble.map(Into::into),
        })
    }
}

fn logout_target(target: Option<wire::logout::Target>) -> Result<LogoutTarget, Invalid> {
    use wire::logout::Target;
    Ok(match required("logout.target", target, "a phone or a user")? {
        Target::Device(device) => LogoutTarget::Device(name("logout.device", &device)?),
        Target::User(user) => LogoutTarget::User(name("logout.user", &user)?),
    })
}

fn force_target(target: Option<wire::force_logout::Target>) -> Result<ForceTarget, Invalid> {
    use wire::force_logout::Target;
    Ok(
        match required("force_logout.target", target, "a phone, a user or a site")? {
            Target::Device(device) => ForceTarget::Device(name("force_logout.device", &device)?),
            Target::User(user) => ForceTarget::User(name("force_logout.user", &user)?),
            Target::Site(site) => ForceTarget::Site(name("force_logout.site", &site)?),
        },
    )
}

fn record<W, T: TryFrom<W, Error = Invalid>>(field: &str, message: W) -> Result<T, Invalid> {
    T::try_from(message).map_err(|invalid| invalid.within(field))
}

fn each<W, T: TryFrom<W, Error = Invalid>>(field: &str, messages: Vec<W>) -> Result<Vec<T>, Invalid> {
    let items = messages.into_iter().enumerate();
    items
        .map(|(at, message)| {
            T::try_from(message).map_err(|invalid| invalid.within(format_args!("{field}[{at}]")))
        })
        .collect()
}

/// The 16 bytes of a request id.
pub(crate) fn id_bytes(id: RequestId) -> Bytes {
    Bytes::copy_from_slice(&id.0.to_be_bytes())
}
