//! Room on the disk: purging gives it back, a full disk stops the log cleanly, and there is a way out.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use hotdesk_store::durability::Syncer;
use hotdesk_store::{LogOptions, OpenError};
use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;

use crate::harness::{append, append_begin, block_on, entry, id, open, open_with, read_all, vote};
use crate::image::Mount;

#[test]
fn purging_gives_room_back() {
    const ENTRIES: u64 = 100_000;
    const KEPT: u64 = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path()).unwrap();
    let mut largest = 0;
    for first in (0..ENTRIES).step_by(500) {
        append(
            &mut log,
            (first..first + 500).map(|index| entry(1, index, 100)).collect(),
        )
        .unwrap();
        if first % 5_000 == 0 && first > KEPT {
            block_on(log.purge(id(1, first - KEPT))).unwrap();
            largest = largest.max(disk_usage(&folder.path().join("log")));
        }
    }
    let written = log.stats().bytes;
    drop(log);
    let end = disk_usage(&folder.path().join("log"));
    println!("{written} bytes of entries, at most {largest} bytes on the disk, {end} at the end");
    assert!(largest < 24 << 20, "{largest} bytes");

    let mut log = open(folder.path()).unwrap();
    assert!(read_all(&mut log).len() as u64 >= KEPT);
    // Keys of purged entries that were still there are removed without being asked for.
    let blobs = fs::read_dir(folder.path().join("log/blobs")).unwrap().count();
    assert_eq!(blobs, 0, "a blob is a file that is never synced");
}

/// sled puts large pages into files of their own, which nobody syncs: there must never be one.
#[test]
fn large_entries_do_not_become_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let entries: Vec<_> = (0..60)
        .map(|index| entry(1, index, 4_000 * (1 + index as usize)))
        .collect();
    let mut log = open(folder.path()).unwrap();
    for entries in entries.chunks(7) {
        append(&mut log, entries.to_vec()).unwrap();
    }
    drop(log);
    assert_eq!(fs::read_dir(folder.path().join("log/blobs")).unwrap().count(), 0);
    let mut log = open(folder.path()).unwrap();
    assert!(read_all(&mut log) == entries, "the entries differ");
}

#[test]
fn a_full_disk_stops_the_log_and_room_brings_it_back() {
    let home = tempfile::tempdir().unwrap();
    let disk = match Mount::tmpfs(&home.path().join("disk"), 48, "") {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped, no small file system here: {reason}"),
    };
    let node = disk.0.join("node");
    let mut log = open(&node).unwrap();
    assert!(node.join("BALLAST").exists());
    block_on(log.save_vote(&vote(3))).unwrap();

    // Until it is full.
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut acknowledged = 0;
    let error = loop {
        let entries = (acknowledged..acknowledged + 20)
            .map(|index| entry(3, index, 20_000))
            .collect();
        match append(&mut log, entries) {
            Ok(()) => acknowledged += 20,
            Err(error) => break error,
        }
        assert!(Instant::now() < deadline, "48 MiB are not full yet");
    };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
    assert!(error.to_string().contains("disk is full"), "{error}");

    // Nothing is tried again.
    assert!(
        log.monitor()
            .failure()
            .is_some_and(|reason| reason.contains("free some room"))
    );
    block_on(log.save_vote(&vote(4))).unwrap_err();
    append(&mut log, vec![entry(3, acknowledged, 100)]).unwrap_err();
    drop(log);

    // With even the reserve taken by somebody else, it says so.
    fs::remove_file(node.join("BALLAST")).unwrap();
    fill(&disk.0.join("somebody-else"));
    let refused = open(&node).unwrap_err();
    assert!(matches!(refused, OpenError::DiskFull { .. }), "{refused}");
    assert_eq!(refused.code(), "HD3006");

    // With room, it goes on, and has forgotten nothing.
    fs::remove_file(disk.0.join("somebody-else")).unwrap();
    let mut log = open(&node).unwrap();
    let found = read_all(&mut log).len() as u64;
    assert!(found >= acknowledged, "{found} of {acknowledged}");
    assert_eq!(block_on(log.read_vote()).unwrap(), Some(vote(3)));
    append(&mut log, vec![entry(5, found, 100)]).unwrap();
}

/// The reserve alone is room enough to start and to purge.
#[test]
fn the_reserve_is_given_back_on_a_full_disk() {
    let home = tempfile::tempdir().unwrap();
    let disk = match Mount::tmpfs(&home.path().join("disk"), 48, "") {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped, no small file system here: {reason}"),
    };
    let node = disk.0.join("node");
    let mut log = open(&node).unwrap();
    append(&mut log, (0..100).map(|index| entry(1, index, 500)).collect()).unwrap();
    drop(log);
    fill(&disk.0.join("somebody-else"));

    let mut log = open(&node).unwrap();
    assert!(!node.join("BALLAST").exists());
    assert_eq!(read_all(&mut log).len(), 100);
    block_on(log.purge(id(1, 90))).unwrap();
    append(&mut log, vec![entry(1, 100, 100)]).unwrap();
}

/// Where no file system can be mounted: the sync itself reports the full disk.
#[test]
fn a_failed_sync_is_final() {
    let folder = tempfile::tempdir().unwrap();
    let syncer = FailsAt { sync: 4, done: 0 };
    let mut log = open_with(
        folder.path(),
        LogOptions {
            syncer: Box::new(syncer),
            ..LogOptions::default()
        },
    )
    .unwrap();
    append(&mut log, vec![entry(1, 0, 100)]).unwrap();
    append(&mut log, vec![entry(1, 1, 100)]).unwrap();
    let waiting: Vec<_> = (2..6)
        .filter_map(|index| append_begin(&mut log, vec![entry(1, index, 100)]).ok())
        .collect();
    assert!(!waiting.is_empty());
    for waiting in waiting {
        assert_eq!(waiting.wait().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
    let after = append_begin(&mut log, vec![entry(1, 6, 100)]);
    assert_eq!(
        after.err().map(|error| error.kind()),
        Some(io::ErrorKind::StorageFull)
    );
    assert_eq!(log.stats().entries, 2);
}

/// Says that the disk is full, from one sync on. The first is the self-check's.
struct FailsAt {
    sync: u32,
    done: u32,
}

impl Syncer for FailsAt {
    fn sync(&mut self, file: &File) -> io::Result<()> {
        self.done += 1;
        if self.done >= self.sync {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            file.sync_data()
        }
    }
}

/// Takes all the room that is left.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 4096, 1] {
        let block = vec![7; size];
        while file.write_all(&block).is_ok() {}
    }
}

/// What the files of a folder take.
fn disk_usage(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        // sled removes its old files in its own time.
        let Ok(found) = fs::metadata(&path) else { continue };
        bytes += if found.is_dir() {
            disk_usage(&path)
        } else {
            found.blocks() * 512
        };
    }
    bytes
}
