//! `[phones]`: where phones get their documents, and what these say.

use std::net::IpAddr;
use std::path::PathBuf;

use hotdesk_phone::{Registrar, Transport};

use super::Config;
use super::check::{expected_host_port, is_host_port, is_loopback};
use crate::phones::{Networks, check_hosts, offices};

/// How many addresses a list may name.
const LIST_MAX: usize = 16;
/// The longest star code or emergency number.
const CODE_BYTES_MAX: usize = 16;

/// What phones are served. Nothing is, unless there is a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhonesSection {
    /// Encrypted listeners, host:port.
    pub https_listen: Vec<String>,
    /// Plain listeners, host:port.
    pub http_listen: Vec<String>,
    /// Where phones and browsers reach them: scheme, host, port.
    pub url: Option<String>,
    /// PEM: the certificate chain; `None`: that of `[tls]`.
    pub cert_file: Option<PathBuf>,
    /// PEM: its key; `None`: that of `[tls]`.
    pub key_file: Option<PathBuf>,
    /// PEM: who signs the certificates that phones were made with.
    pub client_ca_file: Option<PathBuf>,
    /// The edge that phones register with.
    pub registrar: Option<String>,
    /// Addresses from which phones take pushes.
    pub push_from: Vec<String>,
    /// Where phones of other offices find their node and edge: site, URL, edge, addresses that push.
    pub other_offices: Vec<String>,
    /// Numbers that may be dialled at a locked phone.
    pub emergency_numbers: Vec<String>,
    /// What is dialled to log in.
    pub login_code: String,
    /// What is dialled to log out.
    pub logout_code: String,
    /// Requests a minute from one source that has not shown who it is.
    pub strangers_per_minute_max: u32,
    /// Networks whose Cisco phones need no token.
    pub danger_no_token_from: Vec<String>,
    /// Connections at the same time.
    pub connections_max: u32,
    /// Answer SIP plug-and-play.
    pub plug_and_play: bool,
    /// Answer phones too that are not in the directory.
    pub plug_and_play_unknown: bool,
    /// Where questions come in, host:port.
    pub plug_and_play_listen: String,
    /// The interface whose multicast is listened to, by its address.
    pub plug_and_play_interface: Option<String>,
    /// Cisco's Extension Mobility interface.
    pub em: EmSection,
}

/// `phones.em`: Cisco's Extension Mobility interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmSection {
    /// Whether it is served.
    pub enabled: bool,
    /// TOML: which applications may ask, and what. `None`: end users only.
    pub applications_file: Option<PathBuf>,
    /// Networks that may ask.
    pub allow: Vec<String>,
    /// Take requests that came through a proxy.
    pub allow_via: bool,
    /// Names of nodes, besides the one of the phones' URL.
    pub hosts: Vec<String>,
    /// Requests at the same time.
    pub concurrent_max: u32,
    /// Refuse logins with a time of their own instead of taking them without it.
    pub refuse_exclusive_duration: bool,
    /// Refuse logins with a device profile that is not named like the user.
    pub check_device_profile: bool,
}

impl Default for EmSection {
    fn default() -> Self {
        Self {
            enabled: false,
            applications_file: None,
            allow: vec!["127.0.0.0/8".to_owned(), "::1/128".to_owned()],
            allow_via: false,
            hosts: Vec::new(),
            concurrent_max: 5,
            refuse_exclusive_duration: false,
            check_device_profile: false,
        }
    }
}

impl Default for PhonesSection {
    fn default() -> Self {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        Self {
            https_listen: Vec::new(),
            http_listen: Vec::new(),
            url: None,
            cert_file: None,
            key_file: None,
            client_ca_file: None,
            registrar: None,
            push_from: Vec::new(),
            other_offices: Vec::new(),
            emergency_numbers: list(&["911", "112"]),
            login_code: "*11".to_owned(),
            logout_code: "*12".to_owned(),
            strangers_per_minute_max: 600,
            danger_no_token_from: Vec::new(),
            connections_max: 4096,
            plug_and_play: false,
            plug_and_play_unknown: false,
            plug_and_play_listen: "224.0.1.75:5060".to_owned(),
            plug_and_play_interface: None,
            em: EmSection::default(),
        }
    }
}

impl PhonesSection {
    /// Whether anything is served.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.https_listen.is_empty() || !self.http_listen.is_empty()
    }

    /// The URL without a slash at its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn base(&self) -> Result<String, String> {
        let Some(url) = &self.url else {
            return Err("is missing: say where phones reach the listeners, such as \
                        https://chicago.example.com:8443"
                .into());
        };
        let base = url.trim_end_matches('/');
        let host = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://"));
        let is_host = |host: &str| {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
        };
        if host.is_some_and(is_host) {
            return Ok(base.to_owned());
        }
        Err(format!(
            "expected scheme, host and port such as https://chicago.example.com:8443, found {url:?}"
        ))
    }

    /// The edge.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn edge(&self) -> Result<Registrar, String> {
        let Some(text) = &self.registrar else {
            return Err("is missing: say which edge phones register with, such as \
                        edge.chicago.example.com:5060;transport=tcp"
                .into());
        };
        let wrong = || {
            format!(
                "expected host:port;transport=udp|tcp|tls such as 10.1.0.5:5060;transport=udp, found {text:?}"
            )
        };
        let mut parts = text.split(';');
        let address = parts.next().unwrap_or_default();
        let transport = match parts.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("transport=udp") => Transport::Udp,
            Some("transport=tcp") => Transport::Tcp,
            Some("transport=tls") => Transport::Tls,
            Some(_) => return Err(wrong()),
        };
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if parts.next().is_some() || host.is_empty() || !host.bytes().all(is_name) {
            return Err(wrong());
        }
        Ok(Registrar {
            host: host.into(),
            port,
            transport,
        })
    }
}

impl Config {
    /// `[phones]` by itself, and with what it needs of other sections.
    pub(super) fn check_phones(&self, wrong: &mut impl FnMut(&str, String)) {
        let phones = &self.phones;
        check_lists(phones, wrong);
        if let Err(problem) = Networks::parse(&phones.em.allow) {
            wrong("phones.em.allow", problem);
        }
        if let Err(problem) = check_hosts(&phones.em) {
            wrong("phones.em.hosts", problem);
        }
        if phones.em.enabled && !phones.is_on() {
            wrong(
                "phones.em.enabled",
                "needs a listener: set phones.https_listen or phones.http_listen".into(),
            );
        }
        check_codes(phones, wrong);
        if let Err(problem) = offices::parse(&phones.other_offices, &self.node.site) {
            wrong("phones.other_offices", problem);
        }
        for (key, file, other, meaning) in [
            (
                "phones.key_file",
                &phones.key_file,
                &phones.cert_file,
                "certificate's key",
            ),
            (
                "phones.cert_file",
                &phones.cert_file,
                &phones.key_file,
                "key's certificate",
            ),
        ] {
            if file.is_none() && other.is_some() {
                wrong(key, format!("is missing: TLS needs the {meaning}"));
            }
        }
        if !phones.is_on() {
            return;
        }
        if !phones.https_listen.is_empty() && phones.cert_file.is_none() && self.tls.cert_file.is_none() {
            wrong(
                "phones.cert_file",
                "is missing: phones.https_listen needs a certificate, here or in [tls]".into(),
            );
        }
        let listeners = phones.https_listen.iter().chain(&phones.http_listen);
        // On one machine the listener's own address does.
        let is_needed = phones.url.is_some() || listeners.into_iter().any(|listen| !is_loopback(listen));
        if let Some(problem) = phones.base().err().filter(|_| is_needed) {
            wrong("phones.url", problem);
        }
        if let Err(problem) = phones.edge() {
            wrong("phones.registrar", problem);
        }
        if self.sip.key_file.is_none() {
            wrong(
                "sip.key_file",
                "is missing: what phones are given is made with the line key".into(),
            );
        }
    }
}

fn check_lists(phones: &PhonesSection, wrong: &mut impl FnMut(&str, String)) {
    for (key, list) in [
        ("phones.https_listen", &phones.https_listen),
        ("phones.http_listen", &phones.http_listen),
    ] {
        for address in list.iter().filter(|address| !is_host_port(address)) {
            wrong(key, expected_host_port(address));
        }
    }
    for (key, list) in [
        ("phones.https_listen", &phones.https_listen),
        ("phones.http_listen", &phones.http_listen),
        ("phones.push_from", &phones.push_from),
        ("phones.emergency_numbers", &phones.emergency_numbers),
    ] {
        if list.len() > LIST_MAX {
            wrong(key, format!("names {}, expected at most {LIST_MAX}", list.len()));
        }
    }
    if let Err(problem) = Networks::parse(&phones.danger_no_token_from) {
        wrong("phones.danger_no_token_from", problem);
    }
    for address in &phones.push_from {
        if address.parse::<IpAddr>().is_err() {
            wrong(
                "phones.push_from",
                format!("expected addresses such as 10.1.0.5, found {address:?}"),
            );
        }
    }
    if !is_host_port(&phones.plug_and_play_listen) {
        wrong(
            "phones.plug_and_play_listen",
            expected_host_port(&phones.plug_and_play_listen),
        );
    }
    if let Some(interface) = &phones.plug_and_play_interface
        && interface.parse::<std::net::Ipv4Addr>().is_err()
    {
        wrong(
            "phones.plug_and_play_interface",
            format!("expected the interface's IPv4 address such as 10.1.0.5, found {interface:?}"),
        );
    }
}

fn check_codes(phones: &PhonesSection, wrong: &mut impl FnMut(&str, String)) {
    let can_be_dialled = |text: &str| {
        (1..=CODE_BYTES_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
    };
    let codes = [
        ("phones.login_code", &phones.login_code),
        ("phones.logout_code", &phones.logout_code),
    ];
    let numbers = phones
        .emergency_numbers
        .iter()
        .map(|number| ("phones.emergency_numbers", number));
    for (key, code) in codes.into_iter().chain(numbers) {
        if !can_be_dialled(code) {
            wrong(
                key,
                format!("expected digits, * and #, at most {CODE_BYTES_MAX}, found {code:?}"),
            );
        }
    }
}
