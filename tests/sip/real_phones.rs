//! Telephones that others have made: registration by digest, sound both ways, and a login that moves.

use hotdesk_tests::company::{Company, needs};
use hotdesk_tests::offices::{NAMES, phone};
use hotdesk_tests::phones::Account;
use hotdesk_tests::phones::baresip::Baresip;
use hotdesk_tests::phones::linphone::Linphone;

use crate::common::plan;

/// A baresip at an office's phone, registered with its device line by UDP.
async fn baresip(company: &Company, office: usize, which: usize) -> Baresip {
    baresip_by(company, office, which, false).await
}

/// As [`baresip`], by TCP where asked for.
async fn baresip_by(company: &Company, office: usize, which: usize, tcp: bool) -> Baresip {
    let id = phone(office, which);
    // Offered MD5 only: it takes the first algorithm, whatever it is.
    company.put_phone(id, NAMES[office], "baresip").await;
    let host = 10 + u8::try_from(which).expect("1 or 2");
    let account = Account {
        tcp,
        ..company.device_line(office, which)
    };
    let phone = Baresip::start(company.office(office), host, &account).await;
    phone.registered().await;
    company.served(id, office).await;
    phone
}

/// One calls, the other takes it, both hear each other, the callee hangs up.
async fn call_with_sound(caller: &Baresip, callee: &Baresip, number: &str) {
    caller.dial(number);
    callee.event("CALL_INCOMING").await;
    callee.accept();
    for phone in [caller, callee] {
        phone.talks().await;
    }
    callee.hang_up();
    for phone in [caller, callee] {
        phone.event("CALL_CLOSED").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn baresips_of_two_offices_call_each_other_and_the_next_call_follows_the_login() {
    needs(&[("baresip", "baresip-core")]);
    let company = plan().with_interfaces().start().await;
    let chicago = baresip(&company, 0, 1).await;
    let new_york = baresip(&company, 1, 1).await;
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    call_with_sound(&chicago, &new_york, "2002").await;
    call_with_sound(&new_york, &chicago, "2001").await;

    // Bob goes to another phone in Chicago; the one in New York is nobody's now.
    let other = baresip(&company, 0, 2).await;
    company.login("bob", phone(0, 2)).await;
    call_with_sound(&chicago, &other, "2002").await;
    assert!(
        new_york.is_quiet("CALL_INCOMING"),
        "rang although nobody is logged in there:\n{}",
        new_york.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_on_tcp_and_one_on_udp_call_each_other() {
    needs(&[("baresip", "baresip-core")]);
    let company = plan().with_interfaces().start().await;
    let by_tcp = baresip_by(&company, 0, 1, true).await;
    let (near, far) = (baresip(&company, 0, 2).await, baresip(&company, 1, 1).await);
    for (user, device) in [("ada", phone(0, 1)), ("cy", phone(0, 2)), ("bob", phone(1, 1))] {
        company.login(user, device).await;
    }
    let registered = &company.edges[0].status(company.office(0));
    assert!(registered["registrations"].as_u64() >= Some(2), "{registered}");
    for (number, other) in [("2003", &near), ("2002", &far)] {
        call_with_sound(&by_tcp, other, number).await;
        call_with_sound(other, &by_tcp, "2001").await;
    }
    let connections: u64 = registered["traffic"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|traffic| traffic["transport"] == "tcp")
        .filter_map(|traffic| traffic["connections"].as_u64())
        .sum();
    assert!(connections >= 1, "it was on TCP: {registered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_registers_and_takes_a_call_with_sound_both_ways() {
    needs(&[("linphonec", "linphone-cli"), ("baresip", "baresip-core")]);
    let company = plan().with_interfaces().start().await;
    let mut linphone = Linphone::start(company.office(1), 12, &company.device_line(1, 2)).await;
    linphone.registered().await;
    company.served(phone(1, 2), 1).await;
    let chicago = baresip(&company, 0, 1).await;
    company.login("ada", phone(0, 1)).await;
    company.login("cy", phone(1, 2)).await;
    chicago.dial("2003");
    chicago.talks().await;
    linphone.hears_and_is_heard().await;
    chicago.hang_up();
    linphone.shows("ended (No error)").await;
}
