//! The client's machines (RFC 3261 §17.1, RFC 6026 §7.2).

use std::time::{Duration, Instant};

use super::{Kind, Timers, earlier};

/// A client transaction.
///
/// ```text
/// INVITE  Calling ─1xx→ Proceeding ─2xx→ Accepted ─M→ Over        Calling ─B→ Over
///         Calling, Proceeding ─3xx..6xx→ Completed ─D→ Over
/// other   Calling ─1xx→ Proceeding ─2xx..6xx→ Completed ─K→ Over  Calling, Proceeding ─F→ Over
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    kind: Kind,
    reliable: bool,
    state: ClientState,
    /// Timers A and E.
    resend_at: Option<Instant>,
    interval: Duration,
    /// Timers B, D, F, K and M: one at a time.
    over_at: Option<Instant>,
}

/// Where a client transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientState {
    /// Not answered ("Trying" but for INVITE).
    Calling,
    /// Answered provisionally.
    Proceeding,
    /// Answered finally; an INVITE refused.
    Completed,
    /// An INVITE answered with 2xx.
    Accepted,
    /// To be forgotten.
    Over,
}

/// What a client transaction wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientDoes {
    /// Nothing.
    Nothing,
    /// Send the request again.
    Resend,
    /// Hand the response to the user of the transaction.
    Pass,
    /// Acknowledge the response, and hand it on.
    PassAndAck,
    /// Send the ACK again.
    Ack,
    /// Nobody answered; the transaction is over.
    TimedOut,
}

impl Client {
    /// For a request that is sent now.
    #[must_use]
    pub fn new(kind: Kind, reliable: bool, now: Instant, timers: &Timers) -> Self {
        Self {
            kind,
            reliable,
            state: ClientState::Calling,
            resend_at: (!reliable).then(|| now + timers.t1),
            interval: timers.t1,
            over_at: Some(now + timers.patience()),
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> ClientState {
        self.state
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// No final response came.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, ClientState::Calling | ClientState::Proceeding)
    }

    /// When [`timeout`](Self::timeout) has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        earlier(self.resend_at, self.over_at)
    }

    /// A response of this transaction came.
    pub fn response(&mut self, now: Instant, status: u16, timers: &Timers) -> ClientDoes {
        match (self.kind, self.state) {
            (Kind::Invite, ClientState::Accepted) if (200..300).contains(&status) => ClientDoes::Pass,
            (Kind::Invite, ClientState::Completed) if status >= 300 => ClientDoes::Ack,
            (_, ClientState::Accepted | ClientState::Completed | ClientState::Over) => ClientDoes::Nothing,
            (Kind::Invite, _) => self.invite_response(now, status, timers),
            (Kind::Other, _) if status < 200 => {
                if self.state == ClientState::Calling && self.resend_at.is_some() {
                    // From now on every T2 (§17.1.2.2); the retransmission that is due is not put off.
                    self.interval = timers.t2;
                }
                self.state = ClientState::Proceeding;
                ClientDoes::Pass
            }
            (Kind::Other, _) => {
                self.rest(ClientState::Completed, now, self.unless_reliable(timers.t4));
                ClientDoes::Pass
            }
        }
    }

    fn invite_response(&mut self, now: Instant, status: u16, timers: &Timers) -> ClientDoes {
        match status {
            ..200 => {
                self.state = ClientState::Proceeding;
                self.resend_at = None;
                self.over_at = None;
                ClientDoes::Pass
            }
            200..300 => {
                self.rest(ClientState::Accepted, now, timers.patience());
                ClientDoes::Pass
            }
            _ => {
                self.rest(
                    ClientState::Completed,
                    now,
                    self.unless_reliable(timers.timer_d()),
                );
                ClientDoes::PassAndAck
            }
        }
    }

    /// The time has come, perhaps.
    pub fn timeout(&mut self, now: Instant, timers: &Timers) -> ClientDoes {
        if self.over_at.is_some_and(|at| at <= now) {
            let unanswered = self.is_pending();
            self.over();
            return if unanswered {
                ClientDoes::TimedOut
            } else {
                ClientDoes::Nothing
            };
        }
        if self.resend_at.is_some_and(|at| at <= now) {
            self.interval = match (self.kind, self.state) {
                (Kind::Invite, _) => self.interval * 2,
                (Kind::Other, ClientState::Calling) => (self.interval * 2).min(timers.t2),
                (Kind::Other, _) => timers.t2,
            };
            self.resend_at = Some(now + self.interval);
            return ClientDoes::Resend;
        }
        ClientDoes::Nothing
    }

    /// Ends it: the transport failed, or nobody waits for the answer any more.
    pub const fn over(&mut self) {
        self.state = ClientState::Over;
        self.resend_at = None;
        self.over_at = None;
    }

    const fn unless_reliable(&self, wait: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { wait }
    }

    /// Goes to a state in which it only waits for its end.
    fn rest(&mut self, state: ClientState, now: Instant, wait: Duration) {
        self.state = state;
        self.resend_at = None;
        self.over_at = Some(now + wait);
        if wait.is_zero() {
            self.over();
        }
    }
}
