//! Snapshots as files. A file appears under its name when it is complete and durable, never before.

use std::fs::{self, File};
use std::future::Future;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread;

use futures::channel::oneshot;
use hotdesk_core::State;
use hotdesk_proto::internal::v1;
use hotdesk_proto::snapshot::{self, Header};

use super::file::{HashingReader, HashingWriter};
use super::incoming::Incoming;
use super::{Loaded, SnapshotFile, SnapshotStore, invalid};
use crate::data_dir::{DataDir, sync_dir};
use crate::error::OpenError;

/// A folder of snapshot files; the newest two are kept.
///
/// File work is done on threads of its own, so any runtime can wait for it and none is held up by it.
#[derive(Clone, Debug)]
pub struct SnapshotDir {
    path: PathBuf,
}

impl SnapshotDir {
    /// The snapshots of a data directory. Files that were not finished are removed, except transfers.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(data_dir: &DataDir) -> Result<Self, OpenError> {
        let dir = Self {
            path: data_dir.snapshots_path(),
        };
        let failed = |error| OpenError::from_io(&dir.path, error);
        for name in names(&dir.path).map_err(failed)? {
            if name.starts_with(WRITING) {
                fs::remove_file(dir.path.join(name)).map_err(failed)?;
            }
        }
        Ok(dir)
    }

    /// Begins or goes on with a snapshot that comes from another node; see [`Incoming`]. Parts of other
    /// transfers are removed. Short file work, done here.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn incoming(&self, last_log_id: &v1::LogId, length: u64, crc32: u32) -> io::Result<Incoming> {
        let v1::LogId { term, leader, index } = *last_log_id;
        let name = format!("{INCOMING}{index:020}-{term}-{leader}-{length}-{crc32:08x}");
        for other in names(&self.path)? {
            if other.starts_with(INCOMING) && other != name {
                fs::remove_file(self.path.join(other))?;
            }
        }
        Incoming::open(self.path.join(name), length, crc32)
    }

    fn save_now(&self, header: &Header, state: &State) -> io::Result<SnapshotFile> {
        let name = name_of(header);
        let temporary = self.path.join(format!("{WRITING}{name}"));
        let written = write_file(&temporary, |writer| snapshot::write(writer, header, state));
        let (length, crc32) = written.inspect_err(|_| {
            // What cannot be written need not take room. The error that matters is the first.
            let _ = fs::remove_file(&temporary);
        })?;
        self.keep(&temporary, &name, length, crc32)
    }

    fn install_now(&self, file: &SnapshotFile) -> io::Result<Loaded> {
        let (header, state) = snapshot::read(BufReader::new(file.reader())).map_err(invalid)?;
        let name = name_of(&header);
        let is_here = file.path().and_then(Path::parent) == Some(&self.path);
        let file = match file.path().filter(|path| is_here && path.exists()) {
            Some(path) => self.keep(path, &name, file.length(), file.crc32())?,
            None => {
                let temporary = self.path.join(format!("{WRITING}{name}"));
                let (length, crc32) = write_file(&temporary, |writer| {
                    io::copy(&mut file.reader(), writer).map(drop)
                })?;
                self.keep(&temporary, &name, length, crc32)?
            }
        };
        Ok(Loaded { header, state, file })
    }

    /// Gives a complete, synced file its name, durably, and removes those that are too old.
    fn keep(&self, from: &Path, name: &str, length: u64, crc32: u32) -> io::Result<SnapshotFile> {
        let path = self.path.join(name);
        fs::rename(from, &path)?;
        sync_dir(&self.path)?;
        let kept = self.by_age()?;
        for old in kept.iter().rev().skip(KEPT).filter(|old| *old != name) {
            fs::remove_file(self.path.join(old))?;
        }
        Ok(SnapshotFile::of_file(File::open(&path)?, path, length, crc32))
    }

    /// The names of the snapshots, the oldest first.
    fn by_age(&self) -> io::Result<Vec<String>> {
        let mut names = names(&self.path)?;
        names.retain(|name| name.starts_with(SNAPSHOT));
        names.sort_unstable();
        Ok(names)
    }

    fn load_file(&self, name: &str) -> Result<Loaded, OpenError> {
        let path = self.path.join(name);
        let failed = |error| OpenError::from_io(&path, error);
        let mut reader = HashingReader::new(File::open(&path).map_err(failed)?);
        let read = snapshot::read(&mut reader);
        let (header, state) = read.map_err(|error| match error {
            snapshot::Error::NewerFormat { found, supported } => OpenError::NewerFormat {
                path: path.clone(),
                found,
                supported,
            },
            snapshot::Error::Io(error) => failed(error),
            error => OpenError::Damaged {
                path: path.clone(),
                detail: error.to_string(),
            },
        })?;
        io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
        let (file, length, crc32) = reader.finish();
        Ok(Loaded {
            header,
            state,
            file: SnapshotFile::of_file(file, path.clone(), length, crc32),
        })
    }
}

impl SnapshotStore for SnapshotDir {
    fn save(&self, header: Header, state: State) -> impl Future<Output = io::Result<SnapshotFile>> + Send {
        let dir = self.clone();
        on_thread(move || dir.save_now(&header, &state))
    }

    fn install(&self, file: SnapshotFile) -> impl Future<Output = io::Result<Loaded>> + Send {
        let dir = self.clone();
        on_thread(move || dir.install_now(&file))
    }

    fn load(&self) -> Result<Option<Loaded>, OpenError> {
        let names = self
            .by_age()
            .map_err(|error| OpenError::from_io(&self.path, error))?;
        let mut damage = None;
        for name in names.iter().rev() {
            match self.load_file(name) {
                Ok(loaded) => return Ok(Some(loaded)),
                Err(error @ OpenError::Damaged { .. }) => {
                    tracing::error!(%error, "snapshot passed over");
                    damage = damage.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        damage.map_or(Ok(None), Err)
    }
}

/// Runs file work on a thread of its own; the future waits for it on any runtime.
pub(super) fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> impl Future<Output = io::Result<T>> + Send {
    let (done, finished) = oneshot::channel();
    let started = thread::Builder::new()
        .name("hotdesk-snapshot".into())
        .spawn(move || {
            // Whoever does not wait any more need not know.
            let _ = done.send(work());
        });
    async move {
        started?;
        finished
            .await
            .map_err(|_| io::Error::other("the snapshot's thread panicked"))?
    }
}

/// Writes a new file; its content is durable on return. Length and checksum.
fn write_file(
    path: &Path,
    write: impl FnOnce(&mut HashingWriter<BufWriter<File>>) -> io::Result<()>,
) -> io::Result<(u64, u32)> {
    let mut writer = HashingWriter::new(BufWriter::with_capacity(BUFFER_BYTES, File::create(path)?));
    write(&mut writer)?;
    writer.flush()?;
    let (writer, length, crc32) = writer.finish();
    writer.get_ref().sync_all()?;
    Ok((length, crc32))
}

/// Sorts by age: the index first, then the term.
fn name_of(header: &Header) -> String {
    let v1::LogId { term, leader, index } = header.last_log_id.unwrap_or_default();
    format!("{SNAPSHOT}{index:020}-{term:020}-{leader}")
}

fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for item in fs::read_dir(path)? {
        names.extend(item?.file_name().into_string());
    }
    Ok(names)
}

const SNAPSHOT: &str = "snapshot-";
const WRITING: &str = "writing-";
const INCOMING: &str = "incoming-";

/// The newest, and the one before it in case the newest turns out damaged.
const KEPT: usize = 2;

const BUFFER_BYTES: usize = 256 << 10;
