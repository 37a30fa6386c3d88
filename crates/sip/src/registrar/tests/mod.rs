//! The registrar's rules, each with the paragraph it comes from.

mod bytes;
mod flows;
mod requests;

use std::fmt::Write;

use ::bytes::Bytes;

use super::*;
use crate::hop::{ConnectionId, Hop, ListenerId, Transport};
use crate::message::{Limits, Name};
use crate::secret::LineKey;

const NOW: u64 = 1_790_000_000_000;

fn flow() -> Hop {
    Hop::to(
        ListenerId(0),
        Transport::Udp,
        "198.51.100.9:40001".parse().unwrap(),
    )
}

/// A REGISTER with these lines, and Call-ID and CSeq where they are not among them.
fn request(lines: &str) -> Message {
    let mut text = String::from("REGISTER sip:example.com SIP/2.0\r\n");
    let mut line = |line: &str| write!(text, "{line}\r\n").unwrap();
    if !lines.contains("Via:") {
        line("Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK1");
    }
    line("From: <sip:phone-1@example.com>;tag=1");
    line("To: <sip:phone-1@example.com>");
    if !lines.contains("Call-ID:") {
        line("Call-ID: call-1");
    }
    if !lines.contains("CSeq:") {
        line("CSeq: 1 REGISTER");
    }
    for one in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        line(one);
    }
    text.push_str("\r\n");
    Message::parse(&Bytes::from(text), &Limits::default()).unwrap()
}

/// One address of record, with a clock.
struct Line<'a> {
    now: u64,
    rules: Rules<'a>,
    bindings: Bindings,
}

impl<'a> Line<'a> {
    fn new() -> Self {
        Self::with(Rules::default())
    }

    fn with(rules: Rules<'a>) -> Self {
        Self {
            now: NOW,
            rules,
            bindings: Bindings::default(),
        }
    }

    fn try_from(&mut self, from: &Hop, lines: &str) -> Result<Registered, Refused> {
        let before = self.bindings.clone();
        let result = register(&request(lines), from, self.now, &self.rules, &self.bindings);
        assert_eq!(self.bindings, before, "the current bindings are never touched");
        if let Ok(registered) = &result {
            self.bindings = registered.bindings.clone();
        }
        result
    }

    fn try_to(&mut self, lines: &str) -> Result<Registered, Refused> {
        self.try_from(&flow(), lines)
    }

    /// What changed: event, id and URI of each.
    fn change(&mut self, lines: &str) -> Vec<String> {
        let registered = self
            .try_to(lines)
            .unwrap_or_else(|refused| panic!("{lines}: {refused:?}"));
        list(&registered.changes)
    }

    fn refused(&mut self, lines: &str) -> (u16, &'static str) {
        let refused = self.try_to(lines).expect_err(lines);
        (refused.status, refused.reason)
    }

    /// The URIs that are bound.
    fn bound(&self) -> Vec<String> {
        let live = self.bindings.live(self.now);
        live.map(|contact| String::from_utf8_lossy(&contact.uri).into_owned())
            .collect()
    }
}

fn list(changes: &[Change]) -> Vec<String> {
    let one = |change: &Change| {
        let uri = String::from_utf8_lossy(&change.contact.uri);
        format!("{} {} {uri}", change.kind.name(), change.contact.id)
    };
    changes.iter().map(one).collect()
}

fn values(headers: &[Header], name: &Name) -> Vec<String> {
    let found = headers.iter().filter(|header| header.name() == name);
    found.map(|header| header.text().unwrap().into_owned()).collect()
}

const ONE: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
const TWO: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000000000002>\"";
