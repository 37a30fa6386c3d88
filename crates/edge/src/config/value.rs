//! How values of each type are read from text and shown as TOML.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use hotdesk_routing::trunk::{NumberFormat, TrunkTransport};
use hotdesk_routing::{Cidr, Class, ClassSet, Hours, Pattern, RingOrder};
use hotdesk_sip::digest::Algorithm;
use hotdesk_sip::hop::Transport;
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::LogFormat;
use super::key::quoted;
use super::services::{CallsAtEviction, SipUri};
use crate::standing::Policy;

/// What can stand in the file as one value.
pub(super) trait Value: Sized {
    /// Reads; on failure says what was expected and what was found.
    fn read(text: &str) -> Result<Self, String>;

    /// As TOML; `None` when there is nothing to show.
    fn show(&self) -> Option<String>;
}

/// Reads a value into a field.
pub(super) fn set<V: Value>(field: &mut V, text: &str) -> Result<(), String> {
    *field = V::read(text)?;
    Ok(())
}

/// An empty text takes the value away: how the environment unsets what the file sets.
impl<V: Value> Value for Option<V> {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            Ok(None)
        } else {
            V::read(text).map(Some)
        }
    }

    fn show(&self) -> Option<String> {
        self.as_ref()?.show()
    }
}

/// So many values in one list; more is refused.
const VALUES_MAX: usize = 1000;

/// With commas between the values.
impl<V: Value> Value for Vec<V> {
    fn read(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let values: Self = parts.map(V::read).collect::<Result<_, _>>()?;
        if values.len() > VALUES_MAX {
            return Err(format!(
                "must not have more than {VALUES_MAX} values, found {}",
                values.len()
            ));
        }
        Ok(values)
    }

    fn show(&self) -> Option<String> {
        let values: Vec<String> = self.iter().filter_map(V::show).collect();
        (!values.is_empty()).then(|| format!("[{}]", values.join(", ")))
    }
}

/// In the order of the price.
impl Value for ClassSet {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Vec::<Class>::read(text)?.into_iter().collect())
    }

    fn show(&self) -> Option<String> {
        let names: Vec<String> = self.iter().map(|class| quoted(class.name())).collect();
        Some(format!("[{}]", names.join(", ")))
    }
}

impl Value for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> Option<String> {
        (!self.is_empty()).then(|| quoted(self))
    }
}

impl Value for SmolStr {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> Option<String> {
        (!self.is_empty()).then(|| quoted(self))
    }
}

impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }
}

impl Value for bool {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("must be true or false, found {text:?}"))
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for SocketAddr {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| {
            format!("must be an address and a port such as 192.0.2.1:5060 or [::]:5060, found {text:?}")
        })
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Value for Transport {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|()| format!("must be udp, tcp, tls, ws or wss, found {text:?}"))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.parameter()))
    }
}

impl Value for Algorithm {
    fn read(text: &str) -> Result<Self, String> {
        match Self::parse(text) {
            Some((algorithm, false)) => Ok(algorithm),
            _ => Err(format!("must be SHA-512-256, SHA-256 or MD5, found {text:?}")),
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.token()))
    }
}

impl Value for RingOrder {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "in_order" => Ok(Self::InOrder),
            _ => Err(format!("must be all or in_order, found {text:?}")),
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(match self {
            Self::All => "all",
            Self::InOrder => "in_order",
        }))
    }
}

impl Value for Policy {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|()| format!("must be {}, found {text:?}", Self::NAMES.join(" or ")))
    }

    fn show(&self) -> Option<String> {
        Some(quoted_text(self))
    }
}

impl Value for LogFormat {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("must be text or json, found {text:?}")),
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(match self {
            Self::Text => "text",
            Self::Json => "json",
        }))
    }
}

impl Value for TimeZone {
    fn read(text: &str) -> Result<Self, String> {
        Self::get(text).map_err(|_| format!("must be a time zone such as America/Chicago, found {text:?}"))
    }

    fn show(&self) -> Option<String> {
        self.iana_name().map(quoted)
    }
}

impl Value for Pattern {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|error: <Self as FromStr>::Err| error.to_string())
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self.as_str()))
    }
}

/// How many digits a number may have: "7", "3-8".
impl Value for (usize, usize) {
    fn read(text: &str) -> Result<Self, String> {
        let (min, max) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|number| (1..=15).contains(number))
        };
        match (number(min), number(max)) {
            (Some(min), Some(max)) if min <= max => Ok((min, max)),
            _ => Err(format!(
                "must be a length such as \"7\" or \"3-8\" from 1 to 15, found {text:?}"
            )),
        }
    }

    fn show(&self) -> Option<String> {
        Some(match self {
            (min, max) if min == max => quoted(&min.to_string()),
            (min, max) => quoted(&format!("{min}-{max}")),
        })
    }
}

/// Types whose own texts are right.
macro_rules! by_their_text {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error: <Self as FromStr>::Err| error.to_string())
            }

            fn show(&self) -> Option<String> {
                Some(quoted_text(self))
            }
        }
    )+};
}

by_their_text!(
    Cidr,
    Class,
    Hours,
    CallsAtEviction,
    NumberFormat,
    SipUri,
    TrunkTransport
);

fn quoted_text(value: &impl Display) -> String {
    quoted(&value.to_string())
}
