//! Backup: the whole state as a file, in chunks.

use futures::stream;
use hotdesk_cluster::Backup;
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use tonic::Status;

use super::sessions::Answers;
use super::{Error, Shared};

/// How much of the file one message carries.
const CHUNK_BYTES: usize = 256 << 10;

/// Writes the state of now aside and sends it as fast as the caller reads.
pub(super) async fn backup(shared: &Shared) -> Result<Answers<v1::BackupResponse>, Error> {
    let backup = shared.cluster.backup().await?;
    tracing::info!(log_index = backup.index, bytes = backup.file.length(), "backup");
    let chunks = stream::iter(Chunks {
        backup,
        offset: 0,
        ended: false,
    });
    Ok(Box::pin(chunks))
}

/// The messages: chunks, of which the last says so.
struct Chunks {
    backup: Backup,
    offset: u64,
    ended: bool,
}

impl Iterator for Chunks {
    type Item = Result<v1::BackupResponse, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let Backup { file, index } = &self.backup;
        let chunk = match file.read_at(self.offset, CHUNK_BYTES) {
            Ok(chunk) => chunk,
            Err(error) => {
                self.ended = true;
                tracing::error!(%error, "a backup cannot be read back");
                let why = format!("the node cannot read the backup back: {error}");
                return Some(Err(Failure::Precondition { why }.into()));
            }
        };
        self.offset += chunk.len() as u64;
        self.ended = self.offset >= file.length();
        let of_last = |number: u64| if self.ended { number } else { 0 };
        Some(Ok(v1::BackupResponse {
            chunk: chunk.into(),
            index: of_last(*index),
            crc32: if self.ended { file.crc32() } else { 0 },
            last: self.ended,
        }))
    }
}
