//! What went through, counted per transport.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hotdesk_sip::hop::Transport;

/// All transports, in the order of `index`.
pub const TRANSPORTS: [Transport; 5] = [
    Transport::Udp,
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The live counters of one transport.
        #[derive(Debug, Default)]
        pub(super) struct Live {
            $(pub(super) $name: AtomicU64,)+
        }

        /// What one transport has done since it was started.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl Live {
            fn counts(&self) -> Counts {
                Counts { $($name: self.$name.load(Relaxed),)+ }
            }
        }

        impl Counts {
            /// Name and value of each counter, for metrics. All but `connections` only grow.
            #[must_use]
            pub fn fields(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }
        }
    };
}

counters! {
    /// Messages that were given to the handler, malformed ones included.
    received,
    /// Their bytes, and those of keepalives.
    received_bytes,
    /// Messages handed to the system.
    sent,
    /// Their bytes.
    sent_bytes,
    /// Messages that are no SIP but can be answered.
    malformed,
    /// Messages that are no SIP and cannot be answered.
    malformed_dropped,
    /// New requests that came in too fast and were given to `overloaded`.
    overloaded,
    /// CRLF, STUN and other keepalives.
    keepalives,
    /// Messages that could not be sent, or not queued.
    send_failed,
    /// Connections that are open now, both directions.
    connections,
    /// Connections that others opened.
    accepted,
    /// Connections that we opened.
    opened,
    /// Connections that we could not open.
    open_failed,
    /// Connections that were closed at once: too many of them.
    refused,
    /// Connections cut off: a handshake that failed or took too long.
    handshakes_failed,
    /// Connections cut off: an unfinished message, a reader that does not read, framing that cannot be mended.
    cut_off,
    /// Handlers that panicked. Each is a bug.
    panics,
}

/// Live counters of all transports.
#[derive(Debug, Default)]
pub(super) struct Counters([Live; TRANSPORTS.len()]);

impl Counters {
    pub(super) const fn of(&self, transport: Transport) -> &Live {
        &self.0[index(transport)]
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot(std::array::from_fn(|at| self.0[at].counts()))
    }
}

/// The counters of all transports at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot([Counts; TRANSPORTS.len()]);

impl Snapshot {
    /// One transport's.
    #[must_use]
    pub const fn of(&self, transport: Transport) -> &Counts {
        &self.0[index(transport)]
    }

    /// Each transport with its counters.
    pub fn iter(&self) -> impl Iterator<Item = (Transport, &Counts)> {
        TRANSPORTS.into_iter().zip(&self.0)
    }
}

const fn index(transport: Transport) -> usize {
    match transport {
        Transport::Udp => 0,
        Transport::Tcp => 1,
        Transport::Tls => 2,
        Transport::Ws => 3,
        Transport::Wss => 4,
    }
}

/// Adds one.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// Adds a length.
pub(super) fn count_bytes(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(bytes as u64, Relaxed);
}
