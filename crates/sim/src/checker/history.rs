//! What a checker is shown: plain instants and strings, so that a simulation and a test of real processes
//! can fill it alike.

/// Everything that was seen in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// What clients asked and were answered, in any order.
    pub operations: Vec<Operation>,
    /// States of replicas, in any order. Not every state must be here, and a harness may leave out one that
    /// equals (same scope, index and digest) one that is here.
    pub states: Vec<ReplicaState>,
    /// All sessions that ever began, from a complete event stream; `None` when nobody kept one.
    pub started: Option<Vec<Started>>,
    /// Who led when. Leave it empty where leaders are not watched.
    pub leaderships: Vec<Leadership>,
}

/// One request of a client and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who asked, for messages.
    pub client: String,
    /// When the client asked, in nanoseconds on one clock shared by all clients.
    pub invoked_ns: u64,
    /// When the answer came; without meaning for an unknown outcome.
    pub returned_ns: u64,
    /// What was asked and answered.
    pub call: Call,
}

/// What was asked and answered. A read that failed is not recorded: it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A user logs in at a device, under the policies `evict` and `take over`.
    Login {
        /// The same in every retry; a retried request is one operation.
        request_id: String,
        /// Who.
        user: String,
        /// Where.
        device: String,
        /// What became of it.
        outcome: Outcome<LoggedIn>,
    },
    /// Sessions are ended; acknowledged with those that were.
    Logout {
        /// The same in every retry.
        request_id: String,
        /// Which.
        target: Target,
        /// Only if the session has this epoch.
        epoch: Option<u64>,
        /// What became of it: the sessions that ended.
        outcome: Outcome<Vec<Seat>>,
    },
    /// Where is this user?
    LookupUser {
        /// Who.
        user: String,
        /// The answer.
        found: Option<Seat>,
        /// 0 for a linearizable read. A local read says how old it may be: the answer must have been true
        /// at some instant not longer than this before the question.
        age_ns: u64,
    },
    /// Who is at this device?
    LookupDevice {
        /// Where.
        device: String,
        /// The answer.
        found: Option<Seat>,
        /// As in [`Call::LookupUser`].
        age_ns: u64,
    },
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was done.
    Acknowledged(T),
    /// It was answered that it was not done and never will be.
    Refused,
    /// No answer: it may have happened, may happen at any later time, or never.
    Unknown,
}

/// The answer to a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// The session's epoch.
    pub epoch: u64,
    /// The user sat there already; nothing began.
    pub already: bool,
    /// What ended in the same entry.
    pub ended: Vec<Seat>,
}

/// Which sessions a logout ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All of a user.
    User(String),
    /// The one at a device.
    Device(String),
    /// Those whose time was up: which ones, only the answer tells.
    Overdue,
}

/// A session: a user at a device, with its epoch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// Who.
    pub user: String,
    /// Where.
    pub device: String,
    /// The fencing token.
    pub epoch: u64,
}

/// A state that a replica went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaState {
    /// Whose, for messages.
    pub replica: String,
    /// The log index of the last entry applied.
    pub index: u64,
    /// What the digest was made of; only digests of the same scope are compared.
    pub scope: String,
    /// A digest of the state's bytes.
    pub digest: u64,
    /// The sessions.
    pub sessions: Vec<Seat>,
}

/// A session began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The session.
    pub seat: Seat,
    /// The request that began it.
    pub request_id: String,
}

/// A node won an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leadership {
    /// The term.
    pub term: u64,
    /// The node.
    pub node: String,
    /// Which run of the process it was: a restarted node must be elected anew.
    pub life: u64,
}
