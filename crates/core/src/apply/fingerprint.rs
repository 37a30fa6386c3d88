//! What a request was, in 64 bits, so that the same request id for another request is noticed.
//!
//! Fingerprints are kept in snapshots and compared after upgrades, so their bytes are written by hand (FNV-1a
//! over a canonical form) and pinned by a test: neither `Hash` nor `Debug` promise to stay the same. A new
//! optional field must add bytes only when it is set.
//!
//! Left out on purpose is what a retry may rightly differ in: the credential version of a login (another
//! node may have checked the PIN again), the text of a verifier (the same PIN is salted anew) and of a sealed
//! secret (the same password is sealed anew). Whether they are there at all is in.

mod fnv;
mod records;

use crate::command::{Action, ForceTarget, LogoutTarget};
use crate::directory::Edge;
use crate::phones::{EnrolmentToken, ShownBy, ShownReport};

use fnv::Fnv;
use records::{ADDED_FORMER, ADDED_SEED};

/// The fingerprint of an action.
pub(super) fn of(action: &Action) -> u64 {
    let mut hash = Fnv::new();
    hash.text(action.name());
    match action {
        Action::Login {
            user,
            device,
            credential_version,
        } => {
            hash.text(user.as_str());
            hash.text(device.as_str());
            hash.flag(credential_version.is_some());
        }
        Action::Logout { target, epoch } => {
            match target {
                LogoutTarget::Device(device) => hash.tagged(0, device.as_str()),
                LogoutTarget::User(user) => hash.tagged(1, user.as_str()),
            }
            hash.option(*epoch, |hash, epoch| hash.number(epoch.0));
        }
        Action::ForceLogout { target, note } => {
            match target {
                ForceTarget::Device(device) => hash.tagged(0, device.as_str()),
                ForceTarget::User(user) => hash.tagged(1, user.as_str()),
                ForceTarget::Site(site) => hash.tagged(2, site.as_str()),
            }
            hash.text(note);
        }
        Action::Expire => {}
        Action::Touch { items } => {
            hash.number(items.len() as u64);
            for item in items {
                hash.text(item.device.as_str());
                hash.number(item.epoch.0);
                hash.number(item.at.0);
            }
        }
        Action::PutSite(site) => hash.site(site),
        Action::DeleteSite(site) => hash.text(site.as_str()),
        Action::PutGroup(group) => hash.group(group),
        Action::DeleteGroup(group) => hash.text(group.as_str()),
        Action::PutDefaults(policy) => hash.policy(policy),
        Action::PutUser(user) => hash.user(user),
        Action::DeleteUser(user) | Action::Unlock(user) | Action::EndVisits(user) => {
            hash.text(user.as_str());
        }
        Action::PutDevice(device) => hash.device(device),
        Action::DeleteDevice(device) => hash.text(device.as_str()),
        Action::SetDeviceSecret {
            device,
            sealed,
            seed,
            keeps_former,
        } => {
            hash.text(device.as_str());
            hash.flag(sealed.is_some());
            hash.added(ADDED_SEED, *seed, |hash, seed| hash.bytes(&seed.to_be_bytes()));
            hash.added(ADDED_FORMER, keeps_former.then_some(()), |_, ()| {});
        }
        Action::HoldDevice {
            device,
            until,
            reason,
        } => {
            hash.text(device.as_str());
            hash.number(until.0);
            hash.text(reason);
        }
        Action::PutEdge(Edge { id, site, uri }) => {
            for text in [id.as_str(), site.as_str(), uri] {
                hash.text(text);
            }
        }
        Action::DeleteEdge(edge) => hash.text(edge.as_str()),
        Action::ReportServing { items } => {
            hash.number(items.len() as u64);
            for item in items {
                hash.text(item.device.as_str());
                hash.text(item.edge.as_str());
                hash.flag(item.gone);
            }
        }
        Action::SetCredential { user, verifier } => {
            hash.text(user.as_str());
            hash.flag(verifier.is_some());
        }
        Action::ReportFailedLogin { user, device } => {
            hash.text(user.as_str());
            hash.text(device.as_str());
        }
        Action::LockUser { user, until, note } => {
            hash.text(user.as_str());
            hash.number(until.0);
            hash.text(note);
        }
        Action::PutProfile { user, profile, calls } => {
            hash.text(user.as_str());
            hash.option(profile.as_ref(), Fnv::profile);
            hash.option(calls.as_ref(), Fnv::calls);
        }
        Action::ReportShown { items } => {
            hash.number(items.len() as u64);
            for ShownReport {
                device,
                stamp,
                how,
                trouble,
            } in items
            {
                hash.text(device.as_str());
                hash.number(*stamp);
                hash.flag(*how == ShownBy::Register);
                hash.option(trouble.as_ref(), |hash, trouble| hash.text(trouble));
            }
        }
        Action::ReportWaiting { items } => {
            hash.number(items.len() as u64);
            items.iter().for_each(|item| hash.seen(item));
        }
        Action::DeclineWaiting { mac } => hash.bytes(&mac.bytes()),
        Action::OpenEnrolment { device, until } => {
            hash.text(device.as_str());
            hash.number(until.0);
        }
        Action::CloseEnrolment { device } => hash.text(device.as_str()),
        Action::ReloadDevices { devices } => {
            hash.number(devices.len() as u64);
            devices.iter().for_each(|device| hash.text(device.as_str()));
        }
        Action::PutEnrolmentToken(EnrolmentToken {
            hash: token,
            site,
            uses,
            until,
            note,
        }) => {
            hash.bytes(&token.0);
            hash.text(site.as_str());
            hash.number(u64::from(*uses));
            hash.number(until.0);
            hash.text(note);
        }
        Action::DeleteEnrolmentToken { hash: token } => hash.bytes(&token.0),
        Action::EnrolDevice {
            token_hash,
            mac,
            vendor_model,
        } => {
            hash.bytes(&token_hash.0);
            hash.bytes(&mac.bytes());
            hash.text(vendor_model);
        }
        Action::ImportStage {
            import,
            first_row,
            rows,
        } => {
            hash.bytes(&import.0.to_be_bytes());
            hash.number(*first_row);
            hash.number(rows.len() as u64);
            rows.iter().for_each(|row| hash.row(row));
        }
        Action::ImportCommit {
            import,
            rows,
            dry_run,
        } => {
            hash.bytes(&import.0.to_be_bytes());
            hash.number(*rows);
            hash.flag(*dry_run);
        }
        Action::ImportAbort { import } => hash.bytes(&import.0.to_be_bytes()),
    }
    hash.0
}

#[cfg(test)]
mod tests;
