//! What the messages to phones are made of: who sits there, which edge this is, who has gone where.

use hotdesk_phone::text::{Sentence, Word, local_time, place};
use hotdesk_phone::{
    Action, Body, Key, Language, Line, Profile, Registrar, Screen, Secret, Session, Transport,
};
use hotdesk_sip::hop::{Hop, Transport as HopTransport};
use hotdesk_sip::secret::LineKey;

use super::app::App;
use super::own::split_sent_by;
use super::phones::Driven;
use crate::phones::Moved;

impl App {
    /// Who is logged in at a phone, with the line of the session.
    pub(crate) fn session_at(&self, driven: &Driven) -> Option<Session> {
        let binding = driven.device.binding()?;
        let line = binding.extension.as_ref().map(|extension| Line {
            user: extension.clone(),
            auth_user: LineKey::line_username(extension, binding.epoch).into(),
            password: Secret::new(self.key.line_password(&binding.user, binding.epoch).as_str()),
        });
        Some(Session {
            epoch: binding.epoch,
            user: binding.user.clone(),
            display_name: binding.display_name.clone(),
            extension: binding.extension.clone().unwrap_or_default(),
            line,
            // What a message can set at once is the line; the rest is in the document.
            profile: Profile {
                line_label: driven
                    .device
                    .user()
                    .and_then(|user| user.profile())
                    .map(|profile| profile.line_label.clone())
                    .unwrap_or_default(),
                ..Profile::default()
            },
        })
    }

    /// This edge, as the phone reaches it.
    pub(crate) fn registrar_of(&self, flow: &Hop) -> Registrar {
        let listener = self.listeners.get(usize::from(flow.listener.0));
        let sent_by = listener.map_or("", |listener| listener.sent_by.as_str());
        let (host, port) = split_sent_by(sent_by);
        Registrar {
            host: host.into(),
            port: port.unwrap_or_else(|| flow.transport.default_port()),
            transport: match flow.transport {
                HopTransport::Udp => Transport::Udp,
                HopTransport::Tcp | HopTransport::Ws => Transport::Tcp,
                HopTransport::Tls | HopTransport::Wss => Transport::Tls,
            },
        }
    }

    /// "Ada Lovelace has moved to Chicago, desk 12, 09:31."
    pub(crate) fn moved_screen(&self, driven: &Driven, moved: &Moved, url: &str) -> Screen {
        let site = self.table.site(driven.device.site());
        let language: Language = site
            .as_ref()
            .and_then(|site| site.language.parse().ok())
            .unwrap_or_default();
        let zone = site.as_ref().map_or("", |site| site.time_zone.as_str());
        let user = self.table.by_user(&moved.user);
        let name = user
            .as_ref()
            .map_or(moved.user.as_str(), |user| user.display_name());
        let to = self.table.by_device(&moved.to);
        let to_site = to.as_ref().and_then(|to| self.table.site(to.site()));
        let site_name = match (&to_site, &to) {
            (Some(site), _) if !site.name.is_empty() => site.name.as_str(),
            (_, Some(to)) => to.site(),
            (_, None) => moved.to.as_str(),
        };
        let desk = to.as_ref().map_or("", |to| to.desk());
        let sentence = Sentence::MovedTo {
            name,
            place: &place(language, site_name, desk),
            time: &local_time(moved.at_unix_ms, zone),
        };
        Screen {
            title: Word::TitleMoved.text(language).into(),
            prompt: String::new(),
            body: Body::Text(sentence.text(language)),
            keys: vec![
                Key {
                    label: Word::Lock.text(language).into(),
                    action: Action::Open(url.to_owned()),
                },
                Key {
                    label: Word::Close.text(language).into(),
                    action: Action::Exit,
                },
            ],
            refresh: None,
            is_private: false,
        }
    }
}
