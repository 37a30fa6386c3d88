//! Where messages come in and go out: UDP, TCP, TLS and WebSocket, each with its bounds.
//!
//! [`Transports::bind`] opens the listeners, [`Transports::serve`] lets messages through to a [`Handler`],
//! [`Transports::send`] sends without ever waiting. Datagrams are read by threads of their own (`udp.rs`),
//! streams by tasks on a tokio runtime. Everything that waits has a bound in [`Limits`]; when there is too much
//! to do, established calls and emergencies go first and new requests are handed to [`Handler::overloaded`].
//!
//! What this module never does: look into a message further than its first line and To header (`peek.rs`),
//! decide where one goes, or answer one (keepalives apart).

mod config;
mod counters;
mod error;
mod peek;
mod shared;
mod stream;
mod stun;
mod tls;
mod udp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop, ListenerId, Transport};
use hotdesk_sip::message::{Malformed, Message};
pub use hotdesk_sip::proxy::ListenerInfo;
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::runtime;

pub use self::config::{Emergency, Limits, ListenConfig, OutgoingTls, TlsFiles, WORKERS};
pub use self::counters::{Counts, Snapshot, TRANSPORTS};
pub use self::error::{CertificateError, SendError, StartError};

use self::counters::{Counters, count};
use self::shared::{Entry, Shared, Socket};
use self::stream::Streams;
use self::tls::Tls;

/// Takes in what the transports bring. Called by many threads at once; must not block.
pub trait Handler: Send + Sync + 'static {
    /// A message came in, or something that can still be answered (`Malformed::request` is there). What cannot
    /// is counted and never gets here.
    fn received(&self, from: Hop, message: Result<Message, Malformed>);

    /// A new request came in while there was too much to do: to be answered 503 with Retry-After, statelessly,
    /// and at once.
    fn overloaded(&self, from: Hop, message: Message);

    /// A message that [`Transports::send`] had taken was not delivered: the connection could not be opened, or
    /// ended before. `to` is what `send` was given. It may have been delivered in part.
    fn failed(&self, to: &Hop, bytes: Bytes);

    /// A connection that messages came over, or could have, is over.
    fn closed(&self, connection: ConnectionId);

    /// Time for timers. Called at least every 20 ms while the processor is to be had, by several threads.
    fn idle(&self);
}

/// What a verified certificate of a peer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerNames {
    /// DNS names of subjectAltName.
    pub dns: Vec<SmolStr>,
    /// URIs of subjectAltName, such as `sip:example.com` (RFC 5922 §7.1).
    pub uris: Vec<SmolStr>,
}

/// The transports of an edge. Cheap to clone.
///
/// They run until [`stop`](Self::stop): dropping the handle does not end them, because their threads hold the
/// handler, and the handler usually holds them.
#[derive(Clone)]
pub struct Transports {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    streams: Arc<Streams>,
    sockets: Vec<(Socket, ListenConfig)>,
    infos: Vec<ListenerInfo>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    runtime: runtime::Handle,
}

impl Transports {
    /// Binds and serves in one go, for those who need no addresses before.
    ///
    /// # Errors
    /// As [`bind`](Self::bind) and [`serve`](Self::serve).
    pub fn start(
        listen: Vec<ListenConfig>,
        outgoing: OutgoingTls,
        limits: Limits,
        handler: Arc<dyn Handler>,
        runtime: &runtime::Handle,
    ) -> Result<Self, StartError> {
        let transports = Self::bind(listen, outgoing, limits, runtime)?;
        transports.serve(handler)?;
        Ok(transports)
    }

    /// Binds all listeners, in order: `ListenerId(n)` is the nth of them. Nothing is read yet; datagrams can
    /// be sent.
    ///
    /// # Errors
    /// Addresses that cannot be bound or need `advertise`, certificates that cannot be used.
    pub fn bind(
        listen: Vec<ListenConfig>,
        outgoing: OutgoingTls,
        limits: Limits,
        runtime: &runtime::Handle,
    ) -> Result<Self, StartError> {
        if listen.len() > usize::from(u16::MAX) {
            return Err(StartError::TooMany);
        }
        for config in &listen {
            if let Some(problem) = tls::problem(config.transport, config.tls.as_ref()) {
                let (transport, address) = (config.transport, config.address);
                return Err(StartError::Tls {
                    transport,
                    address,
                    problem,
                });
            }
        }
        let tls = Tls::read(&listen, outgoing)?;
        let (mut sockets, mut infos) = (Vec::new(), Vec::new());
        for config in listen {
            let (socket, local) = bind(&config, &limits)?;
            infos.push(ListenerInfo {
                transport: config.transport,
                sent_by: sent_by(&config, local)?,
                local,
            });
            sockets.push((socket, config));
        }
        let shared = Arc::new(Shared {
            limits,
            counters: Counters::default(),
            stopping: AtomicBool::new(false),
            late_ms: AtomicU64::new(0),
        });
        let local = infos.iter().map(|info| info.local).collect();
        Ok(Self {
            inner: Arc::new(Inner {
                streams: Streams::new(Arc::clone(&shared), tls, local, runtime),
                shared,
                sockets,
                infos,
                threads: Mutex::new(Vec::new()),
                runtime: runtime.clone(),
            }),
        })
    }

    /// Lets messages through to `handler`. To be called once.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn serve(&self, handler: Arc<dyn Handler>) -> Result<(), StartError> {
        let inner = &*self.inner;
        let entry = Entry(handler);
        inner.streams.serve(entry.clone());
        let mut has_workers = false;
        for (at, (socket, config)) in inner.sockets.iter().enumerate() {
            let listener = ListenerId(u16::try_from(at).unwrap_or(u16::MAX));
            match socket {
                Socket::Udp(socket) => {
                    has_workers = true;
                    let workers = if config.workers == 0 {
                        WORKERS
                    } else {
                        config.workers
                    };
                    for number in 0..workers {
                        let shared = Arc::clone(&inner.shared);
                        let worker = udp::Worker::new(shared, entry.clone(), listener, Arc::clone(socket));
                        inner.thread(format!("sip-udp-{at}-{number}"), move || worker.run())?;
                    }
                }
                Socket::Stream(socket) => {
                    let Some(socket) = socket.lock().take() else {
                        continue;
                    };
                    let accepting = inner
                        .streams
                        .accept(entry.clone(), listener, config.transport, socket);
                    accepting.map_err(|source| StartError::Bind {
                        transport: config.transport,
                        address: config.address,
                        source,
                    })?;
                }
            }
        }
        if !has_workers {
            // Datagram workers keep the handler's timers; without one somebody else must.
            let shared = Arc::clone(&inner.shared);
            inner.thread("sip-timer".into(), move || udp::keep_time(&shared, &entry))?;
        }
        Ok(())
    }

    /// Sends a message, or queues it for its connection, which is opened when there is none. Never waits.
    /// Failures after queueing reach [`Handler::failed`].
    ///
    /// # Errors
    /// When it was not even queued; `Handler::failed` is not called then.
    pub fn send(&self, to: &Hop, bytes: Bytes) -> Result<(), SendError> {
        let inner = &*self.inner;
        if inner.shared.stopping.load(Ordering::Relaxed) {
            return inner.note(to, Err(SendError::Stopped));
        }
        let length = bytes.len();
        let result = match (to.transport, inner.sockets.get(usize::from(to.listener.0))) {
            (Transport::Udp, Some((Socket::Udp(socket), _))) => udp::send(socket, to.remote, &bytes),
            (Transport::Udp, _) | (_, None) => Err(SendError::NoListener),
            _ => return inner.note(to, inner.streams.send(to, bytes)),
        };
        if result.is_ok() {
            shared::sent(&inner.shared, to.transport, length);
        }
        inner.note(to, result)
    }

    /// The listeners, in the order of their numbers.
    #[must_use]
    pub fn listeners(&self) -> &[ListenerInfo] {
        &self.inner.infos
    }

    /// Reads all certificate files again. Connections that are open stay as they are.
    ///
    /// # Errors
    /// When one cannot be used: then the old ones stay in use.
    pub fn reload_certificates(&self) -> Result<(), CertificateError> {
        self.inner.streams.tls.reload()
    }

    /// What connections that the edge opens as a client use; `None` where nobody is trusted to sign certificates.
    #[must_use]
    pub fn tls_client(&self) -> Option<Arc<rustls::ClientConfig>> {
        self.inner.streams.tls.client()
    }

    /// What the verified certificate of a connection's peer says; `None` when it showed none, when it was not
    /// verified, or when the connection is over.
    #[must_use]
    pub fn peer_certificate(&self, connection: ConnectionId) -> Option<PeerNames> {
        self.inner.streams.peer(connection)
    }

    /// Closes a connection once what is queued for it has been written.
    pub fn close(&self, connection: ConnectionId) {
        self.inner.streams.close(connection);
    }

    /// What went through so far.
    #[must_use]
    pub fn counters(&self) -> Snapshot {
        self.inner.shared.counters.snapshot()
    }

    /// Stops listening, closes all connections once what is queued for them is written (for a second at most),
    /// and waits for all threads and tasks. Datagram sockets stay bound, unread, until the last handle is
    /// dropped. Must not be called by the handler itself.
    pub async fn stop(&self) {
        self.inner.shared.stopping.store(true, Ordering::Release);
        self.inner.streams.stop().await;
        let threads = std::mem::take(&mut *self.inner.threads.lock());
        let joined = self.inner.runtime.spawn_blocking(move || {
            for thread in threads {
                // A worker's panics are caught inside it.
                let _ = thread.join();
            }
        });
        let _ = joined.await;
    }
}

impl Inner {
    fn thread(&self, name: String, run: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
        let thread = std::thread::Builder::new().name(name).spawn(run);
        self.threads.lock().push(thread.map_err(StartError::Thread)?);
        Ok(())
    }

    /// Counts what was not sent.
    fn note(&self, to: &Hop, result: Result<(), SendError>) -> Result<(), SendError> {
        if result.is_err() {
            count(&self.shared.counters.of(to.transport).send_failed);
        }
        result
    }
}

fn bind(config: &ListenConfig, limits: &Limits) -> Result<(Socket, SocketAddr), StartError> {
    let &ListenConfig {
        transport, address, ..
    } = config;
    let bind_error = |source| StartError::Bind {
        transport,
        address,
        source,
    };
    match transport {
        Transport::Udp => {
            let socket = udp::bind(address, limits.receive_buffer).map_err(bind_error)?;
            let local = socket.local_addr().map_err(bind_error)?;
            Ok((Socket::Udp(Arc::new(socket)), local))
        }
        _ => {
            let socket = stream::bind(address).map_err(bind_error)?;
            let local = socket.local_addr().map_err(bind_error)?;
            Ok((Socket::Stream(Mutex::new(Some(socket))), local))
        }
    }
}

/// Host and port for Via and Record-Route.
fn sent_by(config: &ListenConfig, local: SocketAddr) -> Result<SmolStr, StartError> {
    let Some(name) = &config.advertise else {
        if local.ip().is_unspecified() {
            return Err(StartError::Advertise {
                transport: config.transport,
                address: config.address,
            });
        }
        return Ok(smol_str::format_smolstr!("{local}"));
    };
    let bare_ipv6 = name.parse::<std::net::Ipv6Addr>().is_ok();
    let has_port = !bare_ipv6
        && name
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(match (bare_ipv6, has_port) {
        (true, _) => smol_str::format_smolstr!("[{name}]:{}", local.port()),
        (false, true) => SmolStr::new(name),
        (false, false) => smol_str::format_smolstr!("{name}:{}", local.port()),
    })
}
