//! The one table of keys: path, meaning, and the field that it sets.

mod phones;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{Config, LogFormat};
use crate::secret::Secret;

/// One thing that can be set.
pub(super) struct Key {
    /// As in the file, with dots: "node.id".
    pub(super) path: &'static str,
    /// What it is, its effect, and what raising or lowering it costs. Lines of the sample.
    pub(super) doc: &'static str,
    /// How the sample shows it.
    pub(super) shown: Shown,
    /// What it holds, and where.
    pub(super) field: Field,
}

/// How the sample shows a key.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// Must be set by everybody; with this in the sample.
    Required(&'static str),
    /// Has a default; the sample shows it commented out.
    Default,
    /// Not set unless wanted; the sample shows this, commented out.
    Example(&'static str),
}

/// What a key holds, and the field of [`Config`] where it goes.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Text(fn(&mut Config) -> &mut String),
    OptionalText(fn(&mut Config) -> &mut Option<String>),
    Path(fn(&mut Config) -> &mut PathBuf),
    OptionalPath(fn(&mut Config) -> &mut Option<PathBuf>),
    Secret(fn(&mut Config) -> &mut Option<Secret>),
    Flag(fn(&mut Config) -> &mut bool),
    Number {
        at: fn(&mut Config) -> &mut u64,
        min: u64,
    },
    Count {
        at: fn(&mut Config) -> &mut u32,
        min: u32,
        max: u32,
    },
    Millis {
        at: fn(&mut Config) -> &mut Duration,
        min: u64,
        max: u64,
    },
    List(fn(&mut Config) -> &mut Vec<String>),
    ById(fn(&mut Config) -> &mut BTreeMap<u64, String>),
    LogFormat(fn(&mut Config) -> &mut LogFormat),
}

impl Key {
    /// The environment variable that sets it.
    pub(super) fn variable(&self) -> String {
        format!("HOTDESK_{}", self.path.replace('.', "_").to_ascii_uppercase())
    }
}

/// All keys, in the order of the sample; keys of one section stand together.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    FIRST.iter().chain(phones::KEYS).chain(LAST)
}

/// The first of them.
static FIRST: &[Key] = &[
    Key {
        path: "listen",
        doc: "host:port of the one listener: clients, edges and other nodes all come in here. Loopback unless\n\
              set, because whoever reaches the port may ask for logins. Port 0 takes a free one.",
        shown: Shown::Default,
        field: Field::Text(|c| &mut c.listen),
    },
    Key {
        path: "advertise",
        doc: "host:port at which the other nodes reach this one. Needed when `listen` is a wildcard such as\n\
              0.0.0.0; otherwise the listener's own address.",
        shown: Shown::Example("\"hotdesk-1.example.com:7300\""),
        field: Field::OptionalText(|c| &mut c.advertise),
    },
    Key {
        path: "node.id",
        doc: "The node's number: unique in the cluster, chosen once, never used again for another node.",
        shown: Shown::Required("1"),
        field: Field::Number {
            at: |c| &mut c.node.id,
            min: 1,
        },
    },
    Key {
        path: "node.site",
        doc: "The office where the node stands: an id such as a site's in the directory.",
        shown: Shown::Required("\"chicago\""),
        field: Field::Text(|c| &mut c.node.site),
    },
    Key {
        path: "node.data_dir",
        doc: "Where log and snapshots are kept; created when missing. One directory per node, on a disk whose\n\
              fsync is honest. A relative path starts at the working directory, as all paths here do.",
        shown: Shown::Required("\"data/node-1\""),
        field: Field::Path(|c| &mut c.node.data_dir),
    },
    Key {
        path: "cluster.founders",
        doc: "Founding: the first voters, by id, the same list at each of them. The cluster begins when all of\n\
              them have been seen; afterwards the list is no longer looked at. Exactly one of `founders`,\n\
              `join` and `replica_of` is given.",
        shown: Shown::Required("{ 1 = \"127.0.0.1:7300\" }"),
        field: Field::ById(|c| &mut c.cluster.founders),
    },
    Key {
        path: "cluster.join",
        doc: "Joining: addresses of nodes of the cluster. The node asks to be added as a learner (it gets every\n\
              entry and does not vote) and can be promoted: hotdesk cluster promote ID.",
        shown: Shown::Example("[\"hotdesk-1.example.com:7300\"]"),
        field: Field::List(|c| &mut c.cluster.join),
    },
    Key {
        path: "cluster.replica_of",
        doc: "For hundreds of offices: a full copy fed by one of these nodes instead of by the leader. Answers\n\
              reads and forwards writes; never votes. The nearest first.",
        shown: Shown::Example("[\"hotdesk-1.example.com:7300\", \"hotdesk-2.example.com:7300\"]"),
        field: Field::List(|c| &mut c.cluster.replica_of),
    },
    Key {
        path: "cluster.token",
        doc: "What the nodes of one cluster show each other; the same at all of them. Required unless the node\n\
              listens on loopback only. Better given as `token_file` or in the environment than here.",
        shown: Shown::Example("\"a long random text\""),
        field: Field::Secret(|c| &mut c.cluster.token),
    },
    Key {
        path: "cluster.token_file",
        doc: "The same, in a file.",
        shown: Shown::Example("\"/etc/hotdesk/cluster.token\""),
        field: Field::OptionalPath(|c| &mut c.cluster.token_file),
    },
    Key {
        path: "storage.snapshot_every",
        doc: "Log entries between snapshots. More: fewer snapshots are written, a restart replays more.",
        shown: Shown::Default,
        field: Field::Number {
            at: |c| &mut c.storage.snapshot_every,
            min: 100,
        },
    },
    Key {
        path: "storage.keep_log",
        doc: "Log entries kept behind the last snapshot. More: a node that was away longer catches up from the\n\
              log instead of by a whole snapshot; costs disk.",
        shown: Shown::Default,
        field: Field::Number {
            at: |c| &mut c.storage.keep_log,
            min: 0,
        },
    },
    Key {
        path: "timing.heartbeat_ms",
        doc: "How often the leader shows that it is there, in milliseconds. The same at all nodes.",
        shown: Shown::Default,
        field: Field::Millis {
            at: |c| &mut c.timing.heartbeat,
            min: 10,
            max: 60_000,
        },
    },
    Key {
        path: "timing.election_min_ms",
        doc: "How long the others wait at least before they elect a new leader. Lower: a dead leader is replaced\n\
              sooner; too low for the slowest link or disk: elections for no reason. At least three heartbeats.",
        shown: Shown::Default,
        field: Field::Millis {
            at: |c| &mut c.timing.election_min,
            min: 50,
            max: 600_000,
        },
    },
    Key {
        path: "timing.election_max_ms",
        doc: "And at most. The wait is drawn between the two, so that two nodes seldom begin together.",
        shown: Shown::Default,
        field: Field::Millis {
            at: |c| &mut c.timing.election_max,
            min: 50,
            max: 600_000,
        },
    },
    Key {
        path: "tls.cert_file",
        doc: "The node's certificate chain, PEM. TLS is on when this and `key_file` are set.",
        shown: Shown::Example("\"/etc/hotdesk/tls/node.crt\""),
        field: Field::OptionalPath(|c| &mut c.tls.cert_file),
    },
    Key {
        path: "tls.key_file",
        doc: "Its key, PEM.",
        shown: Shown::Example("\"/etc/hotdesk/tls/node.key\""),
        field: Field::OptionalPath(|c| &mut c.tls.key_file),
    },
    Key {
        path: "tls.ca_file",
        doc: "Whom this node trusts when it calls other nodes, PEM. Needed with TLS. Their\n\
              certificates must be valid for the hosts in their addresses.",
        shown: Shown::Example("\"/etc/hotdesk/tls/ca.crt\""),
        field: Field::OptionalPath(|c| &mut c.tls.ca_file),
    },
    Key {
        path: "tls.client_ca_file",
        doc: "Mutual TLS: every caller, nodes and edges too, must show a certificate signed by one of these.",
        shown: Shown::Example("\"/etc/hotdesk/tls/ca.crt\""),
        field: Field::OptionalPath(|c| &mut c.tls.client_ca_file),
    },
    Key {
        path: "pin.pepper",
        doc: "A secret that goes into every PIN's verifier and is not in the cluster's data: the same at all\n\
              nodes, kept for ever, because without it no PIN can be checked. Better given as `pepper_file` or\n\
              in the environment than here.",
        shown: Shown::Example("\"a long random text\""),
        field: Field::Secret(|c| &mut c.pin.pepper),
    },
    Key {
        path: "pin.pepper_file",
        doc: "The same, in a file. Make it once for the whole cluster: openssl rand -hex 32",
        shown: Shown::Example("\"/etc/hotdesk/pepper\""),
        field: Field::OptionalPath(|c| &mut c.pin.pepper_file),
    },
    Key {
        path: "pin.danger_no_pepper",
        doc: "Start without a pepper. Whoever gets hold of a data directory or a backup can then try all PINs\n\
              of four digits in minutes.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.pin.danger_no_pepper),
    },
    Key {
        path: "pin.memory_kib",
        doc: "Memory that argon2id takes for one PIN, in KiB. More: dearer to try PINs, fewer logins per second.\n\
              Counts for PINs set from now on; those set before stay valid.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.pin.memory_kib,
            min: 8,
            max: 4 * 1024 * 1024,
        },
    },
    Key {
        path: "pin.iterations",
        doc: "Passes over that memory.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.pin.iterations,
            min: 1,
            max: 1000,
        },
    },
    Key {
        path: "pin.checks_parallel",
        doc: "PINs checked at the same time; 0: one per core. Each takes a core and `memory_kib`.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.pin.checks_parallel,
            min: 0,
            max: 1024,
        },
    },
    Key {
        path: "pin.checks_queued_max",
        doc: "PINs that may wait for their check; the next login is answered \"overloaded, try again\".",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.pin.checks_queued_max,
            min: 0,
            max: 1_000_000,
        },
    },
    Key {
        path: "auth.admin_token",
        doc: "What callers of the directory and of administration, and whoever vouches for users, must show\n\
              (authorization: Bearer ...). Without it whoever reaches the port administers. Better given as\n\
              `admin_token_file` or in the environment than here.",
        shown: Shown::Example("\"a long random text\""),
        field: Field::Secret(|c| &mut c.auth.admin_token),
    },
    Key {
        path: "auth.admin_token_file",
        doc: "The same, in a file.",
        shown: Shown::Example("\"/etc/hotdesk/admin.token\""),
        field: Field::OptionalPath(|c| &mut c.auth.admin_token_file),
    },
    Key {
        path: "auth.edge_token",
        doc: "What edges must show (authorization: Bearer ...) to announce themselves, to report which phones they\n\
              serve, to have a phone left alone, and to be sent phones' sealed secrets; `admin_token` does as\n\
              well. Without it whoever reaches the port may. Better given as `edge_token_file` or in the\n\
              environment than here.",
        shown: Shown::Example("\"a long random text\""),
        field: Field::Secret(|c| &mut c.auth.edge_token),
    },
    Key {
        path: "auth.edge_token_file",
        doc: "The same, in a file.",
        shown: Shown::Example("\"/etc/hotdesk/edge.token\""),
        field: Field::OptionalPath(|c| &mut c.auth.edge_token_file),
    },
    Key {
        path: "auth.allow_vouched_logins",
        doc: "Callers may log users in without a PIN by vouching for them: for single sign-on in front of this\n\
              node, or a PBX that has checked the user already.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.auth.allow_vouched_logins),
    },
    Key {
        path: "sip.domain",
        doc: "The company's SIP domain, the same at all nodes and edges: phones register as <device>@<domain>.\n\
              Needed with `key_file`.",
        shown: Shown::Example("\"example.com\""),
        field: Field::OptionalText(|c| &mut c.sip.domain),
    },
    Key {
        path: "sip.realm",
        doc: "The realm of phones' passwords, the same at all nodes and edges. Changing it makes every password\n\
              invalid. Not set: the domain.",
        shown: Shown::Example("\"hotdesk.example.com\""),
        field: Field::OptionalText(|c| &mut c.sip.realm),
    },
    Key {
        path: "sip.key_file",
        doc: "The line key, the same file at all nodes and edges: phones' passwords are kept as digests sealed with\n\
              it, and lines of sessions get theirs from it. Whoever has it can be any phone. Without it no\n\
              phone's password can be set at this node. Make it once for the company: openssl rand -hex 32",
        shown: Shown::Example("\"/etc/hotdesk/line.key\""),
        field: Field::OptionalPath(|c| &mut c.sip.key_file),
    },
    Key {
        path: "http.listen",
        doc: "host:port of a listener of its own for look-ups over plain HTTP: for Kamailio, OpenSIPS, FreeSWITCH,\n\
              Asterisk, and for metrics and health (/metrics, /healthz, /readyz). Not set: none. The answers\n\
              name people and are not encrypted: keep it on loopback or behind a proxy with TLS.",
        shown: Shown::Example("\"127.0.0.1:7380\""),
        field: Field::OptionalText(|c| &mut c.http.listen),
    },
    Key {
        path: "http.token",
        doc: "What callers must show there: authorization: Bearer ..., or Basic with it as the password. Not set:\n\
              nothing. Better given as `token_file` or in the environment than here.",
        shown: Shown::Example("\"a long random text\""),
        field: Field::Secret(|c| &mut c.http.token),
    },
    Key {
        path: "http.token_file",
        doc: "The same, in a file.",
        shown: Shown::Example("\"/etc/hotdesk/http.token\""),
        field: Field::OptionalPath(|c| &mut c.http.token_file),
    },
];

/// The last of them.
static LAST: &[Key] = &[
    Key {
        path: "limits.calls_max",
        doc: "Calls worked on at the same time; the next is answered \"overloaded, try again\".",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.limits.calls_max,
            min: 1,
            max: 1_000_000,
        },
    },
    Key {
        path: "limits.watchers_max",
        doc: "Streams of changes (edges, mostly) at the same time.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.limits.watchers_max,
            min: 1,
            max: 1_000_000,
        },
    },
    Key {
        path: "limits.streams_per_connection_max",
        doc: "Calls in flight over one connection; the caller's library waits with the next.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.limits.streams_per_connection_max,
            min: 8,
            max: 1_000_000,
        },
    },
    Key {
        path: "limits.message_bytes_max",
        doc: "The largest message accepted from a client, in bytes.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.limits.message_bytes_max,
            min: 64 * 1024,
            max: 1 << 30,
        },
    },
    Key {
        path: "limits.wrong_pins_per_address_max",
        doc: "Wrong PINs that may come from one address, or IPv6 network, within a minute: over gRPC, from browsers,\n\
              kiosks and Cisco's interface. Then no PIN from there is looked at until the minute is over, because\n\
              one PIN tried with every user meets no user's lock. An edge that has the edges' token or a\n\
              certificate is not counted here, nor is a phone; raise it where many people sit behind one proxy.\n\
              Counted by each node for itself.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.limits.wrong_pins_per_address_max,
            min: 1,
            max: 1_000_000,
        },
    },
    Key {
        path: "limits.wrong_pins_per_phone_max",
        doc: "Wrong PINs that may be typed at one phone within a minute, whoever they are for and whichever way:\n\
              its pages, its own login, star codes. Then it takes none until the minute is over. What only names\n\
              the phone, as a kiosk does, is counted apart. Raise it for a phone at a reception.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.limits.wrong_pins_per_phone_max,
            min: 1,
            max: 1_000_000,
        },
    },
    Key {
        path: "limits.call_timeout_ms",
        doc: "How long a call may take, in milliseconds, unless its caller set an earlier deadline.",
        shown: Shown::Default,
        field: Field::Millis {
            at: |c| &mut c.limits.call_timeout,
            min: 100,
            max: 600_000,
        },
    },
    Key {
        path: "limits.shutdown_timeout_ms",
        doc: "How long calls may go on after the node was told to stop, in milliseconds. Should be shorter than\n\
              what systemd or Kubernetes allows before they kill.",
        shown: Shown::Default,
        field: Field::Millis {
            at: |c| &mut c.limits.shutdown_timeout,
            min: 0,
            max: 600_000,
        },
    },
    Key {
        path: "telemetry.log",
        doc: "What is logged: error, warn, info, debug or trace; per crate as in \"info,hotdesk_cluster=debug\".",
        shown: Shown::Default,
        field: Field::Text(|c| &mut c.telemetry.log),
    },
    Key {
        path: "telemetry.log_format",
        doc: "\"text\" for people, \"json\" for collectors.",
        shown: Shown::Default,
        field: Field::LogFormat(|c| &mut c.telemetry.log_format),
    },
    Key {
        path: "telemetry.otlp_endpoint",
        doc: "Where traces go: an OpenTelemetry collector, over gRPC. Not set: nowhere.",
        shown: Shown::Example("\"http://127.0.0.1:4317\""),
        field: Field::OptionalText(|c| &mut c.telemetry.otlp_endpoint),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_stands_once_and_sections_stand_together() {
        let mut sections = Vec::new();
        for (position, key) in all().enumerate() {
            assert!(
                !all().take(position).any(|other| other.path == key.path),
                "{}",
                key.path
            );
            let section = key.path.split_once('.').map_or("", |(section, _)| section);
            if sections.last() != Some(&section) {
                assert!(
                    !sections.contains(&section),
                    "{section} is torn apart at {}",
                    key.path
                );
                sections.push(section);
            }
        }
    }
}
