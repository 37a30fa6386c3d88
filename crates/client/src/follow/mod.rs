//! A watch that goes on: resumed by index, at the next node when one fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time;
use tonic::Streaming;

use hotdesk_proto::v1;

mod protocol;

use self::protocol::Position;
use crate::call::judge::back_off;
use crate::client::Client;
use crate::endpoints::Node;

/// How to follow. The defaults suit an edge at an office.
#[derive(Clone, Debug)]
pub struct FollowOptions {
    /// Continue after this log index; 0, the default, starts with a snapshot.
    pub after_index: u64,
    /// Leave out directory records that carry no binding. Default false.
    pub bindings_only: bool,
    /// A node that sends nothing for so long is left. Nodes send at least one message every second; default
    /// 5 s.
    pub silence_max: Duration,
    /// A node that reports an index that was passed already is left after so long. Default 3 s: a node that
    /// has just lost its leader catches up within that.
    pub behind_grace: Duration,
    /// A node whose own copy is older than this is left for another, if there is another. Default 5 s: such a
    /// node is cut off from the cluster, and perhaps the others are not.
    pub age_max: Duration,
}

impl Default for FollowOptions {
    fn default() -> Self {
        Self {
            after_index: 0,
            bindings_only: false,
            silence_max: Duration::from_secs(5),
            behind_grace: Duration::from_secs(3),
            age_max: Duration::from_secs(5),
        }
    }
}

/// What happened.
#[derive(Debug)]
pub enum Step {
    /// A node has taken the watch; messages follow.
    Connected {
        /// The node.
        endpoint: String,
    },
    /// The node, or the attempt to reach one, failed. The next step is another attempt.
    Lost {
        /// The node.
        endpoint: String,
        /// A sentence, without a full stop.
        problem: String,
    },
    /// The whole state follows in parts; forget the old one when [`SnapshotEnd`](Self::SnapshotEnd) has come,
    /// not before: the stream may break.
    SnapshotBegin {
        /// The index of the state.
        index: u64,
    },
    /// Part of it.
    SnapshotPart(Box<v1::SnapshotPart>),
    /// It is complete.
    SnapshotEnd {
        /// The index of the state.
        index: u64,
        /// How old it is by now.
        age: Duration,
    },
    /// What one log entry changed.
    Entry {
        /// The log index.
        index: u64,
        /// In order.
        events: Vec<v1::Event>,
    },
    /// Nothing changed; complete up to this index.
    Progress {
        /// The log index.
        index: u64,
        /// The age of the node's copy.
        age: Duration,
    },
}

/// Follows the cluster's events through any of a client's nodes, without end: [`next`](Self::next) gives one
/// step after the other, reconnecting with back-off where necessary.
///
/// ```text
///            ┌──── Lost ◄───────────────┬──────────────┐
///            ▼                          │              │
///        (waiting) ──► Connected ──► snapshot ──► following (Entry, Progress)
///                          └── resumed by index ──────►┘
/// ```
pub struct Follower {
    client: Client,
    options: FollowOptions,
    position: Position,
    /// Where in the client's list of nodes.
    cursor: usize,
    /// Attempts since a stream last proved itself.
    failures: usize,
    next_attempt: time::Instant,
    open: Option<Open>,
}

struct Open {
    node: Arc<Node>,
    stream: Streaming<v1::WatchResponse>,
    since: Instant,
}

impl Follower {
    /// Begins at the node that the client is using. Opens nothing yet.
    #[must_use]
    pub fn new(client: Client, options: FollowOptions) -> Self {
        Self {
            position: Position::after(options.after_index),
            cursor: client.endpoints().position(),
            client,
            options,
            failures: 0,
            next_attempt: time::Instant::now(),
            open: None,
        }
    }

    /// Everything up to this log index has been handed on; a new follower may continue here. 0: nothing yet.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.position.resume()
    }

    /// The next step. May be dropped while waiting; nothing is lost by it.
    pub async fn next(&mut self) -> Step {
        loop {
            let Some(open) = &mut self.open else {
                time::sleep_until(self.next_attempt).await;
                return self.connect().await;
            };
            let fault = match time::timeout(self.options.silence_max, open.stream.message()).await {
                Ok(Ok(Some(v1::WatchResponse { item: Some(item) }))) => {
                    match self.position.take(item, Instant::now(), &self.options) {
                        Ok(Some(step)) => match self.too_old(&step) {
                            Some(fault) => fault,
                            None => return step,
                        },
                        Ok(None) => continue,
                        Err(fault) => fault,
                    }
                }
                // A kind of message that this version does not know.
                Ok(Ok(Some(v1::WatchResponse { item: None }))) => continue,
                Ok(Ok(None)) => "it ended the stream".into(),
                Ok(Err(status)) => {
                    let error = crate::ApiError::from(&status);
                    format!("{} ({})", error.message, error.code)
                }
                Err(_elapsed) => format!("nothing came for {} ms", self.options.silence_max.as_millis()),
            };
            return self.lost(fault);
        }
    }

    async fn connect(&mut self) -> Step {
        let node = self.client.endpoints().at(self.cursor);
        let message = v1::WatchRequest {
            after_index: self.position.resume(),
            bindings_only: self.options.bindings_only,
            by: self.client.by(),
            once: false,
        };
        let opened = self
            .client
            .watch_at(&node, message, self.client.attempt_timeout())
            .await;
        let endpoint = node.address.clone();
        match opened {
            Ok(stream) => {
                self.position.opened();
                self.open = Some(Open {
                    node,
                    stream,
                    since: Instant::now(),
                });
                self.client.answered();
                Step::Connected { endpoint }
            }
            Err(error) => {
                self.go_on();
                let problem = error.to_string();
                Step::Lost { endpoint, problem }
            }
        }
    }

    /// The stream is no good any more.
    fn lost(&mut self, problem: String) -> Step {
        let open = self.open.take().expect("only a stream that is open is lost");
        if open.since.elapsed() >= PROVEN_AFTER {
            self.failures = 0;
        }
        self.go_on();
        Step::Lost {
            endpoint: open.node.address.clone(),
            problem,
        }
    }

    /// To the next node: at once while there are nodes not tried yet, then with back-off.
    fn go_on(&mut self) {
        self.failures += 1;
        self.cursor = self.cursor.wrapping_add(1);
        let wait = match self.failures / self.client.endpoints().len() {
            0 => Duration::ZERO,
            round => back_off(BACK_OFF_FIRST, BACK_OFF_MAX, round - 1, fastrand::f64()),
        };
        self.next_attempt = time::Instant::now() + wait;
    }

    /// The node is cut off from the cluster and there are others to try.
    fn too_old(&self, step: &Step) -> Option<String> {
        let Step::Progress { age, .. } = step else {
            return None;
        };
        let another = self.client.endpoints().len() > 1;
        (another && *age > self.options.age_max).then(|| {
            format!(
                "its copy is {} ms old: it is cut off from the cluster",
                age.as_millis()
            )
        })
    }
}

/// A stream that lived so long was good: what comes after it is a new failure, not the next one.
const PROVEN_AFTER: Duration = Duration::from_secs(1);
/// The wait after the first fruitless round over all nodes.
const BACK_OFF_FIRST: Duration = Duration::from_millis(100);
/// The longest wait: how much later than necessary an edge notices that a node is back.
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
