//! Trunks.

use super::Item;
use crate::config::Config;
use crate::config::key::{Key, key};
use hotdesk_routing::Trunk;

impl Item for Trunk {
    const PATH: &'static str = "trunk";
    const DOC: &'static str = "A line to the outside or to a PBX. The edge does not register there.";
    const KEYS: &'static [Key<Self>] = &[
        key!(
            required "id",
            id,
            "\"carrier-1\"",
            "Its name.",
        ),
        key!(
            required "uri",
            uri,
            "\"sip:sbc.example.net:5060\"",
            "Where calls are sent.",
        ),
        key!("transport", transport, "", "udp, tcp or tls.",),
        key!(
            "from",
            from,
            "[\"198.51.100.0/28\"]",
            "Addresses from which its calls come. Default: where `uri` leads.",
        ),
        key!(
            "priority",
            priority,
            number(0, 65_535),
            "The lowest is tried first.",
        ),
        key!(
            "weight",
            weight,
            number(0, 65_535),
            "The share of the calls among those of one priority. 0: only when the others are down.",
        ),
        key!(
            "options_every_ms",
            options_every,
            ms(0, 3_600_000),
            "How often it is asked whether it is there (OPTIONS). 0: never, and it counts as there. Milliseconds.",
        ),
        key!(
            "username",
            username,
            "\"example-chicago\"",
            "The name under which the trunk knows the edge, if it asks for a password.",
        ),
        key!(
            "password_file",
            password_file,
            "\"/etc/hotdesk/carrier-1.password\"",
            "The file with the password.",
        ),
        key!(
            "format",
            format,
            "",
            "How it wants numbers: \"e164\" (+13125550100), \"digits\" (13125550100) or \"national\" (3125550100).",
        ),
        key!(
            "prefix",
            prefix,
            "\"9\"",
            "What is put before each number. Default: nothing.",
        ),
        key!(
            "calls_max",
            calls_max,
            number(0, 100_000),
            "Calls at one time; 0: as many as there are.",
        ),
        key!(
            "trusted",
            trusted,
            "",
            "It belongs to the company: what it asserts about callers is believed, and hidden numbers are given to it.",
        ),
        key!(
            "may_call",
            may_call,
            "",
            "What its callers may call by other trunks and rules: [] is nothing, right for a carrier; [\"internal\"] for\n\
             a PBX.",
        ),
    ];

    fn list(config: &mut Config) -> &mut Vec<Self> {
        &mut config.trunks
    }
}
