//! Sites, groups, users, devices, edges.

use std::sync::Arc;

use hotdesk_core::command::ImportRow;
use hotdesk_core::directory::LANGUAGE;
use hotdesk_core::{
    Device, DeviceId, Edge, Enrolment, Group, Hold, LoginFailures, SealedSecret, Site, TimeMs, User,
};

use super::phones::{former_seeds, mac_text, seed};
use super::{Invalid, name, optional_name, optional_part, time_or_zero, time_unless_zero};
use crate::{internal, v1};

impl From<&Site> for v1::Site {
    fn from(site: &Site) -> Self {
        Self {
            id: site.id.as_str().into(),
            name: site.name.as_str().into(),
            time_zone: site.time_zone.as_str().into(),
            emergency_location: site.emergency_location.as_str().into(),
            language: Some(site.language.as_str())
                .filter(|tag| *tag != LANGUAGE)
                .unwrap_or_default()
                .into(),
            recent_here: site.recent_here,
            changed: site.changed,
        }
    }
}

impl TryFrom<v1::Site> for Site {
    type Error = Invalid;
    fn try_from(site: v1::Site) -> Result<Self, Invalid> {
        Ok(Self {
            id: name("id", &site.id)?,
            name: site.name.into(),
            time_zone: site.time_zone.into(),
            emergency_location: site.emergency_location.into(),
            language: match site.language.as_str() {
                "" => LANGUAGE.into(),
                tag => tag.into(),
            },
            recent_here: site.recent_here,
            changed: site.changed,
        })
    }
}

impl From<&Group> for v1::Group {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id.as_str().into(),
            policy: Some((&group.policy).into()),
            rights: group.rights.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<v1::Group> for Group {
    type Error = Invalid;
    fn try_from(group: v1::Group) -> Result<Self, Invalid> {
        Ok(Self {
            id: name("id", &group.id)?,
            policy: group
                .policy
                .unwrap_or_default()
                .try_into()
                .map_err(|invalid: Invalid| invalid.within("policy"))?,
            rights: optional_part("rights", group.rights)?,
        })
    }
}

/// The record as subscribers and callers see it: whether there is a PIN, never what it is checked against.
impl From<&User> for v1::User {
    fn from(user: &User) -> Self {
        Self {
            has_pin: user.credential.is_some(),
            locked_until_ms: time_or_zero(user.failures.locked_until),
            changed: user.changed,
            ..put_user(user)
        }
    }
}

/// The record as a caller puts it: what [`hotdesk_core::Action::PutUser`] ignores (`has_pin`,
/// `locked_until_ms`, `changed`) is not set.
#[must_use]
pub fn put_user(user: &User) -> v1::User {
    v1::User {
        id: user.id.as_str().into(),
        display_name: user.display_name.as_str().into(),
        extension: user.extension.as_ref().map_or("", |it| it.as_str()).into(),
        aliases: user.aliases.iter().map(|alias| alias.as_str().into()).collect(),
        email: user.email.as_ref().map_or("", |it| it.as_str()).into(),
        group: user.group.as_ref().map_or("", |it| it.as_str()).into(),
        disabled: !user.enabled,
        has_pin: false,
        locked_until_ms: 0,
        numbers: user.numbers.iter().map(|number| number.as_str().into()).collect(),
        calls: user.calls.as_deref().map(Into::into),
        rights: user.rights.as_ref().map(Into::into),
        profile: user.profile.as_deref().map(Into::into),
        changed: 0,
    }
}

/// Without credential, failures and the end of visits, which are not on the wire: `has_pin` and `locked_until_ms` are
/// ignored.
impl TryFrom<v1::User> for User {
    type Error = Invalid;
    fn try_from(user: v1::User) -> Result<Self, Invalid> {
        Ok(Self {
            id: name("id", &user.id)?,
            display_name: user.display_name.into(),
            extension: optional_name("extension", &user.extension)?,
            aliases: names("aliases", &user.aliases)?,
            email: optional_name("email", &user.email)?,
            numbers: names("numbers", &user.numbers)?,
            group: optional_name("group", &user.group)?,
            enabled: !user.disabled,
            calls: optional_part("calls", user.calls)?.map(Arc::new),
            rights: optional_part("rights", user.rights)?,
            credential: None,
            failures: LoginFailures::default(),
            profile: optional_part("profile", user.profile)?.map(Arc::new),
            changed: user.changed,
            visits_ended: 0,
        })
    }
}

/// The record as edges see it, sealed secret and all.
impl From<&Device> for v1::Device {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id.as_str().into(),
            site: device.site.as_str().into(),
            desk: device.desk.as_str().into(),
            model: device.model.as_str().into(),
            disabled: !device.enabled,
            allowed_groups: device
                .allowed_groups
                .iter()
                .map(|group| group.as_str().into())
                .collect(),
            has_secret: device.secret.is_some(),
            sealed_secret: device
                .secret
                .as_ref()
                .map_or_else(Vec::new, |secret| secret.0.to_vec()),
            serving: device.serving.as_ref().map_or("", |edge| edge.as_str()).into(),
            held_until_ms: time_or_zero(device.hold.as_ref().map(|hold| hold.until)),
            hold_reason: device
                .hold
                .as_ref()
                .map_or("", |hold| hold.reason.as_str())
                .into(),
            mac: mac_text(device.mac, device.id.mac()),
            label: device.label.as_str().into(),
            number: device.number.as_str().into(),
            emergency_location: device.emergency_location.as_str().into(),
            owner: device.owner.as_ref().map_or("", |owner| owner.as_str()).into(),
            secret_seed: device
                .secret_seed
                .map_or_else(Vec::new, |seed| seed.to_be_bytes().to_vec()),
            enrolment_open_until_ms: device.enrolment.open_until.0,
            enrolled_at_ms: device.enrolment.enrolled_at.0,
            changed: device.changed,
            shown: device.shown.as_ref().map(Into::into),
            trouble: device.trouble.as_deref().unwrap_or_default().into(),
            stays_neutral: device.stays_neutral,
            former_seeds: device.former_seeds.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::Device> for Device {
    type Error = Invalid;
    fn try_from(device: v1::Device) -> Result<Self, Invalid> {
        let id: DeviceId = name("id", &device.id)?;
        Ok(Self {
            mac: optional_name("mac", &device.mac)?.or_else(|| id.mac()),
            id,
            site: name("site", &device.site)?,
            desk: device.desk.into(),
            model: device.model.into(),
            enabled: !device.disabled,
            allowed_groups: names("allowed_groups", &device.allowed_groups)?,
            secret: (!device.sealed_secret.is_empty()).then(|| SealedSecret(device.sealed_secret.into())),
            serving: optional_name("serving", &device.serving)?,
            hold: hold_from(device.held_until_ms, device.hold_reason),
            label: device.label.into(),
            number: device.number.into(),
            emergency_location: device.emergency_location.into(),
            owner: optional_name("owner", &device.owner)?,
            secret_seed: seed("secret_seed", &device.secret_seed)?,
            enrolment: Enrolment {
                open_until: TimeMs(device.enrolment_open_until_ms),
                enrolled_at: TimeMs(device.enrolled_at_ms),
            },
            changed: device.changed,
            shown: device.shown.map(Into::into),
            trouble: Some(device.trouble)
                .filter(|text| !text.is_empty())
                .map(Into::into),
            stays_neutral: device.stays_neutral,
            former_seeds: former_seeds(&device.former_seeds)?,
        })
    }
}

/// The record as a caller puts it: what [`hotdesk_core::Action::PutDevice`] ignores is not set.
#[must_use]
pub fn put_device(device: &Device) -> v1::Device {
    v1::Device {
        has_secret: false,
        sealed_secret: Vec::new(),
        serving: String::new(),
        held_until_ms: 0,
        hold_reason: String::new(),
        secret_seed: Vec::new(),
        former_seeds: Vec::new(),
        enrolment_open_until_ms: 0,
        enrolled_at_ms: 0,
        changed: 0,
        shown: None,
        trouble: String::new(),
        stays_neutral: false,
        ..device.into()
    }
}

/// A hold until 0 is none.
pub(super) fn hold_from(until_ms: u64, reason: String) -> Option<Arc<Hold>> {
    let until: TimeMs = time_unless_zero(until_ms)?;
    Some(Arc::new(Hold {
        until,
        reason: reason.into(),
    }))
}

impl From<&Edge> for v1::Edge {
    fn from(edge: &Edge) -> Self {
        Self {
            id: edge.id.as_str().into(),
            site: edge.site.as_str().into(),
            uri: edge.uri.as_str().into(),
        }
    }
}

impl TryFrom<v1::Edge> for Edge {
    type Error = Invalid;
    fn try_from(edge: v1::Edge) -> Result<Self, Invalid> {
        Ok(Self {
            id: name("id", &edge.id)?,
            site: name("site", &edge.site)?,
            uri: edge.uri.into(),
        })
    }
}

/// A row of an import as the public API has it, with the verifier of its PIN.
///
/// # Errors
/// [`Invalid`] when a name in it breaks its rule, or a verifier comes with anything but a user.
pub fn import_row(record: v1::import_row::Record, verifier: Option<Arc<str>>) -> Result<ImportRow, Invalid> {
    use v1::import_row::Record;
    if verifier.is_some() && !matches!(record, Record::User(_)) {
        return Err(Invalid::new("pin", "belongs to users only"));
    }
    Ok(match record {
        Record::Site(site) => ImportRow::Site(site.try_into()?),
        Record::Group(group) => ImportRow::Group(group.try_into()?),
        Record::User(user) => ImportRow::User {
            user: user.try_into()?,
            verifier,
        },
        Record::Device(device) => ImportRow::Device(device.try_into()?),
    })
}

impl From<&ImportRow> for internal::v1::ImportRow {
    fn from(row: &ImportRow) -> Self {
        use internal::v1::import_row::Record;
        let (record, verifier) = match row {
            ImportRow::Site(site) => (Record::Site(site.into()), None),
            ImportRow::Group(group) => (Record::Group(group.into()), None),
            ImportRow::User { user, verifier } => (Record::User(put_user(user)), verifier.as_deref()),
            ImportRow::Device(device) => (Record::Device(device.into()), None),
        };
        Self {
            record: Some(record),
            verifier: verifier.map(Into::into),
        }
    }
}

impl TryFrom<internal::v1::ImportRow> for ImportRow {
    type Error = Invalid;
    fn try_from(row: internal::v1::ImportRow) -> Result<Self, Invalid> {
        use internal::v1::import_row::Record;
        let record = super::required("record", row.record, "a site, a group, a user or a device")?;
        Ok(match record {
            Record::Site(site) => Self::Site(site.try_into()?),
            Record::Group(group) => Self::Group(group.try_into()?),
            Record::User(user) => Self::User {
                user: user.try_into()?,
                verifier: row.verifier.map(Into::into),
            },
            Record::Device(device) => Self::Device(device.try_into()?),
        })
    }
}

pub(crate) fn names<T: std::str::FromStr<Err = hotdesk_core::InvalidName>>(
    field: &str,
    texts: &[String],
) -> Result<Vec<T>, Invalid> {
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            text.parse().map_err(|error: hotdesk_core::InvalidName| {
                Invalid::new(format!("{field}[{at}]"), error.to_string())
            })
        })
        .collect()
}
