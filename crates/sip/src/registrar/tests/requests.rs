//! What a request does, and which are refused.

use proptest::prelude::*;

use super::*;

// === Lifetimes ===

/// RFC 3261 §10.3 step 7, §20.19.
#[test]
fn the_lifetime_is_the_parameter_then_the_header_then_the_default_within_the_limits() {
    let table = [
        ("Contact: <sip:a@h>", Ok(3600)),
        ("Contact: <sip:a@h>\nExpires: 600", Ok(600)),
        ("Contact: <sip:a@h>;expires=120\nExpires: 600", Ok(120)),
        ("Contact: sip:a@h;expires=120", Ok(120)),
        ("Contact: <sip:a@h>;expires=7200", Ok(7200)),
        ("Contact: <sip:a@h>;expires=7201", Ok(7200)),
        ("Contact: <sip:a@h>;expires=99999999999999999999999", Ok(7200)),
        ("Contact: <sip:a@h>;expires=soon\nExpires: 600", Ok(3600)),
        ("Contact: <sip:a@h>;expires=-1", Ok(3600)),
        ("Contact: <sip:a@h>\nExpires: soon", Ok(3600)),
        ("Contact: <sip:a@h>;expires=60", Ok(60)),
        ("Contact: <sip:a@h>;expires=59", Err(423)),
        ("Contact: <sip:a@h>;expires=1", Err(423)),
        ("Contact: <sip:a@h>, <sip:b@h>;expires=59", Err(423)),
    ];
    for (lines, expected) in table {
        let mut line = Line::new();
        match (line.try_to(lines), expected) {
            (Ok(registered), Ok(expected)) => {
                let contact = &registered.bindings.contacts[0];
                assert_eq!(contact.expires_in_s(NOW), expected, "{lines}");
                let value = &values(&registered.headers, &Name::Contact)[0];
                assert_eq!(value, &format!("<sip:a@h>;expires={expected}"), "{lines}");
            }
            (Err(refused), Err(status)) => {
                assert_eq!(refused.status, status, "{lines}");
                assert_eq!(values(&refused.headers, &Name::MinExpires), ["60"], "{lines}");
                assert!(line.bindings.is_empty());
            }
            (found, _) => panic!("{lines}: {found:?}"),
        }
    }
}

#[test]
fn bindings_run_out_and_say_so_once() {
    let mut line = Line::new();
    line.change("Contact: <sip:a@h>;expires=60, <sip:b@h>;expires=90");
    assert_eq!(line.bindings.next_expiry_ms(), Some(NOW + 60_000));
    line.now += 59_999;
    assert_eq!(line.bound(), ["sip:a@h", "sip:b@h"]);
    line.now += 1;
    assert_eq!(line.bound(), ["sip:b@h"]);
    // With the next request, or when asked.
    let mut other = line.bindings.clone();
    assert_eq!(list(&other.expire(line.now)), ["expired 0 sip:a@h"]);
    assert_eq!(list(&other.expire(line.now)), [""; 0]);
    assert_eq!(line.change(""), ["expired 0 sip:a@h"]);
    // An id is never given again.
    assert_eq!(
        line.change("CSeq: 2 REGISTER\nContact: <sip:a@h>"),
        ["created 2 sip:a@h"]
    );
}

// === What a request does ===

#[test]
fn contacts_are_created_refreshed_shortened_and_removed() {
    let mut line = Line::new();
    let steps: [(&str, &[&str], &[&str]); 6] = [
        (
            "CSeq: 1 REGISTER\nContact: <sip:a@h>, <sip:b@h>",
            &["created 0 sip:a@h", "created 1 sip:b@h"],
            &["sip:a@h", "sip:b@h"],
        ),
        // The same URI written in another way (§19.1.4).
        (
            "CSeq: 2 REGISTER\nContact: \"Maria\" <sip:%61@H>",
            &["refreshed 0 sip:%61@H"],
            &["sip:%61@H", "sip:b@h"],
        ),
        (
            "CSeq: 3 REGISTER\nContact: <sip:b@h>;expires=60",
            &["shortened 1 sip:b@h"],
            &["sip:%61@H", "sip:b@h"],
        ),
        (
            "CSeq: 4 REGISTER\nContact: <sip:a@h:5060>",
            &["created 2 sip:a@h:5060"],
            &["sip:%61@H", "sip:b@h", "sip:a@h:5060"],
        ),
        (
            "CSeq: 5 REGISTER\nContact: <sip:b@h>;expires=0, <sip:c@h>;expires=0",
            &["unregistered 1 sip:b@h"],
            &["sip:%61@H", "sip:a@h:5060"],
        ),
        (
            "CSeq: 6 REGISTER\nContact: <sip:a@h>\nExpires: 0",
            &["unregistered 0 sip:%61@H"],
            &["sip:a@h:5060"],
        ),
    ];
    for (lines, changes, bound) in steps {
        assert_eq!(line.change(lines), changes, "{lines}");
        assert_eq!(line.bound(), bound, "{lines}");
    }
}

/// RFC 3261 §10.3 step 6.
#[test]
fn contact_star_removes_all_and_only_alone_with_expires_zero() {
    let table = [
        ("Contact: *", Err(400)),
        ("Contact: *\nExpires: 60", Err(400)),
        ("Contact: *\nExpires: zero", Err(400)),
        ("Contact: *, <sip:a@h>\nExpires: 0", Err(400)),
        ("Contact: <sip:a@h>\nContact: *\nExpires: 0", Err(400)),
        ("CSeq: 1 REGISTER\nContact: *\nExpires: 0", Err(500)),
        ("CSeq: 2 REGISTER\nContact: *\nExpires: 0", Ok(())),
        ("Call-ID: other\nContact: *\nExpires: 0", Ok(())),
    ];
    for (lines, expected) in table {
        let mut line = Line::new();
        line.change("Contact: <sip:a@h>, <sip:b@h>");
        match expected {
            Err(status) => assert_eq!(line.refused(lines).0, status, "{lines}"),
            Ok(()) => {
                let gone = ["unregistered 0 sip:a@h", "unregistered 1 sip:b@h"];
                assert_eq!(line.change(lines), gone, "{lines}");
                assert!(line.bindings.is_empty());
            }
        }
    }
}

/// RFC 3261 §10.3 step 7: within one Call-ID, only a higher CSeq changes anything, and it is all or nothing.
#[test]
fn a_late_request_changes_nothing_at_all() {
    let table = [
        ("CSeq: 6 REGISTER\nContact: <sip:a@h>", Ok(())),
        ("CSeq: 5 REGISTER\nContact: <sip:a@h>", Err(500)),
        ("CSeq: 4 REGISTER\nContact: <sip:a@h>;expires=0", Err(500)),
        ("CSeq: 5 REGISTER\nContact: <sip:new@h>, <sip:a@h>", Err(500)),
        ("Call-ID: other\nCSeq: 1 REGISTER\nContact: <sip:a@h>", Ok(())),
        ("CSeq: 5 REGISTER\nContact: <sip:new@h>", Ok(())),
        ("CSeq: 5 REGISTER", Ok(())),
    ];
    for (lines, expected) in table {
        let mut line = Line::new();
        line.change("CSeq: 5 REGISTER\nContact: <sip:a@h>");
        let found = line.try_to(lines).map(drop).map_err(|refused| refused.status);
        assert_eq!(found, expected, "{lines}");
    }
}

#[test]
fn a_query_lists_all_bindings_and_changes_none() {
    let mut line = Line::new();
    line.change(
        "Contact: <sip:a@h>;q=0.5;methods=\"INVITE, BYE\";+sip.instance=\"<urn:x:1>\", <sip:b@h>;expires=100",
    );
    line.now += 10_500;
    let registered = line.try_to("CSeq: 1 REGISTER").unwrap();
    assert_eq!(list(&registered.changes), [""; 0]);
    let expected = [
        "<sip:a@h>;q=0.5;methods=\"INVITE, BYE\";+sip.instance=\"<urn:x:1>\";expires=3590",
        "<sip:b@h>;expires=90",
    ];
    assert_eq!(values(&registered.headers, &Name::Contact), expected);
    assert_eq!(
        values(&registered.headers, &Name::Date),
        ["Mon, 21 Sep 2026 14:13:30 GMT"]
    );
    let reply = registered.reply(&request(""), "9");
    assert_eq!(reply.status(), Some(200));
    assert_eq!(reply.all(&Name::Contact).count(), 2);
    assert!(reply.text(&Name::To).unwrap().ends_with(";tag=9"));
}

#[test]
fn what_cannot_be_read_is_refused_with_400() {
    let long = "x".repeat(3000);
    let table = [
        "Contact: <sip:a@h>, <sip:a@h>".to_owned(),
        "Contact: <sip:a@h".to_owned(),
        "Contact: <sip:>".to_owned(),
        "Contact: <mailto:a@h>".to_owned(),
        "CSeq: x REGISTER\nContact: <sip:a@h>".to_owned(),
        format!("Contact: <sip:{long}@h>"),
        format!("Contact: <sip:a@h>;x={long}"),
        format!("Call-ID: {long}\nContact: <sip:a@h>"),
        format!("Path: <sip:{long}@p>\nContact: <sip:a@h>"),
        format!("Path: {}\nContact: <sip:a@h>", "<sip:p>,".repeat(9)),
    ];
    for lines in table {
        assert_eq!(Line::new().refused(&lines).0, 400, "{lines:.80}");
    }
}

/// RFC 3261 §8.2.2.3.
#[test]
fn an_unknown_extension_that_is_required_is_refused_and_named() {
    let refused = Line::new()
        .try_to("Require: path, magic\nRequire: Outbound, gruu, x\nContact: <sip:a@h>")
        .unwrap_err();
    assert_eq!((refused.status, refused.reason), (420, "Bad Extension"));
    // GRUU is not for this line.
    assert_eq!(values(&refused.headers, &Name::Unsupported), ["magic, gruu, x"]);
    assert_eq!(refused.reply(&request(""), "9").status(), Some(420));
    assert!(
        Line::new()
            .try_to("Require: path, OUTBOUND\nContact: <sip:a@h>")
            .is_ok()
    );
}

#[test]
fn a_full_line_refuses_or_drops_what_was_refreshed_longest_ago() {
    let fill = |when_full| {
        let mut line = Line::with(Rules {
            contacts_max: 2,
            when_full,
            ..Rules::default()
        });
        line.change("Contact: <sip:a@h>");
        line.now += 1000;
        line.change("CSeq: 2 REGISTER\nContact: <sip:b@h>");
        line.now += 1000;
        line.change("CSeq: 3 REGISTER\nContact: <sip:a@h>");
        line
    };
    let mut refuses = fill(WhenFull::Refuse);
    let more = "CSeq: 4 REGISTER\nContact: <sip:c@h>";
    assert_eq!(refuses.refused(more), (403, "Too many contacts"));
    // One goes and one comes.
    let swap = "CSeq: 4 REGISTER\nContact: <sip:c@h>, <sip:a@h>;expires=0";
    assert_eq!(
        refuses.change(swap),
        ["created 2 sip:c@h", "unregistered 0 sip:a@h"]
    );
    let mut drops = fill(WhenFull::DropOldest);
    assert_eq!(drops.change(more), ["created 2 sip:c@h", "rejected 1 sip:b@h"]);
    let three = "CSeq: 5 REGISTER\nContact: <sip:x@h>, <sip:y@h>, <sip:z@h>";
    assert_eq!(drops.refused(three), (403, "Too many contacts"));
}

/// RFC 3261 §20.17, and days that calendars get wrong.
#[test]
fn dates_are_those_of_the_calendar() {
    let table = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_014_296_523, "Thu, 21 Feb 2002 13:02:03 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_709_251_200, "Fri, 01 Mar 2024 00:00:00 GMT"),
        (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        (1_798_761_600, "Fri, 01 Jan 2027 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ];
    for (seconds, expected) in table {
        assert_eq!(answer::date(seconds * 1000), expected);
    }
}

/// One contact of a random request: which URI, instance, reg-id and lifetime.
fn any_asked() -> impl Strategy<Value = (u8, u8, u8, u32)> {
    (
        0..5_u8,
        0..3_u8,
        0..3_u8,
        prop::sample::select(vec![0_u32, 30, 60, 100, 3600]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// Whatever is asked: there are never too many, never two of one URI or one flow, ids are unique and never come
    /// again, and who follows the changes knows what is bound.
    #[test]
    fn changes_tell_all_and_bindings_stay_sound(
        requests in prop::collection::vec(
            (prop::collection::vec(any_asked(), 0..4), 0..3_u8, 0..40_u32, any::<bool>(), 0..50_000_u64),
            1..12,
        ),
        refuse: bool,
    ) {
        let when_full = if refuse { WhenFull::Refuse } else { WhenFull::DropOldest };
        let mut line = Line::with(Rules { contacts_max: 4, when_full, ..Rules::default() });
        let mut known = std::collections::BTreeMap::new();
        let mut ended = std::collections::BTreeSet::new();
        for (contacts, call_id, cseq, outbound, wait) in requests {
            line.now += wait;
            let mut lines = format!("Call-ID: {call_id}\nCSeq: {cseq} REGISTER\n");
            if outbound {
                lines.push_str("Supported: outbound\n");
            }
            for (uri, instance, reg_id, expires) in contacts {
                let instance = match instance {
                    0 => String::new(),
                    number => format!(";+sip.instance=\"<urn:x:{number}>\""),
                };
                writeln!(lines, "Contact: <sip:u{uri}@h>;reg-id={reg_id};expires={expires}{instance}").unwrap();
            }
            let Ok(registered) = line.try_to(&lines) else { continue };
            for Change { kind, contact } in registered.changes {
                let is_new = kind == ChangeKind::Created;
                prop_assert_eq!(known.contains_key(&contact.id), !is_new, "{:?} {}", kind, contact.id);
                prop_assert!(!ended.contains(&contact.id));
                if kind.is_end() {
                    known.remove(&contact.id);
                    ended.insert(contact.id);
                } else {
                    known.insert(contact.id, contact);
                }
            }
            let bound: Vec<_> = line.bindings.contacts.iter().map(|contact| (contact.id, contact.clone())).collect();
            prop_assert_eq!(known.clone().into_iter().collect::<Vec<_>>(), bound);
            prop_assert!(known.len() <= 4);
            for (id, one) in &known {
                for other in known.range(id + 1..).map(|(_, other)| other) {
                    let flow = |contact: &Contact| contact.reg_id.map(|reg_id| (contact.instance.clone(), reg_id));
                    prop_assert!(flow(one).is_none() || flow(one) != flow(other));
                    prop_assert!(one.reg_id.is_some() || other.reg_id.is_some() || one.uri != other.uri);
                }
            }
        }
    }
}
