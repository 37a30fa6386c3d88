//! Streams: TCP, TLS, and WebSocket over either.
//!
//! Each connection is one task that reads and writes at the same time. Senders only put messages into its queue,
//! which is bounded. A connection that does not exist yet is entered into the table with its queue before it is
//! opened, so that many senders open one connection, and what they queued is reported when it cannot be opened.

mod accept;
mod connection;
mod flow;
mod open;
mod table;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop, ListenerId, Transport};
use hotdesk_sip::message::Message;
use parking_lot::{Mutex, RwLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime;
use tokio::sync::{mpsc, watch};

use super::PeerNames;
use super::counters::count;
use super::error::SendError;
use super::peek;
use super::shared::{Entry, Shared};
use super::tls::Tls;

use self::connection::{Connection, NotQueued, Queued};
use self::table::{Census, Place, Table};

pub(super) use self::accept::bind;

/// All connections.
pub(super) struct Streams {
    pub(super) shared: Arc<Shared>,
    pub(super) tls: Tls,
    /// Where the listeners are bound: connections leave from the same address.
    local: Vec<SocketAddr>,
    table: RwLock<Table>,
    census: Arc<Census>,
    /// Who gets the messages; `None` before `serve` and after `stop`.
    entry: Mutex<Option<Entry>>,
    stop: watch::Sender<bool>,
    runtime: runtime::Handle,
}

/// How long a connection may take to write what is queued when everything stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long stopping waits for tasks that do not end.
const STOP_MAX: Duration = Duration::from_secs(5);

impl Streams {
    pub(super) fn new(
        shared: Arc<Shared>,
        tls: Tls,
        local: Vec<SocketAddr>,
        runtime: &runtime::Handle,
    ) -> Arc<Self> {
        Arc::new(Self {
            shared,
            tls,
            local,
            table: RwLock::default(),
            census: Arc::default(),
            entry: Mutex::default(),
            stop: watch::Sender::new(false),
            runtime: runtime.clone(),
        })
    }

    /// Lets connections be opened, and starts the watches over time and certificates.
    pub(super) fn serve(self: &Arc<Self>, entry: Entry) {
        *self.entry.lock() = Some(entry);
        self.spawn(Self::watch_lateness(Arc::clone(&self.shared)));
        if self.tls.has_files() {
            self.spawn(Arc::clone(self).watch_certificates());
        }
    }

    /// Accepts connections of one listener.
    pub(super) fn accept(
        self: &Arc<Self>,
        entry: Entry,
        listener: ListenerId,
        transport: Transport,
        socket: std::net::TcpListener,
    ) -> std::io::Result<()> {
        let _context = self.runtime.enter();
        let socket = tokio::net::TcpListener::from_std(socket)?;
        self.spawn(accept::run(Arc::clone(self), entry, listener, transport, socket));
        Ok(())
    }

    /// Runs a task until it ends or everything stops.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut stop = self.stop.subscribe();
        self.runtime.spawn(async move {
            tokio::select! {
                () = task => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }

    /// Queues a message for its connection, which is opened when there is none.
    pub(super) fn send(self: &Arc<Self>, to: &Hop, bytes: Bytes) -> Result<(), SendError> {
        let queue_max = self.shared.limits.queue_bytes_max;
        if bytes.len() > queue_max {
            return Err(SendError::TooLarge);
        }
        let found = self.table.read().find(to).cloned();
        if let Some(connection) = found {
            match connection.queue(Some(to), bytes.clone(), queue_max) {
                Ok(()) => return Ok(()),
                Err(NotQueued::Full) => return Err(SendError::Busy),
                Err(NotQueued::Over) => {}
            }
        }
        // RFC 7118 §5: only the client can open it, and its port says nothing about where it listens.
        if to.connection.is_some() && matches!(to.transport, Transport::Ws | Transport::Wss) {
            return Err(SendError::Closed);
        }
        self.open(to, bytes)
    }

    fn open(self: &Arc<Self>, to: &Hop, bytes: Bytes) -> Result<(), SendError> {
        let limits = &self.shared.limits;
        let Some(entry) = self.entry.lock().clone() else {
            return Err(SendError::Stopped);
        };
        if to.transport.is_secure() && self.tls.client().is_none() {
            return Err(SendError::NoTls);
        }
        let mut table = self.table.write();
        // Someone else may have been quicker.
        let (connection, start) = match table.find(to) {
            Some(connection) => (Arc::clone(connection), None),
            None => {
                let place = self.census.enter(None, limits.connections_max, 0);
                let place = place.ok_or(SendError::Busy)?;
                let (connection, queued) = Connection::new(next_id(), to, false, limits);
                let connection = Arc::new(connection);
                table.insert(&connection);
                (Arc::clone(&connection), Some((queued, place)))
            }
        };
        drop(table);
        let queued = connection.queue(Some(to), bytes, limits.queue_bytes_max);
        if let Some((queue, place)) = start {
            self.runtime
                .spawn(open::run(Arc::clone(self), entry, connection, queue, place));
        }
        queued.map_err(|error| match error {
            NotQueued::Full => SendError::Busy,
            NotQueued::Over => SendError::Closed,
        })
    }

    /// Asks a connection to end.
    pub(super) fn close(&self, id: ConnectionId) {
        if let Some(connection) = self.table.read().get(id) {
            connection.end.notify_one();
        }
    }

    pub(super) fn peer(&self, id: ConnectionId) -> Option<PeerNames> {
        self.table.read().get(id)?.peer().cloned()
    }

    /// Ends all tasks and waits for them.
    pub(super) async fn stop(&self) {
        *self.entry.lock() = None;
        self.stop.send_replace(true);
        if tokio::time::timeout(STOP_MAX, self.stop.closed()).await.is_err() {
            tracing::warn!("a connection did not end in time");
        }
    }

    /// A connection's life after its handshakes: messages both ways until something ends it.
    async fn run<S>(self: &Arc<Self>, entry: &Entry, mut life: Life, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let counters = self.shared.counters.of(life.connection.transport);
        counters.connections.fetch_add(1, Relaxed);
        flow::run(self, entry, &mut life, stream).await;
        counters.connections.fetch_sub(1, Relaxed);
        self.over(entry, life, true);
    }

    /// As [`run`](Self::run), after the WebSocket handshake.
    async fn run_websocket<S>(self: &Arc<Self>, entry: &Entry, mut life: Life, socket: websocket::Socket<S>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let counters = self.shared.counters.of(life.connection.transport);
        counters.connections.fetch_add(1, Relaxed);
        websocket::run(self, entry, &mut life, socket).await;
        counters.connections.fetch_sub(1, Relaxed);
        self.over(entry, life, true);
    }

    /// Gives a message to the handler, or has it refused when it is new and too much is to do.
    fn message(&self, entry: &Entry, connection: &Arc<Connection>, message: Message) {
        if let Some(address) = connection.ask_alias(&message) {
            self.table.write().alias(connection, address);
        }
        let limits = &self.shared.limits;
        let is_late = u128::from(self.shared.late_ms.load(Relaxed)) > limits.waited_max.as_millis();
        if is_late && peek::classify_message(&message, &limits.emergency) == peek::Class::New {
            entry.deliver_overloaded(&self.shared, connection.as_source(), message);
        } else {
            entry.deliver(&self.shared, connection.as_source(), Ok(message));
        }
    }

    /// A connection is over: nothing finds it any more, and what it could not send is reported.
    fn over(&self, entry: &Entry, mut life: Life, was_open: bool) {
        let connection = &life.connection;
        self.table.write().remove(connection);
        life.queued.close();
        while let Ok(queued) = life.queued.try_recv() {
            life.unsent.push(queued);
        }
        for queued in life.unsent {
            if let Some(to) = queued.to {
                entry.failed(&self.shared, &to, queued.bytes);
            }
        }
        if was_open {
            entry.closed(&self.shared, connection.transport, connection.id);
        }
    }

    /// Measures how late the runtime's timers fire: when it is, all its threads are busy, and connections have
    /// been waiting for as long.
    async fn watch_lateness(shared: Arc<Shared>) {
        loop {
            let due = tokio::time::Instant::now() + LATENESS_EVERY;
            tokio::time::sleep_until(due).await;
            let late = u64::try_from(due.elapsed().as_millis()).unwrap_or(u64::MAX);
            shared.late_ms.store(late, Relaxed);
        }
    }

    async fn watch_certificates(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.shared.limits.certificates_every).await;
            let streams = Arc::clone(&self);
            // Files may be on a slow disk.
            let _ = tokio::task::spawn_blocking(move || streams.tls.reload_when_changed()).await;
        }
    }
}

/// How often lateness is measured.
const LATENESS_EVERY: Duration = Duration::from_millis(20);

/// What a connection's task owns.
struct Life {
    connection: Arc<Connection>,
    queued: mpsc::Receiver<Queued>,
    /// Taken from the queue, and not known to be written.
    unsent: Vec<Queued>,
    stop: watch::Receiver<bool>,
    /// Held for its drop.
    _place: Place,
}

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The other end closed it.
    Peer,
    /// Reading or writing failed.
    Broken,
    /// It takes nothing any more.
    Stuck,
    /// We cut it off: the other end is too slow, or speaks something else.
    CutOff,
    /// Nothing came in for long.
    Idle,
    /// It was asked to, or everything stops.
    Asked,
}

impl End {
    /// Whether what is queued may still be written.
    const fn is_graceful(self) -> bool {
        !matches!(self, Self::Broken | Self::Stuck)
    }
}

/// A number that no connection of this or an earlier life of the program has: hops are kept in files. It begins
/// with the time, in seconds, at the first connection.
fn next_id() -> ConnectionId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if NEXT.load(Relaxed) == 0 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let first = now.as_secs() << 32 | 1;
        // Whoever comes second finds it done.
        let _ = NEXT.compare_exchange(0, first, Relaxed, Relaxed);
    }
    ConnectionId(NEXT.fetch_add(1, Relaxed))
}

/// Counts a connection that was cut off.
fn note_end(streams: &Streams, connection: &Connection, end: End) {
    if matches!(end, End::CutOff | End::Stuck) {
        count(&streams.shared.counters.of(connection.transport).cut_off);
    }
    tracing::debug!(peer = %connection.as_source(), ?end, "connection over");
}
