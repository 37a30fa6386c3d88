//! kill -9 of an edge loses nobody.

use hotdesk_sip::message::{Header, Method, Name};
use hotdesk_tests::company::PASSWORD;
use hotdesk_tests::offices::phone;

use crate::common::{PATIENCE, answers, call_works, connect, desk, plan};
use crate::wire::{Wire, again, answered};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_edge_comes_back_with_all_registrations_and_calls_can_be_hung_up() {
    let mut company = plan().start().await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let cy = desk(&company, 0, 2).await;
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    company.login("cy", phone(0, 2)).await;
    // One call between the offices, one inside; each side of an edge hangs up once.
    let (near, mut far) = connect(&ada, "2002", &bob).await;

    company.restart_edge(0).await;
    let edge = &company.edges[0];
    let registrations = &edge.status(company.office(0))["registrations"];
    assert_eq!(registrations, 2, "{}", edge.log());

    // The called side speaks first: the edge that knew the call is another process now.
    let (answer, seen) = tokio::join!(far.request(Method::Info, None), answers(&ada, Method::Info));
    assert_eq!(seen.call_id(), far.by.call_id());
    assert_eq!(answer.expect("an answer to INFO").status(), Some(200));
    let (ended, answer) = tokio::join!(far.ended(PATIENCE), near.hang_up());
    ended.expect("bob's phone is told");
    assert_eq!(answer.expect("an answer to BYE").status(), Some(200));

    // Nobody has registered again.
    call_works(&bob, "2001", &ada).await;
    call_works(&ada, "2003", &cy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_were_used_before_a_restart_are_good_for_nothing_after_it() {
    let mut company = plan().start().await;
    let wire = Wire::open(&company, 0, 11);
    let request = wire.register(phone(0, 1));
    let challenge = wire.ask(&request).await;
    let right = answered(&request, &challenge, phone(0, 1), PASSWORD);
    assert_eq!(wire.ask(&right).await.status(), Some(200));
    company.restart_edge(0).await;
    let answer = wire.ask(&again(&right)).await;
    assert_eq!(answer.status(), Some(401), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_registration_that_was_acknowledged_outlasts_kill_9() {
    let mut company = plan().edge("[registrar]\ncontacts_max = 64\n").start().await;
    // One account with many contacts, registered while the edge is killed.
    let mut acknowledged = 0_u64;
    let wire = Wire::open(&company, 0, 11);
    for number in 0..40 {
        let mut request = wire.register(phone(0, 1));
        request.set(Header::new(
            Name::Contact,
            format!("<sip:c{number}@{}>", wire.local()),
        ));
        let challenge = wire.ask(&request).await;
        let answer = wire
            .ask(&answered(&request, &challenge, phone(0, 1), PASSWORD))
            .await;
        assert_eq!(answer.status(), Some(200), "{answer:?}");
        acknowledged += 1;
        if number % 10 == 9 {
            // At once: whatever was not on its way to the disk is lost.
            company.restart_edge(0).await;
            let known = &company.edges[0].status(company.office(0))["registrations"];
            assert_eq!(known.as_u64(), Some(acknowledged));
        }
    }
}
