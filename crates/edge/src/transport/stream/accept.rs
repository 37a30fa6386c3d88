//! Connections that others open.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::table::Place;
use super::{Life, Streams, next_id, websocket};
use crate::transport::counters::count;
use crate::transport::shared::Entry;
use crate::transport::tls;

/// Connections that wait to be accepted; more are refused by the system.
const BACKLOG: i32 = 1024;

/// Pause after a failed accept: the only lasting causes are too few file descriptors or too little memory.
const PAUSE: Duration = Duration::from_millis(50);

/// Makes a listening socket.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for connections of the last life to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts until everything stops.
pub(super) async fn run(
    streams: Arc<Streams>,
    entry: Entry,
    listener: ListenerId,
    transport: Transport,
    socket: tokio::net::TcpListener,
) {
    let limits = &streams.shared.limits;
    let counters = streams.shared.counters.of(transport);
    loop {
        let (stream, remote) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%transport, %error, "accept a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let most = (limits.connections_max, limits.connections_per_source_max);
        let Some(place) = streams.census.enter(Some(remote.ip()), most.0, most.1) else {
            count(&counters.refused);
            tracing::debug!(%transport, %remote, "too many connections");
            continue;
        };
        let from = Hop::to(listener, transport, remote);
        let task = begin(Arc::clone(&streams), entry.clone(), from, stream, place);
        streams.runtime.spawn(task);
    }
}

/// Handshakes, then the connection's life.
async fn begin(streams: Arc<Streams>, entry: Entry, from: Hop, stream: TcpStream, place: Place) {
    let mut stop = streams.stop.subscribe();
    // Small messages must not wait for each other.
    let _ = stream.set_nodelay(true);
    let limits = &streams.shared.limits;
    let (connection, queued) = Connection::new(next_id(), &from, true, limits);
    let life = Life {
        connection: Arc::new(connection),
        queued,
        unsent: Vec::new(),
        stop: stop.clone(),
        _place: place,
    };
    let done = tokio::select! {
        done = timeout(limits.handshake_timeout, shake_hands(&streams, &life.connection, stream)) => done,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    let problem = match done {
        Ok(Ok(stream)) => {
            count(&streams.shared.counters.of(from.transport).accepted);
            streams.table.write().insert(&life.connection);
            return match stream {
                Accepted::Tcp(stream) => streams.run(&entry, life, stream).await,
                Accepted::Tls(stream) => streams.run(&entry, life, *stream).await,
                Accepted::Ws(stream) => streams.run_websocket(&entry, life, *stream).await,
                Accepted::Wss(stream) => streams.run_websocket(&entry, life, *stream).await,
            };
        }
        Ok(Err(problem)) => problem,
        Err(_) => "took too long".to_owned(),
    };
    count(&streams.shared.counters.of(from.transport).handshakes_failed);
    tracing::debug!(peer = %from, problem, "handshake failed");
}

type ServerTls = tokio_rustls::server::TlsStream<TcpStream>;

/// A connection that is ready for messages.
enum Accepted {
    Tcp(TcpStream),
    Tls(Box<ServerTls>),
    Ws(Box<websocket::Socket<TcpStream>>),
    Wss(Box<websocket::Socket<ServerTls>>),
}

async fn shake_hands(
    streams: &Streams,
    connection: &Connection,
    stream: TcpStream,
) -> Result<Accepted, String> {
    let limits = &streams.shared.limits;
    if !connection.transport.is_secure() {
        return Ok(match connection.transport {
            Transport::Ws => Accepted::Ws(Box::new(websocket::accept(stream, limits).await?)),
            _ => Accepted::Tcp(stream),
        });
    }
    let config = streams.tls.server(usize::from(connection.listener.0));
    let config = config.ok_or("no certificates")?;
    let accepted = TlsAcceptor::from(config).accept(stream).await;
    let stream = accepted.map_err(|error| error.to_string())?;
    connection.set_peer(tls::names(stream.get_ref().1.peer_certificates()));
    Ok(match connection.transport {
        Transport::Wss => Accepted::Wss(Box::new(websocket::accept(stream, limits).await?)),
        _ => Accepted::Tls(Box::new(stream)),
    })
}
