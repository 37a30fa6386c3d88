//! Calls follow sessions; a session that is over is good for nothing.

use hotdesk_sip::message::Name;
use hotdesk_tests::offices::phone;
use hotdesk_tests::wait::eventually;

use crate::common::{PATIENCE, desk, plan, softphone};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_reaches_a_user_at_another_office_and_says_who_calls() {
    let company = plan().start().await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    let ringing = async {
        let incoming = bob.incoming(PATIENCE).await.expect("bob's phone rings");
        let asserted = incoming
            .invite
            .header(&Name::PAssertedIdentity)
            .expect("says who calls")
            .value();
        let asserted = String::from_utf8_lossy(&asserted).into_owned();
        assert!(
            asserted.contains("ADA") && asserted.contains("sip:2001@"),
            "{asserted}"
        );
        incoming.ring().await.expect("rings");
        incoming.answer().await.expect("bob answers")
    };
    let (outcome, taken) = tokio::join!(ada.call("2002", PATIENCE), ringing);
    let call = outcome.expect("an outcome").answered().expect("answered");
    let (ended, answer) = tokio::join!(taken.ended(PATIENCE), call.hang_up());
    ended.expect("bob's phone is told");
    assert_eq!(answer.expect("an answer to BYE").status(), Some(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_line_dies_with_its_epoch() {
    let company = plan().start().await;
    let epoch = company.login("ada", phone(0, 1)).await;
    let old = softphone(&company, 0, 11, &company.session_line(0, "ada", epoch));
    assert_eq!(old.register(600).await.expect("an answer").status(), Some(200));
    let later = company.login("ada", phone(1, 1)).await;
    let new = softphone(&company, 1, 11, &company.session_line(1, "ada", later));
    assert_eq!(new.register(600).await.expect("an answer").status(), Some(200));
    // The edge in Chicago hears of it in its own time.
    eventually("the old line is refused", PATIENCE, || async {
        let answer = old.register(600).await.expect("an answer");
        assert!(matches!(answer.status(), Some(200 | 403)), "{answer:?}");
        (answer.status() == Some(403)).then_some(())
    })
    .await;
    let outcome = old.call("2002", PATIENCE).await.expect("an outcome");
    assert_eq!(outcome.status(), 403, "as a user who has left");
    // Nor does it unregister somebody else.
    assert_eq!(old.register(0).await.expect("an answer").status(), Some(403));
}
