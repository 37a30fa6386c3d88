//! Where calls go that cannot be taken.

use std::time::Duration;

use hotdesk_proto::v1;
use hotdesk_softphone::Softphone;
use hotdesk_tests::company::Company;
use hotdesk_tests::company::directory::user;
use hotdesk_tests::offices::phone;

use crate::common::{PATIENCE, desk, plan, takes_next};

/// Chicago: ada calls from the first phone, cy takes forwarded calls at the second. New York: bob.
struct People {
    company: Company,
    ada: Softphone,
    bob: Softphone,
    cy: Softphone,
}

async fn people(calls: v1::CallSettings) -> People {
    let company = plan().start().await;
    let bob = v1::User {
        calls: Some(calls),
        ..user("bob", "2002")
    };
    company.put_user(bob).await;
    let (ada, cy) = (desk(&company, 0, 1).await, desk(&company, 0, 2).await);
    let bob = desk(&company, 1, 1).await;
    company.login("ada", phone(0, 1)).await;
    company.login("cy", phone(0, 2)).await;
    People {
        company,
        ada,
        bob,
        cy,
    }
}

impl People {
    /// Ada's call for bob is taken by cy.
    async fn cy_takes_it(&self) {
        let (outcome, taken) = tokio::join!(self.ada.call("2002", PATIENCE), takes_next(&self.cy));
        let call = outcome.expect("an outcome").answered().expect("answered");
        let (ended, _) = tokio::join!(taken.ended(PATIENCE), call.hang_up());
        ended.expect("cy's phone is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_somebody_busy_goes_where_they_said() {
    let calls = v1::CallSettings {
        forward_busy: "2003".into(),
        ..Default::default()
    };
    let people = people(calls).await;
    people.company.login("bob", phone(1, 1)).await;
    let busy = async {
        let incoming = people.bob.incoming(PATIENCE).await.expect("rings");
        incoming.refuse(486, "Busy Here").await.expect("refuses");
    };
    tokio::join!(people.cy_takes_it(), busy);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_takes_goes_where_they_said() {
    let calls = v1::CallSettings {
        forward_no_answer: "2003".into(),
        no_answer_after_s: 5,
        ..Default::default()
    };
    let people = people(calls).await;
    people.company.login("bob", phone(1, 1)).await;
    let asleep = async {
        let incoming = people.bob.incoming(PATIENCE).await.expect("rings");
        incoming.ring().await.expect("rings");
        incoming.cancelled(PATIENCE).await.expect("stops ringing");
    };
    tokio::join!(people.cy_takes_it(), asleep);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_somebody_logged_in_nowhere_goes_where_they_said() {
    let calls = v1::CallSettings {
        forward_not_logged_in: "2003".into(),
        ..Default::default()
    };
    let people = people(calls).await;
    people.cy_takes_it().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_a_phone_that_is_switched_off_goes_where_they_said() {
    let calls = v1::CallSettings {
        forward_no_answer: "2003".into(),
        ..Default::default()
    };
    let people = people(calls).await;
    people.company.login("bob", phone(1, 1)).await;
    assert_eq!(
        people.bob.register(0).await.expect("an answer").status(),
        Some(200)
    );
    people.cy_takes_it().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn do_not_disturb_counts_as_busy_and_nothing_rings() {
    let calls = v1::CallSettings {
        do_not_disturb: true,
        forward_busy: "2003".into(),
        ..Default::default()
    };
    let people = people(calls).await;
    people.company.login("bob", phone(1, 1)).await;
    people.cy_takes_it().await;
    crate::common::stays_quiet(&people.bob, Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_is_said_in_the_status() {
    let people = people(v1::CallSettings::default()).await;
    for (number, status, why) in [
        ("2002", 480, "logged in nowhere"),
        ("2999", 404, "nobody has this number"),
        ("sip:2002@elsewhere.test", 403, "another domain"),
    ] {
        let outcome = people.ada.call(number, PATIENCE).await.expect("an outcome");
        assert_eq!(outcome.status(), status, "{why}");
    }
    people.company.login("bob", phone(1, 1)).await;
    let busy = async {
        let incoming = people.bob.incoming(PATIENCE).await.expect("rings");
        incoming.refuse(486, "Busy Here").await.expect("refuses");
    };
    let (outcome, ()) = tokio::join!(people.ada.call("2002", PATIENCE), busy);
    assert_eq!(outcome.expect("an outcome").status(), 486, "as the phone said");
}
