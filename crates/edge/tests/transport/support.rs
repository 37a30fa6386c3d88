//! A handler that remembers, and what is needed to talk to it.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_edge::transport::{Handler, Limits, ListenConfig, OutgoingTls, Transports};
use hotdesk_sip::hop::{ConnectionId, Hop, Transport};
use hotdesk_sip::message::{Malformed, Message};

/// How long a test waits for what must come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// What a handler was told.
#[derive(Debug)]
pub(crate) enum Told {
    Received(Hop, Result<Message, Malformed>),
    Overloaded(Hop, Message),
    Failed(Hop, Bytes),
    Closed(ConnectionId),
}

/// Runs before each `received`; to hold a worker up.
type Before = Box<dyn Fn(&Message) + Send + Sync>;

struct Recorder {
    told: Mutex<Sender<Told>>,
    before: Before,
    idles: Mutex<Sender<Instant>>,
}

impl Recorder {
    fn tell(&self, told: Told) {
        // The test may be over.
        let _ = self.told.lock().unwrap().send(told);
    }
}

impl Handler for Recorder {
    fn received(&self, from: Hop, message: Result<Message, Malformed>) {
        if let Ok(message) = &message {
            (self.before)(message);
        }
        self.tell(Told::Received(from, message));
    }

    fn overloaded(&self, from: Hop, message: Message) {
        self.tell(Told::Overloaded(from, message));
    }

    fn failed(&self, to: &Hop, bytes: Bytes) {
        self.tell(Told::Failed(to.clone(), bytes));
    }

    fn closed(&self, connection: ConnectionId) {
        self.tell(Told::Closed(connection));
    }

    fn idle(&self) {
        let _ = self.idles.lock().unwrap().send(Instant::now());
    }
}

/// Transports and what their handler was told.
pub(crate) struct Edge {
    pub(crate) transports: Transports,
    told: Receiver<Told>,
    pub(crate) idles: Receiver<Instant>,
}

/// What a test may set.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) outgoing: OutgoingTls,
    pub(crate) limits: Limits,
    pub(crate) before: Option<Before>,
}

impl Setup {
    pub(crate) fn start(self, listen: Vec<ListenConfig>) -> Edge {
        let (told, was_told) = channel();
        let (idle, idles) = channel();
        let recorder = Recorder {
            told: Mutex::new(told),
            before: self.before.unwrap_or_else(|| Box::new(|_| {})),
            idles: Mutex::new(idle),
        };
        let runtime = tokio::runtime::Handle::current();
        let transports =
            Transports::start(listen, self.outgoing, self.limits, Arc::new(recorder), &runtime).unwrap();
        Edge {
            transports,
            told: was_told,
            idles,
        }
    }
}

impl Edge {
    /// An edge with one listener on IPv4 loopback.
    pub(crate) fn on(transport: Transport) -> Self {
        Setup::default().start(vec![listen(transport, "127.0.0.1:0")])
    }

    /// Where the nth listener is.
    pub(crate) fn address(&self, listener: usize) -> SocketAddr {
        self.transports.listeners()[listener].local
    }

    /// The next thing the handler is told.
    pub(crate) fn next(&self) -> Told {
        self.told
            .recv_timeout(DEADLINE)
            .expect("the handler is told something")
    }

    /// The next thing, when it comes within `wait`.
    pub(crate) fn next_within(&self, wait: Duration) -> Option<Told> {
        match self.told.recv_timeout(wait) {
            Ok(told) => Some(told),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the handler is gone"),
        }
    }

    /// The next message; panics when the handler is told anything else.
    pub(crate) fn message(&self) -> (Hop, Message) {
        match self.next() {
            Told::Received(from, Ok(message)) => (from, message),
            other => panic!("a message was expected: {other:?}"),
        }
    }
}

pub(crate) fn listen(transport: Transport, address: &str) -> ListenConfig {
    ListenConfig::new(transport, address.parse().unwrap())
}

/// An OPTIONS request with this Call-ID.
pub(crate) fn options(call_id: &str) -> Bytes {
    request("OPTIONS", call_id, "")
}

/// A request; `to_tag` ";tag=x" or empty.
pub(crate) fn request(method: &str, call_id: &str, to_tag: &str) -> Bytes {
    Bytes::from(format!(
        "{method} sip:2041@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{call_id}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:2041@example.com>{to_tag}\r\n\
         Call-ID: {call_id}\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    ))
}

pub(crate) fn call_id(message: &Message) -> String {
    let value = message.text(&hotdesk_sip::message::Name::CallId);
    value.map(|value| value.into_owned()).unwrap_or_default()
}

/// Waits until `is_so` is.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain: {what}");
        std::thread::yield_now();
    }
}
