//! A snapshot on its way from another node. The part that has come survives a broken connection and a restart.

use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write};
use std::path::PathBuf;

use super::SnapshotFile;
use super::dir::on_thread;
use super::file::HashingReader;

/// Takes the bytes in order, from [`offset`](Self::offset) on.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    path: PathBuf,
    hasher: crc32fast::Hasher,
    offset: u64,
    length: u64,
    crc32: u32,
}

impl Incoming {
    pub(super) fn open(path: PathBuf, length: u64, crc32: u32) -> io::Result<Self> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .append(true)
            .open(&path)?;
        let mut there = HashingReader::new(&file);
        io::copy(&mut there, &mut io::sink())?;
        let (offset, hasher) = there.into_hasher();
        let mut incoming = Self {
            hasher,
            file,
            path,
            offset,
            length,
            crc32,
        };
        if offset > length {
            incoming.file.set_len(0)?;
            incoming.offset = 0;
            incoming.hasher.reset();
        }
        Ok(incoming)
    }

    /// How many bytes are there; the next chunk begins here.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether all bytes are there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.offset == self.length
    }

    /// Takes a chunk. A write into the page cache: quick, and not yet durable.
    ///
    /// # Errors
    /// `InvalidInput` when it does not begin at [`offset`](Self::offset) or reaches beyond the end; those of
    /// the file system.
    pub fn write(&mut self, offset: u64, chunk: &[u8]) -> io::Result<()> {
        let end = offset + chunk.len() as u64;
        if offset != self.offset || end > self.length {
            let problem = format!(
                "bytes {offset} to {end} came where byte {} of {} is due",
                self.offset, self.length
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        self.file.write_all(chunk)?;
        self.hasher.update(chunk);
        self.offset = end;
        Ok(())
    }

    /// Checks that what has come is what was announced, and makes it durable. To be handed to
    /// `install_snapshot`, which looks at the content.
    ///
    /// # Errors
    /// `InvalidData` when bytes are missing or the checksum is another; then the part is removed, so that the
    /// next attempt starts over. Those of the file system.
    pub fn finish(self) -> impl Future<Output = io::Result<SnapshotFile>> + Send {
        on_thread(move || {
            let got = self.hasher.clone().finalize();
            if self.offset != self.length || got != self.crc32 {
                fs::remove_file(&self.path)?;
                let problem = format!(
                    "the snapshot came with {} bytes and checksum {got:08x}, announced were {} and {:08x}",
                    self.offset, self.length, self.crc32
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            self.file.sync_all()?;
            Ok(SnapshotFile::of_file(
                self.file,
                self.path,
                self.length,
                self.crc32,
            ))
        })
    }
}
