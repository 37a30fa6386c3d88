//! The proxy, registrations, services.

use super::Found;
use crate::config::{Config, Listen};

pub(super) fn check(config: &Config, found: &mut Found) {
    if config.has_sip() {
        needed(config, found);
    } else {
        let has_parts = !config.sip.listen.is_empty() || !config.trunks.is_empty();
        found.when(
            has_parts,
            "sip.domain",
            "is not set, and without it [[sip.listen]] and [[trunk]] have no effect",
        );
    }
    for listen in &config.sip.listen {
        listener(listen, found);
    }
    let outgoing = &config.sip.tls_outgoing;
    found.when(
        outgoing.cert_file.is_some() != outgoing.key_file.is_some(),
        "sip.tls_outgoing.cert_file",
        "and sip.tls_outgoing.key_file are set together or not at all",
    );
    found.when(
        config.sip.t1 > config.sip.t2,
        "sip.danger_t1_ms",
        "must not be longer than sip.danger_t2_ms",
    );
    registrations(config, found);
    services(config, found);
}

fn needed(config: &Config, found: &mut Found) {
    let domain = config.sip.domain.as_str();
    let is_host = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-');
    found.when(
        !domain.chars().all(is_host),
        "sip.domain",
        format!("must be a domain such as example.com, found {domain:?}"),
    );
    found.when(
        config.sip.key_file.is_none(),
        "sip.key_file",
        "is not set, and phones cannot prove who they are without it",
    );
    found.when(
        config.registrar.data_dir.is_none(),
        "registrar.data_dir",
        "is not set: registrations must be kept somewhere",
    );
    found.when(
        config.sip.listen.is_empty(),
        "sip.listen",
        "is not there: the edge must listen somewhere",
    );
    found.when(
        config.dialplan.emergency.numbers.is_empty(),
        "emergency.numbers",
        "must name at least one number",
    );
    found.when(
        config.dialplan.emergency.sos_number.is_empty(),
        "emergency.sos_number",
        "must be a number",
    );
}

fn listener(listen: &Listen, found: &mut Found) {
    let (transport, address) = (listen.transport, listen.address);
    found.when(
        listen.advertise.is_none() && address.ip().is_unspecified(),
        "sip.listen.advertise",
        format!("is not set for {transport} at {address}, which nobody can send to"),
    );
    let has_certificate = listen.cert_file.is_some() && listen.key_file.is_some();
    let has_any = listen.cert_file.is_some() || listen.key_file.is_some() || listen.client_ca_file.is_some();
    found.when(
        transport.is_secure() && !has_certificate,
        "sip.listen.cert_file",
        format!("and key_file must be set for {transport} at {address}"),
    );
    found.when(
        !transport.is_secure() && (has_any || listen.require_client),
        "sip.listen.cert_file",
        format!("and the like are only for tls and wss, found with {transport} at {address}"),
    );
    found.when(
        listen.require_client && listen.client_ca_file.is_none(),
        "sip.listen.client_ca_file",
        format!("is not set, and {transport} at {address} requires certificates of clients"),
    );
}

fn registrations(config: &Config, found: &mut Found) {
    let registrar = &config.registrar;
    let is_ordered = registrar.expires_min <= registrar.expires_default
        && registrar.expires_default <= registrar.expires_max;
    found.when(
        !is_ordered,
        "registrar.expires_default_s",
        "must lie between registrar.expires_min_s and registrar.expires_max_s",
    );
    found.when(
        registrar.algorithms.is_empty() || registrar.models.iter().any(|model| model.algorithms.is_empty()),
        "registrar.algorithms",
        "must name at least one",
    );
    found.when(
        config.security.failure_delay > config.security.failure_delay_max,
        "security.failure_delay_ms",
        "must not be longer than security.failure_delay_max_ms",
    );
}

fn services(config: &Config, found: &mut Found) {
    found.when(
        config.http.token_file.is_some() && config.http.listen.is_none(),
        "http.listen",
        "is not set, and http.token_file has no effect without it",
    );
    let webhook = config.emergency_notify.webhook.as_deref();
    let is_http = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    found.when(
        webhook.is_some_and(|url| !is_http(url)),
        "emergency.webhook",
        format!(
            "must begin with https:// or http://, found {:?}",
            webhook.unwrap_or_default()
        ),
    );
}
