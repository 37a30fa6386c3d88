//! The rules of the notifier.

mod answers;
mod chaos;
mod kept;
mod subscribing;
mod telling;

use std::time::Instant;

use bytes::Bytes;
use proptest::prelude::*;
use smol_str::{SmolStr, format_smolstr};

use super::*;
use crate::event::testing::{answer, hop, lines, message, seconds};
use crate::message::{Header, Name};

/// Says what it was asked for.
struct Spoken;

impl Bodies for Spoken {
    fn body(&self, _: Package, resource: &str, version: u32, full: bool) -> Option<(SmolStr, Bytes)> {
        let kind = if full { "full" } else { "partial" };
        let body = format!("{resource} v{version} {kind}");
        (resource != "unknown").then(|| ("text/plain".into(), body.into()))
    }
}

struct World {
    notifier: Notifier,
    now: Instant,
    sent: Vec<Notify>,
}

impl World {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self {
            notifier: Notifier::new(settings, Ids::new([1; 32])),
            now: Instant::now(),
            sent: Vec::new(),
        }
    }

    fn subscribe(&mut self, request: &Message) -> Message {
        self.subscribe_as(request, Some("2041"), "phone-17")
    }

    fn subscribe_as(&mut self, request: &Message, resource: Option<&str>, watcher: &str) -> Message {
        let subscribe = Subscribe {
            message: request,
            from: &hop("192.0.2.7:5060"),
            resource,
            watcher,
            contact: "sip:192.0.2.1:5060",
        };
        self.notifier
            .subscribe(self.now, &subscribe, &Spoken, &mut self.sent)
    }

    /// A subscription whose first NOTIFY was answered: its id.
    fn subscribed(&mut self, call: &str) -> SubscriptionId {
        let reply = self.subscribe(&subscribe(call, &[]));
        assert_eq!(reply.status(), Some(200), "{reply:?}");
        let first = self.sent.pop().expect("a first NOTIFY");
        self.answer(&first, 200);
        first.sent.subscription
    }

    fn answer(&mut self, notify: &Notify, status: u16) -> Answered {
        self.answer_with(notify, status, &[])
    }

    fn answer_with(&mut self, notify: &Notify, status: u16, more: &[(&str, &str)]) -> Answered {
        let response = answer(&notify.message, status, more);
        let mut none = |_: &Message, _: &Message| Some(Header::new(Name::Authorization, "Digest secret"));
        self.notifier.answered(
            self.now,
            &notify.sent,
            Some(&response),
            &mut none,
            &Spoken,
            &mut self.sent,
        )
    }

    fn publish(&mut self) -> Vec<String> {
        self.notifier
            .publish(self.now, Package::Dialog, "2041", &Spoken, &mut self.sent);
        self.bodies()
    }

    fn pass(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.notifier.timeout(self.now, &Spoken, &mut self.sent);
        self.bodies()
    }

    /// State and body of what was sent since, which stays in `sent`.
    fn bodies(&self) -> Vec<String> {
        let told = self.sent.iter().map(|notify| {
            let state = notify.message.text(&Name::SubscriptionState).unwrap();
            format!("{state}: {}", String::from_utf8_lossy(notify.message.body()))
        });
        told.collect()
    }
}

/// A SUBSCRIBE to the calls of 2041 with these header lines in place of, or beside, the usual ones. `-Name` leaves one
/// out.
fn subscribe(call: &str, changed: &[&str]) -> Message {
    let usual = [
        "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKa".to_owned(),
        "From: <sip:phone-17@example.com>;tag=theirs".to_owned(),
        "To: <sip:2041@example.com>".to_owned(),
        format!("Call-ID: {call}"),
        "CSeq: 1 SUBSCRIBE".to_owned(),
        "Contact: <sip:phone-17@192.0.2.7:5060>".to_owned(),
        "Event: dialog".to_owned(),
        "Expires: 600".to_owned(),
    ];
    let name = |line: &str| line.trim_start_matches('-').split(':').next().unwrap().to_owned();
    let kept = usual
        .iter()
        .filter(|line| !changed.iter().any(|other| name(other) == name(line)));
    let mut all = vec!["SUBSCRIBE sip:2041@example.com SIP/2.0"];
    all.extend(kept.map(String::as_str));
    all.extend(changed.iter().filter(|line| !line.starts_with('-')));
    message(&all, "")
}

fn refresh(call: &str, id: &SubscriptionId, cseq: u32, changed: &[&str]) -> Message {
    let to = format!("To: <sip:2041@example.com>;tag={}", id.as_str());
    let cseq = format!("CSeq: {cseq} SUBSCRIBE");
    let mut all = vec![to.as_str(), &cseq];
    all.extend(changed);
    subscribe(call, &all)
}
