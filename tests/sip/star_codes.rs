//! Star codes, dialled at a real phone: voices come back, digits go by DTMF, and no PIN is left anywhere.

use hotdesk_tests::company::{Company, PIN, needs};
use hotdesk_tests::offices::{NAMES, phone};
use hotdesk_tests::phones::baresip::Baresip;
use hotdesk_tests::wait::eventually;

use crate::common::{PATIENCE, plan};

async fn company_and_phone() -> (Company, Baresip) {
    needs(&[("baresip", "baresip-core")]);
    let company = plan().with_interfaces().start().await;
    let id = phone(0, 1);
    company.put_phone(id, NAMES[0], "baresip").await;
    let phone = Baresip::start(company.office(0), 11, &company.device_line(0, 1)).await;
    phone.registered().await;
    company.served(id, 0).await;
    (company, phone)
}

/// Dials, hears something, and is hung up on when all is said.
async fn dial_and_listen(phone: &Baresip, code: &str) {
    phone.dial(code);
    phone.talks().await;
    phone.event("CALL_CLOSED").await;
}

async fn sits_at(company: &Company, user: &str, phones: &[&str]) {
    eventually(
        &format!("{user} is logged in at {phones:?}"),
        PATIENCE,
        || async { (company.phones_of(0, user).await == phones).then_some(()) },
    )
    .await;
}

/// Whether a number stands in these bytes by itself, not as a part of a longer one.
fn has_number(bytes: &[u8], number: &str) -> bool {
    let number = number.as_bytes();
    bytes.windows(number.len()).enumerate().any(|(at, window)| {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        window == number && !digit(at.checked_sub(1)) && !digit(Some(at + number.len()))
    })
}

/// The PIN is in no file, and in nothing that the edge tells.
fn no_pin_anywhere(company: &Company) {
    for (name, bytes) in company.everything_written() {
        assert!(!has_number(&bytes, PIN), "the PIN is in {name}");
    }
    let (edge, office) = (&company.edges[0], company.office(0));
    let (_, calls) = edge.get(office, "/calls").expect("a list");
    assert!(calls.contains("call_id"), "there are calls: {calls}");
    assert!(!has_number(calls.as_bytes(), PIN), "{calls}");
    let list: serde_json::Value = serde_json::from_str(&calls).expect("JSON");
    let list = list
        .as_array()
        .or_else(|| list["calls"].as_array())
        .expect("a list");
    for call in list {
        let id = call["call_id"].as_str().expect("an id");
        let (status, ladder) = edge.get(office, &format!("/calls/{id}")).expect("a ladder");
        assert_eq!(status, 200, "{ladder}");
        assert!(!has_number(ladder.as_bytes(), PIN), "{ladder}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_string_logs_in_and_leaves_no_pin_behind() {
    let (company, phone_1) = company_and_phone().await;
    dial_and_listen(&phone_1, &format!("*11*2001*{PIN}")).await;
    sits_at(&company, "ada", &[phone(0, 1)]).await;
    no_pin_anywhere(&company);
    eventually("the record of the login", PATIENCE, || {
        std::future::ready(company.records(0).contains("\"login\"").then_some(()))
    })
    .await;
    dial_and_listen(&phone_1, "*13").await;
    dial_and_listen(&phone_1, "*12").await;
    sits_at(&company, "ada", &[]).await;
    // A wrong one, and it is not shown either.
    phone_1.dial("*11*2001*999888");
    phone_1.talks().await;
    phone_1.hang_up();
    phone_1.event("CALL_CLOSED").await;
    eventually("the record of the fourth call", PATIENCE, || {
        std::future::ready((company.records(0).lines().count() == 4).then_some(()))
    })
    .await;
    sits_at(&company, "ada", &[]).await;
    for (name, bytes) in company.everything_written() {
        assert!(!has_number(&bytes, "999888"), "the wrong PIN is in {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn extension_and_pin_are_taken_by_dtmf() {
    let (company, phone_1) = company_and_phone().await;
    phone_1.dial("*11");
    phone_1.talks().await;
    for digit in format!("2001#{PIN}#").chars() {
        phone_1.press(digit).await;
    }
    phone_1.event("CALL_CLOSED").await;
    sits_at(&company, "ada", &[phone(0, 1)]).await;
    no_pin_anywhere(&company);
}
