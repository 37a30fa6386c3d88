//! The file of call records: one JSON line each, rotated by size.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use hotdesk_sip::trace::{Cdr, Redactor};

/// Records that wait to be written. When the disk is so slow that they are all in use, further records are counted and
/// lost: a call does not wait for its record.
const WAITING_MAX: usize = 8192;

/// When a file is full, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// A file that has reached this size is set aside as `FILE.1`, that as `FILE.2`, and so on. Default 64 MiB;
    /// 0: never, something else rotates the file and has it [reopened](Records::reopen).
    pub bytes_max: u64,
    /// How many are kept aside. Default 8.
    pub files_max: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            bytes_max: 64 * 1024 * 1024,
            files_max: 8,
        }
    }
}

/// Writes records to a file, in a thread of its own. Dropped, it writes what waits.
#[derive(Debug)]
pub struct Records {
    queue: Option<SyncSender<Job>>,
    redactor: Redactor,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What became of the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the file.
    pub written: u64,
    /// Lost, because too many waited or the file could not be written.
    pub lost: u64,
}

#[derive(Debug, Default)]
struct Shared {
    written: AtomicU64,
    lost: AtomicU64,
}

#[derive(Debug)]
enum Job {
    Line(String),
    Reopen,
}

impl Records {
    /// Opens the file, which is made with its owner's and group's rights only: it is personal data.
    ///
    /// # Errors
    /// When it cannot be opened, or no thread can be started.
    pub fn start(path: impl Into<PathBuf>, rotation: Rotation, redactor: Redactor) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(WAITING_MAX);
        let shared = Arc::new(Shared::default());
        let mut writer = Writer::open(path.into(), rotation, Arc::clone(&shared))?;
        let thread = std::thread::Builder::new()
            .name("call-records".into())
            .spawn(move || writer.run(&jobs))?;
        Ok(Self {
            queue: Some(queue),
            redactor,
            shared,
            thread: Some(thread),
        })
    }

    /// Hands a record over to be written. Does not block.
    pub fn write(&self, record: &Cdr) {
        let line = record.line(&self.redactor);
        let taken = self
            .queue
            .as_ref()
            .is_some_and(|queue| queue.try_send(Job::Line(line)).is_ok());
        if !taken {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Opens the file anew, after something else has moved it away (SIGHUP from logrotate).
    pub fn reopen(&self) {
        if let Some(queue) = &self.queue {
            let _ = queue.try_send(Job::Reopen);
        }
    }

    /// What became of the records.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            written: self.shared.written.load(Ordering::Relaxed),
            lost: self.shared.lost.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed already.
            let _ = thread.join();
        }
    }
}

struct Writer {
    path: PathBuf,
    rotation: Rotation,
    shared: Arc<Shared>,
    /// `None` after a failure: opened again with the next lines.
    file: Option<File>,
    bytes: u64,
    /// The failure has been logged; the next one is when it has worked in between.
    complained: bool,
}

impl Writer {
    fn open(path: PathBuf, rotation: Rotation, shared: Arc<Shared>) -> io::Result<Self> {
        let mut writer = Self {
            path,
            rotation,
            shared,
            file: None,
            bytes: 0,
            complained: false,
        };
        writer.reopen()?;
        Ok(writer)
    }

    /// Writes what waits in one go, so that a busy edge makes few system calls.
    fn run(&mut self, jobs: &Receiver<Job>) {
        let mut lines = String::new();
        while let Ok(job) = jobs.recv() {
            self.take(job, &mut lines);
            while lines.len() < CHUNK_BYTES_MAX
                && let Ok(job) = jobs.try_recv()
            {
                self.take(job, &mut lines);
            }
            self.write(&mut lines);
        }
    }

    fn take(&mut self, job: Job, lines: &mut String) {
        match job {
            Job::Line(line) => lines.push_str(&line),
            Job::Reopen => {
                self.write(lines);
                self.file = None;
            }
        }
    }

    fn write(&mut self, lines: &mut String) {
        if lines.is_empty() {
            return;
        }
        let count = lines.matches('\n').count() as u64;
        match self.append(lines) {
            Ok(()) => {
                self.complained = false;
                self.shared.written.fetch_add(count, Ordering::Relaxed);
            }
            Err(error) => {
                self.file = None;
                self.shared.lost.fetch_add(count, Ordering::Relaxed);
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::error!(%error, path = %self.path.display(), "call records cannot be written");
                }
            }
        }
        lines.clear();
    }

    fn append(&mut self, lines: &str) -> io::Result<()> {
        if self.file.is_none() {
            self.reopen()?;
        }
        let full = self.rotation.bytes_max > 0 && self.bytes >= self.rotation.bytes_max;
        if full {
            self.rotate()?;
            self.reopen()?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(lines.as_bytes())?;
            self.bytes += lines.len() as u64;
        }
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o640).open(&self.path)?;
        self.bytes = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    /// The oldest falls off the end.
    fn rotate(&mut self) -> io::Result<()> {
        self.file = None;
        if self.rotation.files_max == 0 {
            return std::fs::remove_file(&self.path);
        }
        for n in (1..self.rotation.files_max).rev() {
            let (from, to) = (aside(&self.path, n), aside(&self.path, n + 1));
            match std::fs::rename(from, to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, aside(&self.path, 1))
    }
}

/// Lines written at once.
const CHUNK_BYTES_MAX: usize = 64 * 1024;

/// `calls.jsonl.3`.
fn aside(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn record(call_id: &str) -> Cdr {
        Cdr {
            call_id: call_id.into(),
            dialled: "*11*2041*90817".into(),
            ..Cdr::default()
        }
    }

    fn ids(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let records = text
            .lines()
            .map(|line| serde_json::from_str::<Cdr>(line).unwrap());
        records.map(|record| record.call_id.into()).collect()
    }

    fn start(path: &Path, bytes_max: u64, files_max: u32) -> Records {
        let rotation = Rotation { bytes_max, files_max };
        Records::start(path, rotation, Redactor::default()).unwrap()
    }

    #[test]
    fn records_are_lines_behind_those_of_the_last_run_and_hold_no_pin() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("calls.jsonl");
        for run in ["a", "b"] {
            let records = start(&path, 1 << 20, 2);
            records.write(&record(run));
            drop(records);
        }
        assert_eq!(ids(&path), ["a", "b"]);
        assert!(!fs::read_to_string(&path).unwrap().contains("9081"));
    }

    #[test]
    fn full_files_are_set_aside_and_the_oldest_goes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("calls.jsonl");
        for n in 0..6 {
            // A run for each, so that no two are written at once.
            start(&path, 1, 2).write(&record(&n.to_string()));
        }
        assert_eq!(ids(&path), ["5"]);
        assert_eq!(ids(&aside(&path, 1)), ["4"]);
        assert_eq!(ids(&aside(&path, 2)), ["3"]);
        assert!(!aside(&path, 3).exists());
    }

    #[test]
    fn a_file_moved_away_is_made_anew_when_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("calls.jsonl");
        let records = start(&path, 0, 0);
        records.write(&record("a"));
        while records.counts().written == 0 {
            std::thread::yield_now();
        }
        fs::rename(&path, directory.path().join("old")).unwrap();
        records.reopen();
        records.write(&record("b"));
        drop(records);
        assert_eq!(ids(&directory.path().join("old")), ["a"]);
        assert_eq!(ids(&path), ["b"]);
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_writing_goes_on_later() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("there/calls.jsonl");
        assert!(Records::start(&path, Rotation::default(), Redactor::default()).is_err());
        fs::create_dir(directory.path().join("there")).unwrap();
        let records = start(&path, 0, 0);
        fs::rename(directory.path().join("there"), directory.path().join("gone")).unwrap();
        records.reopen();
        records.write(&record("a"));
        while records.counts().lost == 0 {
            std::thread::yield_now();
        }
        fs::create_dir(directory.path().join("there")).unwrap();
        records.write(&record("b"));
        while records.counts().written == 0 {
            std::thread::yield_now();
        }
        assert_eq!(ids(&path), ["b"]);
        assert_eq!(records.counts(), Counts { written: 1, lost: 1 });
    }
}
