//! Messages over WebSocket (RFC 7118): one message per WebSocket message, as text or binary.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::connection::{Connection, Queued};
use super::flow::PONG;
use super::{End, FAREWELL, Life, Streams, note_end};
use crate::transport::config::Limits;
use crate::transport::counters::{count, count_bytes};
use crate::transport::peek;
use crate::transport::shared::{Entry, sent};

/// A WebSocket whose raw bytes are counted.
pub(super) type Socket<S> = WebSocketStream<Watched<S>>;

/// The subprotocol (RFC 7118 §4).
const SIP: HeaderValue = HeaderValue::from_static("sip");

/// Read at once; the library's own default of 128 KiB is too much for thousands of idle browsers.
const READ: usize = 4 * 1024;

/// Messages written before they are flushed.
const BATCH: usize = 32;

/// The server's side of the handshake. A client that does not offer the subprotocol is refused with 400.
pub(super) async fn accept<S>(stream: S, limits: &Limits) -> Result<Socket<S>, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // The signature is the library's.
    #[allow(clippy::result_large_err)]
    let choose = |request: &Request, mut response: Response| {
        if !offers_sip(request.headers()) {
            let mut refusal = ErrorResponse::new(Some("the subprotocol sip is needed\n".to_owned()));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return Err(refusal);
        }
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, SIP);
        Ok(response)
    };
    let stream = Watched::new(stream);
    tokio_tungstenite::accept_hdr_async_with_config(stream, choose, Some(config(limits)))
        .await
        .map_err(|error| error.to_string())
}

/// The client's side of the handshake.
pub(super) async fn connect<S>(
    stream: S,
    host: &str,
    remote: SocketAddr,
    limits: &Limits,
) -> Result<Socket<S>, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let bracketed = match host.parse() {
        Ok(std::net::IpAddr::V6(_)) => format!("[{host}]"),
        _ => host.to_owned(),
    };
    // The scheme is of no concern here: encryption, if any, is done below.
    let request = format!("ws://{bracketed}:{}/", remote.port()).into_client_request();
    let mut request = request.map_err(|error| error.to_string())?;
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, SIP);
    let stream = Watched::new(stream);
    let connected = tokio_tungstenite::client_async_with_config(request, stream, Some(config(limits))).await;
    let (socket, response) = connected.map_err(|error| error.to_string())?;
    if !offers_sip(response.headers()) {
        return Err("the server does not speak the subprotocol sip".to_owned());
    }
    Ok(socket)
}

/// Whether a list of subprotocols has ours.
fn offers_sip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let mut names = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    names.any(|name| name.trim().eq_ignore_ascii_case("sip"))
}

fn config(limits: &Limits) -> WebSocketConfig {
    let message_max = limits.message.head_bytes + limits.message.body_bytes;
    WebSocketConfig::default()
        .read_buffer_size(READ)
        .write_buffer_size(READ)
        .max_write_buffer_size(limits.queue_bytes_max.max(2 * message_max))
        .max_message_size(Some(message_max))
        .max_frame_size(Some(message_max))
}

/// Runs until something ends it.
pub(super) async fn run<S>(streams: &Arc<Streams>, entry: &Entry, life: &mut Life, socket: Socket<S>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = Arc::clone(&life.connection);
    let seen = Arc::clone(&socket.get_ref().seen);
    let (sink, source) = socket.split();
    let mut writer = Writer {
        streams,
        connection: &connection,
        sink,
        life,
    };
    let mut stop = writer.life.stop.clone();
    let end = tokio::select! {
        end = read(streams, entry, &connection, source, &seen) => end,
        end = writer.run() => end,
        () = connection.end.notified() => End::Asked,
        _ = stop.wait_for(|stop| *stop) => End::Asked,
    };
    if end.is_graceful() {
        let _ = timeout(FAREWELL, writer.finish()).await;
    }
    note_end(streams, &connection, end);
}

/// Reads and hands over messages until the connection ends or is cut off.
async fn read<S>(
    streams: &Arc<Streams>,
    entry: &Entry,
    connection: &Arc<Connection>,
    mut source: SplitStream<Socket<S>>,
    seen: &AtomicU64,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limits = &streams.shared.limits;
    let counters = streams.shared.counters.of(connection.transport);
    let mut patience = Patience::new(connection.is_incoming, limits);
    loop {
        match timeout(patience.wait(), source.next()).await {
            Ok(Some(Ok(message))) => {
                patience.heard(seen.load(Relaxed));
                let bytes = match message {
                    Message::Text(text) => Bytes::from(text),
                    Message::Binary(bytes) => bytes,
                    Message::Close(_) => return End::Peer,
                    // Answered by the library.
                    Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                        count(&counters.keepalives);
                        continue;
                    }
                };
                count_bytes(&counters.received_bytes, bytes.len());
                take(streams, entry, connection, &bytes);
            }
            Ok(Some(Err(tungstenite::Error::Io(_)))) => return End::Broken,
            Ok(
                Some(Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed)) | None,
            ) => {
                return End::Peer;
            }
            Ok(Some(Err(_))) => return End::CutOff,
            Err(_) => {
                if let Some(end) = patience.lost(seen.load(Relaxed)) {
                    return end;
                }
            }
        }
    }
}

/// Hands a message over.
fn take(streams: &Streams, entry: &Entry, connection: &Arc<Connection>, bytes: &Bytes) {
    let shared = &streams.shared;
    if peek::is_keepalive(bytes) {
        count(&shared.counters.of(connection.transport).keepalives);
        // Browsers' libraries keep flows alive as on streams (RFC 5626 §3.5.1).
        if bytes.starts_with(b"\r\n\r\n") {
            let _ = connection.queue(None, PONG, shared.limits.queue_bytes_max);
        }
        return;
    }
    match entry.parse(shared, connection.transport, bytes) {
        Some(Ok(message)) => streams.message(entry, connection, message),
        Some(Err(malformed)) => entry.deliver(shared, connection.as_source(), Err(malformed)),
        None => {}
    }
}

/// How long to wait for the other end. The library does not say whether a message has begun, the bytes do.
struct Patience {
    message: Duration,
    idle: Duration,
    is_silent: bool,
    /// Bytes seen when the last message was whole. What came in behind it, in the same read, is overlooked: its
    /// deadline then is the next byte's.
    heard_bytes: u64,
    heard_at: Instant,
    begun: Option<Instant>,
}

impl Patience {
    fn new(is_silent: bool, limits: &Limits) -> Self {
        Self {
            message: limits.message_timeout,
            idle: limits.idle_timeout,
            is_silent,
            heard_bytes: 0,
            heard_at: Instant::now(),
            begun: None,
        }
    }

    fn wait(&self) -> Duration {
        self.message.min(self.idle)
    }

    fn heard(&mut self, seen: u64) {
        (self.is_silent, self.begun) = (false, None);
        (self.heard_bytes, self.heard_at) = (seen, Instant::now());
    }

    /// Nothing whole came for a while. Returns how that ends the connection, if it does: an unfinished message
    /// does after one to two times its time.
    fn lost(&mut self, seen: u64) -> Option<End> {
        let now = Instant::now();
        if self.is_silent {
            return Some(End::CutOff);
        }
        if seen != self.heard_bytes {
            let begun = *self.begun.get_or_insert(now);
            return (now - begun >= self.message).then_some(End::CutOff);
        }
        (now - self.heard_at >= self.idle).then_some(End::Idle)
    }
}

/// Writes what is queued.
struct Writer<'a, S> {
    streams: &'a Streams,
    connection: &'a Connection,
    sink: SplitSink<Socket<S>, Message>,
    life: &'a mut Life,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Writer<'_, S> {
    async fn run(&mut self) -> End {
        let patience = self.streams.shared.limits.write_timeout;
        loop {
            let taken = self.life.queued.recv_many(&mut self.life.unsent, BATCH).await;
            if taken == 0 {
                return End::Asked;
            }
            match timeout(patience, self.write()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return End::Broken,
                Err(_) => return End::Stuck,
            }
        }
    }

    /// Writes what is still queued, and the closing frame. A batch that was begun is not begun again: some of it
    /// may be on its way.
    async fn finish(&mut self) -> Result<(), tungstenite::Error> {
        if self.life.unsent.is_empty() {
            while let Ok(queued) = self.life.queued.try_recv() {
                self.life.unsent.push(queued);
                self.write().await?;
            }
        }
        self.sink.close().await
    }

    /// Writes the batch.
    async fn write(&mut self) -> Result<(), tungstenite::Error> {
        for Queued { bytes, .. } in &self.life.unsent {
            let message = match Utf8Bytes::try_from(bytes.clone()) {
                Ok(text) => Message::Text(text),
                Err(_) => Message::Binary(bytes.clone()),
            };
            self.sink.feed(message).await?;
        }
        self.sink.flush().await?;
        for queued in self.life.unsent.drain(..) {
            self.connection.unqueued(queued.bytes.len());
            if queued.to.is_some() {
                sent(
                    &self.streams.shared,
                    self.connection.transport,
                    queued.bytes.len(),
                );
            }
        }
        Ok(())
    }
}

/// Counts the bytes that are read, so that a slow message can be told from a silent peer.
pub(super) struct Watched<S> {
    stream: S,
    seen: Arc<AtomicU64>,
}

impl<S> Watched<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            seen: Arc::default(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let length = buffer.filled().len() - before;
        self.seen.fetch_add(length as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
