//! The keys of an edge without SIP.

use hotdesk_core::SiteId;

use crate::config::Config;
use crate::config::key::{Key, key};
use crate::config::value::Value as _;

/// Who and where the edge is, and how it keeps its table.
pub(super) const TOP: &[Key<Config>] = &[
    Key {
        path: "site",
        doc: "The office where the edge stands: the id of a site in the directory. Sessions that begin and end\n\
              there are logged here.",
        example: "\"chicago\"",
        required: true,
        set: |config, text| {
            let wrong = |expected| format!("must be {expected}, found {text:?}");
            let site = SiteId::parse(text).map_err(|error| wrong(error.expected))?;
            config.site = site.as_str().to_owned();
            Ok(())
        },
        get: |config| config.site.show(),
    },
    key!(
        required "nodes",
        nodes,
        "[\"hotdesk-1.example.com:7300\", \"hotdesk-2.example.com:7300\"]",
        "Session nodes, as host:port, the office's own first: the edge is fed by one of them and goes on to\n\
         the next when that fails. In the environment: separated by commas.",
    ),
    key!(
        "cut_off.lease_ms",
        lease,
        ms(100, 24 * 3_600_000),
        "For so long after it last heard from the cluster the edge relies on its table. A user who logs in\n\
         elsewhere meanwhile may be shown here for so long. Lower: that is shorter, and short disturbances\n\
         of the line already count. Milliseconds.",
    ),
    key!(
        "cut_off.policy",
        policy,
        "",
        "What happens then. \"survive\": calls go where people were last seen, marked as unconfirmed; the\n\
         office can telephone. \"strict\": calls to extensions find nobody; no user is ever shown at a\n\
         phone that they have left. Emergency calls do not depend on it.",
    ),
    key!(
        "timing.connect_timeout_ms",
        connect_timeout,
        ms(10, 60_000),
        "How long opening a connection to a node may take. Milliseconds.",
    ),
    key!(
        "timing.silence_max_ms",
        silence_max,
        ms(50, 600_000),
        "A node that sends nothing for so long is left for the next. Nodes send something every second, so\n\
         less than 2000 leaves nodes that are merely busy. Milliseconds.",
    ),
    key!(
        "tls.ca_file",
        ca_file,
        "\"/etc/hotdesk/ca.pem\"",
        "PEM: the authorities that may sign the nodes' certificates. TLS is on when this is set.",
    ),
    key!(
        "tls.cert_file",
        cert_file,
        "\"/etc/hotdesk/edge.pem\"",
        "PEM: the edge's own certificate chain, where nodes ask for one.",
    ),
    key!(
        "tls.key_file",
        key_file,
        "\"/etc/hotdesk/edge.key\"",
        "PEM: its key.",
    ),
    key!(
        "tls.domain",
        tls_domain,
        "\"hotdesk.example.com\"",
        "The name in the nodes' certificates, when it is not the host name in `nodes`.",
    ),
    key!(
        "tls.token_file",
        token_file,
        "\"/etc/hotdesk/edge-token\"",
        "A file with the token that the edge shows to the nodes, where they have `auth.edge_token`.",
    ),
];

/// What it says of itself.
pub(super) const TELEMETRY: &[Key<Config>] = &[
    key!(
        "telemetry.report_every_ms",
        report_every,
        ms(0, 24 * 3_600_000),
        "How often the age of the table is logged. Milliseconds; 0: never.",
    ),
    key!(
        "telemetry.log",
        log,
        "",
        "What is logged: error, warn, info, debug or trace, also by part (\"info,hotdesk_client=debug\").",
    ),
    key!(
        "telemetry.log_format",
        log_format,
        "",
        "How lines look: \"text\" for people, \"json\" for machines.",
    ),
    key!(
        "telemetry.otlp_endpoint",
        otlp_endpoint,
        "\"http://127.0.0.1:4317\"",
        "Where traces are sent (OpenTelemetry over gRPC).",
    ),
];
