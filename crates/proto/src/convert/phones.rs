//! Profiles of users, and what is known of phones beyond the directory.

use hotdesk_core::{
    EnrolmentToken, FormerSeed, Lamp, MacAddress, Profile, SeenPhone, Shown, ShownBy, SoftFunction,
    SpeedDial, TimeMs, TokenHash, WaitingPhone,
};

use super::{Invalid, name, optional_name, part};
use crate::v1;

impl From<&Profile> for v1::Profile {
    fn from(profile: &Profile) -> Self {
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
        Self {
            line_label: line_label.as_str().into(),
            speed_dials: speed_dials
                .iter()
                .map(|dial| v1::SpeedDial {
                    label: dial.label.as_str().into(),
                    number: dial.number.as_str().into(),
                })
                .collect(),
            lamps: lamps
                .iter()
                .map(|lamp| v1::Lamp {
                    label: lamp.label.as_str().into(),
                    extension: lamp.extension.as_str().into(),
                })
                .collect(),
            voicemail_number: voicemail_number.as_str().into(),
            message_waiting: *message_waiting,
            ring_tone: (*ring_tone).into(),
            language: language.as_str().into(),
            directory_url: directory_url.as_str().into(),
            softkeys: softkeys
                .iter()
                .map(|softkey| v1::SoftFunction::from(*softkey).into())
                .collect(),
        }
    }
}

impl TryFrom<v1::Profile> for Profile {
    type Error = Invalid;
    fn try_from(profile: v1::Profile) -> Result<Self, Invalid> {
        let softkeys = profile.softkeys.iter().enumerate();
        Ok(Self {
            line_label: profile.line_label.into(),
            speed_dials: profile
                .speed_dials
                .into_iter()
                .map(|dial| SpeedDial {
                    label: dial.label.into(),
                    number: dial.number.into(),
                })
                .collect(),
            lamps: profile
                .lamps
                .into_iter()
                .map(|lamp| Lamp {
                    label: lamp.label.into(),
                    extension: lamp.extension.into(),
                })
                .collect(),
            voicemail_number: profile.voicemail_number.into(),
            message_waiting: profile.message_waiting,
            ring_tone: u8::try_from(profile.ring_tone).map_err(|_| {
                Invalid::new("ring_tone", format!("must be 0 to 9, got {}", profile.ring_tone))
            })?,
            language: profile.language.into(),
            directory_url: profile.directory_url.into(),
            softkeys: softkeys
                .map(|(at, softkey)| soft_function(at, *softkey))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<SoftFunction> for v1::SoftFunction {
    fn from(softkey: SoftFunction) -> Self {
        match softkey {
            SoftFunction::History => Self::History,
            SoftFunction::Directory => Self::Directory,
            SoftFunction::DoNotDisturb => Self::DoNotDisturb,
            SoftFunction::Forward => Self::Forward,
            SoftFunction::Voicemail => Self::Voicemail,
            SoftFunction::Logout => Self::Logout,
        }
    }
}

fn soft_function(at: usize, softkey: i32) -> Result<SoftFunction, Invalid> {
    match v1::SoftFunction::try_from(softkey) {
        Ok(v1::SoftFunction::History) => Ok(SoftFunction::History),
        Ok(v1::SoftFunction::Directory) => Ok(SoftFunction::Directory),
        Ok(v1::SoftFunction::DoNotDisturb) => Ok(SoftFunction::DoNotDisturb),
        Ok(v1::SoftFunction::Forward) => Ok(SoftFunction::Forward),
        Ok(v1::SoftFunction::Voicemail) => Ok(SoftFunction::Voicemail),
        Ok(v1::SoftFunction::Logout) => Ok(SoftFunction::Logout),
        Ok(v1::SoftFunction::Unspecified) | Err(_) => Err(Invalid::new(
            format!("softkeys[{at}]"),
            format!("must be a function that this version knows, got {softkey}"),
        )),
    }
}

impl From<&Shown> for v1::Shown {
    fn from(shown: &Shown) -> Self {
        Self {
            stamp: shown.stamp,
            at_ms: shown.at.0,
            how: v1::ShownBy::from(shown.how).into(),
        }
    }
}

impl From<v1::Shown> for Shown {
    fn from(shown: v1::Shown) -> Self {
        Self {
            stamp: shown.stamp,
            at: TimeMs(shown.at_ms),
            how: shown.how().into(),
        }
    }
}

impl From<ShownBy> for v1::ShownBy {
    fn from(how: ShownBy) -> Self {
        match how {
            ShownBy::Document => Self::Document,
            ShownBy::Register => Self::Register,
        }
    }
}

impl From<v1::ShownBy> for ShownBy {
    fn from(how: v1::ShownBy) -> Self {
        match how {
            v1::ShownBy::Unspecified | v1::ShownBy::Document => Self::Document,
            v1::ShownBy::Register => Self::Register,
        }
    }
}

impl From<&SeenPhone> for v1::SeenPhone {
    fn from(phone: &SeenPhone) -> Self {
        Self {
            mac: phone.mac.to_string(),
            vendor: phone.vendor.as_str().into(),
            model: phone.model.as_str().into(),
            firmware: phone.firmware.as_str().into(),
            site: phone.site.as_ref().map_or("", |site| site.as_str()).into(),
            address: phone.address.as_str().into(),
        }
    }
}

impl TryFrom<v1::SeenPhone> for SeenPhone {
    type Error = Invalid;
    fn try_from(phone: v1::SeenPhone) -> Result<Self, Invalid> {
        Ok(Self {
            mac: name("mac", &phone.mac)?,
            vendor: phone.vendor.into(),
            model: phone.model.into(),
            firmware: phone.firmware.into(),
            site: optional_name("site", &phone.site)?,
            address: phone.address.into(),
        })
    }
}

impl From<&WaitingPhone> for v1::WaitingPhone {
    fn from(waiting: &WaitingPhone) -> Self {
        Self {
            phone: Some((&waiting.phone).into()),
            first_seen_ms: waiting.first_seen.0,
            last_seen_ms: waiting.last_seen.0,
        }
    }
}

impl TryFrom<v1::WaitingPhone> for WaitingPhone {
    type Error = Invalid;
    fn try_from(waiting: v1::WaitingPhone) -> Result<Self, Invalid> {
        Ok(Self {
            phone: part("phone", waiting.phone, "the phone")?,
            first_seen: TimeMs(waiting.first_seen_ms),
            last_seen: TimeMs(waiting.last_seen_ms),
        })
    }
}

impl From<&EnrolmentToken> for v1::EnrolmentToken {
    fn from(token: &EnrolmentToken) -> Self {
        Self {
            hash: token.hash.0.to_vec(),
            site: token.site.as_str().into(),
            uses: token.uses,
            until_ms: token.until.0,
            note: token.note.as_str().into(),
        }
    }
}

impl TryFrom<v1::EnrolmentToken> for EnrolmentToken {
    type Error = Invalid;
    fn try_from(token: v1::EnrolmentToken) -> Result<Self, Invalid> {
        Ok(Self {
            hash: token_hash("hash", &token.hash)?,
            site: name("site", &token.site)?,
            uses: token.uses,
            until: TimeMs(token.until_ms),
            note: token.note.into(),
        })
    }
}

/// The SHA-256 of an enrolment token: 32 bytes.
///
/// # Errors
/// [`Invalid`] for any other length.
pub fn token_hash(field: &str, bytes: &[u8]) -> Result<TokenHash, Invalid> {
    match bytes.try_into() {
        Ok(hash) => Ok(TokenHash(hash)),
        Err(_) => Err(Invalid::new(
            field,
            format!("must be 32 bytes, the SHA-256 of a token, got {}", bytes.len()),
        )),
    }
}

/// The seed of a generated password: 16 bytes, or none.
///
/// # Errors
/// [`Invalid`] for any other length.
pub(crate) fn seed(field: &str, bytes: &[u8]) -> Result<Option<u128>, Invalid> {
    Ok(super::optional_request_id(field, bytes)?.map(|id| id.0))
}

impl From<&FormerSeed> for v1::FormerSeed {
    fn from(former: &FormerSeed) -> Self {
        Self {
            seed: former.seed.to_be_bytes().to_vec(),
            replaced: former.replaced,
            until_ms: former.until.0,
        }
    }
}

/// The former seeds of a phone.
pub(super) fn former_seeds(seeds: &[v1::FormerSeed]) -> Result<Vec<FormerSeed>, Invalid> {
    let one = |(at, former): (usize, &v1::FormerSeed)| {
        let field = format!("former_seeds[{at}].seed");
        let seed = super::request_id(&field, &former.seed)?.0;
        Ok(FormerSeed {
            seed,
            replaced: former.replaced,
            until: TimeMs(former.until_ms),
        })
    };
    seeds.iter().enumerate().map(one).collect()
}

/// Nothing when it says what the phone's id says.
pub(super) fn mac_text(mac: Option<MacAddress>, own: Option<MacAddress>) -> String {
    mac.filter(|mac| own != Some(*mac))
        .map_or_else(String::new, |mac| mac.to_string())
}
