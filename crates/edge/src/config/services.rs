//! What can be set for everything around the calls.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use hotdesk_routing::{ClassSet, Hours};
use smol_str::SmolStr;

/// `[rights]` as far as it is put together from several keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteLimits {
    /// `rights.limit`
    pub classes: ClassSet,
    /// `rights.hours`
    pub hours: Option<Hours>,
    /// `rights.outside_hours`
    pub outside_hours: ClassSet,
}

/// `[eviction] calls`: what becomes of a call when its user's session ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallsAtEviction {
    /// It goes on until somebody hangs up.
    #[default]
    Finish,
    /// It is cut.
    Drop,
}

/// `[calls]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// One JSON line per call; `None`: none is written.
    pub cdr_file: Option<PathBuf>,
    /// Calls whose messages are kept for `hotdesk calls show`.
    pub traces_max: usize,
}

/// `[http]`: status, metrics, traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// Where; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// The file with the token that callers must show; `None`: loopback only.
    pub token_file: Option<PathBuf>,
}

/// `[announce]`: how other edges reach this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announce {
    /// Its id in the log; `None`: the site's.
    pub id: Option<SmolStr>,
    /// The URI; `None`: phones here are not reached from other offices.
    pub uri: Option<SipUri>,
}

/// Whom to tell of an emergency call, beside the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmergencyNotify {
    /// Gets a JSON object by POST.
    pub webhook: Option<String>,
    /// Get a SIP MESSAGE.
    pub message_to: Vec<SipUri>,
}

/// A `sip:` or `sips:` URI, only so far checked that it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipUri(SmolStr);

impl SipUri {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SiteLimits {
    fn default() -> Self {
        Self {
            classes: ClassSet::ALL,
            hours: None,
            outside_hours: ClassSet::ALL,
        }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            cdr_file: None,
            traces_max: 1000,
        }
    }
}

impl FromStr for CallsAtEviction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "finish" => Ok(Self::Finish),
            "drop" => Ok(Self::Drop),
            _ => Err(format!("must be finish or drop, found {text:?}")),
        }
    }
}

impl fmt::Display for CallsAtEviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finish => "finish",
            Self::Drop => "drop",
        })
    }
}

impl FromStr for SipUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => Ok(Self(text.into())),
            _ => Err(format!(
                "must be a URI such as sip:host:5060 or sips:host, found {text:?}"
            )),
        }
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
