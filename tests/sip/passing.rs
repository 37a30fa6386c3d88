//! What passes through: dialogs with everything in them, between two offices. sipp has the exact messages, and looks
//! itself whether they came as they were sent.

use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_tests::company::{Company, DOMAIN, PASSWORD, PBX, needs};
use hotdesk_tests::offices::{NAMES, phone};
use hotdesk_tests::sipp::{Counts, Running, Sipp};
use hotdesk_tests::wait::eventually;

use crate::common::{PATIENCE, desk, equipment, plan, text};

/// The host of the phones that sipp plays.
const HOST: u8 = 11;

/// A scenario as the first phone of an office.
fn as_phone(company: &Company, office: usize, scenario: &str, number: &str) -> Running {
    // Without it sipp proves its password for a URI of its own.
    let uri = if number.is_empty() {
        DOMAIN.to_owned()
    } else {
        format!("{number}@{DOMAIN}")
    };
    Sipp::new(scenario)
        .arguments(["-auth_uri", &uri])
        .with("user", phone(office, 1))
        .with("password", PASSWORD)
        .with("domain", DOMAIN)
        .with("number", number)
        .start(company.office(office), HOST, 5060, company.sip(office))
}

/// Registers the first phone of each office; ada is in Chicago, bob in New York.
async fn registered(company: &Company) {
    for office in [0, 1] {
        // It understands the first challenge only, if that is MD5.
        company.put_phone(phone(office, 1), NAMES[office], "sipp").await;
        let register = include_str!("scenarios/register.xml");
        as_phone(company, office, register, "")
            .finished()
            .await
            .assert_all(1);
        company.served(phone(office, 1), office).await;
    }
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
}

/// A call from Chicago to New York.
async fn between(company: &Company, caller: &str, callee: &str) -> (Counts, Counts) {
    let callee = as_phone(company, 1, callee, "");
    let caller = as_phone(company, 0, caller, "2002");
    tokio::join!(caller.finished(), callee.finished())
}

#[tokio::test(flavor = "multi_thread")]
async fn prack_update_reinvite_and_session_timers_pass_as_they_are() {
    needs(&[("sipp", "sip-tester")]);
    let company = plan().start().await;
    registered(&company).await;
    let (caller, callee) = between(
        &company,
        include_str!("scenarios/long_caller.xml"),
        include_str!("scenarios/long_callee.xml"),
    )
    .await;
    assert!(
        caller.successful == 1 && callee.successful == 1,
        "{caller:#?}\n{callee:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_goes_all_the_way_with_its_reason() {
    needs(&[("sipp", "sip-tester")]);
    let company = plan().start().await;
    registered(&company).await;
    let (caller, callee) = between(
        &company,
        include_str!("scenarios/cancelling.xml"),
        include_str!("scenarios/cancelled.xml"),
    )
    .await;
    assert!(
        caller.successful == 1 && callee.successful == 1,
        "{caller:#?}\n{callee:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notify_of_the_pbx_reaches_the_phone_and_one_of_a_stranger_does_not() {
    let company = plan().start().await;
    let desk = desk(&company, 0, 1).await;
    for (host, status) in [(PBX, 200), (18, 407)] {
        let sender = equipment(&company, 0, host, "pbx");
        let mut notify = Message::request(Method::Notify, format!("sip:{}@{DOMAIN}", phone(0, 1)));
        notify.push(Header::new(Name::MaxForwards, "70"));
        notify.push(Header::new(Name::From, format!("<sip:pbx@{DOMAIN}>;tag={host}")));
        notify.push(Header::new(Name::To, format!("<sip:{}@{DOMAIN}>", phone(0, 1))));
        notify.push(Header::new(Name::CallId, format!("notify-{host}@test")));
        notify.push(Header::new(Name::Contact, format!("<{}>", sender.contact())));
        notify.push(Header::new(Name::Event, "check-sync;reboot=false"));
        notify.push(Header::new(Name::SubscriptionState, "terminated"));
        let answer = sender.ask(notify).await.expect("an answer");
        assert_eq!(answer.status(), Some(status), "{answer:?}");
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let seen = desk.next_request(deadline).await.expect("the phone gets it");
    assert_eq!(
        text(&seen.header(&Name::Event).expect("an Event").value()),
        "check-sync;reboot=false"
    );
    crate::common::stays_quiet(&desk, std::time::Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_by_sipp_are_all_answered_and_ended() {
    needs(&[("sipp", "sip-tester")]);
    // The caller is the PBX of the office: no password is asked of it.
    let company = plan().start().await;
    registered(&company).await;
    let callee = Sipp::new(include_str!("scenarios/callee.xml")).calls(100, 100);
    let callee = callee.start(company.office(1), HOST, 5060, company.sip(1));
    let caller = Sipp::new(include_str!("scenarios/pbx.xml"))
        .with("domain", DOMAIN)
        .rows([&["2002"][..], &["bob"]])
        .calls(100, 25)
        .start(company.office(0), PBX, 5060, company.sip(0));
    let (caller, callee) = tokio::join!(caller.finished(), callee.finished());
    caller.assert_all(100);
    callee.assert_all(100);
    eventually("a record of each", PATIENCE, || {
        let records = company.records(1);
        let answered = records
            .lines()
            .filter(|line| line.contains("\"answered\""))
            .count();
        std::future::ready((answered == 100).then_some(()))
    })
    .await;
}
