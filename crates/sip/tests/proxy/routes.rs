//! Route, Record-Route, strict routers (RFC 3261 §16.4, §16.6, RFC 5658).

use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use hotdesk_sip::message::{Header, Name};
use hotdesk_sip::proxy::{Group, RecordRoute, Target};

use crate::support::*;

/// What the application sees of a request with these Route lines: its Request-URI, Route, and our own Route.
fn seen(uri: &str, routes: &str) -> (String, Vec<String>, Option<String>) {
    let mut rig = Rig::new(settings(), Todo::Discard);
    let mut request = request("BYE", "z9hG4bKx", routes);
    request.set_uri(uri);
    rig.receive(&udp(ALICE), request);
    let seen = rig.app.seen.take().unwrap();
    let uri = String::from_utf8(seen.uri().unwrap().to_vec()).unwrap();
    let routes = seen
        .values(&Name::Route)
        .map(|route| String::from_utf8(route.to_vec()).unwrap());
    (uri, routes.collect(), rig.app.own_route.take())
}

#[test]
fn our_own_routes_are_taken_out_and_others_left() {
    let rows: [(&str, &[&str], Option<&str>); 8] = [
        ("", &[], None),
        (
            "Route: <sip:tok@edge.example.com;lr>\n",
            &[],
            Some("sip:tok@edge.example.com;lr"),
        ),
        (
            "Route: <sip:other.example;lr>, <sip:tok@10.0.0.1;lr>\n",
            &["<sip:other.example;lr>", "<sip:tok@10.0.0.1;lr>"],
            None,
        ),
        // The pair of a double Record-Route.
        (
            "Route: <sip:tok@10.0.0.1;lr>, <sip:tok@edge.example.com;lr>\nRoute: <sip:next;lr>\n",
            &["<sip:next;lr>"],
            Some("sip:tok@10.0.0.1;lr"),
        ),
        // An outbound proxy beside a route with a token, either way round.
        (
            "Route: <sip:edge.example.com;lr>, <sip:tok@10.0.0.1;lr>\n",
            &[],
            Some("sip:tok@10.0.0.1;lr"),
        ),
        (
            "Route: <sip:tok@10.0.0.1;lr>, <sip:edge.example.com;lr>\n",
            &[],
            Some("sip:tok@10.0.0.1;lr"),
        ),
        // A spiral: the second is for the next visit.
        (
            "Route: <sip:tok@10.0.0.1;lr>, <sip:tok2@10.0.0.1;lr>\n",
            &["<sip:tok2@10.0.0.1;lr>"],
            Some("sip:tok@10.0.0.1;lr"),
        ),
        (
            "Route: \"Edge, one\" <sip:edge.example.com;lr>;x=y\n",
            &[],
            Some("sip:edge.example.com;lr"),
        ),
    ];
    for (routes, left, own) in rows {
        let (uri, routes_seen, own_seen) = seen("sip:bob@192.0.2.2", routes);
        assert_eq!(uri, "sip:bob@192.0.2.2");
        assert_eq!(routes_seen, left, "{routes}");
        assert_eq!(own_seen.as_deref(), own, "{routes}");
    }
}

#[test]
fn what_a_strict_router_did_is_undone() {
    let (uri, routes, own) = seen(
        "sip:tok@edge.example.com;lr",
        "Route: <sip:next;lr>\nRoute: <sip:bob@192.0.2.2>\n",
    );
    assert_eq!(uri, "sip:bob@192.0.2.2");
    assert_eq!(routes, ["<sip:next;lr>"]);
    assert_eq!(own.as_deref(), Some("sip:tok@edge.example.com;lr"));
    // Ours without lr is a Request-URI like any other.
    let (uri, routes, own) = seen("sip:bob@edge.example.com", "Route: <sip:next;lr>\n");
    assert_eq!(
        (uri.as_str(), routes.len(), own),
        ("sip:bob@edge.example.com", 1, None)
    );
}

#[test]
fn a_maddr_that_names_us_is_dropped() {
    let rows = [
        (
            "sip:bob@example.com;maddr=10.0.0.1;transport=tcp",
            "sip:bob@example.com;transport=tcp",
        ),
        (
            "sip:bob@example.com;maddr=edge.example.com",
            "sip:bob@example.com",
        ),
        (
            "sip:bob@example.com;maddr=6.6.6.6",
            "sip:bob@example.com;maddr=6.6.6.6",
        ),
        ("sip:maddr@example.com", "sip:maddr@example.com"),
    ];
    for (uri, expected) in rows {
        assert_eq!(seen(uri, "").0, expected);
    }
}

/// The Record-Route values of an INVITE forwarded from one listener to another.
fn record_route(from: &Hop, to: &Hop, uri: &str, params: &str) -> Vec<String> {
    let target = Target::new(uri.to_owned(), to.clone());
    let mut rig = Rig::new(settings(), Todo::Forward(vec![Group::to(target)]));
    *rig.app.record_route.borrow_mut() = Some(RecordRoute {
        user: "tok".into(),
        params: params.into(),
    });
    rig.receive(
        from,
        request("INVITE", "z9hG4bKx", "Record-Route: <sip:far;lr>\n"),
    );
    rig.sent().remove(1).values(&Name::RecordRoute)
}

#[test]
fn record_route_is_double_when_the_listeners_differ() {
    let tls = Hop::to(ListenerId(2), Transport::Tls, BOB.parse().unwrap());
    assert_eq!(
        record_route(&udp(ALICE), &udp(BOB), "sip:bob@192.0.2.2", ";ob"),
        ["<sip:tok@10.0.0.1:5060;lr;ob>", "<sip:far;lr>"]
    );
    assert_eq!(
        record_route(&udp(ALICE), &tls, "sip:bob@192.0.2.2", ""),
        [
            "<sip:tok@edge.example.com:5061;transport=tls;lr>",
            "<sip:tok@10.0.0.1:5060;lr>",
            "<sip:far;lr>"
        ]
    );
    assert_eq!(
        record_route(&tcp(ALICE), &tls, "sips:bob@192.0.2.2", ""),
        [
            "<sips:tok@edge.example.com:5061;lr>",
            "<sips:tok@10.0.0.1:5060;transport=tcp;lr>",
            "<sip:far;lr>"
        ]
    );
}

#[test]
fn a_strict_router_gets_its_own_uri_as_request_uri() {
    let mut rig = Rig::forking(&[BOB]);
    let routes = "Route: <sip:strict.example>;x=1, <sip:loose.example;lr>\n";
    rig.receive(&udp(ALICE), request("BYE", "z9hG4bKx", routes));
    let sent = rig.only();
    assert_eq!(sent.message.uri().unwrap(), "sip:strict.example");
    let last = format!("<sip:phone@{BOB}>");
    assert_eq!(
        sent.values(&Name::Route),
        ["<sip:loose.example;lr>", last.as_str()]
    );
}

#[test]
fn an_ack_finds_its_way_by_route_and_is_the_same_each_time() {
    let mut rig = Rig::new(settings(), Todo::Discard);
    let ack = |extra: &str| {
        let mut ack = request("ACK", "z9hG4bKack", extra);
        ack.set_uri("sip:bob@192.0.2.2");
        ack.set(Header::new(Name::To, "<sip:bob@example.com>;tag=b"));
        ack
    };
    let routes = "Route: <sip:10.0.0.1;lr>\nRoute: <sip:192.0.2.3;lr>\n";
    rig.receive(&udp(ALICE), ack(routes));
    rig.receive(&udp(ALICE), ack(routes));
    let sent = rig.sent();
    assert_eq!(sent[0].line(), format!("ACK {CAROL}"));
    assert_eq!(sent[0].values(&Name::Route), ["<sip:192.0.2.3;lr>"]);
    assert_eq!(sent[0].bytes, sent[1].bytes);
    // Nowhere to go: it is dropped.
    let mut lost = ack("");
    lost.set_uri("sip:bob@nowhere.example");
    rig.receive(&udp(ALICE), lost);
    assert!(rig.lines().is_empty());
    rig.assert_empty();
}
