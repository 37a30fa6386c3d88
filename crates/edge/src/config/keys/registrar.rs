//! Registrations, and what is done against intruders.

use crate::config::Config;
use crate::config::key::{Key, key};

/// Registrations.
pub(super) const REGISTRAR: &[Key<Config>] = &[
    key!(
        "registrar.data_dir",
        registrar.data_dir,
        "\"/var/lib/hotdesk-edge\"",
        "Where registrations and the windows of emergency calls are kept, so that a restart loses none. Must be\n\
         set when there is a domain.",
    ),
    key!(
        "registrar.expires_min_s",
        registrar.expires_min,
        seconds(1, 86_400),
        "Phones that want to register for less are told to take more. Seconds.",
    ),
    key!(
        "registrar.expires_default_s",
        registrar.expires_default,
        seconds(1, 86_400),
        "For how long, where a phone does not say. Seconds.",
    ),
    key!(
        "registrar.expires_max_s",
        registrar.expires_max,
        seconds(1, 604_800),
        "For how long at most. Longer: less traffic, and a phone that is unplugged is called in vain for longer.\n\
         Seconds.",
    ),
    key!(
        "registrar.contacts_max",
        registrar.contacts_max,
        number(1, 64),
        "How many contacts one account may have.",
    ),
    key!(
        "registrar.algorithms",
        registrar.algorithms,
        "",
        "How phones may prove their password, in the order in which it is offered: SHA-512-256, SHA-256, MD5. Old\n\
         phones take the first, whatever it is: list those under [[registrar.model]].",
    ),
];

/// Whom to believe, and how intruders are slowed.
pub(super) const SECURITY: &[Key<Config>] = &[
    key!(
        "security.trusted_peers",
        security.trusted_peers,
        "[\"10.0.0.0/8\", \"192.0.2.7\"]",
        "Addresses of other edges, proxies and PBXs of the company. They need no password, and what they assert\n\
         about callers is believed: leave out everything that a phone could have.",
    ),
    key!(
        "security.danger_open_networks",
        security.danger_open_networks,
        "[\"192.0.2.0/24\"]",
        "Phones there are taken at their word, without a password: From says who calls, and anybody who can send\n\
         from such an address can call as anybody. For laboratories and measurements only.",
    ),
    key!(
        "security.trusted_names",
        security.trusted_names,
        "[\"edge.new-york.example.com\"]",
        "Names in certificates that make the other side of a TLS connection such a peer.",
    ),
    key!(
        "security.failures_free",
        security.failures_free,
        number(0, 1_000),
        "So many wrong passwords cost nothing, for each account and for each source.",
    ),
    key!(
        "security.failure_delay_ms",
        security.failure_delay,
        ms(1, 600_000),
        "For so long the account or source is then refused; twice as long after each further failure.\n\
         Milliseconds.",
    ),
    key!(
        "security.failure_delay_max_ms",
        security.failure_delay_max,
        ms(1, 86_400_000),
        "For so long at most. Longer keeps guessers away, and people who forgot their password too.\n\
         Milliseconds.",
    ),
    key!(
        "security.forgive_after_ms",
        security.forgive_after,
        ms(1, 604_800_000),
        "After so long without a failure all is forgiven. Milliseconds.",
    ),
    key!(
        "security.requests_per_source_max",
        security.requests_per_source_max,
        number(0, 1_000_000),
        "New requests per second from one address that is not trusted; beyond it they are dropped. Emergency calls\n\
         are not counted. 0: any number.",
    ),
];
