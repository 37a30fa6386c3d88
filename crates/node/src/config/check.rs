//! What keys mean together.

use std::net::SocketAddr;

use hotdesk_core::SiteId;

use super::Config;
use super::problem::{ConfigError, Problem};
use crate::phones::check_applications;
use crate::secret::Secret;

/// The secrets, wherever they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) token: Option<Secret>,
    pub(crate) pepper: Option<Secret>,
    pub(crate) admin_token: Option<Secret>,
    pub(crate) edge_token: Option<Secret>,
    pub(crate) http_token: Option<Secret>,
}

impl Config {
    /// Checks what can be checked without the world.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, problem: String| problems.push(Problem::of_key(key, problem));
        self.check_node(&mut wrong);
        self.check_addresses(&mut wrong);
        self.check_role(&mut wrong);
        self.check_timing(&mut wrong);
        self.check_secrets(&mut wrong);
        self.check_tls(&mut wrong);
        self.check_sip(&mut wrong);
        self.check_phones(&mut wrong);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError { problems })
        }
    }

    /// Checks the files that a start would read and refuse, as far as their text alone tells.
    ///
    /// # Errors
    /// [`ConfigError`] with what is wrong; nothing that is secret is repeated.
    pub fn check_files(&self) -> Result<(), ConfigError> {
        let em = &self.phones.em;
        match em.applications_file.as_deref().filter(|_| em.enabled) {
            Some(file) => check_applications(file)
                .map_err(|problem| ConfigError::of_key("phones.em.applications_file", problem)),
            None => Ok(()),
        }
    }

    fn check_node(&self, wrong: &mut impl FnMut(&str, String)) {
        let node = &self.node;
        if node.id == 0 {
            wrong(
                "node.id",
                "is missing: give the node a number from 1 that no other node has".into(),
            );
        }
        if node.site.is_empty() {
            wrong(
                "node.site",
                "is missing: say at which office the node stands".into(),
            );
        } else if let Err(error) = SiteId::parse(&node.site) {
            wrong("node.site", error.to_string());
        }
        if node.data_dir.as_os_str().is_empty() {
            wrong(
                "node.data_dir",
                "is missing: say where the node keeps its log".into(),
            );
        }
    }

    fn check_timing(&self, wrong: &mut impl FnMut(&str, String)) {
        let heartbeats_ms = self.timing.heartbeat.as_millis() * 3;
        let min_ms = self.timing.election_min.as_millis();
        let max_ms = self.timing.election_max.as_millis();
        if min_ms < heartbeats_ms {
            wrong(
                "timing.election_min_ms",
                format!(
                    "is {min_ms} ms, expected at least three heartbeats ({heartbeats_ms} ms): a single late \
                     heartbeat must not start an election"
                ),
            );
        }
        if max_ms <= min_ms {
            wrong(
                "timing.election_max_ms",
                format!("is {max_ms} ms, expected more than timing.election_min_ms ({min_ms} ms)"),
            );
        }
    }

    fn check_secrets(&self, wrong: &mut impl FnMut(&str, String)) {
        let Self {
            cluster,
            pin,
            auth,
            http,
            ..
        } = self;
        for (key, secret, file) in [
            ("cluster.token", &cluster.token, &cluster.token_file),
            ("pin.pepper", &pin.pepper, &pin.pepper_file),
            ("auth.admin_token", &auth.admin_token, &auth.admin_token_file),
            ("auth.edge_token", &auth.edge_token, &auth.edge_token_file),
            ("http.token", &http.token, &http.token_file),
        ] {
            if secret.is_some() && file.is_some() {
                wrong(key, format!("is given twice: remove it or {key}_file"));
            }
        }
        if cluster.token.is_none() && cluster.token_file.is_none() && !self.is_on_loopback() {
            let address = self.advertise.as_ref().unwrap_or(&self.listen);
            wrong(
                "cluster.token",
                format!(
                    "is missing: whoever reaches {address} could join the cluster. Give all nodes the same \
                     token (cluster.token_file or HOTDESK_CLUSTER_TOKEN)"
                ),
            );
        }
        if pin.pepper.is_none() && pin.pepper_file.is_none() && !pin.danger_no_pepper {
            wrong(
                "pin.pepper_file",
                "is missing: PINs are kept with a pepper, the same at all nodes. Make one (openssl rand -hex 32 \
                 > pepper), give it to every node (pin.pepper_file or HOTDESK_PIN_PEPPER), and keep a copy. To do \
                 without, set pin.danger_no_pepper = true"
                    .into(),
            );
        }
    }

    fn check_tls(&self, wrong: &mut impl FnMut(&str, String)) {
        let tls = &self.tls;
        match (&tls.cert_file, &tls.key_file) {
            (Some(_), Some(_)) if tls.ca_file.is_none() => {
                wrong(
                    "tls.ca_file",
                    "is missing: the node could not check whom it calls".into(),
                );
            }
            (Some(_), Some(_)) => {}
            (Some(_), None) => wrong(
                "tls.key_file",
                "is missing: TLS needs the certificate's key".into(),
            ),
            (None, Some(_)) => wrong(
                "tls.cert_file",
                "is missing: TLS needs the key's certificate".into(),
            ),
            (None, None) => {
                for (key, file) in [
                    ("tls.ca_file", &tls.ca_file),
                    ("tls.client_ca_file", &tls.client_ca_file),
                ] {
                    if file.is_some() {
                        wrong(key, "has no effect without tls.cert_file and tls.key_file".into());
                    }
                }
            }
        }
    }

    fn check_sip(&self, wrong: &mut impl FnMut(&str, String)) {
        let sip = &self.sip;
        if sip.key_file.is_some() && sip.domain.is_none() {
            wrong(
                "sip.domain",
                "is missing: phones' passwords are made for the company's SIP domain".into(),
            );
        }
        let is_host = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        };
        if let Some(domain) = sip.domain.as_deref().filter(|domain| !is_host(domain)) {
            wrong(
                "sip.domain",
                format!("expected a domain such as example.com, found {domain:?}"),
            );
        }
        // It stands in quotes in SIP headers.
        let is_realm = |text: &str| {
            !text.is_empty() && !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'))
        };
        if let Some(realm) = sip.realm.as_deref().filter(|realm| !is_realm(realm)) {
            wrong(
                "sip.realm",
                format!("expected a text without quotes and backslashes, found {realm:?}"),
            );
        }
    }

    fn check_addresses(&self, wrong: &mut impl FnMut(&str, String)) {
        if !is_host_port(&self.listen) {
            wrong("listen", expected_host_port(&self.listen));
        }
        if let Some(listen) = self.http.listen.as_deref().filter(|listen| !is_host_port(listen)) {
            wrong("http.listen", expected_host_port(listen));
        }
        match &self.advertise {
            Some(advertise) if !is_host_port(advertise) => wrong("advertise", expected_host_port(advertise)),
            Some(_) => {}
            None if self.listens_on_wildcard() => wrong(
                "advertise",
                format!(
                    "is missing: the node listens on every address ({}), so say which one others reach it at",
                    self.listen
                ),
            ),
            None => {}
        }
    }

    fn check_role(&self, wrong: &mut impl FnMut(&str, String)) {
        let cluster = &self.cluster;
        let given: Vec<&str> = [
            ("cluster.founders", !cluster.founders.is_empty()),
            ("cluster.join", !cluster.join.is_empty()),
            ("cluster.replica_of", !cluster.replica_of.is_empty()),
        ]
        .iter()
        .filter_map(|(key, is_given)| is_given.then_some(*key))
        .collect();
        match given.as_slice() {
            [] => wrong(
                "cluster",
                "says nothing: give founders (to begin a cluster), join or replica_of (to come into one)"
                    .into(),
            ),
            [_] => {}
            several => wrong(
                "cluster",
                format!("gives {}: expected one of them", several.join(" and ")),
            ),
        }
        let founders = cluster
            .founders
            .values()
            .map(|address| ("cluster.founders", address));
        let join = cluster.join.iter().map(|address| ("cluster.join", address));
        let sources = cluster
            .replica_of
            .iter()
            .map(|address| ("cluster.replica_of", address));
        for (key, address) in founders.chain(join).chain(sources) {
            if !is_host_port(address) {
                wrong(key, expected_host_port(address));
            }
        }
        if !cluster.founders.is_empty() && self.node.id != 0 && !cluster.founders.contains_key(&self.node.id)
        {
            wrong(
                "cluster.founders",
                format!(
                    "does not name this node ({}): founders name themselves too",
                    self.node.id
                ),
            );
        }
    }

    /// Only this machine reaches the node, as far as the configuration tells.
    fn is_on_loopback(&self) -> bool {
        is_loopback(&self.listen) && self.advertise.as_deref().is_none_or(is_loopback)
    }

    fn listens_on_wildcard(&self) -> bool {
        self.listen
            .parse::<SocketAddr>()
            .is_ok_and(|address| address.ip().is_unspecified())
    }

    /// Reads the secrets that are in files.
    pub(crate) fn secrets(&self) -> Result<Secrets, ConfigError> {
        let mut problems = Vec::new();
        let mut read = |key: &str, given: &Option<Secret>, file: &Option<std::path::PathBuf>| match file {
            Some(path) => match Secret::read(path) {
                Ok(secret) => Some(secret),
                Err(problem) => {
                    problems.push(Problem::of_key(key, problem));
                    None
                }
            },
            None => given.clone(),
        };
        let secrets = Secrets {
            token: read(
                "cluster.token_file",
                &self.cluster.token,
                &self.cluster.token_file,
            ),
            pepper: read("pin.pepper_file", &self.pin.pepper, &self.pin.pepper_file),
            admin_token: read(
                "auth.admin_token_file",
                &self.auth.admin_token,
                &self.auth.admin_token_file,
            ),
            edge_token: read(
                "auth.edge_token_file",
                &self.auth.edge_token,
                &self.auth.edge_token_file,
            ),
            http_token: read("http.token_file", &self.http.token, &self.http.token_file),
        };
        if problems.is_empty() {
            Ok(secrets)
        } else {
            Err(ConfigError { problems })
        }
    }
}

pub(crate) fn is_loopback(address: &str) -> bool {
    match address.parse::<SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => address
            .rsplit_once(':')
            .is_some_and(|(host, _)| host == "localhost"),
    }
}

pub(super) fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

pub(super) fn expected_host_port(found: &str) -> String {
    format!("expected host:port such as 10.0.0.1:7300, found {found:?}")
}
