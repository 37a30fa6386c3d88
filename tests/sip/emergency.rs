//! Emergency calls: nothing stops them, they say where the phone stands, and the call-back finds it.

use hotdesk_proto::v1;
use hotdesk_sip::message::Name;
use hotdesk_tests::company::directory::user;
use hotdesk_tests::offices::phone;
use hotdesk_tests::wait::eventually;

use crate::common::{CARRIER, PATIENCE, carrier, connect, desk, hang_up, plan, text};

#[tokio::test(flavor = "multi_thread")]
async fn it_carries_the_place_of_the_phone_and_its_call_back_reaches_it_whoever_sits_there() {
    let more = format!("{CARRIER}\n[[emergency.call_back]]\nnumber = \"+13125550190\"\n");
    let company = plan().edge(&more).start().await;
    // She may call nobody at all.
    let ada = v1::User {
        rights: Some(v1::CallRights::default()),
        ..user("ada", "2001")
    };
    company.put_user(ada).await;
    let desk = desk(&company, 0, 1).await;
    company.login("ada", phone(0, 1)).await;
    let service = carrier(&company, 0);
    let (call, taken) = connect(&desk, "911", &service).await;
    let invite = &taken.by;
    assert!(invite.header(&Name::Geolocation).is_some(), "{invite:?}");
    let body = text(invite.body());
    assert!(body.contains("chicago") && body.contains("Main Street"), "{body}");
    let asserted = text(
        &invite
            .header(&Name::PAssertedIdentity)
            .expect("says who calls")
            .value(),
    );
    assert!(asserted.contains("13125550190"), "{asserted}");
    assert!(text(invite.uri().expect("a URI")).contains("911"));

    // While it lasts, and until the window is over, nobody logs in there.
    let refused = company
        .try_login(0, "bob", phone(0, 1))
        .await
        .expect_err("the phone is left alone");
    assert!(refused.message.contains("emergency"), "{}", refused.message);
    hang_up(call, &taken).await;
    company.logout_refused("ada").await;

    // Whoever is logged in by then: ada has gone to the other office.
    company.login("ada", phone(1, 1)).await;
    let (call, taken) = connect(&service, "13125550190", &desk).await;
    hang_up(call, &taken).await;
    eventually("both calls are recorded as emergency calls", PATIENCE, || {
        let records = company.records(0);
        let marked = records
            .lines()
            .filter(|line| line.contains("\"emergency\":true"))
            .count();
        std::future::ready((marked >= 2).then_some(()))
    })
    .await;
    let told = company.edges[0].log();
    assert!(told.contains("emergency"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neutral_phone_calls_the_emergency_service_and_nobody_else() {
    let company = plan().edge(CARRIER).start().await;
    let neutral = desk(&company, 0, 1).await;
    let bob = desk(&company, 0, 2).await;
    company.login("bob", phone(0, 2)).await;
    let service = carrier(&company, 0);
    for number in ["2002", "13125550100"] {
        let outcome = neutral.call(number, PATIENCE).await.expect("an outcome");
        assert_eq!(outcome.status(), 403, "{number}");
    }
    for number in ["911", "urn:service:sos"] {
        let (call, taken) = connect(&neutral, number, &service).await;
        hang_up(call, &taken).await;
    }
    drop(bob);
}
