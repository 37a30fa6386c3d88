//! One row of a file: its fields checked by the core's rules and made into a record of the API.

use hotdesk_core::directory::{ALIASES_MAX, DEVICE_GROUPS_MAX, NUMBERS_MAX, TEXT_BYTES_MAX};
use hotdesk_core::{Alias, DeviceId, DeviceNumber, Email, Extension, GroupId, Number, SiteId, UserId};
use hotdesk_phone::{Language, Mac};
use hotdesk_proto::v1;

use super::columns::Kind;
use crate::calls::classes;
use crate::policy;

/// A row that follows its rules.
pub(super) struct Row {
    pub(super) record: v1::ImportRow,
    /// What must be unique in the file: the column it comes from and the normalised name.
    pub(super) names: Vec<(&'static str, String)>,
}

/// Reads a row's fields by column name and collects what is wrong.
pub(super) struct Fields<'a> {
    pub(super) get: &'a dyn Fn(&str) -> &'a str,
    pub(super) problems: Vec<(&'static str, String)>,
}

impl Fields<'_> {
    /// A field parsed by its rule; an empty one is the default.
    fn parse<T: Default>(&mut self, name: &'static str, rule: impl Fn(&str) -> Result<T, String>) -> T {
        match (self.get)(name).trim() {
            "" => T::default(),
            text => rule(text).unwrap_or_else(|problem| {
                self.problems.push((name, problem));
                T::default()
            }),
        }
    }

    /// A field that must not be empty.
    fn parse_required(
        &mut self,
        name: &'static str,
        rule: impl Fn(&str) -> Result<String, String>,
    ) -> String {
        if (self.get)(name).trim().is_empty() {
            self.problems.push((name, "must not be empty".to_owned()));
        }
        self.parse(name, rule)
    }

    fn text(&mut self, name: &'static str) -> String {
        self.parse(name, |text| match text.len() {
            len if len > TEXT_BYTES_MAX => {
                Err(format!("is {len} bytes long: expected at most {TEXT_BYTES_MAX}"))
            }
            _ => Ok(text.to_owned()),
        })
    }

    fn flag(&mut self, name: &'static str) -> bool {
        self.parse(name, |text| match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" | "x" | "y" => Ok(true),
            "no" | "false" | "0" | "n" => Ok(false),
            _ => Err(format!("{text:?} is not valid: expected yes or no")),
        })
    }

    /// A list separated by blanks, semicolons or bars.
    fn list(
        &mut self,
        name: &'static str,
        max: usize,
        rule: impl Fn(&str) -> Result<String, String>,
    ) -> Vec<String> {
        self.parse(name, |text| {
            let items: Vec<_> = text
                .split([' ', '\t', ';', '|', ','])
                .filter(|item| !item.is_empty())
                .map(&rule)
                .collect::<Result<_, _>>()?;
            if items.len() > max {
                return Err(format!("has {} items: expected at most {max}", items.len()));
            }
            Ok(items)
        })
    }
}

/// Makes a rule of the core's constructors.
macro_rules! name_rule {
    ($type:ident) => {
        |text: &str| match $type::parse(text) {
            Ok(name) => Ok(name.as_str().to_owned()),
            Err(invalid) => Err(invalid.to_string()),
        }
    };
}

/// Makes a row of its fields. The row is meaningless when `fields.problems` is not empty afterwards.
pub(super) fn row(kind: Kind, fields: &mut Fields<'_>) -> Row {
    use v1::import_row::Record;
    let mut pin = String::new();
    let mut names = Vec::new();
    let record = match kind {
        Kind::Sites => {
            let site = v1::Site {
                id: fields.parse_required("id", name_rule!(SiteId)),
                name: fields.text("name"),
                time_zone: fields.text("time_zone"),
                emergency_location: fields.text("emergency_location"),
                language: fields.parse("language", language_rule),
                recent_here: fields.flag("recent_here"),
                ..v1::Site::default()
            };
            names.push(("id", site.id.clone()));
            Record::Site(site)
        }
        Kind::Groups => {
            let group = group(fields);
            names.push(("id", group.id.clone()));
            Record::Group(group)
        }
        Kind::Devices => {
            let device = v1::Device {
                id: fields.parse_required("id", name_rule!(DeviceId)),
                site: fields.parse_required("site", name_rule!(SiteId)),
                desk: fields.text("desk"),
                model: fields.text("model"),
                disabled: fields.flag("disabled"),
                allowed_groups: fields.list("allowed_groups", DEVICE_GROUPS_MAX, name_rule!(GroupId)),
                mac: fields.parse("mac", mac_rule),
                label: fields.text("label"),
                number: fields.parse("number", name_rule!(DeviceNumber)),
                owner: fields.parse("owner", name_rule!(UserId)),
                emergency_location: fields.text("emergency_location"),
                ..v1::Device::default()
            };
            names.push(("id", device.id.clone()));
            if device.mac != device.id {
                names.push(("mac", device.mac.clone()));
            }
            Record::Device(device)
        }
        Kind::Users => {
            let user = user(fields);
            pin = fields.parse("pin", pin_rule);
            names.push(("id", user.id.clone()));
            names.push(("extension", user.extension.clone()));
            names.push(("email", user.email.clone()));
            names.extend(user.numbers.iter().map(|number| ("numbers", number.clone())));
            names.extend(user.aliases.iter().map(|alias| ("aliases", alias.clone())));
            Record::User(user)
        }
    };
    names.retain(|(_, name)| !name.is_empty());
    Row {
        record: v1::ImportRow {
            record: Some(record),
            pin,
        },
        names,
    }
}

fn user(fields: &mut Fields<'_>) -> v1::User {
    v1::User {
        id: fields.parse_required("id", name_rule!(UserId)),
        display_name: fields.text("display_name"),
        extension: fields.parse("extension", name_rule!(Extension)),
        aliases: fields.list("aliases", ALIASES_MAX, name_rule!(Alias)),
        email: fields.parse("email", name_rule!(Email)),
        group: fields.parse("group", name_rule!(GroupId)),
        disabled: fields.flag("disabled"),
        numbers: fields.list("numbers", NUMBERS_MAX, name_rule!(Number)),
        calls: calls(fields),
        rights: fields.parse("rights", rights_rule),
        ..v1::User::default()
    }
}

/// Without any of them the user keeps the settings that there are: people change those themselves.
fn calls(fields: &mut Fields<'_>) -> Option<v1::CallSettings> {
    let calls = v1::CallSettings {
        forward_always: fields.text("forward_always"),
        forward_busy: fields.text("forward_busy"),
        forward_no_answer: fields.text("forward_no_answer"),
        forward_not_logged_in: fields.text("forward_not_logged_in"),
        voicemail: fields.text("voicemail"),
        ..v1::CallSettings::default()
    };
    (calls != v1::CallSettings::default()).then_some(calls)
}

fn language_rule(text: &str) -> Result<String, String> {
    text.parse::<Language>().map(|language| language.tag().to_owned())
}

fn mac_rule(text: &str) -> Result<String, String> {
    let mac = text
        .parse::<Mac>()
        .map_err(|error| format!("{text:?}: {error}"))?;
    Ok(mac.to_string())
}

fn rights_rule(text: &str) -> Result<Option<v1::CallRights>, String> {
    let classes = classes(text)?;
    Ok(Some(v1::CallRights {
        classes,
        outside_hours: None,
    }))
}

/// The value is a secret and stays out of the message.
fn pin_rule(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !(PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&text.len()) {
        return Err(format!(
            "the PIN is not valid: expected {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits"
        ));
    }
    Ok(text.to_owned())
}

/// The shortest PIN, in digits (`SetPinRequest.pin`).
const PIN_DIGITS_MIN: usize = 4;
/// The longest PIN, in digits.
const PIN_DIGITS_MAX: usize = 32;

fn group(fields: &mut Fields<'_>) -> v1::Group {
    let id = fields.parse_required("id", name_rule!(GroupId));
    let multiple_logins = fields.parse("multiple_logins", |text| policy::multiple_logins(text).map(Some));
    let busy_device = fields.parse("busy_device", |text| policy::busy_device(text).map(Some));
    let idle_timeout = fields.parse("idle_timeout", |text| policy::limit(text).map(Some));
    let login_time_max = fields.parse("login_time_max", |text| policy::limit(text).map(Some));
    let failures = fields.parse("lockout_failures", |text| {
        let number = text.parse::<u32>();
        number
            .map(Some)
            .map_err(|_| format!("{text:?} is not valid: expected a whole number"))
    });
    let window = fields.parse("lockout_window", |text| policy::span(text).map(Some));
    let time = fields.parse("lockout_time", |text| policy::span(text).map(Some));
    v1::Group {
        id,
        policy: Some(v1::Policy {
            multiple_logins,
            busy_device: busy_device.map_or(0, |busy| busy as i32),
            idle_timeout,
            login_time_max,
            lockout: policy::lockout(failures, window, time, None),
        }),
        rights: fields.parse("rights", rights_rule),
    }
}
