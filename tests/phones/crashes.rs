//! An edge that is killed at the worst moment.

use futures::future::join_all;
use hotdesk_phonesim::SimPhone;

use crate::common::{neutral, plan, put, switch_on};
use crate::storm::{VENDORS, put_person, shows, sits_down};

/// How many come while their edge is killed.
const PHONES: u32 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_killed_in_the_middle_of_a_morning_tells_all_phones_when_it_is_back() {
    let mut company = plan().start().await;
    let mut desks = Vec::new();
    for number in 1..=PHONES {
        let vendor = VENDORS[number as usize % VENDORS.len()];
        desks.push(put(&company, vendor, 0, number).await);
        put_person(&company, number).await;
    }
    let phones: Vec<SimPhone> = desks.iter().map(|desk| switch_on(&company, desk)).collect();
    join_all(
        phones
            .iter()
            .zip(&desks)
            .map(|(phone, desk)| neutral(phone, desk)),
    )
    .await;
    // The first of them have sat down, and are being told, when the edge goes.
    let (early, late) = phones.split_at(phones.len() / 2);
    join_all(
        early
            .iter()
            .zip(1..)
            .map(|(phone, number)| sits_down(phone, number)),
    )
    .await;
    let later = late.iter().zip(early.len() as u32 + 1..);
    let later = later.map(|(phone, number)| sits_down(phone, number));
    tokio::join!(company.restart_edge(0), join_all(later));
    let shown = phones.iter().zip(&desks).zip(1..);
    join_all(shown.map(|((phone, desk), number)| shows(phone, desk, number))).await;
}
