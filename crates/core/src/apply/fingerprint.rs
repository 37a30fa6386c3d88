//! What a request was, in 64 bits, so that the same request id for another request is noticed.
//!
//! Fingerprints are kept in snapshots and compared after upgrades, so their bytes are written by hand (FNV-1a
//! over a canonical form) and pinned by a test: neither `Hash` nor `Debug` promise to stay the same. A new
//! optional field must add bytes only when it is set.
//!
//! Left out on purpose is what a retry may rightly differ in: the credential version of a login (another
//! node may have checked the PIN again) and the text of a verifier (the same PIN is salted anew). Whether
//! they are there at all is in.

use crate::command::{Action, ForceTarget, ImportRow, LogoutTarget};
use crate::directory::{Device, Group, Site, User};
use crate::policy::{BusyDevice, Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};

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
        Action::DeleteUser(user) | Action::Unlock(user) => hash.text(user.as_str()),
        Action::PutDevice(device) => hash.device(device),
        Action::DeleteDevice(device) => hash.text(device.as_str()),
        Action::SetCredential { user, verifier } => {
            hash.text(user.as_str());
            hash.flag(verifier.is_some());
        }
        Action::ReportFailedLogin { user, device } => {
            hash.text(user.as_str());
            hash.text(device.as_str());
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

/// FNV-1a, 64 bits (draft-eastlake-fnv). Texts and lists carry their length, so that no two different
/// requests write the same bytes.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.bytes(&[u8::from(flag)]);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    fn tagged(&mut self, tag: u8, text: &str) {
        self.bytes(&[tag]);
        self.text(text);
    }

    fn option<T>(&mut self, option: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(option.is_some());
        if let Some(value) = option {
            write(self, value);
        }
    }

    fn row(&mut self, row: &ImportRow) {
        match row {
            ImportRow::Site(site) => {
                self.bytes(&[0]);
                self.site(site);
            }
            ImportRow::Group(group) => {
                self.bytes(&[1]);
                self.group(group);
            }
            ImportRow::User { user, verifier } => {
                self.bytes(&[2]);
                self.user(user);
                self.flag(verifier.is_some());
            }
            ImportRow::Device(device) => {
                self.bytes(&[3]);
                self.device(device);
            }
        }
    }

    fn site(&mut self, site: &Site) {
        let Site {
            id,
            name,
            time_zone,
            emergency_location,
        } = site;
        for text in [id.as_str(), name, time_zone, emergency_location] {
            self.text(text);
        }
    }

    fn group(&mut self, group: &Group) {
        let Group { id, policy } = group;
        let PolicyOverrides {
            multiple_logins,
            busy_device,
            idle_timeout,
            login_time_max,
            lockout,
        } = policy;
        self.text(id.as_str());
        self.option(*multiple_logins, Self::multiple_logins);
        self.option(*busy_device, Self::busy_device);
        self.option(*idle_timeout, Self::limit);
        self.option(*login_time_max, Self::limit);
        self.option(*lockout, Self::lockout);
    }

    fn user(&mut self, user: &User) {
        let User {
            id,
            display_name,
            extension,
            aliases,
            email,
            group,
            enabled,
            credential: _,
            failures: _,
        } = user;
        self.text(id.as_str());
        self.text(display_name);
        self.option(extension.as_ref(), |hash, extension| {
            hash.text(extension.as_str())
        });
        self.number(aliases.len() as u64);
        aliases.iter().for_each(|alias| self.text(alias.as_str()));
        self.option(email.as_ref(), |hash, email| hash.text(email.as_str()));
        self.option(group.as_ref(), |hash, group| hash.text(group.as_str()));
        self.flag(*enabled);
    }

    fn device(&mut self, device: &Device) {
        let Device {
            id,
            site,
            desk,
            model,
            enabled,
            allowed_groups,
        } = device;
        for text in [id.as_str(), site.as_str(), desk, model] {
            self.text(text);
        }
        self.flag(*enabled);
        self.number(allowed_groups.len() as u64);
        allowed_groups.iter().for_each(|group| self.text(group.as_str()));
    }

    fn policy(&mut self, policy: &Policy) {
        let Policy {
            multiple_logins,
            busy_device,
            idle_timeout,
            login_time_max,
            lockout,
        } = *policy;
        self.multiple_logins(multiple_logins);
        self.busy_device(busy_device);
        self.limit(idle_timeout);
        self.limit(login_time_max);
        self.lockout(lockout);
    }

    fn multiple_logins(&mut self, rule: MultipleLogins) {
        match rule {
            MultipleLogins::Evict => self.bytes(&[0]),
            MultipleLogins::Deny => self.bytes(&[1]),
            MultipleLogins::AllowUpTo(sessions) => self.bytes(&[2, sessions]),
        }
    }

    fn busy_device(&mut self, rule: BusyDevice) {
        match rule {
            BusyDevice::TakeOver => self.bytes(&[0]),
            BusyDevice::Refuse => self.bytes(&[1]),
        }
    }

    fn limit(&mut self, limit: Limit) {
        match limit {
            Limit::Off => self.bytes(&[0]),
            Limit::AfterMs(ms) => {
                self.bytes(&[1]);
                self.number(ms);
            }
        }
    }

    fn lockout(&mut self, lockout: LockoutPolicy) {
        let LockoutPolicy {
            failures_max,
            window_ms,
            locked_ms,
        } = lockout;
        self.number(u64::from(failures_max));
        self.number(window_ms);
        self.number(locked_ms);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::apply::testing::{device, group, login, named, site, user};
    use crate::command::{Activity, RequestId};
    use crate::session::Epoch;
    use crate::time::TimeMs;

    fn every_kind() -> Vec<Action> {
        let import = RequestId(9);
        vec![
            login("ada", "chi-1"),
            Action::Logout {
                target: LogoutTarget::Device(named("chi-1")),
                epoch: None,
            },
            Action::Logout {
                target: LogoutTarget::User(named("ada")),
                epoch: Some(Epoch(7)),
            },
            Action::ForceLogout {
                target: ForceTarget::Site(named("chicago")),
                note: "fire drill".into(),
            },
            Action::Expire,
            Action::Touch {
                items: vec![Activity {
                    device: named("chi-1"),
                    epoch: Epoch(7),
                    at: TimeMs(5),
                }],
            },
            Action::PutSite(site("chicago")),
            Action::DeleteSite(named("chicago")),
            Action::PutGroup(group("staff")),
            Action::DeleteGroup(named("staff")),
            Action::PutDefaults(Policy::default()),
            Action::PutUser(user("ada")),
            Action::DeleteUser(named("ada")),
            Action::PutDevice(device("chi-1", "chicago")),
            Action::DeleteDevice(named("chi-1")),
            Action::SetCredential {
                user: named("ada"),
                verifier: Some(Arc::from("v")),
            },
            Action::ReportFailedLogin {
                user: named("ada"),
                device: named("chi-1"),
            },
            Action::Unlock(named("ada")),
            Action::ImportStage {
                import,
                first_row: 0,
                rows: vec![ImportRow::Site(site("chicago"))],
            },
            Action::ImportCommit {
                import,
                rows: 1,
                dry_run: true,
            },
            Action::ImportAbort { import },
        ]
    }

    /// Snapshots hold these numbers: a change here makes every retry across an upgrade look like a reused id.
    #[test]
    fn fingerprints_stay_the_same_for_ever() {
        let got: Vec<String> = every_kind()
            .iter()
            .map(|action| format!("{} {:016x}", action.name(), of(action)))
            .collect();
        assert_eq!(got, PINNED);
    }

    #[test]
    fn different_requests_have_different_fingerprints() {
        let mut all: Vec<u64> = every_kind().iter().map(of).collect();
        all.push(of(&login("ada", "chi-2")));
        all.push(of(&login("adac", "hi-1")));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_retry_may_carry_another_check_of_the_same_pin() {
        let checked = |version| Action::Login {
            user: named("ada"),
            device: named("chi-1"),
            credential_version: version,
        };
        assert_eq!(of(&checked(Some(1))), of(&checked(Some(2))));
        assert_ne!(of(&checked(Some(1))), of(&checked(None)));
        let salted = |text: &str| Action::SetCredential {
            user: named("ada"),
            verifier: Some(text.into()),
        };
        assert_eq!(of(&salted("a")), of(&salted("b")));
    }

    const PINNED: &[&str] = &[
        "login 4b8e0594133f3db1",
        "logout 313b9885dc0ec0b8",
        "logout f6fa0792de944087",
        "force_logout 4902076764a95d15",
        "expire dd553aadae99d48c",
        "touch dc49cbdf79739611",
        "put_site 62a7966177de1bac",
        "delete_site 7d24baf4b3317fa6",
        "put_group 7e9eb135a5ef318e",
        "delete_group f00ef5716f2f01f5",
        "put_defaults 5afc0323a7dd5ae1",
        "put_user 405c225f16855f7d",
        "delete_user a22ae8aa341292b6",
        "put_device 901dd93131e78f7c",
        "delete_device 8378d3b1184f8149",
        "set_credential 0a56bb4b5378a469",
        "report_failed_login c84c08077002c668",
        "unlock 5a81489f84a1846e",
        "import_stage 3eee6798ffaa7927",
        "import_commit ba74a906569dca48",
        "import_abort 5b6e3eb83b9285ae",
    ];
}
