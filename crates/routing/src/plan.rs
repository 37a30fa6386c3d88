//! The office's dial plan, as the edge's configuration makes it.

use std::time::Duration;

use jiff::tz::TimeZone;
use smol_str::SmolStr;

use crate::{Class, ClassSet, EmergencyPlan, IdentityPolicy, NumberPlan, Pattern, Rights, RingOrder};

/// Everything that routing needs to know of the office. Checked when it is built; never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialPlan {
    /// The office.
    pub site: SmolStr,
    /// Its time zone; `None`: as the directory has it, or UTC while that is not known.
    pub zone: Option<TimeZone>,
    /// How numbers are written and classed.
    pub numbers: NumberPlan,
    /// Emergency numbers and routes.
    pub emergency: EmergencyPlan,
    /// Codes that the edge answers itself.
    pub star_codes: StarCodes,
    /// What phones may do at which nobody is logged in.
    pub neutral: NeutralPhones,
    /// Hunt lists.
    pub hunts: Vec<Hunt>,
    /// The voicemail server.
    pub voicemail: Voicemail,
    /// Numbers that go to a PBX or a special trunk; the first that matches counts.
    pub rules: Vec<Rule>,
    /// The trunks for outside numbers that no rule names.
    pub trunks: Vec<SmolStr>,
    /// What may be called from this office at all: every caller's rights are cut to it.
    pub site_limits: Rights,
    /// What callers from a trunk may call by another trunk, by the trunk's id. A trunk that is not named: only
    /// people and hunt lists. `Internal` alone lets them reach the rules of that class.
    pub trunk_rights: Vec<(SmolStr, ClassSet)>,
    /// The same for peers.
    pub peer_rights: ClassSet,
    /// Whose name and number is shown.
    pub identity: IdentityPolicy,
}

/// A rule of the dial plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// For logs.
    pub name: SmolStr,
    /// Tried on what was dialled, separators taken out, and then on its E.164 form with `+`.
    pub pattern: Pattern,
    /// What is sent, with `$1` for groups of the pattern; `None`: what matched, unchanged.
    pub replace: Option<SmolStr>,
    /// The trunks that may carry it.
    pub trunks: Vec<SmolStr>,
    /// The right that it takes; `None`: by the number's own class.
    pub class: Option<Class>,
}

/// A hunt list: one number, several people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunt {
    /// What is dialled: an extension, or E.164 with `+`.
    pub number: SmolStr,
    /// The name to show.
    pub name: SmolStr,
    /// The people, by extension or any other name.
    pub members: Vec<SmolStr>,
    /// One after the other or all at once.
    pub order: RingOrder,
    /// How long each of them rings, or all together when at once.
    pub ring: Duration,
    /// Where the call goes when nobody takes it.
    pub otherwise: Option<SmolStr>,
}

/// Codes that the edge answers itself. An empty one is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarCodes {
    /// Log in; also as `*11*EXTENSION*PIN`.
    pub login: SmolStr,
    /// Log out.
    pub logout: SmolStr,
    /// Who is logged in.
    pub who_am_i: SmolStr,
    /// In front of a number: do not show who calls.
    pub hide: SmolStr,
    /// In front of a number: show who calls.
    pub show: SmolStr,
}

/// What phones may do at which nobody is logged in. Emergency calls and star codes always work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NeutralPhones {
    /// Numbers that may be called, as dialled or E.164; one that ends with `*` stands for all that begin so.
    pub numbers: Vec<SmolStr>,
    /// Whether people, hunt lists and internal numbers may be called.
    pub internal: bool,
}

/// The voicemail server. Without a target there is no voicemail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voicemail {
    /// Where messages are left: a URI with `{mailbox}`, e.g. `sip:{mailbox}@voicemail.example.com`.
    pub target: Option<SmolStr>,
    /// Where the owner listens; `None`: the same.
    pub listen_target: Option<SmolStr>,
    /// What users dial to listen to their own mailbox ("*97").
    pub number: Option<SmolStr>,
    /// In front of an extension: straight to that mailbox ("*99").
    pub leave_prefix: Option<SmolStr>,
}

/// An office in UTC without limits and without trunks.
impl Default for DialPlan {
    fn default() -> Self {
        Self {
            site: SmolStr::default(),
            zone: None,
            numbers: NumberPlan::default(),
            emergency: EmergencyPlan::default(),
            star_codes: StarCodes::default(),
            neutral: NeutralPhones::default(),
            hunts: Vec::new(),
            voicemail: Voicemail::default(),
            rules: Vec::new(),
            trunks: Vec::new(),
            site_limits: Rights::ALL,
            trunk_rights: Vec::new(),
            peer_rights: ClassSet::NONE,
            identity: IdentityPolicy::default(),
        }
    }
}

impl Default for Hunt {
    fn default() -> Self {
        Self {
            number: SmolStr::default(),
            name: SmolStr::default(),
            members: Vec::new(),
            order: RingOrder::default(),
            ring: Duration::from_secs(20),
            otherwise: None,
        }
    }
}

impl Default for StarCodes {
    fn default() -> Self {
        Self {
            login: "*11".into(),
            logout: "*12".into(),
            who_am_i: "*13".into(),
            hide: "*67".into(),
            show: "*82".into(),
        }
    }
}
