//! What an edge answers and what its log says, from the first snapshot to a lost cluster.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing_subscriber::fmt::MakeWriter;

use hotdesk_client::v1;
use hotdesk_client::v1::end_reason::Reason;
use hotdesk_client::v1::event::Kind;
use hotdesk_client::v1::watch_response::Item;
use hotdesk_edge::{Config, Edge, NoRoute, Policy, Standing};

use super::fake::{Fake, PATIENCE, Watch};

/// What was logged, one JSON object per line. For tests on one thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(log.clone())
            .with_max_level(tracing::Level::INFO)
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self, containing: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .filter(|line| line.contains(containing))
            .map(str::to_owned)
            .collect()
    }

    /// Waits for a line with all these parts.
    async fn says(&self, parts: &[&str]) {
        let what = format!("the log says {parts:?}");
        eventually(&what, || {
            self.lines(parts[0])
                .iter()
                .any(|line| parts.iter().all(|part| line.contains(part)))
        })
        .await;
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited for: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

fn config(fake: &Fake, policy: Policy, lease: Duration) -> Config {
    Config {
        site: "new-york".into(),
        nodes: vec![fake.address.clone()],
        policy,
        lease,
        ..Config::default()
    }
}

fn session(site: &str, device: &str, epoch: u64) -> v1::Session {
    v1::Session {
        user: "ada".into(),
        device: device.into(),
        site: site.into(),
        epoch,
        ..v1::Session::default()
    }
}

fn entry(index: u64, kinds: Vec<Kind>) -> Item {
    let event = |kind| v1::Event {
        index,
        kind: Some(kind),
        ..v1::Event::default()
    };
    Item::Events(v1::EntryEvents {
        index,
        events: kinds.into_iter().map(event).collect(),
    })
}

fn ended(session: v1::Session, reason: Reason) -> Kind {
    Kind::SessionEnded(v1::EndedSession {
        session: Some(session),
        reason: Some(v1::EndReason { reason: Some(reason) }),
    })
}

/// ada (2001) in New York at n1; bob (2002) nowhere.
async fn send_snapshot(watch: &Watch, index: u64) {
    let user = |id: &str, extension: &str| v1::User {
        id: id.into(),
        extension: extension.into(),
        ..v1::User::default()
    };
    watch.send(Item::SnapshotBegin(v1::SnapshotBegin { index })).await;
    let part = v1::SnapshotPart {
        users: vec![user("ada", "2001"), user("bob", "2002")],
        sessions: vec![session("new-york", "n1", 1)],
        ..v1::SnapshotPart::default()
    };
    watch.send(Item::SnapshotPart(part)).await;
    watch
        .send(Item::SnapshotEnd(v1::SnapshotEnd { index, age_ms: 0 }))
        .await;
}

#[tokio::test]
async fn calls_follow_the_user_and_the_log_says_who_comes_and_goes() {
    let (log, _guard) = Log::start();
    let mut fake = Fake::start().await;
    let edge = Edge::start(config(&fake, Policy::Survive, Duration::from_secs(600))).unwrap();
    assert_eq!(edge.route("2001"), Err(NoRoute::Starting));
    let watch = fake.watch().await;
    send_snapshot(&watch, 5).await;
    assert!(edge.ready(Instant::now() + PATIENCE).await);

    let route = edge.lookup("2001").expect("ada is logged in");
    let targets: Vec<&str> = route.targets().map(|binding| binding.device.as_str()).collect();
    assert_eq!((targets, route.unconfirmed), (vec!["n1"], false));
    assert_eq!(edge.route("2002").unwrap_err().name(), "not_logged_in");
    assert_eq!(edge.route("9999").unwrap_err().name(), "unknown_extension");

    let elsewhere = v1::end_reason::LoggedInElsewhere {
        device: "c1".into(),
        site: "chicago".into(),
        epoch: 2,
    };
    let evicted = ended(session("new-york", "n1", 1), Reason::LoggedInElsewhere(elsewhere));
    let started = Kind::SessionStarted(session("chicago", "c1", 2));
    watch.send(entry(6, vec![evicted, started])).await;
    edge.table().wait_for(6, Instant::now() + PATIENCE).await.unwrap();
    assert_eq!(
        edge.lookup("2001").unwrap().targets().next().unwrap().site,
        "chicago"
    );
    log.says(&[
        "session ended",
        "\"user_id\":\"ada\"",
        "\"device_id\":\"n1\"",
        "\"site_id\":\"new-york\"",
        "\"epoch\":1",
        "logged_in_elsewhere",
    ])
    .await;
    watch
        .send(entry(7, vec![Kind::SessionStarted(session("new-york", "n2", 3))]))
        .await;
    log.says(&["session began", "\"device_id\":\"n2\"", "\"epoch\":3", "login"])
        .await;
    // What happens in Chicago is Chicago's, and the session found at the start did not begin now.
    assert!(log.lines("\"device_id\":\"c1\"").is_empty());
    assert_eq!(log.lines("session began").len(), 1);
}

#[tokio::test]
async fn cut_off_longer_than_the_lease_a_strict_office_answers_nobody_and_says_why() {
    let (log, _guard) = Log::start();
    let mut fake = Fake::start().await;
    let edge = Edge::start(config(&fake, Policy::Strict, Duration::from_millis(300))).unwrap();
    let watch = fake.watch().await;
    send_snapshot(&watch, 5).await;
    assert!(edge.ready(Instant::now() + PATIENCE).await);

    eventually("the lease runs out", || edge.lookup("2001").is_none()).await;
    let why = edge.route("2001").unwrap_err();
    assert!(
        matches!(why, NoRoute::LeaseExpired { .. }) && why.to_string().contains("strict"),
        "{why}"
    );
    assert_eq!(edge.status().standing, Standing::Expired(Policy::Strict));
    log.says(&[
        "WARN",
        "longer than the lease",
        "find nobody",
        "\"policy\":\"strict\"",
    ])
    .await;

    // Heard from again, it answers again. (Until the lease runs out once more; so look often.)
    let answered = async {
        while edge.lookup("2001").is_none() {
            let progress = v1::Progress { index: 5, age_ms: 0 };
            watch.send(Item::Progress(progress)).await;
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, answered)
        .await
        .expect("it answers again");
    log.says(&["INFO", "heard from again"]).await;
}

#[tokio::test]
async fn cut_off_longer_than_the_lease_an_office_that_survives_goes_on_and_says_so() {
    let (log, _guard) = Log::start();
    let mut fake = Fake::start().await;
    let edge = Edge::start(config(&fake, Policy::Survive, Duration::from_millis(100))).unwrap();
    let watch = fake.watch().await;
    send_snapshot(&watch, 5).await;
    assert!(edge.ready(Instant::now() + PATIENCE).await);
    eventually("the route is unconfirmed", || {
        edge.lookup("2001").is_some_and(|route| route.unconfirmed)
    })
    .await;
    log.says(&[
        "WARN",
        "longer than the lease",
        "last seen",
        "\"policy\":\"survive\"",
    ])
    .await;
    assert_eq!(log.lines("longer than the lease").len(), 1, "once is enough");
}

#[tokio::test]
async fn what_happened_while_cut_off_is_told_afterwards() {
    let (log, _guard) = Log::start();
    let mut fake = Fake::start().await;
    let edge = Edge::start(config(&fake, Policy::Survive, Duration::from_secs(600))).unwrap();
    let watch = fake.watch().await;
    send_snapshot(&watch, 5).await;
    edge.table().wait_for(5, Instant::now() + PATIENCE).await.unwrap();
    log.says(&["table is complete"]).await;
    drop(watch);

    let watch = fake.watch().await;
    watch
        .send(Item::SnapshotBegin(v1::SnapshotBegin { index: 90 }))
        .await;
    watch
        .send(Item::SnapshotEnd(v1::SnapshotEnd { index: 90, age_ms: 0 }))
        .await;
    log.says(&["session ended", "\"user_id\":\"ada\"", "while_cut_off"])
        .await;
    assert_eq!(edge.status().sessions_here, 0);
}

#[tokio::test]
async fn the_age_of_the_table_is_reported() {
    let (log, _guard) = Log::start();
    let mut fake = Fake::start().await;
    let config = Config {
        report_every: Duration::from_millis(20),
        ..config(&fake, Policy::Survive, Duration::from_secs(600))
    };
    let _edge = Edge::start(config).unwrap();
    let watch = fake.watch().await;
    send_snapshot(&watch, 5).await;
    log.says(&["age of the binding table", "\"log_index\":5", "\"sessions\":1"])
        .await;
}
