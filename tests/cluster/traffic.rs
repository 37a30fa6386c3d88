//! People who log in all the time, and what they were told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hotdesk_client::{Client, Options};
use hotdesk_proto::v1;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use hotdesk_tests::processes::{Cluster, PATIENCE};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::transport::Channel;

use crate::directory::{USERS, extension, phone};

/// Logins in the background, one user per worker, each through the client with its retries.
pub(crate) struct Traffic {
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<Told>>,
}

/// What one worker was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Whose logins.
    pub(crate) user: u64,
    /// Acknowledged logins in order: epoch and phone.
    pub(crate) acknowledged: Vec<(u64, String)>,
    /// How many ended without a sure answer.
    pub(crate) unknown: u64,
    /// Errors other than that.
    pub(crate) failed: Vec<String>,
}

impl Traffic {
    /// Starts `workers` users who move from phone to phone; each has two phones of their own.
    pub(crate) fn start(cluster: &Cluster, workers: u64, deadline: Duration) -> Self {
        assert!(workers <= USERS, "one user per worker");
        let stop = Arc::new(AtomicBool::new(false));
        let workers = (0..workers)
            .map(|user| {
                let mut endpoints = cluster.addresses();
                let turn = user as usize % endpoints.len();
                endpoints.rotate_left(turn);
                let options = Options {
                    endpoints,
                    deadline,
                    by: format!("edge:{user}"),
                    ..Options::default()
                };
                let client = Client::new(options).expect("a client");
                tokio::spawn(work(client, user, Arc::clone(&stop)))
            })
            .collect();
        Self { stop, workers }
    }

    /// How many workers are still at it.
    pub(crate) fn running(&self) -> usize {
        self.workers.iter().filter(|worker| !worker.is_finished()).count()
    }

    /// Ends the traffic and gives what everybody was told.
    pub(crate) async fn stop(self) -> Vec<Told> {
        self.stop.store(true, Ordering::Relaxed);
        let mut told = Vec::new();
        for worker in self.workers {
            told.push(worker.await.expect("a worker does not panic"));
        }
        told
    }
}

async fn work(client: Client, user: u64, stop: Arc<AtomicBool>) -> Told {
    let mut told = Told {
        user,
        ..Told::default()
    };
    for round in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let device = phone(user + USERS_PHONE_STEP * (round % 2));
        match client.login_vouched(&extension(user), &device).await {
            Ok(answer) => {
                let epoch = answer.session.expect("a session").epoch;
                told.acknowledged.push((epoch, device));
            }
            Err(error) if error.is_unknown() => told.unknown += 1,
            Err(error) => told.failed.push(error.to_string()),
        }
    }
    told
}

/// Users have phones `user` and `user + 16`: with up to 16 workers nobody shares one.
const USERS_PHONE_STEP: u64 = 16;

/// Everything that began, gathered from the nodes' event streams while the test goes on; whichever node answers,
/// resumed where the one before broke off.
pub(crate) struct Witness {
    until: watch::Sender<Option<u64>>,
    task: JoinHandle<BTreeMap<String, Vec<(u64, String)>>>,
}

impl Witness {
    /// Starts gathering after the log index `after`.
    pub(crate) fn start(cluster: &Cluster, after: u64) -> Self {
        let (until, end) = watch::channel(None);
        let clients = cluster.ids().into_iter().map(|id| cluster.sessions(id)).collect();
        Self {
            until,
            task: tokio::spawn(gather(clients, after, end)),
        }
    }

    /// Compares what everybody was told with the sessions that began up to now: every acknowledged login is there
    /// exactly once, in the same order, and none began twice.
    pub(crate) async fn nothing_is_lost_or_doubled(self, cluster: &Cluster, told: &[Told]) {
        let index = cluster.settled().await;
        self.until.send(Some(index)).expect("the witness is still there");
        let begun = tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the witness ends")
            .expect("no panic");
        compare(begun, told);
    }
}

async fn gather(
    mut clients: Vec<SessionsClient<Channel>>,
    mut after: u64,
    mut end: watch::Receiver<Option<u64>>,
) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut begun: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    loop {
        pause.tick().await;
        clients.rotate_left(1);
        let request = v1::WatchRequest {
            after_index: after,
            by: "witness".into(),
            ..Default::default()
        };
        let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_secs(2), clients[0].watch(request)).await
        else {
            continue;
        };
        let mut stream = answer.into_inner();
        loop {
            if end.borrow_and_update().is_some_and(|until| after >= until) {
                return begun;
            }
            let item = tokio::select! {
                // A frozen or dead node is left for the next one.
                item = tokio::time::timeout(Duration::from_secs(5), stream.message()) => item,
                _ = end.changed() => continue,
            };
            let Ok(Ok(Some(answer))) = item else { break };
            match answer.item {
                Some(v1::watch_response::Item::Events(entry)) => {
                    after = entry.index;
                    for event in entry.events {
                        if let Some(v1::event::Kind::SessionStarted(session)) = event.kind {
                            begun
                                .entry(session.user)
                                .or_default()
                                .push((session.epoch, session.device));
                        }
                    }
                }
                Some(v1::watch_response::Item::Progress(progress)) => after = after.max(progress.index),
                // This node's memory does not reach back so far; another one's does.
                Some(v1::watch_response::Item::SnapshotBegin(_)) => break,
                _ => {}
            }
        }
    }
}

fn compare(mut begun: BTreeMap<String, Vec<(u64, String)>>, told: &[Told]) {
    for worker in told {
        let begun = begun.remove(&format!("u{}", worker.user)).unwrap_or_default();
        let mut rest = begun.iter();
        for login in &worker.acknowledged {
            assert!(
                rest.any(|session| session == login),
                "u{} was told {login:?}, which is not (or not in order) among the sessions that began: {begun:?}",
                worker.user,
            );
        }
        let surplus = begun.len() - worker.acknowledged.len();
        assert!(
            surplus as u64 <= worker.unknown,
            "u{}: {surplus} sessions more than were acknowledged, but only {} answers were unknown",
            worker.user,
            worker.unknown,
        );
    }
}
