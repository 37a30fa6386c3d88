//! The watched table: what it shows while nodes come, go, compact, lag and lie.

use std::time::Duration;

use tokio::time::Instant;

use hotdesk_client::v1::event::Kind;
use hotdesk_client::v1::watch_response::Item;
use hotdesk_client::{Applied, Client, Options, TableOptions, TableState, WatchedTable, v1};
use hotdesk_proto::error::Failure;

use super::fake::{Fake, PATIENCE, Watch};

fn start(fakes: &[&Fake]) -> WatchedTable {
    start_with(fakes, TableOptions::default())
}

fn start_with(fakes: &[&Fake], options: TableOptions) -> WatchedTable {
    let endpoints = fakes.iter().map(|fake| fake.address.clone());
    let client = Client::new(Options::new(endpoints).with_by("edge:test")).expect("good options");
    WatchedTable::start(client, options)
}

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

fn session(device: &str, epoch: u64) -> v1::Session {
    v1::Session {
        user: "ada".into(),
        device: device.into(),
        site: "chicago".into(),
        epoch,
        ..v1::Session::default()
    }
}

fn begin(index: u64) -> Item {
    Item::SnapshotBegin(v1::SnapshotBegin { index })
}

/// ada (2001) is logged in at this phone.
fn part(device: &str, epoch: u64) -> Item {
    Item::SnapshotPart(v1::SnapshotPart {
        users: vec![v1::User {
            id: "ada".into(),
            extension: "2001".into(),
            ..v1::User::default()
        }],
        sessions: vec![session(device, epoch)],
        ..v1::SnapshotPart::default()
    })
}

fn end(index: u64) -> Item {
    Item::SnapshotEnd(v1::SnapshotEnd { index, age_ms: 20 })
}

fn progress(index: u64, age_ms: u64) -> Item {
    Item::Progress(v1::Progress { index, age_ms })
}

/// In the entry at `index` ada moves from one phone to another.
fn moves(index: u64, from: (&str, u64), to: (&str, u64)) -> Item {
    let event = |kind| v1::Event {
        index,
        kind: Some(kind),
        ..v1::Event::default()
    };
    let ended = v1::EndedSession {
        session: Some(session(from.0, from.1)),
        reason: None,
    };
    Item::Events(v1::EntryEvents {
        index,
        events: vec![
            event(Kind::SessionEnded(ended)),
            event(Kind::SessionStarted(session(to.0, to.1))),
        ],
    })
}

async fn snapshot(watch: &Watch, index: u64, device: &str) {
    watch.send(begin(index)).await;
    watch.send(part(device, index)).await;
    watch.send(end(index)).await;
}

/// Where extension 2001 rings.
fn phone(table: &WatchedTable) -> Option<String> {
    let user = table.by_extension("2001")?;
    Some(user.newest()?.device.to_string())
}

async fn becomes(table: &WatchedTable, what: &str, wanted: impl Fn(&TableState) -> bool) {
    let mut changes = table.state_changes();
    let reached = changes.wait_for(wanted);
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    assert!(
        reached.is_ok(),
        "the table becomes {what}, it is {:?}",
        table.state()
    );
}

#[tokio::test]
async fn a_snapshot_then_what_changes() {
    let mut node = Fake::start();
    let table = start(&[&node]);
    assert_eq!(table.age(), Duration::MAX);
    assert_eq!(table.state(), TableState::Connecting { problem: None });
    let mut applied = table.subscribe();

    let watch = node.watch().await;
    assert_eq!(
        (watch.request.after_index, watch.request.bindings_only),
        (0, true)
    );
    assert_eq!(watch.request.by, "edge:test");
    watch.send(begin(5)).await;
    watch.send(part("p1", 5)).await;
    assert_eq!(phone(&table), None, "an unfinished snapshot shows nothing");
    watch.send(end(5)).await;
    assert!(table.ready(soon()).await);
    assert_eq!(phone(&table).as_deref(), Some("p1"));
    assert!(table.age() >= Duration::from_millis(20) && table.age() < PATIENCE);
    assert_eq!(
        table.state(),
        TableState::Live {
            endpoint: node.address.clone()
        }
    );

    watch.send(moves(8, ("p1", 5), ("p2", 8))).await;
    table.wait_for(8, soon()).await.unwrap();
    assert_eq!(phone(&table).as_deref(), Some("p2"));
    watch.send(progress(11, 1)).await;
    table.wait_for(11, soon()).await.unwrap();
    assert_eq!(table.index(), 11);

    assert!(matches!(
        applied.recv().await.unwrap(),
        Applied::Replaced { index: 5 }
    ));
    assert!(
        matches!(applied.recv().await.unwrap(), Applied::Entry { index: 8, events } if events.len() == 2)
    );
}

#[tokio::test]
async fn another_node_goes_on_where_the_first_stopped() {
    let (mut first, mut second) = (Fake::start(), Fake::start());
    let table = start(&[&first, &second]);
    let watch = first.watch().await;
    snapshot(&watch, 5, "p1").await;
    watch.send(moves(8, ("p1", 5), ("p2", 8))).await;
    table.wait_for(8, soon()).await.unwrap();
    first.kill();

    let watch = second.watch().await;
    assert_eq!(watch.request.after_index, 8);
    assert_eq!(phone(&table).as_deref(), Some("p2"), "answers go on meanwhile");
    watch.send(moves(9, ("p2", 8), ("p3", 9))).await;
    table.wait_for(9, soon()).await.unwrap();
    assert_eq!(phone(&table).as_deref(), Some("p3"));
    watch.send(progress(9, 1)).await;
    let endpoint = second.address.clone();
    becomes(&table, "live again", |state| {
        *state
            == TableState::Live {
                endpoint: endpoint.clone(),
            }
    })
    .await;
}

#[tokio::test]
async fn a_compacted_log_brings_a_snapshot_and_answers_go_on_meanwhile() {
    let mut node = Fake::start();
    let table = start(&[&node]);
    let mut applied = table.subscribe();
    let watch = node.watch().await;
    snapshot(&watch, 5, "p1").await;
    table.wait_for(5, soon()).await.unwrap();
    drop(watch);

    let watch = node.watch().await;
    assert_eq!(watch.request.after_index, 5);
    watch.send(begin(90)).await;
    watch.send(part("p7", 90)).await;
    assert_eq!((phone(&table).as_deref(), table.index()), (Some("p1"), 5));
    watch.send(end(90)).await;
    table.wait_for(90, soon()).await.unwrap();
    assert_eq!(phone(&table).as_deref(), Some("p7"));
    assert!(table.by_device("p1").is_none());
    assert!(matches!(
        applied.recv().await.unwrap(),
        Applied::Replaced { index: 5 }
    ));
    assert!(matches!(
        applied.recv().await.unwrap(),
        Applied::Replaced { index: 90 }
    ));
}

#[tokio::test]
async fn a_watcher_that_was_too_slow_resumes() {
    let mut node = Fake::start();
    let table = start(&[&node]);
    let watch = node.watch().await;
    snapshot(&watch, 5, "p1").await;
    table.wait_for(5, soon()).await.unwrap();
    watch.fail(Failure::WatchTooSlow.into()).await;
    becomes(
        &table,
        "cut off, and says why",
        |state| matches!(state, TableState::CutOff { problem, .. } if problem.contains("HD2013")),
    )
    .await;
    assert_eq!(node.watch().await.request.after_index, 5);
}

#[tokio::test]
async fn a_snapshot_that_breaks_off_is_asked_for_again() {
    let mut node = Fake::start();
    let table = start(&[&node]);
    let watch = node.watch().await;
    watch.send(begin(5)).await;
    watch.send(part("p1", 5)).await;
    drop(watch);

    let watch = node.watch().await;
    assert_eq!(watch.request.after_index, 0);
    assert!(matches!(
        table.state(),
        TableState::Connecting { problem: Some(_) }
    ));
    // Nothing of the first part may be left over.
    watch.send(begin(6)).await;
    watch.send(end(6)).await;
    table.wait_for(6, soon()).await.unwrap();
    assert_eq!(table.counts(), (0, 0));
}

#[tokio::test]
async fn a_node_that_is_behind_is_left_and_the_table_never_goes_back() {
    let (mut ahead, mut behind) = (Fake::start(), Fake::start());
    let table = start(&[&ahead, &behind]);
    let watch = ahead.watch().await;
    snapshot(&watch, 50, "p2").await;
    table.wait_for(50, soon()).await.unwrap();
    drop(watch);

    // The other node has not got so far: to believe it would be to go back to the old phone.
    let watch = behind.watch().await;
    snapshot(&watch, 40, "p1").await;
    watch.abandoned().await;
    let watch = ahead.watch().await;
    assert_eq!(watch.request.after_index, 50);
    assert_eq!((phone(&table).as_deref(), table.index()), (Some("p2"), 50));
}

#[tokio::test]
async fn a_silent_node_is_left() {
    let (mut silent, mut other) = (Fake::start(), Fake::start());
    let options = TableOptions {
        silence_max: Duration::from_millis(100),
        ..TableOptions::default()
    };
    let table = start_with(&[&silent, &other], options);
    let watch = silent.watch().await;
    let next = other.watch().await;
    watch.abandoned().await;
    snapshot(&next, 5, "p1").await;
    table.wait_for(5, soon()).await.unwrap();
}

#[tokio::test]
async fn a_node_that_is_itself_cut_off_is_left_for_another() {
    let (mut cut_off, mut other) = (Fake::start(), Fake::start());
    let table = start(&[&cut_off, &other]);
    let watch = cut_off.watch().await;
    snapshot(&watch, 5, "p1").await;
    watch.send(progress(5, 60_000)).await;
    assert_eq!(other.watch().await.request.after_index, 5);
    assert!(
        matches!(table.state(), TableState::CutOff { .. }),
        "{:?}",
        table.state()
    );
}

#[tokio::test]
async fn without_a_node_the_table_keeps_its_answers_and_grows_old() {
    let mut node = Fake::start();
    let table = start(&[&node]);
    let watch = node.watch().await;
    snapshot(&watch, 5, "p1").await;
    table.wait_for(5, soon()).await.unwrap();
    node.kill();
    becomes(&table, "cut off", |state| {
        matches!(state, TableState::CutOff { .. })
    })
    .await;
    assert_eq!(phone(&table).as_deref(), Some("p1"));
    let age = table.age();
    let missed = table
        .wait_for(6, Instant::now() + Duration::from_millis(50))
        .await
        .unwrap_err();
    assert_eq!((missed.reached, missed.wanted), (5, 6));
    assert!(table.age() >= age + Duration::from_millis(50));
}

#[tokio::test]
async fn the_watch_ends_with_the_last_handle() {
    let mut node = Fake::start();
    let table = start(&[&node]);
    let watch = node.watch().await;
    let second = table.clone();
    drop(table);
    snapshot(&watch, 5, "p1").await;
    second.wait_for(5, soon()).await.unwrap();
    drop(second);
    watch.abandoned().await;
}
