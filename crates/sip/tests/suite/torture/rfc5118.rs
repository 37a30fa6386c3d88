//! RFC 5118, Session Initiation Protocol (SIP) Torture Test Messages for Internet Protocol Version 6 (IPv6).
//!
//! The archive in the RFC has bare line feeds and, with them, lengths that fit no body. [`wire`] makes messages
//! of them; nothing but line ends and the digits of Content-Length changes.

use std::net::IpAddr;

use bytes::Bytes;
use hotdesk_sip::message::{Limits, Message};

use super::Treatment::{Invalid, Pass};
use super::{Row, bytes, check};

const ROWS: &[Row] = &[
    row("ipv6-good", "4.1", Pass, "an IPv6 reference"),
    row(
        "ipv6-bad",
        "4.2",
        Invalid(400),
        "an IPv6 address without brackets",
    ),
    row(
        "port-ambiguous",
        "4.3",
        Pass,
        "what was meant as the port is part of the address",
    ),
    row("port-unambiguous", "4.4", Pass, "a port behind the brackets"),
    row(
        "via-received-param-with-delim",
        "4.5",
        Pass,
        "received with brackets",
    ),
    row(
        "via-received-param-no-delim",
        "4.5",
        Pass,
        "received without brackets",
    ),
    row(
        "ipv6-in-sdp",
        "4.6",
        Pass,
        "addresses in the body, which is passed on",
    ),
    row("mult-ip-in-header", "4.7", Pass, "IPv4 and IPv6 in one message"),
    row("mult-ip-in-sdp", "4.8", Pass, "IPv4 and IPv6 in one body"),
    row("ipv4-mapped-ipv6", "4.9", Pass, "IPv4 addresses in IPv6 ones"),
    row(
        "ipv6-bug-abnf-3-colons",
        "4.10",
        Pass,
        "three colons, as the grammar of RFC 3261 has it",
    ),
    row(
        "ipv6-correct-abnf-2-colons",
        "4.10",
        Pass,
        "two colons, as it should be",
    ),
];

const fn row(
    name: &'static str,
    section: &'static str,
    treatment: super::Treatment,
    why: &'static str,
) -> Row {
    Row {
        name,
        section,
        treatment,
        why,
    }
}

/// The message as it would be sent.
fn wire(name: &str) -> Bytes {
    let text = String::from_utf8(bytes("rfc5118", name).to_vec()).expect("is text");
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| (text.trim_end(), ""));
    let lines: Vec<String> = head
        .split("\r\n")
        .map(|line| match line.split_once(':') {
            Some(("Content-Length", _)) => format!("Content-Length: {}", body.len()),
            _ => line.to_owned(),
        })
        .collect();
    format!("{}\r\n\r\n{body}", lines.join("\r\n")).into()
}

fn message(name: &str) -> Message {
    Message::parse(&wire(name), &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().expect("is an address"))
}

#[test]
fn every_message_of_rfc_5118_is_treated_as_its_section_asks() {
    check(ROWS, wire);
}

#[test]
fn addresses_and_ports_are_told_apart_by_the_brackets() {
    let rows = [
        ("ipv6-good", "2001:db8::10", None),
        ("port-ambiguous", "2001:db8::10:5070", None),
        ("port-unambiguous", "2001:db8::10", Some(5070)),
        ("ipv6-bug-abnf-3-colons", "2001:db8::192.0.2.1", None),
        ("ipv6-correct-abnf-2-colons", "2001:db8::192.0.2.1", None),
    ];
    for (name, host, port) in rows {
        let uri = message(name).request_uri().expect("can be read");
        assert_eq!((uri.ip(), uri.port), (ip(host), port), "{name}");
    }
    let mapped = message("ipv4-mapped-ipv6").top_via().expect("can be read");
    assert_eq!((mapped.ip(), mapped.port), (ip("::ffff:192.0.2.10"), Some(19823)));
}

#[test]
fn received_is_read_with_and_without_brackets() {
    for name in ["via-received-param-with-delim", "via-received-param-no-delim"] {
        let via = message(name).top_via().expect("can be read");
        assert_eq!(
            via.response_address().map(|address| address.ip()),
            ip("2001:db8::9:255"),
            "{name}"
        );
    }
}

#[test]
fn bare_line_feeds_are_read_and_passed_on_as_line_ends() {
    let sent = bytes("rfc5118", "ipv6-good");
    let message = Message::parse(&sent, &Limits::default()).expect("can be read");
    assert_eq!(message.to_datagram(), wire("ipv6-good"));
}
