//! An office in Chicago with a few people.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use crate::number::NumberPlan;
use crate::*;

pub(super) struct People {
    pub(super) people: Vec<Person>,
    /// Number and device.
    pub(super) call_back: Option<(SmolStr, SmolStr)>,
}

impl Directory for People {
    fn user_by_name(&self, name: &str) -> Option<Person> {
        let found = self
            .people
            .iter()
            .find(|person| person.user == name || person.extension.as_deref() == Some(name));
        found.cloned()
    }

    fn user_by_number(&self, e164: &str) -> Option<Person> {
        let found = self
            .people
            .iter()
            .find(|person| person.numbers.iter().any(|number| number == e164));
        found.cloned()
    }

    fn zone(&self, site: &str) -> Option<TimeZone> {
        (site == "new-york").then(|| TimeZone::get("America/New_York").unwrap())
    }

    fn call_back(&self, number: &str, _caller: Option<&str>, _now: Timestamp) -> Option<SmolStr> {
        let (own, device) = self.call_back.as_ref()?;
        (own == number).then(|| device.clone())
    }
}

impl People {
    pub(super) fn set(&mut self, user: &str, change: impl FnOnce(&mut CallSettings)) {
        let person = self.person_mut(user);
        let mut calls = person.calls.as_deref().cloned().unwrap_or_default();
        change(&mut calls);
        person.calls = Some(Arc::new(calls));
    }

    pub(super) fn person_mut(&mut self, user: &str) -> &mut Person {
        self.people.iter_mut().find(|person| person.user == user).unwrap()
    }

    pub(super) fn caller(&self, user: &str) -> Caller {
        let person = self.user_by_name(user).unwrap();
        let place = person.places.first().cloned().unwrap_or_default();
        Caller::User {
            person,
            phone: phone(&place.device, &place.site),
        }
    }
}

pub(super) fn phone(device: &str, site: &str) -> Phone {
    Phone {
        number: None,
        device: device.into(),
        site: site.into(),
        desk: "3-17".into(),
        location: None,
    }
}

/// Ann (1001), Bob (1002) and Cy (1003) are logged in at their phones, Dan (1004) is not.
pub(super) fn people() -> People {
    let person = |user: &str, extension: &str, device: Option<&str>| Person {
        user: user.into(),
        display_name: user.to_uppercase().into(),
        extension: Some(extension.into()),
        numbers: vec![format!("+1312555{extension}").into()],
        places: device
            .map(|device| Place {
                device: device.into(),
                site: "chicago".into(),
                epoch: 7,
            })
            .into_iter()
            .collect(),
        ..Person::default()
    };
    People {
        people: vec![
            person("ann", "1001", Some("phone-ann")),
            person("bob", "1002", Some("phone-bob")),
            person("cy", "1003", Some("phone-cy")),
            person("dan", "1004", None),
        ],
        call_back: None,
    }
}

pub(super) fn plan() -> DialPlan {
    let rule = |name: &str, pattern: &str, trunk: &str, class| Rule {
        name: name.into(),
        pattern: pattern.parse().unwrap(),
        replace: None,
        trunks: vec![trunk.into()],
        class,
    };
    DialPlan {
        site: "chicago".into(),
        zone: Some(TimeZone::get("America/Chicago").unwrap()),
        numbers: NumberPlan {
            area: "312".into(),
            ..NumberPlan::default()
        },
        emergency: EmergencyPlan {
            location: "233 S Wacker Dr".into(),
            trunks: vec!["psap".into()],
            ..EmergencyPlan::default()
        },
        neutral: NeutralPhones {
            numbers: vec!["1001".into(), "+13125550000".into(), "88*".into()],
            internal: false,
        },
        hunts: vec![Hunt {
            number: "5000".into(),
            name: "Sales".into(),
            members: vec!["1001".into(), "1002".into(), "1004".into(), "1009".into()],
            order: RingOrder::InOrder,
            ring: Duration::from_secs(15),
            otherwise: Some("1003".into()),
        }],
        voicemail: Voicemail {
            target: Some("sip:{mailbox}@vm".into()),
            listen_target: None,
            number: Some("*97".into()),
            leave_prefix: Some("*99".into()),
        },
        rules: vec![
            rule("pbx", r"^7\d{3}$", "pbx", Some(Class::Internal)),
            rule("odd", r"^66\d\d$", "carrier", None),
        ],
        trunks: vec!["carrier".into(), "spare".into()],
        ..DialPlan::default()
    }
}

/// A Tuesday, 11:00 in Chicago.
pub(super) fn noon() -> Timestamp {
    "2026-07-14T16:00:00Z".parse().unwrap()
}

pub(super) fn dial(plan: &DialPlan, people: &People, caller: Caller, dialed: &str) -> Routed {
    let call = Call {
        dialed: dialed.into(),
        caller,
    };
    route(plan, people, &call, noon())
}

pub(super) fn from_trunk() -> Caller {
    Caller::Trunk {
        trunk: "carrier".into(),
        number: Some("+12125550199".into()),
    }
}

/// What was decided, in a few words.
pub(super) fn told(routed: &Routed) -> String {
    match &routed.decision {
        Decision::Emergency(call) => format!("emergency {} by {}", call.number, call.trunks.join(",")),
        Decision::CallBack { device } => format!("call back {device}"),
        Decision::StarCode(code) => format!("{code:?}"),
        Decision::Ring(ring) => {
            let groups = ring.groups.iter().map(|group| {
                let phones: Vec<&str> = group.places.iter().map(|place| place.device.as_str()).collect();
                match group.ring {
                    Some(ring) => format!("{} {}s", phones.join("+"), ring.as_secs()),
                    None => phones.join("+"),
                }
            });
            format!("ring {}", groups.collect::<Vec<_>>().join(", "))
        }
        Decision::Voicemail(call) => format!("{:?} {}", call.purpose, call.uri),
        Decision::Outward(out) => {
            let behalf = out
                .on_behalf
                .as_ref()
                .map_or_else(String::new, |user| format!(" for {user}"));
            format!("{} {} by {}{behalf}", out.class, out.number, out.trunks.join(","))
        }
        Decision::Refuse(refusal) => format!("{} {}", refusal.status, refusal.label),
        Decision::GiveUp => "give up".into(),
    }
}
