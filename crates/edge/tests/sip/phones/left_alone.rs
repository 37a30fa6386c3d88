//! When a phone is not told.

use super::*;

#[tokio::test]
async fn a_phone_is_left_alone_while_it_is_in_a_call() {
    let company = Company {
        sessions: vec![("bob", "c2", "chicago", epoch(1))],
        ..phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")])
    };
    let mut office = Office::start(company, neutral_may_call).await;
    let (c1, c2, c3) = (
        office.desk_phone("c1").await,
        office.phone("c2").await,
        office.desk_phone("c3").await,
    );
    let (made, answered) = talk(&c1, "2002", &c2).await;
    logs_in(&mut office, "ada", "c1").await;
    // Another phone's turn comes after it, and is over.
    logs_in(&mut office, "eve", "c3").await;
    taken(&c3).await;
    let nothing = c1.next_request(Instant::now()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
}

#[tokio::test]
async fn a_phone_that_made_an_emergency_call_is_left_alone_until_it_cannot_be_called_back_any_more() {
    const WINDOW: Duration = Duration::from_secs(2);
    let (at, began) = (free_port(), epoch(PUT_AT));
    let company = Company {
        sessions: vec![("ada", "c1", "chicago", began)],
        ..phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")])
    };
    let mut office = Office::start(company, |config| {
        config.dialplan.emergency.window = WINDOW;
        config.trunks = vec![trunk("a", at)];
    })
    .await;
    let carrier = office.carrier(at).await;
    let (c1, c3) = (office.desk_phone("c1").await, office.desk_phone("c3").await);
    let (made, answered) = talk(&c1, "911", &carrier).await;
    let next = epoch(office.index + 1);
    office
        .moves("ada", ("c1", "chicago", began), ("c3", "chicago", next))
        .await;
    taken(&c3).await;
    let ended = Instant::now();
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
    assert!(ended.elapsed() >= WINDOW, "{:?}", ended.elapsed());
}

#[tokio::test]
async fn a_phone_that_is_held_for_an_emergency_is_left_alone_until_it_is_released() {
    let company = phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")]);
    let mut office = Office::start(company, |_| {}).await;
    let (c1, c3) = (office.desk_phone("c1").await, office.desk_phone("c3").await);
    let held = |until_ms| {
        Kind::DeviceHeld(v1::DeviceHeld {
            device: "c1".into(),
            until_ms,
            ..v1::DeviceHeld::default()
        })
    };
    office.entry(vec![held(u64::MAX)]).await;
    logs_in(&mut office, "ada", "c1").await;
    logs_in(&mut office, "bob", "c3").await;
    taken(&c3).await;
    let nothing = c1.next_request(Instant::now()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    office.entry(vec![held(0)]).await;
    taken(&c1).await;
}
