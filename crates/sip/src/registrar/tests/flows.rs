//! Instances, Outbound, Path, flows, session lines, GRUU.

use super::*;

// === Instances, Outbound, Path ===

#[test]
fn a_phone_that_comes_back_with_another_port_is_one_phone() {
    let first = format!("Contact: <sip:a@h:1001>;{ONE}");
    let second = format!("Call-ID: after-reboot\nContact: <sip:a@h:1002>;{ONE}");
    let mut line = Line::new();
    line.change(&first);
    assert_eq!(line.change(&second), ["refreshed 0 sip:a@h:1002"]);
    let other = format!("CSeq: 2 REGISTER\nContact: <sip:a@h:1003>;{TWO}");
    assert_eq!(line.change(&other), ["created 1 sip:a@h:1003"]);
    // What takes back the old address does not take the new one with it.
    let late = format!("CSeq: 3 REGISTER\nContact: <sip:a@h:1001>;{ONE};expires=0");
    assert_eq!(line.change(&late), [""; 0]);
    let mut line = Line::with(Rules {
        one_contact_per_instance: false,
        ..Rules::default()
    });
    line.change(&first);
    assert_eq!(line.change(&second), ["created 1 sip:a@h:1002"]);
}

/// As for a phone that registers a sip and a sips contact.
#[test]
fn two_contacts_of_one_instance_in_one_request_are_two_bindings() {
    let both = |cseq: u32, first: u16, second: u16| {
        format!("CSeq: {cseq} REGISTER\nContact: <sip:a@h:{first}>;{ONE}, <sips:a@h:{second}>;{ONE}")
    };
    let mut line = Line::new();
    assert_eq!(
        line.change(&both(1, 1, 2)),
        ["created 0 sip:a@h:1", "created 1 sips:a@h:2"]
    );
    assert_eq!(
        line.change(&both(2, 1, 2)),
        ["refreshed 0 sip:a@h:1", "refreshed 1 sips:a@h:2"]
    );
    assert_eq!(
        line.change(&both(3, 3, 4)),
        ["refreshed 0 sip:a@h:3", "refreshed 1 sips:a@h:4"]
    );
    // One flow ends and its successor comes, in either order.
    let old = format!("<sip:a@h>;reg-id=1;{ONE};expires=0");
    let new = format!("<sip:b@h>;reg-id=1;{ONE}");
    let table: [(String, &[&str]); 2] = [
        (
            format!("{old}, {new}"),
            &["unregistered 0 sip:a@h", "created 1 sip:b@h"],
        ),
        (format!("{new}, {old}"), &["refreshed 0 sip:b@h"]),
    ];
    for (contacts, expected) in table {
        let mut line = Line::new();
        line.change(&format!("Supported: outbound\nContact: <sip:a@h>;reg-id=1;{ONE}"));
        let swap = format!("CSeq: 2 REGISTER\nSupported: outbound\nContact: {contacts}");
        assert_eq!(line.change(&swap), expected);
        assert_eq!(line.bound(), ["sip:b@h"]);
    }
}

/// RFC 5626 §6.
#[test]
fn with_outbound_a_flow_is_replaced_by_instance_and_reg_id() {
    let register = |cseq: u32, port: u16, reg_id: u32, more: &str| {
        format!(
            "CSeq: {cseq} REGISTER\nSupported: path, outbound\nContact: <sip:a@h:{port}>;reg-id={reg_id};{ONE}{more}"
        )
    };
    let mut line = Line::new();
    assert_eq!(line.change(&register(1, 1, 1, "")), ["created 0 sip:a@h:1"]);
    assert_eq!(line.change(&register(2, 2, 2, "")), ["created 1 sip:a@h:2"]);
    assert_eq!(line.change(&register(3, 3, 1, "")), ["refreshed 0 sip:a@h:3"]);
    assert_eq!(line.refused(&register(3, 4, 1, "")).0, 500);
    assert_eq!(
        line.change(&register(4, 9, 2, ";expires=0")),
        ["unregistered 1 sip:a@h:2"]
    );
    // Two flows of one phone are never rung at once; the other one is for when the first failed.
    line.now += 1000;
    line.change(&register(5, 5, 2, ""));
    let targets = line.bindings.targets(line.now);
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0].reg_id, Some(2), "the fresher one");
    let others = line.bindings.other_flows(line.now, targets[0]);
    assert_eq!(
        others.iter().map(|flow| flow.reg_id).collect::<Vec<_>>(),
        [Some(1)]
    );
    let both =
        format!("Supported: outbound\nContact: <sip:a@h:1>;reg-id=1;{ONE}, <sip:a@h:2>;reg-id=2;{ONE}");
    assert_eq!(
        Line::new().refused(&both),
        (400, "More than one Contact with reg-id")
    );
}

#[test]
fn outbound_is_in_use_only_where_all_take_part() {
    let reg_id = format!("Contact: <sip:a@h>;reg-id=1;{ONE}");
    let via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2, SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1";
    let table = [
        (format!("Supported: outbound\n{reg_id}"), Ok(true)),
        (format!("Require: outbound\n{reg_id}"), Ok(true)),
        (reg_id.clone(), Ok(false)),
        (
            "Supported: outbound\nContact: <sip:a@h>;reg-id=1".to_owned(),
            Ok(false),
        ),
        (
            format!("Supported: outbound\nContact: <sip:a@h>;{ONE}"),
            Ok(false),
        ),
        (
            format!("Supported: outbound\nContact: <sip:a@h>;reg-id=0;{ONE}"),
            Ok(false),
        ),
        // A proxy between, which does not keep flows, or does not say so.
        (format!("{via}\nSupported: outbound\n{reg_id}"), Err(439)),
        (
            format!("{via}\nSupported: outbound\nPath: <sip:p1;lr;ob>, <sip:p0;lr>\n{reg_id}"),
            Err(439),
        ),
        (
            format!("{via}\nSupported: outbound\nPath: <sip:p1;lr>, <sip:token@p0;lr;ob>\n{reg_id}"),
            Ok(true),
        ),
        (format!("{via}\n{reg_id}"), Ok(false)),
    ];
    for (lines, expected) in table {
        let result = Line::new().try_to(&lines);
        let found = result.as_ref().map(|registered| {
            let used = values(&registered.headers, &Name::Require) == ["outbound"];
            assert_eq!(registered.bindings.contacts[0].reg_id.is_some(), used, "{lines}");
            assert_eq!(
                !values(&registered.headers, &Name::FlowTimer).is_empty(),
                used,
                "{lines}"
            );
            used
        });
        assert_eq!(found.map_err(|refused| refused.status), expected, "{lines}");
    }
    let mut without = Line::with(Rules {
        outbound: false,
        ..Rules::default()
    });
    let registered = without.try_to(&format!("Supported: outbound\n{reg_id}")).unwrap();
    assert_eq!(registered.bindings.contacts[0].reg_id, None);
}

/// RFC 3327 §5.3.
#[test]
fn the_path_is_kept_in_its_order_and_given_back() {
    let mut line = Line::new();
    let lines =
        "Path: <sip:p2;lr>,<sip:p1;lr>\nSupported: path\nPath: \"x,y\" <sip:p0;lr>\nContact: <sip:a@h>";
    let registered = line.try_to(lines).unwrap();
    let path = &registered.bindings.contacts[0].path;
    assert_eq!(path[..], ["<sip:p2;lr>", "<sip:p1;lr>", "\"x,y\" <sip:p0;lr>"]);
    let path = values(&registered.headers, &Name::Path);
    assert_eq!(path, ["<sip:p2;lr>, <sip:p1;lr>, \"x,y\" <sip:p0;lr>"]);
    assert!(values(&registered.headers, &Name::Supported)[0].starts_with("path"));
    // The next one replaces it, also by none.
    line.change("CSeq: 2 REGISTER\nContact: <sip:a@h>");
    assert!(line.bindings.contacts[0].path.is_empty());
}

// === Flows ===

#[test]
fn the_flow_is_where_the_request_came_from_and_the_fresh_one_is_best() {
    let mut line = Line::new();
    let tcp = |connection| Hop {
        connection: Some(ConnectionId(connection)),
        ..Hop::to(
            ListenerId(1),
            Transport::Tcp,
            "203.0.113.5:50000".parse().unwrap(),
        )
    };
    line.try_from(&tcp(7), "Contact: <sip:a@10.0.0.7;transport=tcp>;q=0.3")
        .unwrap();
    line.now += 1000;
    line.try_from(
        &tcp(8),
        "Call-ID: 2\nContact: <sip:b@10.0.0.8;transport=tcp>;q=0.9",
    )
    .unwrap();
    line.now += 1000;
    line.try_from(
        &tcp(9),
        "Call-ID: 3\nContact: <sip:c@10.0.0.9;transport=tcp>;q=0.3",
    )
    .unwrap();
    let best = |line: &Line<'_>| line.bindings.best_flow(line.now).map(|contact| contact.id);
    let targets = |line: &Line<'_>| {
        let targets = line.bindings.targets(line.now);
        targets.iter().map(|contact| contact.id).collect::<Vec<_>>()
    };
    assert_eq!(line.bindings.contacts[2].hop, tcp(9));
    assert_eq!((best(&line), targets(&line)), (Some(2), vec![1, 2, 0]));
    // The connection is gone: what is left is better, though older.
    assert!(line.bindings.connection_closed(ConnectionId(9)));
    assert!(!line.bindings.connection_closed(ConnectionId(9)));
    assert!(line.bindings.contacts[2].has_lost_flow());
    assert_eq!((best(&line), targets(&line)), (Some(1), vec![1, 0, 2]));
    // It comes back over another.
    line.try_from(
        &tcp(10),
        "Call-ID: 3\nCSeq: 2 REGISTER\nContact: <sip:c@10.0.0.9;transport=tcp>",
    )
    .unwrap();
    assert_eq!((best(&line), targets(&line)), (Some(2), vec![2, 1, 0]));
    line.now += 7_200_000;
    assert_eq!((best(&line), targets(&line)), (None, vec![]));
}

// === Session lines ===

#[test]
fn a_session_line_ends_with_its_epoch() {
    let mut line = Line::new();
    line.rules.epoch = Some(5);
    line.change("Contact: <sip:2041@h1>");
    line.rules.epoch = Some(9);
    line.change("Call-ID: 2\nContact: <sip:2041@h2>");
    // The old phone neither takes the new one's place nor removes it.
    line.rules.epoch = Some(5);
    let steal = "Call-ID: 3\nContact: <sip:2041@h2>";
    assert_eq!(line.refused(steal), (403, "Logged in elsewhere"));
    let all = "Call-ID: 3\nContact: *\nExpires: 0";
    assert_eq!(line.change(all), ["unregistered 0 sip:2041@h1"]);
    line.change("Call-ID: 3\nContact: <sip:2041@h1>");
    // A later session at the same phone does take its place.
    line.rules.epoch = Some(12);
    assert_eq!(
        line.change("Call-ID: 4\nContact: <sip:2041@h1>"),
        ["refreshed 2 sip:2041@h1"]
    );

    let mut kept = line.bindings.clone();
    assert_eq!(list(&kept.deactivate(12)), ["deactivated 1 sip:2041@h2"]);
    assert_eq!(list(&kept.deactivate(12)), [""; 0]);
    assert_eq!(
        list(&line.bindings.keep_epochs(&[9])),
        ["deactivated 2 sip:2041@h1"]
    );
    let mut device = Line::new();
    device.change("Contact: <sip:phone@h>");
    assert_eq!(
        list(&device.bindings.deactivate(u64::MAX)),
        [""; 0],
        "a device's own line has no epoch"
    );
    assert_eq!(list(&device.bindings.keep_epochs(&[])), [""; 0]);
}

// === GRUU ===

/// RFC 5627 §5.1 to §5.3.
#[test]
fn a_device_has_one_public_gruu_and_a_temporary_one_for_each_refresh() {
    let key = LineKey::read(b"a key of thirty-two bytes, yes!!")
        .unwrap()
        .gruu_key();
    let gruu = Gruu {
        key: &key,
        account: "phone-1",
        domain: "example.com",
    };
    let mut line = Line::with(Rules {
        gruu: Some(gruu),
        ..Rules::default()
    });
    let mut ask = |lines: &str| {
        let registered = line.try_to(&format!("Supported: gruu\n{lines}")).unwrap();
        line.bindings = registered.bindings.clone();
        let value = values(&registered.headers, &Name::Contact).remove(0);
        let contact = crate::value::NameAddr::parse(value.as_bytes()).unwrap();
        let of = |name| contact.params.text(name).unwrap().to_owned();
        (of("pub-gruu"), of("temp-gruu"), registered.bindings)
    };
    let (public, temp_1, _) = ask(&format!("Contact: <sip:a@h>;{ONE}"));
    assert_eq!(
        public,
        "sip:phone-1@example.com;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128"
    );
    let (public_2, temp_2, bindings) = ask(&format!("CSeq: 2 REGISTER\nContact: <sip:a@h:99>;{ONE}"));
    assert_eq!(public, public_2);
    assert_ne!(temp_1, temp_2);
    let uri = crate::uri::Uri::parse(temp_1.as_bytes()).unwrap();
    assert!(uri.params.get("gr").is_some());
    let opened = key.open(&uri.user_text().unwrap()).unwrap();
    let found = |bindings: &Bindings| {
        bindings
            .by_temp_gruu(NOW, &key, &opened)
            .map(|contact| contact.uri.clone())
    };
    assert_eq!(
        found(&bindings).as_deref(),
        Some(&b"sip:a@h:99"[..]),
        "still good, same registration"
    );
    let instance = "urn:uuid:00000000-0000-1000-8000-000A95A0E128";
    assert!(bindings.by_instance(NOW, instance).is_some());
    assert!(bindings.by_instance(NOW, "urn:x").is_none());
    let (_, _, bindings) = ask(&format!("Call-ID: other\nContact: <sip:a@h:99>;{ONE}"));
    assert_eq!(
        found(&bindings),
        None,
        "another registration ends the old temporary ones"
    );

    // Not for those who do not ask, nor without an instance; and never as a contact itself.
    let registered = line.try_to("Call-ID: y").unwrap();
    assert!(!values(&registered.headers, &Name::Contact)[0].contains("gruu"));
    let registered = line
        .try_to("Supported: gruu\nCall-ID: z\nContact: <sip:b@h>")
        .unwrap();
    assert!(!values(&registered.headers, &Name::Contact)[1].contains("gruu"));
    assert_eq!(
        line.refused(&format!("Call-ID: w\nContact: <{public}>")),
        (403, "Contact is a GRUU of ours")
    );
}
