//! The office is cut off from the cluster: what phones load, nobody hears.

use hotdesk_client::TableState;
use hotdesk_client::v1::watch_response::Item;

use super::*;

/// The node says how old its copy is.
async fn node_is_behind(office: &Office, age_ms: u64, expected: fn(&TableState) -> bool) {
    let index = office.index;
    office
        .watch
        .send(Item::Progress(v1::Progress { index, age_ms }))
        .await;
    eventually("the edge knows", || expected(&office.edge.table().state())).await;
}

#[tokio::test]
async fn while_nobody_hears_what_a_phone_loads_it_is_told_once_and_not_given_up() {
    let models = [("c1", "yealink-t54w"), ("c2", "snom-d785")];
    let mut office = Office::start(phones(&models), |config| {
        // The node says only what the test says.
        config.silence_max = PATIENCE;
        config.phones.wait = Duration::from_millis(100);
        config.phones.give_up_after = Duration::from_millis(2_500);
        config.http.listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let (c1, c2) = (office.desk_phone("c1").await, office.desk_phone("c2").await);
    node_is_behind(&office, 60_000, |state| {
        matches!(state, TableState::CutOff { .. })
    })
    .await;
    let epoch = logs_in(&mut office, "ada", "c1").await;
    taken(&c1).await;
    logs_in(&mut office, "bob", "c2").await;
    taken(&c2).await;
    // Longer than it takes to give a phone up.
    let until = Instant::now() + Duration::from_secs(3);
    let (first, second) = tokio::join!(c1.next_request(until), c2.next_request(until));
    assert!(
        first.is_err() && second.is_err(),
        "told again: {first:?} {second:?}"
    );
    let at = office.sip.http_address().unwrap();
    let status = get(at, "/status.json").await;
    assert_eq!(status.matches("\"stage\":\"cut off\"").count(), 2, "{status}");
    assert_eq!(office.fake.seen(), Vec::<String>::new(), "no trouble");

    // What this edge sees by itself counts at once.
    let line = office.session_line("ada", "2001", epoch).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let shows = format!("c1 shows {}", epoch / 1024);
    eventually("the line shows it", || office.fake.seen().contains(&shows)).await;
    let status = get(at, "/status.json").await;
    assert_eq!(status.matches("\"stage\":\"cut off\"").count(), 1, "{status}");

    // The cluster is back, and has not heard that the other phone loaded anything: it is told again, and given up as ever.
    node_is_behind(&office, 0, |state| matches!(state, TableState::Live { .. })).await;
    taken(&c2).await;
    let told = format!("c2 does not show {}", office.index);
    eventually("the log is told", || office.fake.seen().contains(&told)).await;
}
