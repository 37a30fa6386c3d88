//! Backup: the whole state as a file, chunk by chunk, checked on the way.

use std::time::Duration;

use tokio::time::timeout;
use tonic::Streaming;

use hotdesk_proto::v1;

use super::admin::admin;
use crate::call::call;
use crate::call::judge::Kind;
use crate::client::Client;
use crate::error::Error;

/// How long the node may say nothing before the backup is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A backup being received. Take chunks until there are none; only then is the file complete and checked.
pub struct Backup {
    chunks: Streaming<v1::BackupResponse>,
    crc32: crc32fast::Hasher,
    bytes: u64,
    summary: Option<BackupSummary>,
}

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// The log index of the state.
    pub index: u64,
    /// The size in bytes.
    pub bytes: u64,
    /// The CRC-32 of all bytes, computed here and the same as the node's.
    pub crc32: u32,
}

/// Backup.
impl Client {
    /// Begins a backup of the whole state at one node.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn backup(&self) -> Result<Backup, Error> {
        let message = v1::BackupRequest {};
        let chunks = call(
            self,
            Kind::Repeatable,
            "backup",
            message,
            |channel, mut request| async move {
                // A large backup takes longer than any deadline for its beginning.
                request.metadata_mut().remove("grpc-timeout");
                admin(channel).backup(request).await
            },
        );
        Ok(Backup {
            chunks: chunks.await?,
            crc32: crc32fast::Hasher::new(),
            bytes: 0,
            summary: None,
        })
    }
}

impl Backup {
    /// The next bytes; `None` when the backup is complete and its checksum is right.
    ///
    /// # Errors
    /// [`Error::Incomplete`]: the node ended early or fell silent, or the checksum is wrong. What was received
    /// must be thrown away.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.summary.is_some() {
            return Ok(None);
        }
        let message = match timeout(SILENCE_MAX, self.chunks.message()).await {
            Ok(Ok(Some(message))) => message,
            Ok(Ok(None)) => return Err(incomplete("the node ended it early".into())),
            Ok(Err(status)) => return Err(incomplete(status.message().into())),
            Err(_elapsed) => {
                return Err(incomplete(format!(
                    "nothing came for {} s",
                    SILENCE_MAX.as_secs()
                )));
            }
        };
        self.crc32.update(&message.chunk);
        self.bytes += message.chunk.len() as u64;
        if message.last {
            self.summary = Some(self.check(&message)?);
        }
        if message.chunk.is_empty() && message.last {
            return Ok(None);
        }
        Ok(Some(message.chunk))
    }

    /// What was received, once [`next_chunk`](Self::next_chunk) has given `None`.
    #[must_use]
    pub const fn summary(&self) -> Option<BackupSummary> {
        self.summary
    }

    fn check(&self, last: &v1::BackupResponse) -> Result<BackupSummary, Error> {
        let crc32 = self.crc32.clone().finalize();
        if crc32 != last.crc32 {
            let problem = format!("its checksum is {crc32:08x} and should be {:08x}", last.crc32);
            return Err(incomplete(problem));
        }
        Ok(BackupSummary {
            index: last.index,
            bytes: self.bytes,
            crc32,
        })
    }
}

fn incomplete(problem: String) -> Error {
    Error::Incomplete {
        what: "backup",
        problem,
    }
}
