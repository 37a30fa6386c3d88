//! Clients that record what they asked and were told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotdesk_proto::error::{ApiError, ErrorOutcome};
use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use hotdesk_sim::checker::{Call, History, LoggedIn, Operation, Outcome, Seat, Target};
use hotdesk_tests::offices::fresh_id;
use hotdesk_tests::processes::Cluster;
use parking_lot::Mutex;
use tonic::transport::Channel;
use tonic::{Request, Status};

const USERS: u64 = 6;
const PHONES: u64 = 8;
/// How long a client waits for one answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Gathers operations; instants are counted from its making.
pub(crate) struct Recorder {
    start: Instant,
    operations: Mutex<Vec<Operation>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            operations: Mutex::default(),
        }
    }
}

impl Recorder {
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn add(&self, client: u64, invoked_ns: u64, call: Call) {
        let operation = Operation {
            client: format!("client {client}"),
            invoked_ns,
            returned_ns: self.now(),
            call,
        };
        self.operations.lock().push(operation);
    }

    /// What was gathered.
    pub(crate) fn finish(&self) -> History {
        History {
            operations: std::mem::take(&mut self.operations.lock()),
            ..History::default()
        }
    }
}

/// How many operations had a sure answer, and how many not.
pub(crate) fn count(history: &History) -> (usize, usize) {
    let is_unknown = |call: &Call| match call {
        Call::Login { outcome, .. } => *outcome == Outcome::Unknown,
        Call::Logout { outcome, .. } => *outcome == Outcome::Unknown,
        Call::LookupUser { .. } | Call::LookupDevice { .. } => false,
    };
    let unknown = history
        .operations
        .iter()
        .filter(|operation| is_unknown(&operation.call))
        .count();
    (history.operations.len() - unknown, unknown)
}

fn user(i: u64) -> String {
    format!("u{i}")
}

fn phone(i: u64) -> String {
    format!("02{i:010x}")
}

/// Puts the users and phones of the test.
pub(crate) async fn fill(cluster: &Cluster) {
    let leader = cluster.leader().await;
    let mut directory = DirectoryClient::new(cluster.channel(leader));
    let site = v1::Site {
        id: "hq".into(),
        name: "HQ".into(),
        ..Default::default()
    };
    let request = v1::PutSiteRequest {
        request_id: fresh_id(),
        site: Some(site),
        by: "test".into(),
    };
    directory.put_site(request).await.expect("put the site");
    for i in 0..USERS {
        let user = v1::User {
            id: user(i),
            ..Default::default()
        };
        let request = v1::PutUserRequest {
            request_id: fresh_id(),
            user: Some(user),
            by: "test".into(),
        };
        directory.put_user(request).await.expect("put the user");
    }
    for i in 0..PHONES {
        let device = v1::Device {
            id: phone(i),
            site: "hq".into(),
            ..Default::default()
        };
        let request = v1::PutDeviceRequest {
            request_id: fresh_id(),
            device: Some(device),
            by: "test".into(),
        };
        directory.put_device(request).await.expect("put the phone");
    }
    // No session may end by itself during the test: the model knows logins and logouts only.
    let off = Some(v1::Limit { after_ms: 0 });
    let policy = v1::Policy {
        idle_timeout: off,
        login_time_max: off,
        ..Default::default()
    };
    let request = v1::PutDefaultsRequest {
        request_id: fresh_id(),
        policy: Some(policy),
        by: "test".into(),
    };
    directory.put_defaults(request).await.expect("put the policy");
    cluster.settled().await;
}

/// One client: random requests at the first of `sessions` until told to stop. A write without a sure answer is
/// repeated with the same request id at the other nodes, as the product's own client does.
pub(crate) async fn client(
    number: u64,
    mut sessions: Vec<SessionsClient<Channel>>,
    mut random: fastrand::Rng,
    recorder: Arc<Recorder>,
    stop: Arc<AtomicBool>,
) {
    while !stop.load(Ordering::Relaxed) {
        let (user, device) = (user(random.u64(..USERS)), phone(random.u64(..PHONES)));
        let invoked = recorder.now();
        let call = match random.u8(..10) {
            0..4 => Some(login(&mut sessions, user, device).await),
            4 => Some(logout(&mut sessions, user, device, random.bool()).await),
            5..8 => look_up_user(&mut sessions[0], user, &mut random).await,
            _ => look_up_device(&mut sessions[0], device, &mut random).await,
        };
        if let Some(call) = call {
            recorder.add(number, invoked, call);
        }
        // Keeps the number of operations that overlap, and so the search, within bounds.
        tokio::time::sleep(Duration::from_millis(random.u64(1..30))).await;
    }
}

fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(TIMEOUT);
    request
}

/// Only what the API calls refused or failed did certainly not happen; after a first try without an answer, even
/// that says nothing of the first.
fn certainly_not(status: &Status) -> bool {
    let error = ApiError::from(status.clone());
    matches!(error.outcome, ErrorOutcome::Refused | ErrorOutcome::Failed) && !error.code.is_empty()
}

/// How often a write is repeated before its outcome counts as unknown; each try may take [`TIMEOUT`].
const TRIES: usize = 30;

async fn login(sessions: &mut [SessionsClient<Channel>], user: String, device: String) -> Call {
    let id = fresh_id();
    let request = v1::LoginRequest {
        request_id: id.clone(),
        user: user.clone(),
        device: device.clone(),
        vouched: true,
        by: "test".into(),
        ..Default::default()
    };
    let mut outcome = Outcome::Unknown;
    for attempt in 0..TRIES {
        let turn = attempt % sessions.len();
        match sessions[turn].login(within(request.clone())).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let epoch = answer.session.as_ref().expect("a session").epoch;
                let ended = answer
                    .ended
                    .iter()
                    .filter_map(|ended| ended.session.as_ref())
                    .map(seat)
                    .collect();
                outcome = Outcome::Acknowledged(LoggedIn {
                    epoch,
                    already: answer.already,
                    ended,
                });
                break;
            }
            Err(status) if attempt == 0 && certainly_not(&status) => {
                outcome = Outcome::Refused;
                break;
            }
            Err(_) => breathe().await,
        }
    }
    Call::Login {
        request_id: hex(&id),
        user,
        device,
        outcome,
    }
}

async fn logout(
    sessions: &mut [SessionsClient<Channel>],
    user: String,
    device: String,
    by_device: bool,
) -> Call {
    let id = fresh_id();
    let (to, target) = if by_device {
        (
            v1::logout_request::Target::Device(device.clone()),
            Target::Device(device),
        )
    } else {
        (v1::logout_request::Target::User(user.clone()), Target::User(user))
    };
    let request = v1::LogoutRequest {
        request_id: id.clone(),
        target: Some(to),
        epoch: 0,
        by: "test".into(),
    };
    let mut outcome = Outcome::Unknown;
    for attempt in 0..TRIES {
        let turn = attempt % sessions.len();
        match sessions[turn].logout(within(request.clone())).await {
            Ok(answer) => {
                let ended = answer.into_inner().ended;
                let ended = ended
                    .iter()
                    .filter_map(|ended| ended.session.as_ref())
                    .map(seat)
                    .collect();
                outcome = Outcome::Acknowledged(ended);
                break;
            }
            Err(status) if attempt == 0 && certainly_not(&status) => {
                outcome = Outcome::Refused;
                break;
            }
            Err(_) => breathe().await,
        }
    }
    Call::Logout {
        request_id: hex(&id),
        target,
        epoch: None,
        outcome,
    }
}

/// Between two tries: a node that refuses at once must not be asked a thousand times a second.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn consistency(random: &mut fastrand::Rng) -> v1::Consistency {
    if random.bool() {
        v1::Consistency::Linearizable
    } else {
        v1::Consistency::Local
    }
}

/// The age that the answer tells, and a margin for what passed between the node's clock and ours.
fn age_ns(freshness: Option<v1::Freshness>, asked: v1::Consistency) -> u64 {
    match asked {
        v1::Consistency::Linearizable => 0,
        _ => (freshness.map_or(0, |freshness| freshness.age_ms) + 1) * 1_000_000,
    }
}

async fn look_up_user(
    sessions: &mut SessionsClient<Channel>,
    user: String,
    random: &mut fastrand::Rng,
) -> Option<Call> {
    let asked = consistency(random);
    let request = v1::ResolveRequest {
        name: user.clone(),
        consistency: asked.into(),
    };
    let answer = sessions.resolve(within(request)).await.ok()?.into_inner();
    assert!(answer.bindings.len() <= 1, "one user at two phones: {answer:?}");
    let found = answer.bindings.first().map(|binding| Seat {
        user: user.clone(),
        device: binding.device.clone(),
        epoch: binding.epoch,
    });
    Some(Call::LookupUser {
        user,
        found,
        age_ns: age_ns(answer.freshness, asked),
    })
}

async fn look_up_device(
    sessions: &mut SessionsClient<Channel>,
    device: String,
    random: &mut fastrand::Rng,
) -> Option<Call> {
    let asked = consistency(random);
    let subject = Some(v1::who_request::Subject::Device(device.clone()));
    let answer = sessions
        .who(within(v1::WhoRequest {
            subject,
            consistency: asked.into(),
        }))
        .await
        .ok()?
        .into_inner();
    let found = answer.sessions.first().map(seat);
    Some(Call::LookupDevice {
        device,
        found,
        age_ns: age_ns(answer.freshness, asked),
    })
}

fn seat(session: &v1::Session) -> Seat {
    Seat {
        user: session.user.clone(),
        device: session.device.clone(),
        epoch: session.epoch,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
