//! Messages over a byte stream: TCP and TLS.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use hotdesk_sip::message::stream::{Frame, Framer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::connection::{Connection, Queued};
use super::{End, FAREWELL, Life, Streams, note_end};
use crate::transport::counters::{count, count_bytes};
use crate::transport::shared::{Entry, sent};

/// Read at once. Messages are a quarter of it; larger ones take several reads.
const READ: usize = 4 * 1024;

/// Messages written at once.
const BATCH: usize = 32;

/// Runs until something ends it.
pub(super) async fn run<S>(streams: &Arc<Streams>, entry: &Entry, life: &mut Life, stream: S)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (reader, half) = tokio::io::split(stream);
    let connection = Arc::clone(&life.connection);
    let mut writer = Writer {
        streams,
        connection: &connection,
        half,
        pending: Bytes::new(),
        life,
    };
    let mut stop = writer.life.stop.clone();
    // Reading and writing go on side by side: two ends that both only write would wait for each other for ever.
    let end = tokio::select! {
        end = read(streams, entry, &connection, reader) => end,
        end = writer.run() => end,
        () = connection.end.notified() => End::Asked,
        _ = stop.wait_for(|stop| *stop) => End::Asked,
    };
    if end.is_graceful() {
        // An answer to what was cut off may be on its way.
        let _ = timeout(FAREWELL, writer.finish()).await;
    }
    note_end(streams, &connection, end);
}

/// Reads and hands over messages until the stream ends or is cut off.
async fn read(
    streams: &Arc<Streams>,
    entry: &Entry,
    connection: &Arc<Connection>,
    mut reader: impl AsyncRead + Unpin,
) -> End {
    let limits = &streams.shared.limits;
    let counters = streams.shared.counters.of(connection.transport);
    let mut framer = Framer::new();
    let mut buffer = BytesMut::with_capacity(READ);
    // Who connects has something to say.
    let mut is_silent = connection.is_incoming;
    let first = if is_silent {
        limits.message_timeout
    } else {
        limits.idle_timeout
    };
    let mut deadline = Instant::now() + first;
    loop {
        buffer.clear();
        match timeout_at(deadline, reader.read_buf(&mut buffer)).await {
            Ok(Ok(0)) => return End::Peer,
            Ok(Ok(length)) => count_bytes(&counters.received_bytes, length),
            Ok(Err(_)) => return End::Broken,
            Err(_) if framer.is_between_messages() && !is_silent => return End::Idle,
            Err(_) => return End::CutOff,
        }
        is_silent = false;
        let was_between = framer.is_between_messages();
        framer.push(&buffer);
        let mut whole = false;
        while let Some(frame) = framer.next(&limits.message) {
            whole = true;
            if !take(streams, entry, connection, frame) {
                return End::CutOff;
            }
        }
        if framer.is_between_messages() {
            deadline = Instant::now() + limits.idle_timeout;
        } else if was_between || whole {
            // A message has begun. Its other bytes do not move the deadline: it is one for the whole of it.
            deadline = Instant::now() + limits.message_timeout;
        }
    }
}

/// Hands a frame over. Returns whether the stream can be read on.
fn take(streams: &Streams, entry: &Entry, connection: &Arc<Connection>, frame: Frame) -> bool {
    let shared = &streams.shared;
    match frame {
        Frame::Message(message) => streams.message(entry, connection, message),
        Frame::Malformed { malformed, close } => {
            entry.deliver(shared, connection.as_source(), Err(malformed));
            return !close;
        }
        Frame::Ping => {
            count(&shared.counters.of(connection.transport).keepalives);
            // When the queue is full there is enough else to keep the flow alive.
            let _ = connection.queue(None, PONG, shared.limits.queue_bytes_max);
        }
        Frame::Pong => count(&shared.counters.of(connection.transport).keepalives),
    }
    true
}

/// RFC 5626 §3.5.1.
pub(super) const PONG: Bytes = Bytes::from_static(b"\r\n");

/// Writes what is queued. What it was writing when it is dropped stays in `life.unsent`.
struct Writer<'a, W> {
    streams: &'a Streams,
    connection: &'a Connection,
    half: W,
    /// What is left of the batch in `life.unsent`.
    pending: Bytes,
    life: &'a mut Life,
}

impl<W: AsyncWrite + Unpin> Writer<'_, W> {
    /// Writes until writing fails.
    async fn run(&mut self) -> End {
        loop {
            let taken = self.life.queued.recv_many(&mut self.life.unsent, BATCH).await;
            if taken == 0 {
                return End::Asked;
            }
            self.pending = join(&self.life.unsent);
            if let Err(end) = self.write().await {
                return end;
            }
        }
    }

    /// Writes the rest of the batch that was begun, what is still queued, and the end.
    async fn finish(&mut self) -> Result<(), End> {
        self.write().await?;
        while let Ok(queued) = self.life.queued.try_recv() {
            self.pending = queued.bytes.clone();
            self.life.unsent.push(queued);
            self.write().await?;
        }
        self.half.shutdown().await.map_err(|_| End::Broken)
    }

    /// Writes `pending`; can be dropped at any point and called again.
    async fn write(&mut self) -> Result<(), End> {
        let patience = self.streams.shared.limits.write_timeout;
        while self.pending.has_remaining() {
            match timeout(patience, self.half.write_buf(&mut self.pending)).await {
                Ok(Ok(0) | Err(_)) => return Err(End::Broken),
                Ok(Ok(_)) => self.forget_written(),
                Err(_) => return Err(End::Stuck),
            }
        }
        match timeout(patience, self.half.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Broken),
            Err(_) => Err(End::Stuck),
        }
    }

    /// Drops the messages of the batch that have been written to their last byte.
    fn forget_written(&mut self) {
        let batch: usize = self.life.unsent.iter().map(|queued| queued.bytes.len()).sum();
        let (mut left, pending) = (batch, self.pending.len());
        // Messages are written in their order: those at the end are the ones that are left.
        let done = self.life.unsent.iter().take_while(|queued| {
            left -= queued.bytes.len();
            left >= pending
        });
        let done = done.count();
        for queued in self.life.unsent.drain(..done) {
            self.connection.unqueued(queued.bytes.len());
            if queued.to.is_some() {
                sent(
                    &self.streams.shared,
                    self.connection.transport,
                    queued.bytes.len(),
                );
            }
        }
    }
}

/// The batch in one piece, so that many small messages cost one system call, and one TLS record.
fn join(batch: &[Queued]) -> Bytes {
    if let [one] = batch {
        return one.bytes.clone();
    }
    let mut joined = BytesMut::with_capacity(batch.iter().map(|queued| queued.bytes.len()).sum());
    for queued in batch {
        joined.extend_from_slice(&queued.bytes);
    }
    joined.freeze()
}
