//! What a request was, in 64 bits, so that the same request id for another request is noticed.
//!
//! Fingerprints are kept in snapshots and compared after upgrades, so their bytes are written by hand (FNV-1a
//! over a canonical form) and pinned by a test: neither `Hash` nor `Debug` promise to stay the same. A new
//! optional field must add bytes only when it is set.
//!
//! Left out on purpose is what a retry may rightly differ in: the credential version of a login (another
//! node may have checked the PIN again), the text of a verifier (the same PIN is salted anew) and of a sealed
//! secret (the same password is sealed anew). Whether
//! they are there at all is in.

use crate::calls::{CallRights, CallSettings, Hours, OutsideHours, Ring};
use crate::command::{Action, ForceTarget, ImportRow, LogoutTarget};
use crate::directory::{Device, Edge, Group, LANGUAGE, Site, User};
use crate::phones::{EnrolmentToken, SeenPhone, ShownBy, ShownReport};
use crate::policy::{BusyDevice, Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};
use crate::profile::{Profile, SoftFunction};

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
        Action::SetDeviceSecret { device, sealed, seed } => {
            hash.text(device.as_str());
            hash.flag(sealed.is_some());
            hash.added(ADDED_SEED, *seed, |hash, seed| hash.bytes(&seed.to_be_bytes()));
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

// Marks of fields that were added later; none begins anything else that may stand in their place.
const ADDED_NUMBERS: u8 = 0x81;
const ADDED_CALLS: u8 = 0x82;
const ADDED_RIGHTS: u8 = 0x83;
const ADDED_MAC: u8 = 0x84;
const ADDED_LABEL: u8 = 0x85;
const ADDED_NUMBER: u8 = 0x86;
const ADDED_LOCATION: u8 = 0x87;
const ADDED_OWNER: u8 = 0x88;
const ADDED_LANGUAGE: u8 = 0x89;
const ADDED_RECENT: u8 = 0x8a;
const ADDED_PROFILE: u8 = 0x8b;
const ADDED_SEED: u8 = 0x8c;

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
            language,
            recent_here,
            changed: _,
        } = site;
        for text in [id.as_str(), name, time_zone, emergency_location] {
            self.text(text);
        }
        let language = Some(language).filter(|tag| !tag.is_empty() && *tag != LANGUAGE);
        self.added(ADDED_LANGUAGE, language, |hash, tag| hash.text(tag));
        self.added(ADDED_RECENT, recent_here.then_some(()), |_, ()| {});
    }

    fn group(&mut self, group: &Group) {
        let Group { id, policy, rights } = group;
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
        self.added(ADDED_RIGHTS, rights.as_ref(), Self::rights);
    }

    fn user(&mut self, user: &User) {
        let User {
            id,
            display_name,
            extension,
            aliases,
            email,
            numbers,
            group,
            enabled,
            calls,
            rights,
            profile,
            credential: _,
            failures: _,
            changed: _,
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
        let numbers = Some(numbers).filter(|numbers| !numbers.is_empty());
        self.added(ADDED_NUMBERS, numbers, |hash, numbers| {
            hash.number(numbers.len() as u64);
            numbers.iter().for_each(|number| hash.text(number.as_str()));
        });
        self.added(ADDED_CALLS, calls.as_deref(), Self::calls);
        self.added(ADDED_RIGHTS, rights.as_ref(), Self::rights);
        self.added(ADDED_PROFILE, profile.as_deref(), Self::profile);
    }

    fn profile(&mut self, profile: &Profile) {
        let Profile {
            line_label,
            speed_dials,
            lamps,
            voicemail_number,
            message_waiting,
            ring_tone,
            language,
            directory_url,
            softkeys,
        } = profile;
        for text in [line_label, voicemail_number, language, directory_url] {
            self.text(text);
        }
        self.number(speed_dials.len() as u64);
        for dial in speed_dials {
            self.text(&dial.label);
            self.text(&dial.number);
        }
        self.number(lamps.len() as u64);
        for lamp in lamps {
            self.text(&lamp.label);
            self.text(&lamp.extension);
        }
        self.flag(*message_waiting);
        self.bytes(&[*ring_tone]);
        self.number(softkeys.len() as u64);
        for softkey in softkeys {
            self.bytes(&[match softkey {
                SoftFunction::History => 0,
                SoftFunction::Directory => 1,
                SoftFunction::DoNotDisturb => 2,
                SoftFunction::Forward => 3,
                SoftFunction::Voicemail => 4,
                SoftFunction::Logout => 5,
            }]);
        }
    }

    fn seen(&mut self, phone: &SeenPhone) {
        let SeenPhone {
            mac,
            vendor,
            model,
            firmware,
            site,
            address,
        } = phone;
        self.bytes(&mac.bytes());
        for text in [vendor, model, firmware, address] {
            self.text(text);
        }
        self.option(site.as_ref(), |hash, site| hash.text(site.as_str()));
    }

    /// A field that records had not from the beginning: no bytes unless it is set.
    fn added<T>(&mut self, tag: u8, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            self.bytes(&[tag]);
            write(self, value);
        }
    }

    fn calls(&mut self, calls: &CallSettings) {
        let CallSettings {
            forward_always,
            forward_busy,
            forward_no_answer,
            no_answer_after_s,
            forward_not_logged_in,
            do_not_disturb,
            voicemail,
            ring,
            schedule,
        } = calls;
        for target in [
            forward_always,
            forward_busy,
            forward_no_answer,
            forward_not_logged_in,
            voicemail,
        ] {
            self.option(target.as_ref(), |hash, target| hash.text(target));
        }
        self.number((*no_answer_after_s).into());
        self.flag(*do_not_disturb);
        self.flag(*ring == Ring::InOrder);
        self.number(schedule.len() as u64);
        for entry in schedule {
            self.hours(&entry.hours);
            self.text(&entry.forward_to);
        }
    }

    fn rights(&mut self, rights: &CallRights) {
        let CallRights {
            classes,
            outside_hours,
        } = rights;
        self.bytes(&[classes.bits()]);
        self.option(outside_hours.as_ref(), |hash, outside| {
            let OutsideHours { hours, classes } = outside;
            hash.hours(hours);
            hash.bytes(&[classes.bits()]);
        });
    }

    fn hours(&mut self, hours: &Hours) {
        let Hours {
            days,
            from_minute,
            to_minute,
        } = *hours;
        self.bytes(&[days.bits()]);
        self.number(from_minute.into());
        self.number(to_minute.into());
    }

    fn device(&mut self, device: &Device) {
        let Device {
            id,
            site,
            desk,
            model,
            enabled,
            allowed_groups,
            secret: _,
            serving: _,
            hold: _,
            mac,
            label,
            number,
            emergency_location,
            owner,
            secret_seed: _,
            enrolment: _,
            changed: _,
            shown: _,
            trouble: _,
            stays_neutral: _,
        } = device;
        for text in [id.as_str(), site.as_str(), desk, model] {
            self.text(text);
        }
        self.flag(*enabled);
        self.number(allowed_groups.len() as u64);
        allowed_groups.iter().for_each(|group| self.text(group.as_str()));
        let mac = mac.filter(|mac| id.mac() != Some(*mac));
        self.added(ADDED_MAC, mac, |hash, mac| hash.bytes(&mac.bytes()));
        for (tag, text) in [
            (ADDED_LABEL, label),
            (ADDED_NUMBER, number),
            (ADDED_LOCATION, emergency_location),
        ] {
            let text = Some(text).filter(|text| !text.is_empty());
            self.added(tag, text, |hash, text| hash.text(text));
        }
        self.added(ADDED_OWNER, owner.as_ref(), |hash, owner| {
            hash.text(owner.as_str())
        });
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
mod tests;
