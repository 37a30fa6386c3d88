//! Listeners, and phones that need other algorithms.

use super::Item;
use crate::config::Config;
use crate::config::key::{Key, key};
use crate::config::registrar::Model;
use crate::config::sip::Listen;

impl Item for Listen {
    const PATH: &'static str = "sip.listen";
    const DOC: &'static str =
        "A listener; there is at least one when there is a domain. Repeat the whole table for each.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "transport",
            transport,
            "\"tls\"",
            "udp, tcp, tls, ws or wss.",
        ),
        key!(
            required "address",
            address,
            "\"0.0.0.0:5061\"",
            "Address and port. \"[::]:5060\" takes IPv6 only; use two listeners for both.",
        ),
        key!(
            "advertise",
            advertise,
            "\"edge.chicago.example.com:5061\"",
            "The host, or host and port, by which phones and other edges reach it. Must be set when the address is\n\
             0.0.0.0 or [::].",
        ),
        key!(
            "cert_file",
            cert_file,
            "\"/etc/hotdesk/sip.pem\"",
            "PEM: the certificate chain, for tls and wss. Read again on SIGHUP.",
        ),
        key!("key_file", key_file, "\"/etc/hotdesk/sip.key\"", "PEM: its key.",),
        key!(
            "client_ca_file",
            client_ca_file,
            "\"/etc/hotdesk/sip-ca.pem\"",
            "PEM: who may sign clients' certificates. Default: clients are not asked for one.",
        ),
        key!(
            "require_client",
            require_client,
            "",
            "Whether a client without a certificate is turned away.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.sip.listen
    }
}

impl Item for Model {
    const PATH: &'static str = "registrar.model";
    const DOC: &'static str =
        "Phones that need other algorithms than registrar.algorithms. The first that matches counts.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "pattern",
            pattern,
            "'(?i)^cisco-79'",
            "A regular expression on the User-Agent that the phone sends.",
        ),
        key!(
            required "algorithms",
            algorithms,
            "[\"MD5\"]",
            "As registrar.algorithms.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.registrar.models
    }
}
