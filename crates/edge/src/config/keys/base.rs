//! The keys of an edge without SIP.

use hotdesk_core::SiteId;

use crate::config::key::{Key, millis, quoted, set_millis, set_path, set_text, some_path, some_text};
use crate::config::{Config, LogFormat};
use crate::standing::Policy;

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
        get: |config| some_text(&config.site),
    },
    Key {
        path: "nodes",
        doc: "Session nodes, as host:port, the office's own first: the edge is fed by one of them and goes on to\n\
              the next when that fails. In the environment: separated by commas.",
        example: "[\"hotdesk-1.example.com:7300\", \"hotdesk-2.example.com:7300\"]",
        required: true,
        set: |config, text| {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            config.nodes = parts.map(str::to_owned).collect();
            Ok(())
        },
        get: |config| {
            let nodes: Vec<String> = config.nodes.iter().map(|node| quoted(node)).collect();
            (!nodes.is_empty()).then(|| format!("[{}]", nodes.join(", ")))
        },
    },
    Key {
        path: "cut_off.lease_ms",
        doc: "For so long after it last heard from the cluster the edge relies on its table. A user who logs in\n\
              elsewhere meanwhile may be shown here for so long. Lower: that is shorter, and short disturbances\n\
              of the line already count. Milliseconds.",
        example: "",
        required: false,
        set: |config, text| set_millis(&mut config.lease, text, 100, 24 * 3_600_000),
        get: |config| millis(config.lease),
    },
    Key {
        path: "cut_off.policy",
        doc: "What happens then. \"survive\": calls go where people were last seen, marked as unconfirmed; the\n\
              office can telephone. \"strict\": calls to extensions find nobody; no user is ever shown at a\n\
              phone that they have left. Emergency calls do not depend on it.",
        example: "",
        required: false,
        set: |config, text| {
            let known = Policy::NAMES.join(" or ");
            config.policy = text
                .parse()
                .map_err(|()| format!("must be {known}, found {text:?}"))?;
            Ok(())
        },
        get: |config| Some(quoted(&config.policy.to_string())),
    },
    Key {
        path: "timing.connect_timeout_ms",
        doc: "How long opening a connection to a node may take. Milliseconds.",
        example: "",
        required: false,
        set: |config, text| set_millis(&mut config.connect_timeout, text, 10, 60_000),
        get: |config| millis(config.connect_timeout),
    },
    Key {
        path: "timing.silence_max_ms",
        doc: "A node that sends nothing for so long is left for the next. Nodes send something every second, so\n\
              less than 2000 leaves nodes that are merely busy. Milliseconds.",
        example: "",
        required: false,
        set: |config, text| set_millis(&mut config.silence_max, text, 50, 600_000),
        get: |config| millis(config.silence_max),
    },
    Key {
        path: "tls.ca_file",
        doc: "PEM: the authorities that may sign the nodes' certificates. TLS is on when this is set.",
        example: "\"/etc/hotdesk/ca.pem\"",
        required: false,
        set: |config, text| set_path(&mut config.ca_file, text),
        get: |config| some_path(config.ca_file.as_ref()),
    },
    Key {
        path: "tls.cert_file",
        doc: "PEM: the edge's own certificate chain, where nodes ask for one.",
        example: "\"/etc/hotdesk/edge.pem\"",
        required: false,
        set: |config, text| set_path(&mut config.cert_file, text),
        get: |config| some_path(config.cert_file.as_ref()),
    },
    Key {
        path: "tls.key_file",
        doc: "PEM: its key.",
        example: "\"/etc/hotdesk/edge.key\"",
        required: false,
        set: |config, text| set_path(&mut config.key_file, text),
        get: |config| some_path(config.key_file.as_ref()),
    },
    Key {
        path: "tls.domain",
        doc: "The name in the nodes' certificates, when it is not the host name in `nodes`.",
        example: "\"hotdesk.example.com\"",
        required: false,
        set: |config, text| set_text(&mut config.tls_domain, text),
        get: |config| config.tls_domain.as_deref().map(quoted),
    },
    Key {
        path: "tls.token_file",
        doc: "A file with the token that the edge shows to the nodes, where they have `auth.edge_token`.",
        example: "\"/etc/hotdesk/edge-token\"",
        required: false,
        set: |config, text| set_path(&mut config.token_file, text),
        get: |config| some_path(config.token_file.as_ref()),
    },
];

/// What it says of itself.
pub(super) const TELEMETRY: &[Key<Config>] = &[
    Key {
        path: "telemetry.report_every_ms",
        doc: "How often the age of the table is logged. Milliseconds; 0: never.",
        example: "",
        required: false,
        set: |config, text| set_millis(&mut config.report_every, text, 0, 24 * 3_600_000),
        get: |config| millis(config.report_every),
    },
    Key {
        path: "telemetry.log",
        doc: "What is logged: error, warn, info, debug or trace, also by part (\"info,hotdesk_client=debug\").",
        example: "",
        required: false,
        set: |config, text| {
            config.log = text.to_owned();
            Ok(())
        },
        get: |config| some_text(&config.log),
    },
    Key {
        path: "telemetry.log_format",
        doc: "How lines look: \"text\" for people, \"json\" for machines.",
        example: "",
        required: false,
        set: |config, text| {
            config.log_format = match text {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(format!("must be text or json, found {text:?}")),
            };
            Ok(())
        },
        get: |config| {
            Some(quoted(match config.log_format {
                LogFormat::Text => "text",
                LogFormat::Json => "json",
            }))
        },
    },
    Key {
        path: "telemetry.otlp_endpoint",
        doc: "Where traces are sent (OpenTelemetry over gRPC).",
        example: "\"http://127.0.0.1:4317\"",
        required: false,
        set: |config, text| set_text(&mut config.otlp_endpoint, text),
        get: |config| config.otlp_endpoint.as_deref().map(quoted),
    },
];
