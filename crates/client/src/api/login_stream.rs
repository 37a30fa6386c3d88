//! Many logins over one stream. Most of what a login costs at high rates is the unary call around it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

use hotdesk_proto::error::{ApiError, ErrorOutcome};
use hotdesk_proto::v1;
use hotdesk_proto::v1::login_stream_response::Result as Decided;

use super::sessions::sessions;
use crate::call::judge::Kind;
use crate::call::observe::{Problem, observe};
use crate::call::repeat;
use crate::client::Client;
use crate::endpoints::Node;
use crate::error::Error;
use crate::secret::Pin;

/// Logs users in over one stream to one node, any number at the same time. For edges and gateways; each login
/// means what [`Client::login`] means, with the same retries under one request id, and goes on over a new
/// stream to the next node when this one breaks. Cheap to clone; clones share the stream.
#[derive(Clone)]
pub struct LoginStream {
    client: Client,
    lane: Arc<Mutex<Option<Lane>>>,
}

/// The stream in use.
struct Lane {
    node: Arc<Node>,
    logins: mpsc::Sender<Outgoing>,
}

/// A login on its way, and where its answer goes.
struct Outgoing {
    login: v1::LoginRequest,
    answer: oneshot::Sender<Result<v1::LoginResponse, Problem>>,
}

impl LoginStream {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            lane: Arc::default(),
        }
    }

    /// As [`Client::login`].
    ///
    /// # Errors
    /// As there.
    pub async fn login(&self, user: &str, device: &str, pin: &Pin) -> Result<v1::LoginResponse, Error> {
        self.login_with(user, device, pin.reveal(), false).await
    }

    /// As [`Client::login_vouched`].
    ///
    /// # Errors
    /// As there.
    pub async fn login_vouched(&self, user: &str, device: &str) -> Result<v1::LoginResponse, Error> {
        self.login_with(user, device, "", true).await
    }

    async fn login_with(
        &self,
        user: &str,
        device: &str,
        pin: &str,
        vouched: bool,
    ) -> Result<v1::LoginResponse, Error> {
        let id = self.client.next_request_id();
        let login = self.client.login_request(id, user, device, pin, vouched);
        repeat(&self.client, Kind::Write(id), "login", |node, _limit| {
            self.attempt(node, login.clone())
        })
        .await
    }

    async fn attempt(&self, node: Arc<Node>, login: v1::LoginRequest) -> Result<v1::LoginResponse, Problem> {
        let (answer, decided) = oneshot::channel();
        let lane = self.lane(&node);
        if lane.send(Outgoing { login, answer }).await.is_err() {
            return Err(Problem::NoAnswer {
                why: "the stream of logins has just ended".into(),
                sent: false,
            });
        }
        decided
            .await
            .unwrap_or_else(|_dropped| Err(broken("the stream of logins ended")))
    }

    /// The stream to this node: the one in use, or a new one.
    fn lane(&self, node: &Arc<Node>) -> mpsc::Sender<Outgoing> {
        let mut lane = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lane.as_ref()
            && Arc::ptr_eq(&lane.node, node)
            && !lane.logins.is_closed()
        {
            return lane.logins.clone();
        }
        let (logins, queue) = mpsc::channel(QUEUE);
        tokio::spawn(pump(self.client.clone(), Arc::clone(node), queue));
        *lane = Some(Lane {
            node: Arc::clone(node),
            logins: logins.clone(),
        });
        logins
    }
}

/// Carries logins to the node and answers back, until the stream breaks or nobody needs it any more.
async fn pump(client: Client, node: Arc<Node>, mut queue: mpsc::Receiver<Outgoing>) {
    let (requests, stream) = mpsc::channel(QUEUE);
    let request = client.request(ReceiverStream::new(stream));
    let mut waiting = Waiting::default();
    let end = match sessions(node.channel()).login_stream(request).await {
        Ok(response) => carry(&mut queue, requests, response.into_inner(), &mut waiting).await,
        Err(status) => Some(observe(&status)),
    };
    // New logins open a new stream from here on; those in the queue were not sent.
    queue.close();
    let Some(end) = end else { return };
    let why = match end {
        Problem::Api(error) => error.message,
        Problem::NoAnswer { why, .. } => why,
    };
    for answer in waiting.answers.into_values() {
        let _ = answer.send(Err(broken(&why)));
    }
    while let Some(outgoing) = queue.recv().await {
        let why = why.clone();
        let _ = outgoing.answer.send(Err(Problem::NoAnswer { why, sent: false }));
    }
}

/// `None`: all is answered and all handles are gone. Otherwise what broke the stream.
async fn carry(
    queue: &mut mpsc::Receiver<Outgoing>,
    requests: mpsc::Sender<v1::LoginStreamRequest>,
    mut answers: Streaming<v1::LoginStreamResponse>,
    waiting: &mut Waiting,
) -> Option<Problem> {
    let mut tidy = interval(TIDY_EVERY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut open = true;
    loop {
        tokio::select! {
            // A login is taken from the queue only when the wire has room for it, so that answers go on being
            // read meanwhile: a node may stop reading until its answers are taken.
            (outgoing, room) = next(queue, &requests), if open && waiting.answers.len() < OUTSTANDING_MAX => {
                match (outgoing, room) {
                    (_, None) => return Some(broken("the node ended the stream of logins")),
                    (None, _) => open = false,
                    (Some(outgoing), Some(room)) => room.send(waiting.add(outgoing)),
                }
            }
            answer = answers.message() => match answer {
                Ok(Some(answer)) => waiting.answered(answer),
                Ok(None) => return Some(broken("the node ended the stream of logins")),
                Err(status) => return Some(observe(&status)),
            },
            _ = tidy.tick() => waiting.forget_abandoned(),
        }
        if !open && waiting.answers.is_empty() {
            return None;
        }
    }
}

/// Room on the wire first, then a login: dropped in between, nothing is lost.
async fn next<'a>(
    queue: &mut mpsc::Receiver<Outgoing>,
    requests: &'a mpsc::Sender<v1::LoginStreamRequest>,
) -> (Option<Outgoing>, Option<mpsc::Permit<'a, v1::LoginStreamRequest>>) {
    match requests.reserve().await {
        Ok(room) => (queue.recv().await, Some(room)),
        Err(_closed) => (None, None),
    }
}

/// Logins that were sent and are not answered.
#[derive(Default)]
struct Waiting {
    seq: u64,
    answers: HashMap<u64, oneshot::Sender<Result<v1::LoginResponse, Problem>>>,
}

impl Waiting {
    fn add(&mut self, outgoing: Outgoing) -> v1::LoginStreamRequest {
        self.seq += 1;
        self.answers.insert(self.seq, outgoing.answer);
        v1::LoginStreamRequest {
            seq: self.seq,
            login: Some(outgoing.login),
        }
    }

    fn answered(&mut self, message: v1::LoginStreamResponse) {
        // An answer to a login that was given up already is of no use any more; neither is one to none.
        if let (Some(answer), Some(result)) = (self.answers.remove(&message.seq), message.result) {
            let _ = answer.send(match result {
                Decided::Response(response) => Ok(response),
                Decided::Error(error) => Err(Problem::Api(Box::new(api_error(error)))),
            });
        }
    }

    fn forget_abandoned(&mut self) {
        self.answers.retain(|_, answer| !answer.is_closed());
    }
}

fn api_error(error: v1::StreamError) -> ApiError {
    ApiError {
        code: error.code,
        reason: error.reason,
        message: error.message,
        what_to_do: error.what_to_do,
        retryable: error.retryable,
        retry_after: None,
        outcome: ErrorOutcome::from_name(&error.outcome),
        grpc_code: Code::from_i32(error.grpc_code),
        rows: Vec::new(),
        values: std::collections::BTreeMap::new(),
    }
}

fn broken(why: &str) -> Problem {
    Problem::NoAnswer {
        why: why.to_owned(),
        sent: true,
    }
}

/// How many logins wait for room; further ones wait in their callers.
const QUEUE: usize = 256;
/// How many logins may be unanswered; further ones stay in the queue.
const OUTSTANDING_MAX: usize = 4096;
/// How often those given up by their callers are forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(1);
