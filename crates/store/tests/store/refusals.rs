//! Directories that a node must not work in. Each is refused with a code, a sentence that says which, and what
//! a person can do.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use hotdesk_store::durability::Syncer;
use hotdesk_store::{DataDir, Expect, LogOptions, Machine, OpenError, SledLog, SnapshotDir};
use openraft::RaftSnapshotBuilder;
use openraft::impls::TokioRuntime;
use openraft::storage::RaftStateMachine;

use crate::harness::{Config, Log, append, block_on, entry, id, vote};
use crate::image::Mount;
use openraft::storage::RaftLogStorage;

/// A directory of node 1 of cluster `ours`, with a log and two snapshots.
fn directory() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect(1, "ours")).unwrap();
    let mut log: Log = SledLog::open(&data_dir, LogOptions::default()).unwrap();
    block_on(log.save_vote(&vote(2))).unwrap();
    append(&mut log, (0..500).map(|index| entry(2, index, 300)).collect()).unwrap();
    let (mut machine, _) = machine(&data_dir).unwrap();
    for index in [10, 20] {
        block_on(async {
            let entries = futures::stream::iter([Ok((crate::harness::blank(2, index), None))]);
            RaftStateMachine::<Config>::apply(&mut machine, entries)
                .await
                .unwrap();
            let mut builder = RaftStateMachine::<Config>::get_snapshot_builder(&mut machine).await;
            RaftSnapshotBuilder::<Config>::build_snapshot(&mut builder)
                .await
                .unwrap();
        });
    }
    folder
}

type Opened = (Machine<TokioRuntime, SnapshotDir>, hotdesk_store::StateHandle);

fn machine(data_dir: &DataDir) -> Result<Opened, OpenError> {
    Machine::open(SnapshotDir::open(data_dir)?, Arc::new(()), data_dir.cluster_id())
}

fn expect(node_id: u64, cluster_id: &str) -> Expect {
    Expect {
        node_id,
        cluster_id: Some(cluster_id.into()),
    }
}

/// Opens everything, as a node does.
fn open_all(path: &Path, expect: Expect) -> Result<(), OpenError> {
    let data_dir = DataDir::open(path, expect)?;
    let _log: Log = SledLog::open(&data_dir, LogOptions::default())?;
    machine(&data_dir).map(drop)
}

/// Does something to a good directory and checks how it is refused.
fn check(code: &str, sentence: &str, harm: impl FnOnce(&Path)) {
    let folder = directory();
    open_all(folder.path(), expect(1, "ours")).unwrap();
    harm(folder.path());
    let refused = open_all(folder.path(), expect(1, "ours")).expect_err(sentence);
    assert_refused(&refused, code, sentence);
}

fn assert_refused(refused: &OpenError, code: &str, sentence: &str) {
    assert_eq!(refused.code(), code, "{refused}");
    assert!(refused.to_string().contains(sentence), "{refused}");
    assert!(refused.what_to_do().ends_with('.'), "{}", refused.what_to_do());
}

#[test]
fn a_newer_directory() {
    check(
        "HD3001",
        "was written in format 2; this version reads formats up to 1",
        |path| {
            rewrite(&path.join("IDENTITY"), "format 1", "format 2");
        },
    );
}

#[test]
fn a_newer_snapshot() {
    check("HD3001", "was written in format 9", |path| {
        let newest = snapshots(path).pop().unwrap();
        overwrite(&newest, 8, &9_u32.to_be_bytes());
    });
}

#[test]
fn another_cluster() {
    let folder = directory();
    let refused = open_all(folder.path(), expect(1, "theirs")).unwrap_err();
    assert_refused(
        &refused,
        "HD3002",
        "holds data of cluster ours, not of cluster theirs",
    );

    let data_dir = DataDir::open(folder.path(), expect(1, "ours")).unwrap();
    data_dir.set_cluster_id("ours").unwrap();
    let refused = data_dir.set_cluster_id("theirs").unwrap_err();
    assert_refused(&refused, "HD3002", "not of cluster theirs");
}

#[test]
fn a_snapshot_of_another_cluster() {
    let (ours, theirs) = (directory(), tempfile::tempdir().unwrap());
    drop(DataDir::open(theirs.path(), expect(1, "theirs")).unwrap());
    for from in snapshots(ours.path()) {
        fs::copy(
            &from,
            theirs.path().join("snapshots").join(from.file_name().unwrap()),
        )
        .unwrap();
    }
    let refused = open_all(theirs.path(), expect(1, "theirs")).unwrap_err();
    assert_refused(
        &refused,
        "HD3002",
        "holds data of cluster ours, not of cluster theirs",
    );
}

#[test]
fn another_node() {
    let folder = directory();
    let refused = open_all(folder.path(), expect(2, "ours")).unwrap_err();
    assert_refused(&refused, "HD3003", "holds the data of node 1, not of node 2");
}

#[test]
fn a_damaged_identity() {
    check("HD3004", "the checksum does not match", |path| {
        rewrite(&path.join("IDENTITY"), "cluster ours", "cluster 0urs");
    });
    check("HD3004", "there is data but no IDENTITY", |path| {
        fs::remove_file(path.join("IDENTITY")).unwrap()
    });
    check("HD3004", "does not begin with the title", |path| {
        fs::write(path.join("IDENTITY"), "").unwrap()
    });
}

/// sled drops what it cannot read and all behind it without a word; the watermark notices.
#[test]
fn a_damaged_log() {
    check("HD3004", "log is damaged", |path| {
        fs::write(path.join("log/db"), "").unwrap()
    });
    check("HD3004", "log is damaged", |path| {
        fs::remove_dir_all(path.join("log")).unwrap()
    });
    check("HD3004", "log is damaged", |path| {
        let file = File::options().write(true).open(path.join("log/db")).unwrap();
        file.set_len(file.metadata().unwrap().len() / 4).unwrap();
    });
    for part in 0..8 {
        let folder = directory();
        let db = folder.path().join("log/db");
        let length = fs::metadata(&db).unwrap().len();
        overwrite(&db, length / 8 * part + 4096, &[0xa5; 8192]);
        // Where only free room was hit, nothing is wrong. Otherwise it is noticed.
        match open_all(folder.path(), expect(1, "ours")) {
            Ok(()) => {
                let mut log = crate::harness::open(folder.path()).unwrap();
                assert_eq!(crate::harness::read_all(&mut log).len(), 500, "part {part}");
            }
            Err(refused) => assert_refused(&refused, "HD3004", "is damaged"),
        }
    }
}

#[test]
fn only_damaged_snapshots() {
    check("HD3004", "is damaged", |path| {
        for path in snapshots(path) {
            overwrite(&path, 30, b"#");
        }
    });
}

/// The one before it is still good.
#[test]
fn a_damaged_snapshot_is_passed_over_when_there_is_an_older_one() {
    let folder = directory();
    assert_eq!(snapshots(folder.path()).len(), 2);
    overwrite(&snapshots(folder.path()).pop().unwrap(), 30, b"#");
    let data_dir = DataDir::open(folder.path(), expect(1, "ours")).unwrap();
    let (_machine, handle) = machine(&data_dir).unwrap();
    assert_eq!(handle.last_applied().map(|last| last.index), Some(10));
}

/// The older snapshot is no help when the log no longer reaches back to it.
#[test]
fn a_gap_between_snapshot_and_log() {
    let folder = directory();
    let data_dir = DataDir::open(folder.path(), expect(1, "ours")).unwrap();
    let mut log = Log::open(&data_dir, LogOptions::default()).unwrap();
    block_on(log.purge(id(2, 15))).unwrap();
    let last_applied = || machine(&data_dir).unwrap().1.last_applied();
    log.check_covers(last_applied()).unwrap();

    overwrite(&snapshots(folder.path()).pop().unwrap(), 30, b"#");
    let refused = log.check_covers(last_applied()).unwrap_err();
    let sentence = "the log begins after entry 15, but the newest good snapshot covers entries up to 10";
    assert_refused(&refused, "HD3004", sentence);
}

#[test]
fn a_directory_in_use() {
    let folder = directory();
    let _held = DataDir::open(folder.path(), expect(1, "ours")).unwrap();
    let refused = open_all(folder.path(), expect(1, "ours")).unwrap_err();
    assert_refused(&refused, "HD3005", "is in use by another process");
}

#[test]
fn a_sync_that_does_not_work() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect(1, "ours")).unwrap();
    let options = LogOptions {
        syncer: Box::new(NoSync),
        ..LogOptions::default()
    };
    let refused = Log::open(&data_dir, options).unwrap_err();
    assert_refused(&refused, "HD3007", "the file cannot be synced");
}

struct NoSync;

impl Syncer for NoSync {
    fn sync(&mut self, _: &File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn a_directory_that_cannot_be_written() {
    let home = tempfile::tempdir().unwrap();
    let disk = match Mount::tmpfs(&home.path().join("disk"), 64, "") {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped, no file system to make read-only: {reason}"),
    };
    let path = disk.0.join("node");
    open_all(&path, expect(1, "ours")).unwrap();
    disk.remount_read_only().unwrap();
    let refused = open_all(&path, expect(1, "ours")).unwrap_err();
    assert_refused(&refused, "HD3008", "cannot be written");
}

#[test]
fn a_path_that_is_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = open_all(file.path(), expect(1, "ours")).unwrap_err();
    assert_refused(&refused, "HD3009", "cannot be opened");
}

/// Oldest first.
fn snapshots(path: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = fs::read_dir(path.join("snapshots"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .collect();
    found.sort();
    found
}

fn rewrite(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}
