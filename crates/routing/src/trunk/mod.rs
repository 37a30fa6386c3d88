//! Trunks: lines to the outside and to other PBXs.

mod cidr;
mod health;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use smol_str::SmolStr;

use crate::{ClassSet, NumberPlan};

pub use cidr::{Cidr, CidrError};
pub use health::{FAILURES_MAX, Probe, TrunkHealth, TrunkStatus};

/// A line to the outside or to another PBX. The edge does not register there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its name in the configuration.
    pub id: SmolStr,
    /// Where calls are sent: `sip:sbc.example.com:5060`; the user part is filled in with the number.
    pub uri: SmolStr,
    /// How.
    pub transport: TrunkTransport,
    /// Addresses from which its calls come (CIDR); empty: those to which `uri` leads.
    pub from: Vec<Cidr>,
    /// Lower ones are tried first.
    pub priority: u16,
    /// Share of the calls among those of one priority; 0: only when the others are down.
    pub weight: u16,
    /// How often it is asked with OPTIONS whether it is there; zero: never, and it counts as there.
    pub options_every: Duration,
    /// The name for digest authentication.
    pub username: Option<SmolStr>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// How numbers are written.
    pub format: NumberFormat,
    /// Put in front of each number.
    pub prefix: SmolStr,
    /// At most so many calls at a time; 0: as many as there are.
    pub calls_max: u32,
    /// It belongs to the company: identities are believed and given, whatever the caller's privacy.
    pub trusted: bool,
    /// What its callers may call by other trunks ([`DialPlan::trunk_rights`](crate::DialPlan::trunk_rights)).
    pub may_call: ClassSet,
}

/// How a trunk is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrunkTransport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
}

/// How a trunk wants numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberFormat {
    /// `+13125550100`.
    #[default]
    E164,
    /// `13125550100`.
    Digits,
    /// As dialled inside the country: `3125550100`, `01149301234`.
    National,
}

impl Trunk {
    /// A number as this trunk wants it. What is not E.164 (made by a rule of the dial plan) stays as it is.
    #[must_use]
    pub fn number(&self, plan: &NumberPlan, number: &str) -> String {
        let Some(digits) = number.strip_prefix('+') else {
            return format!("{}{number}", self.prefix);
        };
        let written = match self.format {
            NumberFormat::E164 => number.to_owned(),
            NumberFormat::Digits => digits.to_owned(),
            NumberFormat::National => match digits.strip_prefix(plan.country_code.as_str()) {
                Some(national) => national.to_owned(),
                None => format!("{}{digits}", plan.international_prefix),
            },
        };
        format!("{}{written}", self.prefix)
    }
}

impl Default for Trunk {
    fn default() -> Self {
        Self {
            id: SmolStr::default(),
            uri: SmolStr::default(),
            transport: TrunkTransport::default(),
            from: Vec::new(),
            priority: 10,
            weight: 10,
            options_every: Duration::from_secs(30),
            username: None,
            password_file: None,
            format: NumberFormat::default(),
            prefix: SmolStr::default(),
            calls_max: 0,
            trusted: false,
            may_call: ClassSet::NONE,
        }
    }
}

impl TrunkTransport {
    /// As written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

impl FromStr for TrunkTransport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::Udp, Self::Tcp, Self::Tls]
            .into_iter()
            .find(|one| one.name() == text);
        found.ok_or_else(|| format!("must be udp, tcp or tls, found {text:?}"))
    }
}

impl NumberFormat {
    /// As written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::E164 => "e164",
            Self::Digits => "digits",
            Self::National => "national",
        }
    }
}

impl FromStr for NumberFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::E164, Self::Digits, Self::National]
            .into_iter()
            .find(|one| one.name() == text);
        found.ok_or_else(|| format!("must be e164, digits or national, found {text:?}"))
    }
}

impl fmt::Display for TrunkTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
