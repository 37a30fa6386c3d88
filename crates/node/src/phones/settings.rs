//! What is configured, parsed.

use std::net::SocketAddr;
use std::sync::Arc;

use smol_str::SmolStr;

use super::em::Em;
use super::networks::Networks;
use super::offices::{self, Addresses, Offices};
use crate::config::{Config, ConfigError};

/// `[phones]` as the services need it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The office of this node.
    pub(crate) site: SmolStr,
    /// Where its phones find this node and their edge.
    pub(crate) own: Addresses,
    /// The same of other offices.
    pub(crate) others: Offices,
    /// What a locked phone lets through.
    pub(crate) emergency_numbers: Vec<SmolStr>,
    /// Dialled to log in.
    pub(crate) login_code: SmolStr,
    /// Dialled to log out.
    pub(crate) logout_code: SmolStr,
    /// Networks whose Cisco phones need no token.
    pub(crate) danger_no_token_from: Networks,
    /// Requests a minute from one address that does not show whose phone it is.
    pub(crate) strangers_per_minute_max: u32,
    /// Cisco's interface, where it is on.
    pub(crate) em: Option<Arc<Em>>,
}

impl Settings {
    /// `first`: the first listener, and whether it is encrypted; its address stands in for a URL that is not given,
    /// which the check of the configuration allows on loopback only.
    pub(crate) fn new(config: &Config, first: (SocketAddr, bool)) -> Result<Self, ConfigError> {
        let section = &config.phones;
        let of = |key: &'static str| move |problem: String| ConfigError::of_key(key, problem);
        let base = match section.url {
            Some(_) => section.base().map_err(of("phones.url"))?,
            None => format!("{}://{}", if first.1 { "https" } else { "http" }, first.0),
        };
        let list = |items: &[String]| items.iter().map(SmolStr::from).collect();
        Ok(Self {
            site: SmolStr::from(&config.node.site),
            em: Em::new(&section.em, &base)?,
            own: Addresses {
                base: base.into(),
                registrar: section.edge().map_err(of("phones.registrar"))?,
                push_from: list(&section.push_from),
            },
            others: offices::parse(&section.other_offices, &config.node.site)
                .map_err(of("phones.other_offices"))?,
            emergency_numbers: list(&section.emergency_numbers),
            login_code: SmolStr::from(&section.login_code),
            logout_code: SmolStr::from(&section.logout_code),
            danger_no_token_from: Networks::parse(&section.danger_no_token_from)
                .map_err(of("phones.danger_no_token_from"))?,
            strangers_per_minute_max: section.strangers_per_minute_max,
        })
    }
}
