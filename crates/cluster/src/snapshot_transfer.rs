//! Sending and receiving snapshots: in chunks, resumed where a broken transfer stopped.
//!
//! What has come of a snapshot is kept in a file named after its last entry, its length and its checksum. A
//! transfer first asks how much of it is there; so a connection that breaks, or a node that restarts on either
//! side, costs one chunk and not the whole.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::raft_client::RaftClient;
use hotdesk_store::types::{SnapshotMeta, Vote};
use hotdesk_store::wire::{
    log_id_from, log_id_to, membership_to, stored_membership_from, vote_from, vote_to,
};
use hotdesk_store::{Incoming, SnapshotDir, SnapshotFile};
use openraft::errors::{NetworkError, StreamingError};
use openraft::raft::SnapshotResponse;
use openraft::type_config::alias::SnapshotOf;
use parking_lot::Mutex;
use tokio::time::Instant;
use tonic::{Status, Streaming};

use crate::channel::Line;
use crate::network::{not_understood, rpc_error};
use crate::types::C;

/// How much one message carries.
const CHUNK_BYTES: usize = 1 << 20;
/// A transfer in which nothing moves for so long is given up; so slow a link moves a chunk more often.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long the receiver may take for a chunk, and for checking and installing after the last one.
const INSTALL_MAX: Duration = Duration::from_secs(120);

// === Sending ===

/// Sends a snapshot, from where the receiver has it already, and waits until it is installed or refused.
pub(crate) async fn send(
    mut client: RaftClient<Line>,
    vote: Vote,
    snapshot: SnapshotOf<C, SnapshotFile>,
) -> Result<SnapshotResponse<C>, StreamingError<C>> {
    let id = id_of(&snapshot.meta, &snapshot.snapshot);
    let question = wire::SnapshotOffsetRequest { id: Some(id) };
    let asked = tokio::time::timeout(IDLE_MAX, client.snapshot_offset(question)).await;
    let offset = match asked {
        Ok(Ok(answer)) => answer.into_inner().offset,
        Ok(Err(status)) => return Err(rpc_error(&status).into()),
        Err(_) => return Err(stalled()),
    };
    tracing::info!(
        log_index = id.last_log_id.map(|id| id.index),
        length = id.length,
        offset,
        "send a snapshot"
    );

    let moved_at = Arc::new(Mutex::new(Instant::now()));
    let chunks = {
        let moved_at = Arc::clone(&moved_at);
        let first = first_chunk(&vote, id, &snapshot.meta, offset);
        futures::stream::iter(chunks(first, snapshot.snapshot, offset))
            .inspect(move |_| *moved_at.lock() = Instant::now())
    };
    let mut sent = std::pin::pin!(client.send_snapshot(chunks));
    loop {
        let give_up = *moved_at.lock() + INSTALL_MAX;
        match tokio::time::timeout_at(give_up, &mut sent).await {
            Ok(Ok(answer)) => {
                let vote = answer.into_inner().vote.as_ref().map(vote_from);
                return vote
                    .map(SnapshotResponse::new)
                    .ok_or_else(|| not_understood().into());
            }
            Ok(Err(status)) => return Err(rpc_error(&status).into()),
            Err(_) if Instant::now() >= *moved_at.lock() + INSTALL_MAX => return Err(stalled()),
            Err(_) => {}
        }
    }
}

/// What identifies the bytes of a snapshot.
pub(crate) fn id_of(meta: &SnapshotMeta, file: &SnapshotFile) -> wire::SnapshotId {
    wire::SnapshotId {
        last_log_id: meta.last_log_id.as_ref().map(log_id_to),
        length: file.length(),
        crc32: file.crc32(),
    }
}

fn first_chunk(vote: &Vote, id: wire::SnapshotId, meta: &SnapshotMeta, offset: u64) -> wire::SnapshotChunk {
    wire::SnapshotChunk {
        vote: Some(vote_to(vote)),
        id: Some(id),
        membership_log_id: meta.last_membership.log_id().as_ref().map(log_id_to),
        membership: Some(membership_to(meta.last_membership.membership())),
        offset,
        data: bytes::Bytes::new(),
    }
}

/// The announcement, then the bytes. Reads as it is asked; ends early when the file cannot be read, and the
/// receiver finds it short.
fn chunks(
    first: wire::SnapshotChunk,
    file: SnapshotFile,
    offset: u64,
) -> impl Iterator<Item = wire::SnapshotChunk> + Send {
    let rest = bytes_from(file, offset).map(|(offset, data)| wire::SnapshotChunk {
        offset,
        data,
        ..wire::SnapshotChunk::default()
    });
    std::iter::once(first).chain(rest)
}

/// The bytes of a file in chunks, each with its place.
pub(crate) fn bytes_from(
    file: SnapshotFile,
    offset: u64,
) -> impl Iterator<Item = (u64, bytes::Bytes)> + Send {
    let mut next = offset;
    std::iter::from_fn(move || {
        let data = file
            .read_at(next, CHUNK_BYTES)
            .inspect_err(|error| tracing::error!(%error, ?file, "a snapshot cannot be read"))
            .ok()
            .filter(|data| !data.is_empty())?;
        let offset = next;
        next += data.len() as u64;
        Some((offset, data))
    })
}

fn stalled() -> StreamingError<C> {
    StreamingError::Network(NetworkError::from_string("the transfer of a snapshot stalled"))
}

// === Receiving ===

/// How much of a snapshot is here already.
pub(crate) async fn offset(dir: SnapshotDir, id: wire::SnapshotId) -> Result<u64, Status> {
    Ok(open(dir, id).await?.offset())
}

/// A snapshot that has come whole, not looked into yet.
pub(crate) struct Received {
    pub(crate) vote: Vote,
    pub(crate) meta: SnapshotMeta,
    pub(crate) file: SnapshotFile,
}

/// Receives a snapshot. What has come stays when the stream breaks.
pub(crate) async fn receive(
    dir: SnapshotDir,
    mut chunks: Streaming<wire::SnapshotChunk>,
) -> Result<Received, Status> {
    let first = next(&mut chunks)
        .await?
        .ok_or_else(|| missing("the first chunk"))?;
    let vote = first
        .vote
        .as_ref()
        .map(vote_from)
        .ok_or_else(|| missing("the vote"))?;
    let id = first.id.ok_or_else(|| missing("the id"))?;
    let meta = meta_of(&id, first.membership_log_id.as_ref(), first.membership.as_ref())?;
    let mut incoming = open(dir, id).await?;
    if first.offset != incoming.offset() {
        // Two transfers at once, or the file was cleared in between: asking again sets it right.
        return Err(Status::aborted(
            "the transfer does not begin where the last one stopped",
        ));
    }
    while let Some(chunk) = next(&mut chunks).await? {
        incoming
            .write(chunk.offset, &chunk.data)
            .map_err(|error| io_status(&error))?;
    }
    let file = finish(incoming).await?;
    Ok(Received { vote, meta, file })
}

/// Checks what has come.
pub(crate) async fn finish(incoming: Incoming) -> Result<SnapshotFile, Status> {
    if !incoming.is_complete() {
        return Err(Status::aborted("the transfer ended before the snapshot did"));
    }
    incoming.finish().await.map_err(|error| io_status(&error))
}

/// What a snapshot covers, according to whoever announced it.
pub(crate) fn meta_of(
    id: &wire::SnapshotId,
    membership_log_id: Option<&wire::LogId>,
    membership: Option<&wire::Membership>,
) -> Result<SnapshotMeta, Status> {
    let last_membership = stored_membership_from(membership_log_id, membership)
        .map_err(|invalid| Status::invalid_argument(invalid.to_string()))?;
    Ok(SnapshotMeta {
        last_log_id: id.last_log_id.as_ref().map(log_id_from),
        last_membership,
    })
}

/// The part that is here; reads it once, for its checksum.
pub(crate) async fn open(dir: SnapshotDir, id: wire::SnapshotId) -> Result<Incoming, Status> {
    let last = id.last_log_id.ok_or_else(|| missing("the last entry"))?;
    let opened = tokio::task::spawn_blocking(move || dir.incoming(&last, id.length, id.crc32)).await;
    let opened = opened.map_err(|_| Status::internal("opening the snapshot panicked"))?;
    opened.map_err(|error| io_status(&error))
}

async fn next(chunks: &mut Streaming<wire::SnapshotChunk>) -> Result<Option<wire::SnapshotChunk>, Status> {
    match tokio::time::timeout(IDLE_MAX, chunks.message()).await {
        Ok(chunk) => chunk,
        Err(_) => Err(Status::deadline_exceeded("the transfer of a snapshot stalled")),
    }
}

fn missing(what: &str) -> Status {
    Status::invalid_argument(format!("a snapshot came without {what}"))
}

pub(crate) fn io_status(error: &std::io::Error) -> Status {
    match error.kind() {
        std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
            Status::aborted(error.to_string())
        }
        _ => Status::unavailable(format!("keep the snapshot: {error}")),
    }
}
