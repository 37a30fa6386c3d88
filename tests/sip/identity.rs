//! Who calls is what the edge knows, not what a phone says; and a call never goes round in circles.

use hotdesk_proto::v1;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_tests::company::directory::user;
use hotdesk_tests::company::{DOMAIN, PASSWORD};
use hotdesk_tests::offices::phone;

use crate::common::{PATIENCE, desk, plan, text};
use crate::wire::{Wire, answered};

/// What a phone may not say of itself, and what must not go further.
const FORGED: [(&str, &str); 3] = [
    ("P-Asserted-Identity", "\"The Boss\" <sip:2004@example.test>"),
    ("P-Preferred-Identity", "\"The Boss\" <sip:2004@example.test>"),
    (
        "Remote-Party-ID",
        "\"The Boss\" <sip:2004@example.test>;party=calling",
    ),
];

/// An INVITE of ada's phone, with the password; returns the one that rings at bob's.
async fn rings_with(headers: &[(&str, &str)]) -> Message {
    let company = plan().start().await;
    let bob = desk(&company, 1, 1).await;
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    let wire = Wire::open(&company, 0, 11);
    // She says that she is dee.
    let mut invite = wire.request(Method::Invite, &format!("sip:2002@{DOMAIN}"), "2004", "2002");
    for (name, value) in headers {
        invite.push(Header::new(Name::parse(name), *value));
    }
    let challenge = wire.ask(&invite).await;
    assert_eq!(challenge.status(), Some(407), "{challenge:?}");
    let calling = answered(&invite, &challenge, phone(0, 1), PASSWORD);
    wire.send(&calling.to_bytes()).await;
    let incoming = bob.incoming(PATIENCE).await.expect("bob's phone rings");
    let seen = incoming.invite.clone();
    incoming.refuse(486, "Busy Here").await.expect("refuses");
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_asserts_of_itself_is_replaced_by_who_is_logged_in_there() {
    let seen = rings_with(&FORGED).await;
    let asserted: Vec<String> = seen
        .all(&Name::PAssertedIdentity)
        .map(|header| text(&header.value()))
        .collect();
    assert!(
        asserted
            .iter()
            .all(|value| value.contains("2001") && !value.contains("Boss")),
        "{asserted:?}"
    );
    assert!(!asserted.is_empty());
    let all = text(&seen.to_bytes());
    assert!(!all.contains("The Boss"), "{all}");
    assert!(!all.contains("Digest"), "no credentials go further: {all}");
    // From is the phone's own affair: dialogs are known by it.
    assert!(text(&seen.header(&Name::From).expect("a From").value()).contains("2004"));
}

#[tokio::test(flavor = "multi_thread")]
async fn privacy_is_kept() {
    let seen = rings_with(&[("Privacy", "id")]).await;
    let asserted = seen.header(&Name::PAssertedIdentity);
    assert!(asserted.is_none(), "{asserted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_forward_to_each_other_do_not_keep_the_edges_busy() {
    let company = plan().start().await;
    let dee = desk(&company, 0, 2).await;
    for (id, extension, to) in [
        ("ada", "2001", "2002"),
        ("bob", "2002", "2003"),
        ("cy", "2003", "2001"),
    ] {
        let calls = v1::CallSettings {
            forward_always: to.into(),
            ..Default::default()
        };
        let user = v1::User {
            calls: Some(calls),
            ..user(id, extension)
        };
        company.put_user(user).await;
    }
    company.login("dee", phone(0, 2)).await;
    let before = company.edges[0].metric(company.office(0), "hotdesk_edge_messages_total", "");
    let outcome = dee.call("2001", PATIENCE).await.expect("an outcome");
    assert!(outcome.status() >= 400, "{}", outcome.status());
    let after = company.edges[0].metric(company.office(0), "hotdesk_edge_messages_total", "");
    assert!(after - before < 40.0, "{before} {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_has_gone_too_far_or_comes_back_is_stopped() {
    let company = plan().start().await;
    let bob = desk(&company, 0, 2).await;
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(0, 2)).await;
    let wire = Wire::open(&company, 0, 11);
    for (name, value, status) in [
        (Name::MaxForwards, "0", 483),
        (Name::ProxyRequire, "teleportation", 420),
    ] {
        let mut invite = wire.request(Method::Invite, &format!("sip:2002@{DOMAIN}"), "2001", "2002");
        invite.set(Header::new(name, value));
        let mut answer = wire.ask(&invite).await;
        if answer.status() == Some(407) {
            answer = wire.ask(&answered(&invite, &answer, phone(0, 1), PASSWORD)).await;
        }
        assert_eq!(answer.status(), Some(status), "{answer:?}");
        let unsupported = answer
            .header(&Name::Unsupported)
            .map(|header| text(&header.value()));
        assert_eq!(unsupported.as_deref(), (status == 420).then_some(value));
    }
    drop(bob);
}
