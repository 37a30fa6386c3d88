//! What a core is told once, and what it counts.

use std::net::SocketAddr;
use std::time::Duration;

use smol_str::SmolStr;

use crate::hop::{ListenerId, Transport};
use crate::transaction::Timers;

/// What all shards of a proxy share.
#[derive(Clone)]
pub struct Settings {
    /// Ours; a [`ListenerId`] is an index into it.
    pub listeners: Vec<ListenerInfo>,
    /// The value of Server in our own responses; empty for none.
    pub server: SmolStr,
    /// The estimate of a round trip (RFC 3261 §17.1.1.1). Default 500 ms.
    pub t1: Duration,
    /// The longest interval between retransmissions but for INVITE. Default 4 s.
    pub t2: Duration,
    /// How long a message may stay in the network. Default 5 s.
    pub t4: Duration,
    /// How long an INVITE may stay without any answer but 100 (§16.6 item 11): above 3 minutes. Default 190 s.
    pub timer_c: Duration,
    /// Option tags that Proxy-Require may name; others get 420. Default none.
    pub proxy_require: Vec<SmolStr>,
    /// Key of the hashes in our branches and tags: loops are recognised by it, and nobody else can make them.
    /// Random, drawn at each start.
    pub loop_key: [u8; 16],
    /// How many transactions one shard has under way. A request that would begin one more gets 503 with
    /// Retry-After, unless it belongs to a dialog or is vital; those may use an eighth more. Default 100,000.
    pub transactions_max: usize,
    /// How many finished transactions one shard remembers for retransmissions. Beyond, the oldest is forgotten
    /// before its time, and its retransmission is handled as new. Default 200,000.
    pub finished_max: usize,
    /// The seconds of Retry-After in a 503. Default 5.
    pub retry_after_s: u32,
}

impl Settings {
    pub(super) fn listener(&self, id: ListenerId) -> Option<&ListenerInfo> {
        self.listeners.get(usize::from(id.0))
    }

    pub(super) const fn timers(&self) -> Timers {
        Timers {
            t1: self.t1,
            t2: self.t2,
            t4: self.t4,
        }
    }
}

/// One of our listeners as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerInfo {
    /// How it speaks.
    pub transport: Transport,
    /// `host:port` as advertised in Via and Record-Route.
    pub sent_by: SmolStr,
    /// What it is bound to.
    pub local: SocketAddr,
}

/// What a shard has done since its start, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Now: server transactions without a final response.
    pub servers: usize,
    /// Now: client transactions without a final response.
    pub clients: usize,
    /// Now: finished transactions kept for retransmissions.
    pub finished: usize,
    /// Now: INVITEs that were forwarded or are waiting, without a final response.
    pub calls_pending: usize,
    /// New requests received, without retransmissions and ACK.
    pub requests: u64,
    /// Retransmitted requests and responses that were received and absorbed.
    pub retransmissions_received: u64,
    /// Requests and responses that were sent again by a timer.
    pub retransmissions_sent: u64,
    /// Responses sent, by class: `[0]` for 1xx to `[5]` for 6xx.
    pub responses: [u64; 6],
    /// Messages that were refused or dropped because a header that we need could not be read.
    pub malformed: u64,
    /// Requests that went in circles (482, 483).
    pub loops: u64,
    /// Requests refused with 503 because the shard was full.
    pub overloaded: u64,
    /// Finished transactions that were forgotten before their time.
    pub forgotten: u64,
    /// Client transactions that ended without an answer.
    pub timeouts: u64,
    /// Sends that could not be delivered.
    pub transport_failures: u64,
    /// Responses without a transaction: passed on or dropped.
    pub stray: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listeners: Vec::new(),
            server: SmolStr::default(),
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            timer_c: Duration::from_secs(190),
            proxy_require: Vec::new(),
            loop_key: [0; 16],
            transactions_max: 100_000,
            finished_max: 200_000,
            retry_after_s: 5,
        }
    }
}

impl std::fmt::Debug for Settings {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("listeners", &self.listeners)
            .field("transactions_max", &self.transactions_max)
            .finish_non_exhaustive()
    }
}
