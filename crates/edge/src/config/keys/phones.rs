//! Desk phones that are provisioned.

use crate::config::Config;
use crate::config::key::{Key, key};

/// How they are told to load their documents.
pub(super) const PHONES: &[Key<Config>] = &[
    key!(
        "phones.enabled",
        phones.enabled,
        "",
        "Whether this edge tells its phones to load their documents when somebody logs in or out, or something else\n\
         that they show has changed. Only phones with a generated password have documents.",
    ),
    key!(
        "phones.pace_per_s",
        phones.pace_per_s,
        number(1, 10_000),
        "So many phones are told per second. More: a busy morning is over sooner, and the office's node is asked for\n\
         as many documents per second.",
    ),
    key!(
        "phones.wait_ms",
        phones.wait,
        ms(1_000, 600_000),
        "How long a phone that was told, and has said yes, may take to load its document before it is told again.\n\
         Longer than the phones need; shorter: what got lost is made up for sooner. Milliseconds.",
    ),
    key!(
        "phones.give_up_after_ms",
        phones.give_up_after,
        ms(10_000, 86_400_000),
        "When a phone that does not follow is given up, until somebody else logs in there or it is switched on again.\n\
         Nodes then list it with its trouble. Milliseconds.",
    ),
    key!(
        "phones.http_push",
        phones.http_push,
        "",
        "Whether phones that take no message over SIP are told at their own web servers, with the web password that\n\
         their document sets. Only at private addresses, and only at the one from which the phone registers.",
    ),
    key!(
        "phones.http_port",
        phones.http_port,
        number(1, 65_535),
        "The port of those web servers.",
    ),
    key!(
        "phones.node_url",
        phones.node_url,
        "\"https://chicago.example.com:8443\"",
        "Where phones reach the pages of the office's node (its phones.url). A phone whose user has logged in\n\
         elsewhere is sent there to say so. Default: it only turns neutral.",
    ),
];
