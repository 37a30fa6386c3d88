//! What keys mean together.

use std::net::SocketAddr;

use hotdesk_core::SiteId;

use super::Config;
use super::problem::{ConfigError, Problem};
use crate::secret::Secret;

/// The secrets, wherever they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) token: Option<Secret>,
    pub(crate) pepper: Option<Secret>,
    pub(crate) admin_token: Option<Secret>,
}

impl Config {
    /// Checks what can be checked without the world.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, problem: String| problems.push(Problem::of_key(key, problem));

        if self.node.id == 0 {
            wrong(
                "node.id",
                "is missing: give the node a number from 1 that no other node has".into(),
            );
        }
        if self.node.site.is_empty() {
            wrong(
                "node.site",
                "is missing: say at which office the node stands".into(),
            );
        } else if let Err(error) = SiteId::parse(&self.node.site) {
            wrong("node.site", error.to_string());
        }
        if self.node.data_dir.as_os_str().is_empty() {
            wrong(
                "node.data_dir",
                "is missing: say where the node keeps its log".into(),
            );
        }
        self.check_addresses(&mut wrong);
        self.check_role(&mut wrong);

        let timing = &self.timing;
        if timing.election_min < timing.heartbeat * 3 {
            wrong(
                "timing.election_min_ms",
                format!(
                    "is {} ms, expected at least three heartbeats ({} ms): a single late heartbeat must not \
                     start an election",
                    timing.election_min.as_millis(),
                    timing.heartbeat.as_millis() * 3
                ),
            );
        }
        if timing.election_max <= timing.election_min {
            wrong(
                "timing.election_max_ms",
                format!(
                    "is {} ms, expected more than timing.election_min_ms ({} ms)",
                    timing.election_max.as_millis(),
                    timing.election_min.as_millis()
                ),
            );
        }

        for (secret, key, file_key, file) in [
            (
                &self.cluster.token,
                "cluster.token",
                "cluster.token_file",
                &self.cluster.token_file,
            ),
            (
                &self.pin.pepper,
                "pin.pepper",
                "pin.pepper_file",
                &self.pin.pepper_file,
            ),
            (
                &self.auth.admin_token,
                "auth.admin_token",
                "auth.admin_token_file",
                &self.auth.admin_token_file,
            ),
        ] {
            if secret.is_some() && file.is_some() {
                wrong(key, format!("is given twice: remove it or {file_key}"));
            }
        }
        if self.cluster.token.is_none() && self.cluster.token_file.is_none() && !self.listens_on_loopback() {
            wrong(
                "cluster.token",
                format!(
                    "is missing: the node listens on {}, and whoever reaches it could join the cluster. Give \
                     all nodes the same token (cluster.token_file or HOTDESK_CLUSTER_TOKEN)",
                    self.listen
                ),
            );
        }
        if self.pin.pepper.is_none() && self.pin.pepper_file.is_none() && !self.pin.danger_no_pepper {
            wrong(
                "pin.pepper_file",
                "is missing: PINs are kept with a pepper, the same at all nodes. Make one (openssl rand -hex 32 \
                 > pepper), give it to every node (pin.pepper_file or HOTDESK_PIN_PEPPER), and keep a copy. To do \
                 without, set pin.danger_no_pepper = true"
                    .into(),
            );
        }
        let tls = &self.tls;
        if tls.cert_file.is_some() != tls.key_file.is_some() {
            let key = if tls.cert_file.is_some() {
                "tls.key_file"
            } else {
                "tls.cert_file"
            };
            wrong(
                key,
                "is missing: TLS needs both the certificate and its key".into(),
            );
        }
        if tls.cert_file.is_none() {
            for (key, file) in [
                ("tls.ca_file", &tls.ca_file),
                ("tls.client_ca_file", &tls.client_ca_file),
            ] {
                if file.is_some() {
                    wrong(key, "has no effect without tls.cert_file and tls.key_file".into());
                }
            }
        } else if tls.ca_file.is_none() {
            wrong(
                "tls.ca_file",
                "is missing: the node could not check whom it calls".into(),
            );
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError { problems })
        }
    }

    fn check_addresses(&self, wrong: &mut impl FnMut(&str, String)) {
        if !is_host_port(&self.listen) {
            wrong("listen", expected_host_port(&self.listen));
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

    pub(crate) fn listens_on_loopback(&self) -> bool {
        match self.listen.parse::<SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => self
                .listen
                .rsplit_once(':')
                .is_some_and(|(host, _)| host == "localhost"),
        }
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
        };
        if problems.is_empty() {
            Ok(secrets)
        } else {
            Err(ConfigError { problems })
        }
    }
}

fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn expected_host_port(found: &str) -> String {
    format!("expected host:port such as 10.0.0.1:7300, found {found:?}")
}
