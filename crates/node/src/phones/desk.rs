//! What a phone should show, from a copy of the state: everything that its document is made of, with credentials that
//! are made anew each time and kept nowhere.

use std::str::FromStr as _;

use hotdesk_core::{
    CallSettings, Device, DeviceId, DeviceNumber, Profile, RequestId, Session, SiteId, State, User, profile,
};
use hotdesk_phone as phone;
use hotdesk_phone::{Language, Mac, Vendor};
use hotdesk_sip::secret::{LineKey, PhoneSecret};
use smol_str::SmolStr;

use super::Settings;
use crate::lines::Lines;

/// Why there is nothing to show, by what is missing: a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDesk {
    /// The node cannot make credentials.
    #[error("this node has no line key (sip.key_file), so it cannot make phones' credentials")]
    LineKey,
    /// Nothing can be derived.
    #[error(
        "phone {0} has no generated password, so nothing can be made for it: give it one with hotdesk device \
         secret --generate {0}"
    )]
    Seed(DeviceId),
    /// The directory is not whole; cannot happen while its rules hold.
    #[error("the site {0} is not in the directory")]
    Site(SiteId),
}

/// What makes a phone's documents.
pub(super) struct Maker<'a> {
    pub(super) settings: &'a Settings,
    pub(super) lines: &'a Lines,
}

impl Maker<'_> {
    /// What `device` should show.
    pub(super) fn desk(&self, state: &State, device: &Device) -> Result<phone::Desk, NoDesk> {
        let seed = device
            .secret_seed
            .ok_or_else(|| NoDesk::Seed(device.id.clone()))?;
        let site = state.site(&device.site);
        let site = site.ok_or_else(|| NoDesk::Site(device.site.clone()))?;
        let session = state.session_at(&device.id);
        let user = session.and_then(|session| state.user(&session.user));
        let language = Language::from_str(&site.language).unwrap_or_default();
        Ok(phone::Desk {
            device: device_part(device, &site.name),
            site: phone::Site {
                id: site.id.as_str().into(),
                name: site.name.clone(),
                time_zone: site.time_zone.clone(),
                language,
                emergency_numbers: self.settings.emergency_numbers.clone(),
            },
            service: self.service(device, seed),
            line: phone::Line {
                user: device.id.as_str().into(),
                auth_user: device.id.as_str().into(),
                password: phone::Secret::new(self.lines.generate(&device.id, RequestId(seed)).as_str()),
            },
            session: session
                .zip(user)
                .map(|(session, user)| self.session(session, user)),
            stamp: state.wanted_stamp(&device.id),
        })
    }

    fn service(&self, device: &Device, seed: u128) -> phone::Service {
        let settings = self.settings;
        let addresses = settings.of_site(&device.site);
        let secret =
            |purpose| phone::Secret::new(self.lines.phone_secret(purpose, &device.id, seed).as_str());
        phone::Service {
            base: addresses.base.clone(),
            token: secret(PhoneSecret::Documents),
            domain: SmolStr::from(&self.lines.domain),
            registrar: addresses.registrar.clone(),
            web_user: phone::Service::WEB_USER.into(),
            web_password: secret(PhoneSecret::Web),
            push_from: addresses.push_from.clone(),
            login_code: settings.login_code.clone(),
            logout_code: settings.logout_code.clone(),
        }
    }

    fn session(&self, session: &Session, user: &User) -> phone::Session {
        let epoch = session.epoch.0;
        let line = user.extension.as_ref().map(|extension| phone::Line {
            user: extension.as_str().into(),
            auth_user: LineKey::line_username(extension.as_str(), epoch).into(),
            password: phone::Secret::new(self.lines.session_password(&user.id, session.epoch).as_str()),
        });
        phone::Session {
            epoch,
            user: user.id.as_str().into(),
            display_name: user.display_name.clone(),
            extension: user
                .extension
                .as_ref()
                .map_or_else(SmolStr::default, |extension| extension.as_str().into()),
            line,
            profile: profile_part(user.profile.as_deref(), user.calls.as_deref()),
        }
    }
}

fn device_part(device: &Device, site_name: &str) -> phone::Device {
    let place = if device.desk.is_empty() {
        String::new()
    } else {
        format!("{site_name} {}", device.desk)
    };
    let label = [device.label.as_str(), place.trim(), device.id.as_str()]
        .into_iter()
        .find(|label| !label.is_empty())
        .map_or_else(SmolStr::default, SmolStr::from);
    phone::Device {
        id: device.id.as_str().into(),
        mac: device.mac.and_then(|mac| Mac::new(mac.bytes()).ok()),
        vendor: Vendor::of_model(&device.model),
        model: device.model.clone(),
        desk: device.desk.clone(),
        label,
        number: own_number(device),
    }
}

/// The phone's own number, if it is one: earlier versions kept any text, which no document should carry.
fn own_number(device: &Device) -> SmolStr {
    DeviceNumber::parse(&device.number).map_or_else(|_| SmolStr::default(), |number| number.as_smol().clone())
}

/// The directory's records as the adapters have them.
fn profile_part(own: Option<&Profile>, calls: Option<&CallSettings>) -> phone::Profile {
    let none = Profile::default();
    let own = own.unwrap_or(&none);
    let usual = CallSettings::default();
    let calls = calls.unwrap_or(&usual);
    let target = |target: &Option<SmolStr>| target.clone().unwrap_or_default();
    phone::Profile {
        line_label: own.line_label.clone(),
        speed_dials: own
            .speed_dials
            .iter()
            .map(|dial| phone::SpeedDial {
                label: dial.label.clone(),
                number: dial.number.clone(),
            })
            .collect(),
        lamps: own
            .lamps
            .iter()
            .map(|lamp| phone::Lamp {
                label: lamp.label.clone(),
                extension: lamp.extension.clone(),
            })
            .collect(),
        voicemail_number: own.voicemail_number.clone(),
        message_waiting: own.message_waiting,
        ring_tone: own.ring_tone,
        forwarding: phone::Forwarding {
            always: target(&calls.forward_always),
            busy: target(&calls.forward_busy),
            no_answer: target(&calls.forward_no_answer),
            no_answer_after_s: calls.no_answer_after_s,
        },
        do_not_disturb: calls.do_not_disturb,
        language: Language::from_str(&own.language).ok(),
        directory_url: own.directory_url.clone(),
        softkeys: own
            .softkeys
            .iter()
            .map(|function| match function {
                profile::SoftFunction::History => phone::SoftFunction::History,
                profile::SoftFunction::Directory => phone::SoftFunction::Directory,
                profile::SoftFunction::DoNotDisturb => phone::SoftFunction::DoNotDisturb,
                profile::SoftFunction::Forward => phone::SoftFunction::Forward,
                profile::SoftFunction::Voicemail => phone::SoftFunction::Voicemail,
                profile::SoftFunction::Logout => phone::SoftFunction::Logout,
            })
            .collect(),
    }
}

/// A phone of which nothing is known but its address and its maker: enough for the name of its file.
pub(super) fn blank(mac: Mac, vendor: Vendor) -> phone::Desk {
    let none = SmolStr::default;
    phone::Desk {
        device: phone::Device {
            id: mac.to_string().into(),
            mac: Some(mac),
            vendor,
            model: none(),
            desk: none(),
            label: mac.to_string().into(),
            number: none(),
        },
        site: phone::Site {
            id: none(),
            name: none(),
            time_zone: none(),
            language: Language::default(),
            emergency_numbers: Vec::new(),
        },
        service: phone::Service {
            base: none(),
            token: phone::Secret::default(),
            domain: none(),
            registrar: phone::Registrar {
                host: none(),
                port: 0,
                transport: phone::Transport::Udp,
            },
            web_user: none(),
            web_password: phone::Secret::default(),
            push_from: Vec::new(),
            login_code: none(),
            logout_code: none(),
        },
        line: phone::Line {
            user: none(),
            auth_user: none(),
            password: phone::Secret::default(),
        },
        session: None,
        stamp: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_in_no_document() {
        for (number, shown) in [
            ("+13125550107", "+13125550107"),
            ("7007", "7007"),
            ("<sip:x>", ""),
            ("", ""),
        ] {
            let id: DeviceId = "chi-07".parse().unwrap();
            let device = Device {
                number: number.into(),
                ..Device::new(id, "chicago".parse().unwrap())
            };
            assert_eq!(device_part(&device, "Chicago").number, shown);
        }
    }
}
