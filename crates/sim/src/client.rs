//! Clients: random logins, logouts, touches and look-ups, at every node, with the product's retries.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::command::{Activity, LogoutTarget};
use hotdesk_core::{
    Action, Actor, Command, DeviceId, Done, Epoch, RequestId, Session, State, TimeMs, UserId, UserName,
};

use crate::checker::{Call, LoggedIn, Operation, Outcome, Seat, Target};
use crate::network::Network;
use crate::node::Answer;
use crate::reads::Barrier;
use crate::runtime::{world_ns, world_sleep};
use crate::witness::{Witness, seat};

/// How many users there are: few, so that they meet.
pub const USERS: u64 = 5;
/// How many devices there are.
pub const DEVICES: u64 = 5;
/// The fastest and the slowest clock that the product promises to bear, in parts per million.
pub const DRIFT_PPM_MAX: i64 = 10_000;

/// The host on which clients run: no node.
pub const CLIENTS: u64 = 0;
/// A client gives an operation up after this long.
const DEADLINE: Duration = Duration::from_secs(3);
/// A client tries another node after this long.
const ATTEMPT: Duration = Duration::from_millis(1_100);

/// One client.
pub struct Client {
    /// Its name in the history.
    pub name: String,
    /// The network.
    pub network: Network,
    /// Whom it tells what it was answered.
    pub witness: Witness,
    /// Its dice.
    pub random: fastrand::Rng,
    /// The nodes it knows, 1 to this.
    pub nodes: u64,
}

/// A user's name by number.
#[must_use]
pub fn user(number: u64) -> String {
    format!("u{number}")
}

/// A device's name by number.
#[must_use]
pub fn device(number: u64) -> String {
    format!("p{number}")
}

impl Client {
    /// Asks one thing after the other until `until_ns` on the world's clock.
    pub async fn run(mut self, until_ns: u64) {
        while world_ns() < until_ns {
            let pause_ms = if self.random.u32(0..10) == 0 { 400 } else { 90 };
            world_sleep(Duration::from_micros(self.random.u64(0..pause_ms * 1000))).await;
            match self.random.u32(0..100) {
                0..42 => self.log_in().await,
                42..54 => self.log_out().await,
                54..58 => self.touch().await,
                _ => self.look_up().await,
            }
        }
    }

    fn a_user(&mut self) -> String {
        user(self.random.u64(0..USERS))
    }

    fn a_device(&mut self) -> String {
        device(self.random.u64(0..DEVICES))
    }

    async fn log_in(&mut self) {
        let (user, device) = (self.a_user(), self.a_device());
        let action = Action::Login {
            user: UserName::parse(&user).expect("a good name"),
            device: DeviceId::parse(&device).expect("a good name"),
            credential_version: None,
        };
        let call = |request_id: String, outcome| Call::Login {
            request_id,
            user: user.clone(),
            device: device.clone(),
            outcome,
        };
        let understand = |done: &Done| match done {
            Done::LoggedIn {
                session,
                already,
                ended,
            } => Some(LoggedIn {
                epoch: session.epoch.0,
                already: *already,
                ended: ended.iter().map(|ended| seat(&ended.session)).collect(),
            }),
            _ => None,
        };
        self.write(action, call, understand).await;
    }

    async fn log_out(&mut self) {
        let (target, named) = if self.random.bool() {
            let user = self.a_user();
            (
                Target::User(user.clone()),
                LogoutTarget::User(UserName::parse(&user).expect("a good name")),
            )
        } else {
            let device = self.a_device();
            let id = DeviceId::parse(&device).expect("a good name");
            (Target::Device(device), LogoutTarget::Device(id))
        };
        // Sometimes only the session that was just seen there is meant.
        let epoch = match &named {
            LogoutTarget::Device(device) if self.random.bool() => {
                let device = device.clone();
                let seen = self.read_local_somewhere().await;
                seen.and_then(|(state, _)| state.session_at(&device).map(|session| session.epoch))
            }
            _ => None,
        };
        let action = Action::Logout { target: named, epoch };
        let epoch = epoch.map(|epoch| epoch.0);
        let call = |request_id, outcome| Call::Logout {
            request_id,
            target: target.clone(),
            epoch,
            outcome,
        };
        let understand = |done: &Done| match done {
            Done::LoggedOut { ended, .. } => Some(
                ended
                    .iter()
                    .map(|ended| seat(&ended.session))
                    .collect::<Vec<Seat>>(),
            ),
            _ => None,
        };
        self.write(action, call, understand).await;
    }

    /// Reports activity at every session; nobody waits for the answer.
    async fn touch(&mut self) {
        let Some((state, _)) = self.read_local_somewhere().await else {
            return;
        };
        let items = state.sessions().map(|session| Activity {
            device: session.device.clone(),
            epoch: Epoch(session.epoch.0),
            at: TimeMs(state.clock().0 + 50),
        });
        let action = Action::Touch {
            items: items.collect(),
        };
        let command = Command {
            request_id: None,
            actor: Actor("edge".into()),
            action,
        };
        let node = self.any_node();
        let _ = self.attempt(node, command).await;
    }

    async fn look_up(&mut self) {
        let node = self.any_node();
        let invoked_ns = world_ns();
        let seen = match self.random.u32(0..3) {
            0 => self.read_local(node).await,
            kind => {
                let barrier = if kind == 1 { Barrier::Lease } else { Barrier::Index };
                self.read(node, barrier)
                    .await
                    .map(|state| (state, Duration::ZERO))
            }
        };
        let Some((state, age)) = seen else { return };
        let call = if self.random.bool() {
            let user = self.a_user();
            look_up_user(&state, user, age)
        } else {
            let device = self.a_device();
            look_up_device(&state, device, age)
        };
        let client = format!("{} at node {node}", self.name);
        self.witness.operation(Operation {
            client,
            invoked_ns,
            returned_ns: world_ns(),
            call,
        });
    }

    /// Looks up every user and every device at a node. `false` if that did not succeed.
    pub async fn look_up_all(&mut self, node: u64) -> bool {
        let invoked_ns = world_ns();
        let Some(state) = self.read(node, Barrier::Index).await else {
            return false;
        };
        let calls = (0..USERS)
            .map(|number| look_up_user(&state, user(number), Duration::ZERO))
            .chain((0..DEVICES).map(|number| look_up_device(&state, device(number), Duration::ZERO)));
        for call in calls {
            let client = format!("{} at node {node}", self.name);
            self.witness.operation(Operation {
                client,
                invoked_ns,
                returned_ns: world_ns(),
                call,
            });
        }
        true
    }

    /// Sends a command that must succeed sooner or later.
    pub async fn insist(&mut self, action: Action, until_ns: u64) -> bool {
        let request_id = Some(RequestId(self.random.u128(..)));
        let command = Command {
            request_id,
            actor: Actor("operator".into()),
            action,
        };
        while world_ns() < until_ns {
            let node = self.any_node();
            if let Answer::Decided(outcome) = self.attempt(node, command.clone()).await {
                assert!(outcome.is_ok(), "{command:?} was refused: {outcome:?}");
                return true;
            }
            world_sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// A write with the product's retries: the same request id at one node after the other, until somebody
    /// answers or the deadline has passed. The operation is noted before it begins.
    async fn write<T>(
        &mut self,
        action: Action,
        call: impl Fn(String, Outcome<T>) -> Call,
        understand: impl Fn(&Done) -> Option<T>,
    ) {
        let request_id = RequestId(self.random.u128(..));
        let id = request_id.to_string();
        let command = Command {
            request_id: Some(request_id),
            actor: Actor(id.as_str().into()),
            action,
        };
        let invoked_ns = world_ns();
        let operation = |client, returned_ns, outcome| Operation {
            client,
            invoked_ns,
            returned_ns,
            call: call(id.clone(), outcome),
        };
        let number = self
            .witness
            .operation(operation(self.name.clone(), u64::MAX, Outcome::Unknown));

        let deadline_ns = invoked_ns + u64::try_from(DEADLINE.as_nanos()).unwrap_or(u64::MAX);
        let mut may_have_happened = false;
        let mut nodes = Vec::new();
        while world_ns() < deadline_ns {
            let node = self.any_node();
            nodes.push(node);
            match self.attempt(node, command.clone()).await {
                Answer::Decided(outcome) => {
                    let outcome = match &*outcome {
                        Ok(done) => Outcome::Acknowledged(understand(done).expect("an answer of its kind")),
                        Err(_) => Outcome::Refused,
                    };
                    let client = format!("{} at nodes {nodes:?}", self.name);
                    return self
                        .witness
                        .complete(number, operation(client, world_ns(), outcome));
                }
                Answer::NotProposed => {}
                Answer::Unknown => may_have_happened = true,
            }
            world_sleep(Duration::from_millis(self.random.u64(10..120))).await;
        }
        if !may_have_happened {
            self.witness
                .complete(number, operation(self.name.clone(), world_ns(), Outcome::Refused));
        }
    }

    fn any_node(&mut self) -> u64 {
        self.random.u64(1..=self.nodes)
    }

    async fn attempt(&self, node: u64, command: Command) -> Answer {
        let call = self
            .network
            .call((CLIENTS, node), ATTEMPT, None, |node| async move {
                node.propose(command).await
            });
        call.await.unwrap_or_else(|error| match error {
            crate::network::CallError::Refused => Answer::NotProposed,
            crate::network::CallError::TimedOut => Answer::Unknown,
        })
    }

    async fn read(&self, node: u64, barrier: Barrier) -> Option<State> {
        let call = self
            .network
            .call((CLIENTS, node), ATTEMPT, None, move |node| async move {
                node.read(barrier, ATTEMPT).await
            });
        call.await.ok()?
    }

    async fn read_local_somewhere(&mut self) -> Option<(State, Duration)> {
        let node = self.any_node();
        self.read_local(node).await
    }

    /// The age that comes back allows for the drift of the node's clock.
    async fn read_local(&self, node: u64) -> Option<(State, Duration)> {
        let call = self.network.call(
            (CLIENTS, node),
            ATTEMPT,
            None,
            |node| async move { node.read_local() },
        );
        let (state, age) = call.await.ok()??;
        Some((state, age + age.mul_f64(2.0 * DRIFT_PPM_MAX as f64 / 1e6)))
    }
}

fn look_up_user(state: &State, user: String, age: Duration) -> Call {
    let id = UserId::parse(&user).expect("a good name");
    let found = state.sessions_of(&id).next().map(|session| seat(session));
    Call::LookupUser {
        user,
        found,
        age_ns: nanos(age),
    }
}

fn look_up_device(state: &State, device: String, age: Duration) -> Call {
    let id = DeviceId::parse(&device).expect("a good name");
    let found = state.session_at(&id).map(|session: &Arc<Session>| seat(session));
    Call::LookupDevice {
        device,
        found,
        age_ns: nanos(age),
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
