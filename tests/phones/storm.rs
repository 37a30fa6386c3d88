//! A morning: everybody comes at the same time.

use std::time::Duration;

use futures::future::join_all;
use hotdesk_phone::Vendor;
use hotdesk_phonesim::{SimPhone, View};
use hotdesk_proto::v1;
use hotdesk_tests::company::{Company, PIN, directory::user};
use hotdesk_tests::offices::fresh_id;

use crate::common::{Desk, log_in, neutral, plan, put, switch_on};

const PHONES: u32 = 200;
/// How long the whole morning may take; a busy machine needs some of it.
const MORNING: Duration = Duration::from_secs(180);
const VENDORS: [Vendor; 8] = [
    Vendor::Cisco,
    Vendor::CiscoMpp,
    Vendor::Yealink,
    Vendor::Poly,
    Vendor::Snom,
    Vendor::Grandstream,
    Vendor::Fanvil,
    Vendor::Mitel,
];

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_phones_of_all_vendors_become_their_users_in_one_morning() {
    let company = plan().start().await;
    let (desks, phones) = all_neutral(&company, PHONES, |number| number as usize % 2).await;
    // Everybody at once.
    join_all(
        phones
            .iter()
            .zip(1..)
            .map(|(phone, number)| sits_down(phone, number)),
    )
    .await;
    let shown = phones.iter().zip(&desks).zip(1..);
    join_all(shown.map(|((phone, desk), number)| shows(phone, desk, number))).await;
    nobody_gave_up(&company).await;
}

/// So many desks, counted from 1, with a phone of each vendor in turn and somebody who will sit there; the phones are on
/// and show that nobody has yet.
pub(crate) async fn all_neutral(
    company: &Company,
    count: u32,
    office: impl Fn(u32) -> usize,
) -> (Vec<Desk>, Vec<SimPhone>) {
    let mut desks = Vec::new();
    for number in 1..=count {
        let vendor = VENDORS[number as usize % VENDORS.len()];
        desks.push(put(company, vendor, office(number), number).await);
        put_person(company, number).await;
    }
    let phones: Vec<SimPhone> = desks.iter().map(|desk| switch_on(company, desk)).collect();
    let shown = phones.iter().zip(&desks);
    join_all(shown.map(|(phone, desk)| neutral(phone, desk))).await;
    (desks, phones)
}

fn extension(number: u32) -> String {
    format!("5{number:03}")
}

async fn put_person(company: &Company, number: u32) {
    let extension = extension(number);
    let id = format!("person-{number}");
    company.put_user(user(&id, &extension)).await;
    let request = v1::SetPinRequest {
        request_id: fresh_id(),
        user: id,
        pin: PIN.into(),
        by: "test".into(),
    };
    company.directory(0).set_pin(request).await.expect("set the PIN");
}

pub(crate) async fn sits_down(phone: &SimPhone, number: u32) {
    log_in(phone, &extension(number), PIN).await;
    phone.press(hotdesk_phonesim::Press::Exit);
}

pub(crate) async fn shows(phone: &SimPhone, desk: &Desk, number: u32) {
    let extension = extension(number);
    let is_theirs = |view: &View| {
        let first = view.lines.first();
        first.is_some_and(|line| line.is_registered && line.label.contains(&extension))
    };
    phone
        .wait(&format!("{extension} at {}", desk.id), MORNING, is_theirs)
        .await
        .expect("it becomes the user's");
}

async fn nobody_gave_up(company: &Company) {
    let request = v1::ListPhonesRequest {
        limit: 5000,
        states: vec![v1::PhoneState::GaveUp.into()],
        ..Default::default()
    };
    let given_up = company
        .phones(0)
        .list_phones(request)
        .await
        .expect("the list")
        .into_inner();
    assert!(given_up.phones.is_empty(), "{:?}", given_up.phones);
}
