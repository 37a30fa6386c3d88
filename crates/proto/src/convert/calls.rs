//! Call settings and call rights.

use hotdesk_core::{
    CallClasses, CallRights, CallSettings, Days, Hours, OutsideHours, Ring, ScheduledForward,
    calls::NO_ANSWER_AFTER_S,
};
use smol_str::SmolStr;

use super::{Invalid, part};
use crate::v1;

impl From<&CallSettings> for v1::CallSettings {
    fn from(calls: &CallSettings) -> Self {
        let target = |to: &Option<SmolStr>| to.as_deref().unwrap_or_default().to_owned();
        Self {
            forward_always: target(&calls.forward_always),
            forward_busy: target(&calls.forward_busy),
            forward_no_answer: target(&calls.forward_no_answer),
            no_answer_after_s: calls.no_answer_after_s.into(),
            forward_not_logged_in: target(&calls.forward_not_logged_in),
            do_not_disturb: calls.do_not_disturb,
            voicemail: target(&calls.voicemail),
            ring: match calls.ring {
                Ring::All => v1::Ring::All,
                Ring::InOrder => v1::Ring::InOrder,
            }
            .into(),
            schedule: calls.schedule.iter().map(Into::into).collect(),
        }
    }
}

/// An empty target is none, 0 seconds are the usual ones.
impl TryFrom<v1::CallSettings> for CallSettings {
    type Error = Invalid;
    fn try_from(calls: v1::CallSettings) -> Result<Self, Invalid> {
        let target = |to: String| (!to.is_empty()).then(|| SmolStr::new(to));
        let schedule = calls.schedule.into_iter().enumerate().map(|(at, entry)| {
            ScheduledForward::try_from(entry)
                .map_err(|invalid| invalid.within(format_args!("schedule[{at}]")))
        });
        Ok(Self {
            forward_always: target(calls.forward_always),
            forward_busy: target(calls.forward_busy),
            forward_no_answer: target(calls.forward_no_answer),
            no_answer_after_s: match calls.no_answer_after_s {
                0 => NO_ANSWER_AFTER_S,
                seconds => small("no_answer_after_s", seconds)?,
            },
            forward_not_logged_in: target(calls.forward_not_logged_in),
            do_not_disturb: calls.do_not_disturb,
            voicemail: target(calls.voicemail),
            ring: match v1::Ring::try_from(calls.ring) {
                Ok(v1::Ring::Unspecified | v1::Ring::All) => Ring::All,
                Ok(v1::Ring::InOrder) => Ring::InOrder,
                Err(_) => {
                    let problem = format!("must be 1 (all), 2 (in order) or not set, got {}", calls.ring);
                    return Err(Invalid::new("ring", problem));
                }
            },
            schedule: schedule.collect::<Result<_, _>>()?,
        })
    }
}

impl From<&ScheduledForward> for v1::ScheduledForward {
    fn from(entry: &ScheduledForward) -> Self {
        Self {
            hours: Some(entry.hours.into()),
            forward_to: entry.forward_to.as_str().into(),
        }
    }
}

impl TryFrom<v1::ScheduledForward> for ScheduledForward {
    type Error = Invalid;
    fn try_from(entry: v1::ScheduledForward) -> Result<Self, Invalid> {
        Ok(Self {
            hours: part("hours", entry.hours, "days and times")?,
            forward_to: entry.forward_to.into(),
        })
    }
}

impl From<Hours> for v1::Hours {
    fn from(hours: Hours) -> Self {
        Self {
            days: hours.days.bits().into(),
            from_minute: hours.from_minute.into(),
            to_minute: hours.to_minute.into(),
        }
    }
}

impl TryFrom<v1::Hours> for Hours {
    type Error = Invalid;
    fn try_from(hours: v1::Hours) -> Result<Self, Invalid> {
        let days = u8::try_from(hours.days).ok().and_then(Days::from_bits);
        let days = days.ok_or_else(|| {
            let problem = format!("must be bits from 1 (Monday) to 64 (Sunday), got {}", hours.days);
            Invalid::new("days", problem)
        });
        Ok(Self {
            days: days?,
            from_minute: small("from_minute", hours.from_minute)?,
            to_minute: small("to_minute", hours.to_minute)?,
        })
    }
}

impl From<&CallRights> for v1::CallRights {
    fn from(rights: &CallRights) -> Self {
        Self {
            classes: classes_to(rights.classes),
            outside_hours: rights.outside_hours.map(|outside| v1::OutsideHours {
                hours: Some(outside.hours.into()),
                classes: classes_to(outside.classes),
            }),
        }
    }
}

impl TryFrom<v1::CallRights> for CallRights {
    type Error = Invalid;
    fn try_from(rights: v1::CallRights) -> Result<Self, Invalid> {
        let outside = rights.outside_hours.map(|outside| {
            Ok(OutsideHours {
                hours: part("hours", outside.hours, "the office hours")?,
                classes: classes_from(&outside.classes)?,
            })
        });
        Ok(Self {
            classes: classes_from(&rights.classes)?,
            outside_hours: outside
                .transpose()
                .map_err(|invalid: Invalid| invalid.within("outside_hours"))?,
        })
    }
}

/// The number of a class on the wire is one more than its bit's place.
fn classes_to(classes: CallClasses) -> Vec<i32> {
    let numbered = (1..).zip(CallClasses::NAMED);
    numbered
        .filter_map(|(number, (_, class))| classes.contains(class).then_some(number))
        .collect()
}

fn classes_from(numbers: &[i32]) -> Result<CallClasses, Invalid> {
    let class = |number: i32| {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        Some(CallClasses::NAMED.get(at)?.1)
    };
    numbers.iter().try_fold(CallClasses::NONE, |all, number| {
        let class = class(*number).ok_or_else(|| {
            let problem = format!("must be 1 (internal) to 5 (premium), got {number}");
            Invalid::new("classes", problem)
        });
        Ok(all.with(class?))
    })
}

fn small(field: &str, number: u32) -> Result<u16, Invalid> {
    u16::try_from(number)
        .map_err(|_| Invalid::new(field, format!("must be at most {}, got {number}", u16::MAX)))
}
