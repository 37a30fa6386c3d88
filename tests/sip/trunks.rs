//! The way out and in: carriers that fail, numbers of the outside world, what users may call.

use hotdesk_proto::v1;
use hotdesk_sip::message::Name;
use hotdesk_tests::company::directory::user;
use hotdesk_tests::offices::phone;
use hotdesk_tests::wait::eventually;

use crate::common::{CARRIER, PATIENCE, call_works, carrier, connect, desk, equipment, hang_up, plan, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_number_from_outside_reaches_its_user_at_any_office() {
    let company = plan().edge(CARRIER).start().await;
    let ada = v1::User {
        numbers: vec!["+13125550101".into()],
        ..user("ada", "2001")
    };
    company.put_user(ada).await;
    let (here, there) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let outside = carrier(&company, 0);
    company.login("ada", phone(0, 1)).await;
    call_works(&outside, "+13125550101", &here).await;
    company.login("ada", phone(1, 1)).await;
    call_works(&outside, "13125550101", &there).await;
    // And she shows that number outside, wherever she sits: her calls leave by the office where she is.
    let carrier_there = carrier(&company, 1);
    let (call, taken) = connect(&there, "13125559999", &carrier_there).await;
    let asserted = text(
        &taken
            .by
            .header(&Name::PAssertedIdentity)
            .expect("says who calls")
            .value(),
    );
    assert!(asserted.contains("13125550101"), "{asserted}");
    hang_up(call, &taken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_by_the_next_carrier_when_one_refuses_or_is_gone() {
    // A silent carrier is found out after 64 times T1.
    let trunks = "[sip]\ndanger_t1_ms = 20\n[[trunk]]\nid = \"first\"\nuri = \"sip:{host-15}:5060\"\npriority = 1\noptions_every_ms = 500\n\
                  [[trunk]]\nid = \"second\"\nuri = \"sip:{host-16}:5060\"\npriority = 2\noptions_every_ms = 500\n";
    let company = plan().edge(trunks).start().await;
    let first = equipment(&company, 0, 15, "first");
    let second = equipment(&company, 0, 16, "second");
    let ada = desk(&company, 0, 1).await;
    company.login("ada", phone(0, 1)).await;
    let up = |trunk: usize, wanted: bool| {
        let company = &company;
        async move {
            eventually(&format!("trunk {trunk} up: {wanted}"), PATIENCE * 2, || {
                let status = company.edges[0].status(company.office(0));
                let known = status["trunks"][trunk]["is_up"].as_bool();
                std::future::ready((known == Some(wanted)).then_some(()))
            })
            .await;
        }
    };
    up(0, true).await;
    call_works(&ada, "13125550100", &first).await;
    let refusing = async {
        let incoming = first.incoming(PATIENCE).await.expect("the first is tried");
        incoming
            .refuse(503, "Service Unavailable")
            .await
            .expect("refuses");
    };
    tokio::join!(call_works(&ada, "13125550100", &second), refusing);
    drop(first);
    up(0, false).await;
    call_works(&ada, "13125550100", &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_may_not_call_is_refused_with_a_reason_for_people() {
    let company = plan().edge(CARRIER).start().await;
    let ada = v1::User {
        rights: Some(v1::CallRights {
            classes: vec![v1::CallClass::Internal.into()],
            ..Default::default()
        }),
        ..user("ada", "2001")
    };
    company.put_user(ada).await;
    let (desk_1, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let outside = carrier(&company, 0);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    call_works(&desk_1, "2002", &bob).await;
    let refused = desk_1.call("13125550100", PATIENCE).await.expect("an outcome");
    assert_eq!(refused.status(), 403);
    // The right goes with the user: cy may, at the same phone.
    company.login("cy", phone(0, 1)).await;
    call_works(&desk_1, "13125550100", &outside).await;
    let (edge, office) = (&company.edges[0], company.office(0));
    assert!(edge.metric(office, "hotdesk_edge_calls_refused_total", "") >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_outside_calls_outside_by_us() {
    let company = plan().edge(CARRIER).start().await;
    let outside = carrier(&company, 0);
    let stranger = equipment(&company, 0, 18, "stranger");
    for number in ["13125550100", "+4930123456", "sip:x@elsewhere.test"] {
        let outcome = outside.call(number, PATIENCE).await.expect("an outcome");
        assert!(
            matches!(outcome.status(), 403 | 404),
            "{number}: {}",
            outcome.status()
        );
        let outcome = stranger.call(number, PATIENCE).await.expect("an outcome");
        assert_eq!(outcome.status(), 407, "{number}");
    }
}
