//! Watching: resumable from an index, a snapshot first when the past is gone, and the table made of it.

use hotdesk_client::{Client, Options, TableOptions, WatchedTable};
use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, PATIENCE, phone};
use hotdesk_tests::wait::eventually;
use v1::watch_response::Item;

async fn all(offices: &Offices, office: usize, after_index: u64) -> Vec<Item> {
    let request = v1::WatchRequest {
        after_index,
        once: true,
        ..Default::default()
    };
    let mut stream = offices
        .sessions(office)
        .watch(request)
        .await
        .expect("watch")
        .into_inner();
    let mut items = Vec::new();
    while let Some(answer) = stream.message().await.expect("the stream goes on") {
        items.extend(answer.item);
    }
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_watcher_gets_the_whole_state_first() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    offices.settled().await;
    for office in 0..3 {
        let items = all(&offices, office, 0).await;
        assert!(matches!(items.first(), Some(Item::SnapshotBegin(_))));
        let (mut users, mut devices, mut sessions) = (0, 0, 0);
        for item in &items {
            if let Item::SnapshotPart(part) = item {
                users += part.users.len();
                devices += part.devices.len();
                sessions += part.sessions.len();
            }
        }
        assert_eq!((users, devices, sessions), (3, 6, 1));
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_resumes_misses_nothing_and_sees_nothing_twice() {
    let offices = Offices::with_people().await;
    let start = offices.settled().await;
    let mut expected = Vec::new();
    for round in 0..20 {
        let office = round % 3;
        let login = offices
            .login(office, "ada", phone(office, 1), "1234")
            .await
            .expect("logs in");
        expected.push(login.index);
    }
    offices.settled().await;
    // Broken off anywhere, and resumed at another office.
    for cut in [0, 7, 19] {
        let mut seen = Vec::new();
        let mut after = start;
        for office in [1, 2] {
            for item in all(&offices, office, after).await {
                if let Item::Events(entry) = item {
                    let until = expected.get(cut).copied().unwrap_or(u64::MAX);
                    if office == 2 || entry.index <= until {
                        seen.push(entry.index);
                        after = entry.index;
                    }
                }
            }
        }
        assert_eq!(seen, expected, "broken off after {cut}");
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_at_an_edge_follows_within_its_age() {
    let offices = Offices::with_people().await;
    let endpoints: Vec<String> = (0..3)
        .map(|office| format!("http://{}", offices.address(office)))
        .collect();
    let client = Client::new(Options {
        endpoints,
        by: "edge:austin".into(),
        ..Options::default()
    })
    .expect("a client");
    let table = WatchedTable::start(client, TableOptions::default());
    for round in 0..12 {
        let office = round % 3;
        let login = offices
            .login(office, "ada", phone(office, 1), "1234")
            .await
            .expect("logs in");
        table
            .wait_for(login.index, tokio::time::Instant::now() + PATIENCE)
            .await
            .expect("the table follows");
        let user = table.by_extension("2001").expect("a known extension");
        let devices: Vec<_> = user
            .bindings()
            .map(|binding| binding.device.to_string())
            .collect();
        assert_eq!(devices, [phone(office, 1)], "round {round}");
    }
    eventually("a young table", PATIENCE, || async {
        (table.age().as_millis() < 3_000).then_some(())
    })
    .await;
    offices.shutdown().await;
}
