//! A login elsewhere while the user is on the phone.

use std::time::Duration;

use hotdesk_sip::message::Method;
use hotdesk_tests::offices::phone;
use hotdesk_tests::wait::eventually;

use crate::common::{PATIENCE, answers, call_works, connect, desk, hang_up, plan, stays_quiet};

#[tokio::test(flavor = "multi_thread")]
async fn finish_a_call_goes_on_when_its_user_logs_in_elsewhere_and_the_next_one_does_not_begin() {
    let company = plan().start().await;
    let (old, new, bob) = (
        desk(&company, 0, 1).await,
        desk(&company, 1, 1).await,
        desk(&company, 0, 2).await,
    );
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(0, 2)).await;
    let (mut call, taken) = connect(&old, "2002", &bob).await;
    company.login("ada", phone(1, 1)).await;
    let (answer, _) = tokio::join!(call.request(Method::Info, None), answers(&bob, Method::Info));
    assert_eq!(answer.expect("an answer").status(), Some(200));
    hang_up(call, &taken).await;
    let next = old.call("2002", PATIENCE).await.expect("an outcome");
    assert_eq!(next.status(), 403, "the phone is nobody's now");
    call_works(&bob, "2001", &new).await;
    stays_quiet(&old, Duration::from_millis(200)).await;
    let answered = eventually("the record", PATIENCE, || {
        let records = company.records(0);
        let found = records
            .lines()
            .find(|line| line.contains("\"answered\""))
            .map(str::to_owned);
        std::future::ready(found)
    })
    .await;
    assert!(
        answered.contains("\"user\":\"ada\"") && answered.contains(phone(0, 1)),
        "{answered}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn drop_a_call_is_ended_on_both_sides_when_its_user_logs_in_elsewhere() {
    let company = plan().edge("[eviction]\ncalls = \"drop\"\n").start().await;
    let (old, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 2).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 2)).await;
    let (call, taken) = connect(&old, "2002", &bob).await;
    company.login("ada", phone(1, 1)).await;
    let (here, there) = tokio::join!(call.ended(PATIENCE), taken.ended(PATIENCE));
    here.expect("ada's old phone is hung up");
    there.expect("bob's phone is hung up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_somebody_takes_over_speaks_for_them_at_once() {
    let company = plan().start().await;
    let (desk_1, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    company.login("bob", phone(1, 1)).await;
    for (user, extension) in [("ada", "2001"), ("cy", "2003"), ("ada", "2001")] {
        company.login(user, phone(0, 1)).await;
        let (call, taken) = connect(&desk_1, "2002", &bob).await;
        let asserted = taken
            .by
            .header(&hotdesk_sip::message::Name::PAssertedIdentity)
            .expect("says who calls");
        let asserted = crate::common::text(&asserted.value());
        assert!(
            asserted.contains(&format!("sip:{extension}@")),
            "{user}: {asserted}"
        );
        hang_up(call, &taken).await;
        call_works(&bob, extension, &desk_1).await;
    }
    let gone = bob.call("2003", PATIENCE).await.expect("an outcome");
    assert_eq!(gone.status(), 480, "cy was logged out by ada's login");
}
