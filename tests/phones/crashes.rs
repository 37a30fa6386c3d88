//! An edge that is killed at the worst moment.

use futures::future::join_all;

use crate::common::plan;
use crate::storm::{all_neutral, shows, sits_down};

/// How many come while their edge is killed.
const PHONES: u32 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_killed_in_the_middle_of_a_morning_tells_all_phones_when_it_is_back() {
    let mut company = plan().start().await;
    let (desks, phones) = all_neutral(&company, PHONES, |_| 0).await;
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
