//! Transactions (RFC 3261 §17, with the Accepted states of RFC 6026), without sockets or clocks.
//!
//! [`Client`] and [`Server`] are the four state machines: small values that say what is to be done and when they
//! want to be asked again. They hold no messages and no addresses; whoever owns them does, and is
//! [`proxy::Core`](crate::proxy::Core).

use std::time::{Duration, Instant};

mod client;
mod key;
mod queue;
mod server;
mod slab;
pub(crate) mod wire;

pub use self::client::{Client, ClientDoes, ClientState};
pub use self::server::{Server, ServerDoes, ServerState};

pub(crate) use self::key::{IdentityHash, Key, Keyed, server_key};
pub(crate) use self::queue::Queue;
pub(crate) use self::slab::{Id, Slab};

/// INVITE has machines of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// INVITE, with its ACK.
    Invite,
    /// Any other but ACK.
    Other,
}

/// The values that all timers derive from (RFC 3261 §17.1.1.1 and its table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// The estimate of a round trip.
    pub t1: Duration,
    /// The longest interval between retransmissions but for INVITE requests.
    pub t2: Duration,
    /// How long a message may stay in the network.
    pub t4: Duration,
}

impl Timers {
    /// 64·T1: B, F, H, J, L, M. How long the other end may still retransmit.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.t1 * 64
    }

    /// D: how long a client still acknowledges retransmissions of a refusal; at least 32 s, whatever T1 is.
    #[must_use]
    pub fn timer_d(&self) -> Duration {
        self.patience().max(Duration::from_secs(32))
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

/// The earlier of two instants that may not be set.
pub(crate) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
