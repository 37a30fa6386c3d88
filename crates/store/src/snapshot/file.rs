//! The bytes of a snapshot, wherever they are.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

/// A complete snapshot, readable in chunks. A cheap clone. Stays readable when the file is removed meanwhile.
#[derive(Clone)]
pub struct SnapshotFile {
    content: Content,
    length: u64,
    crc32: u32,
}

#[derive(Clone)]
enum Content {
    File { file: Arc<File>, path: PathBuf },
    Memory(Bytes),
}

impl SnapshotFile {
    /// A snapshot in memory.
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        let crc32 = crc32fast::hash(&bytes);
        Self {
            length: bytes.len() as u64,
            crc32,
            content: Content::Memory(bytes),
        }
    }

    /// A snapshot in a file anywhere, such as a backup. Reads it once, for the checksum.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_path_buf();
        let mut hashing = HashingReader::new(File::open(&path)?);
        io::copy(&mut hashing, &mut io::sink())?;
        let (file, length, crc32) = hashing.finish();
        Ok(Self::of_file(file, path, length, crc32))
    }

    pub(super) fn of_file(file: File, path: PathBuf, length: u64, crc32: u32) -> Self {
        Self {
            content: Content::File {
                file: Arc::new(file),
                path,
            },
            length,
            crc32,
        }
    }

    /// Its length in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The CRC-32 of all of it.
    #[must_use]
    pub const fn crc32(&self) -> u32 {
        self.crc32
    }

    /// Where the file is, or was; `None` for one in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::File { path, .. } => Some(path),
            Content::Memory(_) => None,
        }
    }

    /// Up to `bytes_max` bytes from `offset` on; fewer at the end, none behind it. From a file this is a read
    /// of the page cache, as a rule: quick enough between other work, in chunks of up to a megabyte.
    ///
    /// # Errors
    /// Those of the file system; `UnexpectedEof` when the file was cut.
    pub fn read_at(&self, offset: u64, bytes_max: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = left.min(bytes_max);
        match &self.content {
            Content::Memory(bytes) => {
                let start = bytes.len() - left.min(bytes.len());
                Ok(bytes.slice(start..start + length))
            }
            Content::File { file, .. } => {
                let mut chunk = vec![0; length];
                file.read_exact_at(&mut chunk, offset)?;
                Ok(chunk.into())
            }
        }
    }

    /// Reads it from the beginning.
    #[must_use]
    pub fn reader(&self) -> impl Read + use<> {
        Reader {
            snapshot: self.clone(),
            offset: 0,
        }
    }
}

impl fmt::Debug for SnapshotFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("SnapshotFile");
        text.field("length", &self.length).field("crc32", &self.crc32);
        if let Some(path) = self.path() {
            text.field("path", &path);
        }
        text.finish()
    }
}

struct Reader {
    snapshot: SnapshotFile,
    offset: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let chunk = self.snapshot.read_at(self.offset, buffer.len())?;
        buffer[..chunk.len()].copy_from_slice(&chunk);
        self.offset += chunk.len() as u64;
        Ok(chunk.len())
    }
}

/// Passes bytes on and takes their checksum.
pub(super) struct HashingWriter<W> {
    inner: W,
    hasher: crc32fast::Hasher,
    length: u64,
}

impl<W: Write> HashingWriter<W> {
    pub(super) fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: crc32fast::Hasher::new(),
            length: 0,
        }
    }

    /// What was written to, how much, and its checksum.
    pub(super) fn finish(self) -> (W, u64, u32) {
        (self.inner, self.length, self.hasher.finalize())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Passes bytes on and takes their checksum.
pub(super) struct HashingReader<R> {
    inner: R,
    hasher: crc32fast::Hasher,
    length: u64,
}

impl<R: Read> HashingReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            hasher: crc32fast::Hasher::new(),
            length: 0,
        }
    }

    /// How much was read, and the checksum for going on with.
    pub(super) fn into_hasher(self) -> (u64, crc32fast::Hasher) {
        (self.length, self.hasher)
    }

    /// What was read from, how much, and its checksum.
    pub(super) fn finish(self) -> (R, u64, u32) {
        (self.inner, self.length, self.hasher.finalize())
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.length += read as u64;
        Ok(read)
    }
}
