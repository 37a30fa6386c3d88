//! The proxy itself.

use crate::config::Config;
use crate::config::key::{Key, key};

/// What it is called, how much it takes, and RFC 3261's timers.
pub(super) const SIP: &[Key<Config>] = &[
    key!(
        "sip.domain",
        sip.domain,
        "\"example.com\"",
        "The SIP domain of the company, the same at all edges: user@domain. The edge serves phones when this is\n\
         set; without it, it only keeps the table.",
    ),
    key!(
        "sip.realm",
        sip.realm,
        "\"example.com\"",
        "What phones are told when they are asked for a password. Stored hashes of passwords are made with it:\n\
         changing it makes them all invalid. Default: the domain.",
    ),
    key!(
        "sip.key_file",
        sip.key_file,
        "\"/etc/hotdesk/line.key\"",
        "32 random bytes, the same file at all nodes and edges: the passwords of users' lines are derived from\n\
         it, and devices' secrets are sealed with it. Must be set when there is a domain.",
    ),
    key!(
        "sip.workers",
        sip.workers,
        number(1, 64),
        "Threads that read datagrams, for each UDP listener. More help only with more cores.",
    ),
    key!(
        "sip.shards",
        sip.shards,
        number(1, 256),
        "Into how many parts calls are divided, each with its own lock. More: less waiting for each other, and\n\
         a little memory each.",
    ),
    key!(
        "sip.server",
        sip.server,
        "",
        "What the edge calls itself in answers. Empty: nothing; intruders then learn less.",
    ),
    key!(
        "sip.transactions_max",
        sip.transactions_max,
        number(100, 10_000_000),
        "Requests under way at one time in all. Beyond it new ones are answered 503, calls that are\n\
         established and emergency calls last. About 4 KiB each.",
    ),
    key!(
        "sip.connections_max",
        sip.connections_max,
        number(1, 1_000_000),
        "TCP, TLS and WebSocket connections in all. More are closed at once.",
    ),
    key!(
        "sip.connections_per_source_max",
        sip.connections_per_source_max,
        number(1, 1_000_000),
        "The same for one address; an office behind one address needs as many as it has phones.",
    ),
    key!(
        "sip.danger_t1_ms",
        sip.t1,
        ms(10, 5_000),
        "RFC 3261's T1: the round trip to phones. Lower: lost datagrams are repeated sooner, and slow phones get\n\
         everything twice. Milliseconds.",
    ),
    key!(
        "sip.danger_t2_ms",
        sip.t2,
        ms(100, 60_000),
        "RFC 3261's T2: the longest time between repetitions. Milliseconds.",
    ),
    key!(
        "sip.danger_t4_ms",
        sip.t4,
        ms(100, 60_000),
        "RFC 3261's T4: how long a datagram may be under way. Milliseconds.",
    ),
    key!(
        "sip.timer_c_ms",
        sip.timer_c,
        ms(180_001, 3_600_000),
        "How long a phone may ring without a sign before the call is given up; more than three minutes.\n\
         Milliseconds.",
    ),
    key!(
        "sip.tls_outgoing.ca_file",
        sip.tls_outgoing.ca_file,
        "\"/etc/hotdesk/sip-ca.pem\"",
        "PEM: who may sign the certificates of other edges and trunks. Default: what the system trusts.",
    ),
    key!(
        "sip.tls_outgoing.cert_file",
        sip.tls_outgoing.cert_file,
        "\"/etc/hotdesk/sip.pem\"",
        "PEM: the certificate chain that the edge shows to them.",
    ),
    key!(
        "sip.tls_outgoing.key_file",
        sip.tls_outgoing.key_file,
        "\"/etc/hotdesk/sip.key\"",
        "PEM: its key.",
    ),
];
