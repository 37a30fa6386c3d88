//! The server's machines (RFC 3261 §17.2, RFC 6026 §7.1).

use std::time::{Duration, Instant};

use super::{Kind, Timers, earlier};

/// A server transaction.
///
/// ```text
/// INVITE  Proceeding ─2xx→ Accepted ─L→ Over
///         Proceeding ─3xx..6xx→ Completed ─ACK→ Confirmed ─I→ Over      Completed ─H→ Over
/// other   Trying ─1xx→ Proceeding ─2xx..6xx→ Completed ─J→ Over         Trying ─2xx..6xx→ Completed
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    kind: Kind,
    reliable: bool,
    state: ServerState,
    /// Timer G.
    resend_at: Option<Instant>,
    interval: Duration,
    /// Timers H, I, J and L: one at a time.
    over_at: Option<Instant>,
}

/// Where a server transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// Not answered (not for INVITE, which begins with Proceeding).
    Trying,
    /// Answered provisionally, if at all.
    Proceeding,
    /// Answered finally; an INVITE refused.
    Completed,
    /// The refusal of an INVITE was acknowledged.
    Confirmed,
    /// An INVITE answered with 2xx.
    Accepted,
    /// To be forgotten.
    Over,
}

/// What a server transaction wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerDoes {
    /// Nothing.
    Nothing,
    /// Send the last response again, if there was one.
    Resend,
    /// Hand the ACK of a 2xx to the user of the transaction.
    PassAck,
    /// A refusal was never acknowledged; the transaction is over.
    TimedOut,
}

impl Server {
    /// For a request that has just arrived.
    #[must_use]
    pub const fn new(kind: Kind, reliable: bool) -> Self {
        Self {
            kind,
            reliable,
            state: match kind {
                Kind::Invite => ServerState::Proceeding,
                Kind::Other => ServerState::Trying,
            },
            resend_at: None,
            interval: Duration::ZERO,
            over_at: None,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> ServerState {
        self.state
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// No final response was sent.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, ServerState::Trying | ServerState::Proceeding)
    }

    /// When [`timeout`](Self::timeout) has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        earlier(self.resend_at, self.over_at)
    }

    /// The same request once more.
    #[must_use]
    pub const fn retransmitted(&self) -> ServerDoes {
        match (self.kind, self.state) {
            (_, ServerState::Proceeding | ServerState::Completed) => ServerDoes::Resend,
            _ => ServerDoes::Nothing,
        }
    }

    /// An ACK with the INVITE's branch.
    pub fn acknowledged(&mut self, now: Instant, timers: &Timers) -> ServerDoes {
        match self.state {
            ServerState::Completed if self.kind == Kind::Invite => {
                self.resend_at = None;
                self.rest(ServerState::Confirmed, now, self.unless_reliable(timers.t4));
                ServerDoes::Nothing
            }
            ServerState::Accepted => ServerDoes::PassAck,
            _ => ServerDoes::Nothing,
        }
    }

    /// A response is to be sent. Returns whether it may be: after a final response only further 2xx to INVITE may.
    pub fn answer(&mut self, now: Instant, status: u16, timers: &Timers) -> bool {
        if self.state == ServerState::Accepted {
            return (200..300).contains(&status);
        }
        if !self.is_pending() {
            return false;
        }
        match (self.kind, status) {
            (_, ..200) => self.state = ServerState::Proceeding,
            (Kind::Invite, 200..300) => self.rest(ServerState::Accepted, now, timers.patience()),
            (Kind::Invite, _) => {
                self.rest(ServerState::Completed, now, timers.patience());
                if !self.reliable {
                    self.interval = timers.t1;
                    self.resend_at = Some(now + timers.t1);
                }
            }
            (Kind::Other, _) => {
                self.rest(
                    ServerState::Completed,
                    now,
                    self.unless_reliable(timers.patience()),
                );
            }
        }
        true
    }

    /// The time has come, perhaps.
    pub fn timeout(&mut self, now: Instant, timers: &Timers) -> ServerDoes {
        if self.over_at.is_some_and(|at| at <= now) {
            let unacknowledged = self.kind == Kind::Invite && self.state == ServerState::Completed;
            self.over();
            return if unacknowledged {
                ServerDoes::TimedOut
            } else {
                ServerDoes::Nothing
            };
        }
        if self.resend_at.is_some_and(|at| at <= now) {
            self.interval = (self.interval * 2).min(timers.t2);
            self.resend_at = Some(now + self.interval);
            return ServerDoes::Resend;
        }
        ServerDoes::Nothing
    }

    /// Ends it without an answer.
    pub const fn over(&mut self) {
        self.state = ServerState::Over;
        self.resend_at = None;
        self.over_at = None;
    }

    const fn unless_reliable(&self, wait: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { wait }
    }

    /// Goes to a state in which it only waits for its end.
    fn rest(&mut self, state: ServerState, now: Instant, wait: Duration) {
        self.state = state;
        self.over_at = Some(now + wait);
        if wait.is_zero() {
            self.over();
        }
    }
}
