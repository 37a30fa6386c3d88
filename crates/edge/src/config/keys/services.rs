//! Voicemail, and everything around the calls.

use crate::config::Config;
use crate::config::key::{Key, key};

/// Voicemail.
pub(super) const VOICEMAIL: &[Key<Config>] = &[
    key!(
        "voicemail.target",
        dialplan.voicemail.target,
        "\"sip:{mailbox}@voicemail.example.com\"",
        "Where messages are left. {mailbox} stands for the user's mailbox. Default: there is no voicemail.",
    ),
    key!(
        "voicemail.listen_target",
        dialplan.voicemail.listen_target,
        "\"sip:*97{mailbox}@voicemail.example.com\"",
        "Where users listen to their messages. Default: voicemail.target.",
    ),
    key!(
        "voicemail.number",
        dialplan.voicemail.number,
        "\"*97\"",
        "What users dial to listen to their messages.",
    ),
    key!(
        "voicemail.leave_prefix",
        dialplan.voicemail.leave_prefix,
        "\"*99\"",
        "Before an extension: leave a message without ringing.",
    ),
    key!(
        "voicemail.username",
        voicemail_username,
        "\"hotdesk\"",
        "The name with which the edge answers when the voicemail server asks who wants to know about messages.",
    ),
    key!(
        "voicemail.password_file",
        voicemail_password_file,
        "\"/etc/hotdesk/voicemail.password\"",
        "A file with the password for it.",
    ),
    key!(
        "voicemail.mwi_uri",
        mwi_uri,
        "\"sip:{mailbox}@voicemail.example.com\"",
        "Where the edge asks (SUBSCRIBE, message-summary) whether there are messages for a user who is logged in\n\
         here. Default: it waits to be told.",
    ),
];

/// Eviction, records of calls, status, other edges.
pub(super) const REST: &[Key<Config>] = &[
    key!(
        "eviction.calls",
        eviction_calls,
        "",
        "What becomes of a user's calls at a phone when they log in elsewhere: \"finish\": they go on until\n\
         somebody hangs up; \"drop\": they are cut.",
    ),
    key!(
        "calls.cdr_file",
        calls.cdr_file,
        "\"/var/log/hotdesk/calls.jsonl\"",
        "Gets one JSON line for each call. Reopened on SIGHUP.",
    ),
    key!(
        "calls.traces_max",
        calls.traces_max,
        number(0, 1_000_000),
        "The messages of so many calls are kept in memory for `hotdesk calls show`, without passwords and PINs.\n\
         About 20 KiB each. 0: none.",
    ),
    key!(
        "activity.report_every_ms",
        activity_report_every,
        ms(1_000, 3_600_000),
        "How often use of phones is reported to the nodes, for the idle logout. Must be well below the idle\n\
         timeout. Milliseconds.",
    ),
    key!(
        "http.listen",
        http.listen,
        "\"127.0.0.1:7380\"",
        "Where the edge shows its status, metrics and traces. Default: nowhere.",
    ),
    key!(
        "http.token_file",
        http.token_file,
        "\"/etc/hotdesk/edge.token\"",
        "A file with the token that callers must show for everything but /healthz and /readyz. Without it only an\n\
         address of loopback may be listened on, and everything there is answered.",
    ),
    key!(
        "announce.id",
        announce.id,
        "\"chicago\"",
        "The name of this edge; different for two edges at one office. Default: the site.",
    ),
    key!(
        "announce.uri",
        announce.uri,
        "\"sips:edge.chicago.example.com:5061\"",
        "How other edges reach this one. Default: phones here are not called from other offices.",
    ),
];
