//! How records and what they are made of are written, field by field.

use crate::calls::{CallRights, CallSettings, Hours, OutsideHours, Ring};
use crate::command::ImportRow;
use crate::directory::{Device, Group, LANGUAGE, Site, User};
use crate::phones::SeenPhone;
use crate::policy::{BusyDevice, Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};
use crate::profile::{Profile, SoftFunction};

use super::fnv::Fnv;

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
pub(super) const ADDED_SEED: u8 = 0x8c;
pub(super) const ADDED_FORMER: u8 = 0x8d;

impl Fnv {
    pub(super) fn row(&mut self, row: &ImportRow) {
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

    pub(super) fn site(&mut self, site: &Site) {
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

    pub(super) fn group(&mut self, group: &Group) {
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

    pub(super) fn user(&mut self, user: &User) {
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
            visits_ended: _,
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

    pub(super) fn profile(&mut self, profile: &Profile) {
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

    pub(super) fn seen(&mut self, phone: &SeenPhone) {
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

    pub(super) fn calls(&mut self, calls: &CallSettings) {
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

    pub(super) fn device(&mut self, device: &Device) {
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
            former_seeds: _,
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

    pub(super) fn policy(&mut self, policy: &Policy) {
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
