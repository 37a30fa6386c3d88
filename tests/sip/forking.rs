//! One user at several phones: all ring, the first answer wins.

use hotdesk_proto::v1;
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_softphone::Incoming;
use hotdesk_tests::company::Company;
use hotdesk_tests::company::directory::user;
use hotdesk_tests::offices::{multiple_logins, phone};
use v1::multiple_logins::Rule;

use crate::common::{PATIENCE, desk, plan, text};

/// Ada may be logged in twice, and is: in Chicago and in New York.
async fn ada_twice(company: &Company) {
    let policy = Some(multiple_logins(Rule::AllowUpTo(2)));
    let group = v1::Group {
        id: "two".into(),
        policy,
        ..Default::default()
    };
    company.put_group(group).await;
    let ada = v1::User {
        group: "two".into(),
        ..user("ada", "2001")
    };
    company.put_user(ada).await;
    company.login("ada", phone(0, 1)).await;
    company.login("ada", phone(1, 1)).await;
    company.login("bob", phone(0, 2)).await;
}

/// The reasons that a CANCEL gives.
fn reasons(cancel: &Message) -> String {
    cancel
        .all(&Name::Reason)
        .map(Header::value)
        .map(|value| text(&value))
        .collect::<Vec<_>>()
        .join(", ")
}

async fn ringing(incoming: Incoming<'_>) -> Incoming<'_> {
    incoming.ring().await.expect("rings");
    incoming
}

#[tokio::test(flavor = "multi_thread")]
async fn both_phones_of_a_user_ring_and_the_one_that_is_late_hears_that_it_was_taken_elsewhere() {
    let company = plan().start().await;
    let (here, there) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let caller = desk(&company, 0, 2).await;
    ada_twice(&company).await;
    // Once the near one answers, once the far one.
    for far_answers in [false, true] {
        let callees = async {
            let (near, far) = tokio::join!(here.incoming(PATIENCE), there.incoming(PATIENCE));
            let (near, far) = (
                ringing(near.expect("rings")).await,
                ringing(far.expect("rings")).await,
            );
            let (first, late) = if far_answers { (far, near) } else { (near, far) };
            let (taken, cancel) = tokio::join!(first.answer(), late.cancelled(PATIENCE));
            let reasons = reasons(&cancel.expect("the other one is cancelled"));
            assert!(reasons.contains("cause=200"), "{reasons:?}");
            assert!(reasons.contains("Call completed elsewhere"), "{reasons:?}");
            taken.expect("answered")
        };
        let (outcome, taken) = tokio::join!(caller.call("2001", PATIENCE), callees);
        let call = outcome.expect("an outcome").answered().expect("answered");
        let (ended, answer) = tokio::join!(taken.ended(PATIENCE), call.hang_up());
        ended.expect("the callee is told");
        assert_eq!(answer.expect("an answer").status(), Some(200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_stops_all_phones() {
    let company = plan().start().await;
    let (here, there) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let caller = desk(&company, 0, 2).await;
    ada_twice(&company).await;
    let callees = async {
        let (near, far) = tokio::join!(here.incoming(PATIENCE), there.incoming(PATIENCE));
        let (near, far) = (
            ringing(near.expect("rings")).await,
            ringing(far.expect("rings")).await,
        );
        let (near, far) = tokio::join!(near.cancelled(PATIENCE), far.cancelled(PATIENCE));
        for cancel in [near.expect("cancelled"), far.expect("cancelled")] {
            assert!(
                !reasons(&cancel).contains("elsewhere"),
                "nobody took it: {cancel:?}"
            );
        }
    };
    let (outcome, ()) = tokio::join!(caller.call("2001", std::time::Duration::from_secs(2)), callees);
    assert_eq!(outcome.expect("an outcome").status(), 487);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_busy_phone_leaves_the_other_ringing() {
    let company = plan().start().await;
    let (here, there) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let caller = desk(&company, 0, 2).await;
    ada_twice(&company).await;
    let callees = async {
        let (near, far) = tokio::join!(here.incoming(PATIENCE), there.incoming(PATIENCE));
        let far = ringing(far.expect("rings")).await;
        near.expect("rings")
            .refuse(486, "Busy Here")
            .await
            .expect("refuses");
        far.answer().await.expect("answers")
    };
    let (outcome, taken) = tokio::join!(caller.call("2001", PATIENCE), callees);
    let call = outcome.expect("an outcome").answered().expect("answered");
    let (ended, _) = tokio::join!(taken.ended(PATIENCE), call.hang_up());
    ended.expect("the callee is told");
}
