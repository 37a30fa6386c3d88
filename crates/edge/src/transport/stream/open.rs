//! Connections that we open.

use std::net::SocketAddr;
use std::sync::Arc;

use hotdesk_sip::hop::Transport;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::connection::{Connection, Queued};
use super::table::Place;
use super::{Life, Streams, websocket};
use crate::transport::counters::count;
use crate::transport::shared::Entry;
use crate::transport::tls;

/// Opens a connection that is in the table already, then lives its life.
pub(super) async fn run(
    streams: Arc<Streams>,
    entry: Entry,
    connection: Arc<Connection>,
    queued: mpsc::Receiver<Queued>,
    place: Place,
) {
    let mut stop = streams.stop.subscribe();
    let life = Life {
        connection,
        queued,
        unsent: Vec::new(),
        stop: stop.clone(),
        _place: place,
    };
    let limits = &streams.shared.limits;
    let counters = streams.shared.counters.of(life.connection.transport);
    let opened = tokio::select! {
        opened = timeout(limits.connect_timeout, open(&streams, &life.connection)) => opened,
        _ = stop.wait_for(|stop| *stop) => Ok(Err("stopped".to_owned())),
    };
    let problem = match opened {
        Ok(Ok(stream)) => {
            count(&counters.opened);
            return match stream {
                Opened::Tcp(stream) => streams.run(&entry, life, stream).await,
                Opened::Tls(stream) => streams.run(&entry, life, *stream).await,
                Opened::Ws(stream) => streams.run_websocket(&entry, life, *stream).await,
                Opened::Wss(stream) => streams.run_websocket(&entry, life, *stream).await,
            };
        }
        Ok(Err(problem)) => problem,
        Err(_) => "took too long".to_owned(),
    };
    count(&counters.open_failed);
    tracing::debug!(peer = %life.connection.as_source(), problem, "connection not opened");
    streams.over(&entry, life, false);
}

type ClientTls = tokio_rustls::client::TlsStream<TcpStream>;

/// A connection that is ready for messages.
enum Opened {
    Tcp(TcpStream),
    Tls(Box<ClientTls>),
    Ws(Box<websocket::Socket<TcpStream>>),
    Wss(Box<websocket::Socket<ClientTls>>),
}

async fn open(streams: &Streams, connection: &Connection) -> Result<Opened, String> {
    let limits = &streams.shared.limits;
    let local = streams.local.get(usize::from(connection.listener.0)).copied();
    let stream = connect(connection.remote, local).await;
    let stream = stream.map_err(|error| error.to_string())?;
    // Small messages must not wait for each other.
    let _ = stream.set_nodelay(true);
    let host = match connection.server_name() {
        Some(name) => name.to_owned(),
        None => connection.remote.ip().to_string(),
    };
    if !connection.transport.is_secure() {
        return Ok(match connection.transport {
            Transport::Ws => Opened::Ws(Box::new(
                websocket::connect(stream, &host, connection.remote, limits).await?,
            )),
            _ => Opened::Tcp(stream),
        });
    }
    let config = streams.tls.client().ok_or("no CA")?;
    let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
    let connected = TlsConnector::from(config).connect(name, stream).await;
    let stream = connected.map_err(|error| error.to_string())?;
    connection.set_peer(tls::names(stream.get_ref().1.peer_certificates()));
    Ok(match connection.transport {
        Transport::Wss => Opened::Wss(Box::new(
            websocket::connect(stream, &host, connection.remote, limits).await?,
        )),
        _ => Opened::Tls(Box::new(stream)),
    })
}

/// Connects from the listener's address when it has one: hosts with several must not appear under another.
async fn connect(remote: SocketAddr, local: Option<SocketAddr>) -> std::io::Result<TcpStream> {
    let socket = if remote.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    let local = local.filter(|local| local.is_ipv4() == remote.is_ipv4() && !local.ip().is_unspecified());
    if let Some(mut local) = local {
        local.set_port(0);
        socket.bind(local)?;
    }
    socket.connect(remote).await
}
