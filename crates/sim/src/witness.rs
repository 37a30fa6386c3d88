//! Gathers the evidence of a run: what clients were told, what replicas went through, who led.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

use hotdesk_core::{Event, EventKind, Session, State};
use hotdesk_proto::snapshot::{self, Header};
use hotdesk_store::{Observer, StateHandle};
use parking_lot::Mutex;

use crate::checker::{History, Leadership, Operation, ReplicaState, Seat, Started};

/// The whole state is compared at every index that this divides; the sessions at every index.
const WHOLE_STATE_EVERY: u64 = 64;

/// Evidence; a cheap clone of a handle.
#[derive(Clone, Default)]
pub struct Witness(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    history: History,
    /// The digest first seen at an index, by scope.
    digests: BTreeMap<(&'static str, u64), u64>,
    started_up_to: u64,
}

impl Witness {
    /// Notes an operation. Returns its number, for [`complete`](Self::complete).
    pub fn operation(&self, operation: Operation) -> usize {
        let operations = &mut self.0.lock().history.operations;
        operations.push(operation);
        operations.len() - 1
    }

    /// Puts the answer in place of what was noted when the operation began.
    pub fn complete(&self, number: usize, operation: Operation) {
        self.0.lock().history.operations[number] = operation;
    }

    /// A node took up leading.
    pub fn leads(&self, leadership: Leadership) {
        let leaderships = &mut self.0.lock().history.leaderships;
        if !leaderships.contains(&leadership) {
            leaderships.push(leadership);
        }
    }

    /// All that was seen.
    #[must_use]
    pub fn history(&self) -> History {
        let mut history = self.0.lock().history.clone();
        history.started.get_or_insert_default();
        history
    }

    /// How many log entries any replica has applied.
    #[must_use]
    pub fn applied_up_to(&self) -> u64 {
        self.0.lock().started_up_to
    }

    /// Compares the whole state of a replica with that of others at the same index.
    pub fn whole_state(&self, replica: &str, state: &State) {
        let mut bytes = Vec::new();
        // Writing to memory does not fail; if it did, the digest would differ and say so.
        drop(snapshot::write(&mut bytes, &Header::default(), state));
        self.state(replica, "snapshot", state, digest(&bytes));
    }

    fn state(&self, replica: &str, scope: &'static str, state: &State, digest: u64) {
        let mut inner = self.0.lock();
        // What equals a state that is there already would only cost memory.
        if inner.digests.get(&(scope, state.index())) == Some(&digest) {
            return;
        }
        inner.digests.entry((scope, state.index())).or_insert(digest);
        inner.history.states.push(ReplicaState {
            replica: replica.to_owned(),
            index: state.index(),
            scope: scope.to_owned(),
            digest,
            sessions: state.sessions().map(|session| seat(session)).collect(),
        });
    }
}

/// Watches one life of a node.
pub struct Watcher {
    /// Whom it tells.
    pub witness: Witness,
    /// The replica's name, for messages.
    pub replica: String,
    /// Its state; set once it is open.
    pub state: Arc<OnceLock<StateHandle>>,
}

impl Observer for Watcher {
    fn applied(&self, index: u64, events: Vec<Event>) {
        let Some(state) = self.state.get().map(StateHandle::state) else {
            return;
        };
        if state.index() != index {
            // An entry of consensus itself.
            return;
        }
        {
            let mut inner = self.witness.0.lock();
            if index > inner.started_up_to {
                inner.started_up_to = index;
                let started = inner.history.started.get_or_insert_default();
                started.extend(events.iter().filter_map(|event| match &event.kind {
                    EventKind::SessionStarted(session) => Some(Started {
                        seat: seat(session),
                        request_id: event.by.0.to_string(),
                    }),
                    _ => None,
                }));
            }
        }
        let sessions: Vec<&Arc<Session>> = state.sessions().collect();
        let digest = digest(format!("{:?} {sessions:?} {events:?}", state.clock()).as_bytes());
        self.witness.state(&self.replica, "sessions", &state, digest);
        if index.is_multiple_of(WHOLE_STATE_EVERY) {
            self.witness.whole_state(&self.replica, &state);
        }
    }

    fn replaced(&self, state: &State) {
        self.witness.whole_state(&self.replica, state);
    }
}

/// A session as the checker knows it.
#[must_use]
pub fn seat(session: &Session) -> Seat {
    Seat {
        user: session.user.to_string(),
        device: session.device.to_string(),
        epoch: session.epoch.0,
    }
}

/// A digest that is the same in every run of the same program.
#[must_use]
pub fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
