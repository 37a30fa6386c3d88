//! What holds for the whole module.

use std::time::Instant;

use bytes::Bytes;
use proptest::prelude::*;
use smol_str::SmolStr;

use super::testing::{hop, message};
use super::*;

struct Nothing;

impl Bodies for Nothing {
    fn body(&self, _: Package, _: &str, _: u32, _: bool) -> Option<(SmolStr, Bytes)> {
        None
    }
}

const NAMES: [&str; 14] = [
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Event",
    "Expires",
    "Accept",
    "Record-Route",
    "Session-Expires",
    "Subscription-State",
    "Content-Type",
    "Via",
    "Retry-After",
];

const PIECES: [&str; 13] = [
    "<sip:a@b>",
    ";tag=a",
    ",",
    ";",
    "<",
    "\"",
    "=",
    "dialog",
    "4294967296",
    "1 INVITE",
    "terminated",
    "*",
    "/",
];

/// Odd values: bytes as they come, and pieces of what parsers look for.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::sample::select(PIECES.to_vec());
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

fn changed(first: &str, values: &[(usize, Vec<u8>)]) -> Message {
    let lines = [
        first,
        "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa",
        "From: <sip:a@b>;tag=a",
        "To: <sip:c@b>",
        "Call-ID: c1",
        "CSeq: 1 INVITE",
        "Contact: <sip:a@192.0.2.7>",
        "Event: dialog",
    ];
    let mut message = message(&lines, "");
    for (name, value) in values {
        message.set(Header::new(Name::parse(NAMES[*name]), value));
    }
    message
}

proptest! {
    #[test]
    fn no_header_value_breaks_anything(values in proptest::collection::vec((0..NAMES.len(), value()), 0..5)) {
        let now = Instant::now();
        let mut notifier = Notifier::new(NotifierSettings::default(), Ids::new([4; 32]));
        let subscribe = changed("SUBSCRIBE sip:c@b SIP/2.0", &values);
        let from = hop("192.0.2.7:5060");
        let subscribe = Subscribe {
            message: &subscribe, from: &from, resource: Some("r"), watcher: "w", contact: "sip:us",
        };
        let mut sent = Vec::new();
        let reply = notifier.subscribe(now, &subscribe, &Nothing, &mut sent);
        prop_assert_eq!(reply.status() == Some(200), sent.len() == 1);

        let mut subscriber = Subscriber::new(SubscriberSettings::default(), Ids::new([5; 32]));
        let notify = changed("NOTIFY sip:us SIP/2.0", &values);
        prop_assert_eq!(subscriber.notified(now, &notify).0.status(), Some(481));

        let mut dialogs = Dialogs::new(DialogsLimits::default());
        let mut changes = Changes::default();
        let party = Party {
            user: None, device: None, identity: SmolStr::default(), display: SmolStr::default(), hop: from.clone(),
        };
        let plain = changed("INVITE sip:c@b SIP/2.0", &[]);
        let id = dialogs.invited(now, &plain, party.clone(), &mut changes).expect("followed");
        dialogs.invited(now, &changed("INVITE sip:c@b SIP/2.0", &values), party, &mut changes);
        for status in ["180", "200", "486"] {
            dialogs.response(now, &changed(&format!("SIP/2.0 {status} x"), &values), None, &mut changes);
        }
        for method in ["INVITE", "UPDATE", "BYE"] {
            dialogs.request(now, &changed(&format!("{method} sip:c@b SIP/2.0"), &values), &mut changes);
        }
        dialogs.byes(now, &id, &|_| false, "", &mut changes);
    }
}
