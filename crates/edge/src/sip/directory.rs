//! The watched table as routing wants to see it.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_client::{DeviceBinding, UserBindings};
use hotdesk_core as core;
use hotdesk_routing::{
    CallSettings, Class, ClassSet, Days, Directory, Hours, OutsideHours, Person, Phone, Place, Rights,
    RingOrder, ScheduledForward,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::app::App;

impl Directory for App {
    fn user_by_name(&self, name: &str) -> Option<Person> {
        Some(self.person(&*self.table.by_name(name)?))
    }

    fn user_by_number(&self, e164: &str) -> Option<Person> {
        let digits = e164.strip_prefix('+').unwrap_or(e164);
        Some(self.person(&*self.table.by_number(digits)?))
    }

    fn zone(&self, site: &str) -> Option<TimeZone> {
        TimeZone::get(&self.table.site(site)?.time_zone).ok()
    }

    fn call_back(&self, number: &str, caller: Option<&str>, now: Timestamp) -> Option<SmolStr> {
        let now_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let calls = self.emergency.calls();
        calls.call_back(&self.plan.emergency, number, caller, now_ms)
    }
}

impl App {
    /// A user as routing sees them.
    pub(crate) fn person(&self, user: &UserBindings) -> Person {
        Person {
            user: user.user().into(),
            display_name: user.display_name().into(),
            extension: user.extension().map(SmolStr::new),
            numbers: user
                .numbers()
                .iter()
                .map(|number| SmolStr::from(format!("+{number}")))
                .collect(),
            disabled: user.is_disabled(),
            calls: user.calls().map(|calls| Arc::new(settings(calls))),
            rights: self.rights(user),
            // Once the lease has run out under `strict`, nobody is known to sit anywhere.
            places: user
                .bindings()
                .filter(|_| self.may_find())
                .map(|binding| Place {
                    device: binding.device.clone(),
                    site: binding.site.clone(),
                    epoch: binding.epoch,
                })
                .collect(),
        }
    }

    /// A phone as routing sees it.
    pub(crate) fn phone(&self, device: &DeviceBinding) -> Phone {
        let own = Some(SmolStr::new(device.emergency_location()));
        let site = || Some(SmolStr::new(&self.table.site(device.site())?.emergency_location));
        let location = own.filter(|location| !location.is_empty()).or_else(site);
        Phone {
            device: device.device().into(),
            site: device.site().into(),
            desk: device.desk().into(),
            // Not one that means something inside of the company only: the emergency service could not call it.
            number: core::DeviceNumber::parse(device.number())
                .ok()
                .and_then(|number| number.e164().cloned()),
            location: location.filter(|location| !location.is_empty()),
        }
    }

    /// The user's own rights, or the group's, or the default.
    fn rights(&self, user: &UserBindings) -> Rights {
        if let Some(own) = user.rights() {
            return rights(own);
        }
        let group = user.group().and_then(|group| self.table.group(group));
        group
            .and_then(|group| group.rights.as_ref().map(rights))
            .unwrap_or_default()
    }
}

fn settings(calls: &core::CallSettings) -> CallSettings {
    CallSettings {
        forward_always: calls.forward_always.clone(),
        forward_busy: calls.forward_busy.clone(),
        forward_no_answer: calls.forward_no_answer.clone(),
        no_answer_after: Duration::from_secs(calls.no_answer_after_s.into()),
        forward_not_logged_in: calls.forward_not_logged_in.clone(),
        do_not_disturb: calls.do_not_disturb,
        voicemail: calls.voicemail.clone(),
        ring: match calls.ring {
            core::Ring::All => RingOrder::All,
            core::Ring::InOrder => RingOrder::InOrder,
        },
        schedule: calls.schedule.iter().filter_map(scheduled).collect(),
    }
}

fn scheduled(forward: &core::ScheduledForward) -> Option<ScheduledForward> {
    Some(ScheduledForward {
        hours: hours(&forward.hours)?,
        to: forward.forward_to.clone(),
    })
}

fn hours(hours: &core::Hours) -> Option<Hours> {
    let days = Days::from_bits(hours.days.bits());
    Hours::new(days, hours.from_minute, hours.to_minute)
}

fn rights(rights: &core::CallRights) -> Rights {
    Rights {
        classes: classes(rights.classes),
        outside_hours: rights.outside_hours.as_ref().and_then(|outside| {
            Some(OutsideHours {
                hours: hours(&outside.hours)?,
                classes: classes(outside.classes),
            })
        }),
    }
}

fn classes(classes: core::CallClasses) -> ClassSet {
    let named = classes
        .names()
        .filter_map(|name| Class::ALL.into_iter().find(|class| class.name() == name));
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_calls_is_known_on_both_sides() {
        assert_eq!(classes(core::CallClasses::ALL), ClassSet::ALL);
        for (name, class) in core::CallClasses::NAMED {
            let names: Vec<_> = classes(class).iter().map(Class::name).collect();
            assert_eq!(names, [name]);
        }
    }
}
