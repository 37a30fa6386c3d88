//! What keys mean together.

mod calls;
mod phones;
mod sip;

use super::{Config, Problem};

/// Everything that is wrong.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut found = Found::default();
    cluster(config, &mut found);
    sip::check(config, &mut found);
    calls::check(config, &mut found);
    phones::check(config, &mut found);
    found.problems
}

/// What has been found.
#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
}

impl Found {
    /// Adds a problem when there is one.
    fn when(&mut self, is_wrong: bool, key: &str, problem: impl Into<String>) {
        if is_wrong {
            self.problems.push(Problem {
                place: String::new(),
                key: key.to_owned(),
                problem: problem.into(),
            });
        }
    }
}

fn cluster(config: &Config, found: &mut Found) {
    found.when(
        config.site.is_empty(),
        "site",
        "is not set: the edge must know at which office it stands",
    );
    found.when(
        config.nodes.is_empty(),
        "nodes",
        "is not set: the edge must know at least one node, as host:port",
    );
    found.when(
        config.cert_file.is_some() != config.key_file.is_some(),
        "tls.cert_file",
        "and tls.key_file are set together or not at all",
    );
    found.when(
        config.ca_file.is_none() && (config.cert_file.is_some() || config.tls_domain.is_some()),
        "tls.ca_file",
        "is not set, and TLS needs to know whom to trust",
    );
    found.when(
        config.lease <= config.silence_max,
        "cut_off.lease_ms",
        "must be longer than timing.silence_max_ms, or a node that falls silent for a moment counts as a cluster \
         that is lost",
    );
}
