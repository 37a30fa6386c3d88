//! Everything that a phone's document is made of.

use smol_str::SmolStr;

use crate::language::Language;
use crate::mac::Mac;
use crate::secret::Secret;
use crate::vendor::Vendor;

/// A phone at a moment: where it stands, what it needs to reach the service, and who is logged in. The one input of
/// every document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// The phone.
    pub device: Device,
    /// The office.
    pub site: Site,
    /// Where the phone finds the service.
    pub service: Service,
    /// The phone's own account; always registered.
    pub line: Line,
    /// Who is logged in; `None`: the phone is neutral.
    pub session: Option<Session>,
    /// The position in the log of the last change of anything that this phone shows: in every document, so that each
    /// one differs from the last and a fetch says what was fetched. Only rises.
    pub stamp: u64,
}

/// A phone, as the directory has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: SmolStr,
    /// The address of its network interface; softphones have none.
    pub mac: Option<Mac>,
    /// The family of phones.
    pub vendor: Vendor,
    /// As the directory has it ("yealink-t54w").
    pub model: SmolStr,
    /// The desk, for people ("12").
    pub desk: SmolStr,
    /// What the screen shows while nobody is logged in; never empty.
    pub label: SmolStr,
    /// The phone's own number; empty for none.
    pub number: SmolStr,
}

/// An office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: SmolStr,
    /// Its name for people.
    pub name: SmolStr,
    /// IANA time zone ("America/Chicago").
    pub time_zone: SmolStr,
    /// What the neutral phone and its pages speak.
    pub language: Language,
    /// Numbers that may be dialled at a locked phone ("911").
    pub emergency_numbers: Vec<SmolStr>,
}

/// Where the phone finds the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Scheme, host and port of the node's pages, without a slash at the end (`https://chicago.example.com:8443`).
    pub base: SmolStr,
    /// The phone's own secret path under it: documents are at `<base>/p/<token>/<file>`, the login application at
    /// `<base>/p/<token>/app`. Of the URL-safe characters a-z and 2-7.
    pub token: Secret,
    /// The SIP domain and realm.
    pub domain: SmolStr,
    /// The edge of the office.
    pub registrar: Registrar,
    /// User of the phone's own web interface, with which the edge pushes.
    pub web_user: SmolStr,
    /// Its password.
    pub web_password: Secret,
    /// Addresses from which the phone takes pushes (the edge's and the node's), for phones that want a list.
    pub push_from: Vec<SmolStr>,
    /// What is dialled to log in by keypad ("*11").
    pub login_code: SmolStr,
    /// What is dialled to log out ("*12").
    pub logout_code: SmolStr,
}

/// The edge that a phone registers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registrar {
    /// Host name or address.
    pub host: SmolStr,
    /// Port.
    pub port: u16,
    /// How.
    pub transport: Transport,
}

/// How SIP is carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

/// A SIP account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The user part of its address: the phone's id, or an extension.
    pub user: SmolStr,
    /// The user name for digests.
    pub auth_user: SmolStr,
    /// The password.
    pub password: Secret,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The session's epoch.
    pub epoch: u64,
    /// The user's id.
    pub user: SmolStr,
    /// The user's name.
    pub display_name: SmolStr,
    /// The number that reaches the user; empty for none.
    pub extension: SmolStr,
    /// The session's line, derived for this epoch and never the user's own; `None` for a user without an extension: the
    /// phone's own line speaks for them.
    pub line: Option<Line>,
    /// What the user has set.
    pub profile: Profile,
}

/// What a user finds at every phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The label of the line; empty: "extension name".
    pub line_label: SmolStr,
    /// Keys that dial; at most 32.
    pub speed_dials: Vec<SpeedDial>,
    /// Keys with a lamp that shows whether somebody is in a call; at most 32.
    pub lamps: Vec<Lamp>,
    /// What the message key dials; empty for none.
    pub voicemail_number: SmolStr,
    /// Whether waiting messages light the lamp.
    pub message_waiting: bool,
    /// Which ring tone: 1 to 9, 0 for the phone's usual one.
    pub ring_tone: u8,
    /// Where calls go, to be shown at the phone; the edge does the forwarding.
    pub forwarding: Forwarding,
    /// Calls do not ring.
    pub do_not_disturb: bool,
    /// What the phone speaks while the user is logged in; `None`: the office's language.
    pub language: Option<Language>,
    /// Where the phone book is; empty for none.
    pub directory_url: SmolStr,
    /// Functions of the soft keys, in order; empty: the phone's usual ones. At most 8.
    pub softkeys: Vec<SoftFunction>,
}

/// A key that dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeedDial {
    /// What the key shows.
    pub label: SmolStr,
    /// What it dials.
    pub number: SmolStr,
}

/// A key whose lamp shows a colleague.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lamp {
    /// What the key shows.
    pub label: SmolStr,
    /// The extension that is watched and dialled.
    pub extension: SmolStr,
}

/// Where calls go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// All calls; empty for none.
    pub always: SmolStr,
    /// Calls while busy; empty for none.
    pub busy: SmolStr,
    /// Calls that nobody answers; empty for none.
    pub no_answer: SmolStr,
    /// After so many seconds: 5 to 120.
    pub no_answer_after_s: u16,
}

/// What a soft key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftFunction {
    /// The calls made and missed.
    History,
    /// The phone book.
    Directory,
    /// Do not disturb, on and off.
    DoNotDisturb,
    /// Forwarding.
    Forward,
    /// The mailbox.
    Voicemail,
    /// Log out of the phone.
    Logout,
}

impl Service {
    /// The usual [`web_user`](Self::web_user): what documents set, and edges push with.
    pub const WEB_USER: &str = "hotdesk";
}

impl Session {
    /// What the line shows: the user's own label, or "extension name".
    #[must_use]
    pub fn label(&self) -> SmolStr {
        if self.profile.line_label.is_empty() {
            SmolStr::from(format!("{} {}", self.extension, self.display_name).trim())
        } else {
            self.profile.line_label.clone()
        }
    }
}

impl Desk {
    /// Where the phone's documents are; a file's name follows.
    #[must_use]
    pub fn documents_url(&self) -> String {
        format!("{}/p/{}/", self.service.base, self.service.token.expose())
    }

    /// The login application of this phone.
    #[must_use]
    pub fn app_url(&self) -> String {
        format!("{}/p/{}/app", self.service.base, self.service.token.expose())
    }

    /// The page with a code to log in with a mobile, for the screen of a phone that nobody uses; empty while somebody is
    /// logged in. Every document sets it, so that it goes with the login.
    #[must_use]
    pub fn idle_url(&self) -> String {
        match self.session {
            None => format!("{}/idle", self.app_url()),
            Some(_) => String::new(),
        }
    }

    /// What the screen's first line shows: the user's own label, or the phone's.
    #[must_use]
    pub fn label(&self) -> SmolStr {
        match &self.session {
            None => self.device.label.clone(),
            Some(session) => session.label(),
        }
    }

    /// What the phone speaks now.
    #[must_use]
    pub fn language(&self) -> Language {
        let own = self.session.as_ref().and_then(|session| session.profile.language);
        own.unwrap_or(self.site.language)
    }

    /// What stands in every document, for people and for [`Recognised`](crate::Recognised) fetches: "stamp 812 epoch
    /// 829440" or "stamp 812 neutral".
    #[must_use]
    pub fn mark(&self) -> String {
        match &self.session {
            Some(session) => format!("stamp {} epoch {}", self.stamp, session.epoch),
            None => format!("stamp {} neutral", self.stamp),
        }
    }
}
