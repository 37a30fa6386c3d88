//! The state machine as consensus drives it: order, snapshots, restarts, transfers.

use std::fs;
use std::sync::Arc;

use hotdesk_core::{Event, State};
use hotdesk_proto::internal::v1;
use hotdesk_store::types::{Entry, LogId};
use hotdesk_store::{
    DataDir, Machine, MemorySnapshots, Observer, SnapshotDir, SnapshotFile, SnapshotStore, StateHandle,
};
use openraft::RaftSnapshotBuilder;
use openraft::impls::TokioRuntime;
use openraft::storage::{RaftStateMachine, Snapshot};
use parking_lot::Mutex;

use crate::harness::{Config, blank, block_on, entry, expect, id};

#[test]
fn the_observer_hears_of_every_entry_in_order() {
    let told = Arc::new(Told::default());
    let (mut machine, handle) = open(MemorySnapshots::default(), Arc::clone(&told) as Arc<dyn Observer>);
    apply(
        &mut machine,
        (0..5).map(|index| blank(1, index)).chain([entry(1, 5, 200)]),
    );
    assert_eq!(*told.indexes.lock(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(handle.last_applied(), Some(id(1, 5)));
    assert_eq!(handle.read(State::index), 5);
}

#[test]
fn a_restart_continues_from_the_newest_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect()).unwrap();
    let open_dir = || open(SnapshotDir::open(&data_dir).unwrap(), Arc::new(()));
    let (mut machine, handle) = open_dir();
    handle.set_cluster_id("ours");
    for index in 1..4 {
        apply(&mut machine, [entry(1, index, 300)]);
        build(&mut machine);
    }
    apply(&mut machine, [entry(1, 4, 300)]);
    assert_eq!(
        fs::read_dir(data_dir.snapshots_path()).unwrap().count(),
        2,
        "two are kept"
    );

    let (_, again) = open_dir();
    assert_eq!(again.last_applied(), Some(id(1, 3)));
    // Applying what followed leads to the same state, to the byte.
    let (mut machine, again) = open_dir();
    again.set_cluster_id("ours");
    apply(&mut machine, [entry(1, 4, 300)]);
    assert_eq!(bytes_of(&again), bytes_of(&handle));
}

#[test]
fn a_half_written_snapshot_is_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect()).unwrap();
    fs::write(data_dir.snapshots_path().join("writing-snapshot-5"), "HOTDESK").unwrap();
    let (_, handle) = open(SnapshotDir::open(&data_dir).unwrap(), Arc::new(()));
    assert_eq!(handle.last_applied(), None);
    assert_eq!(fs::read_dir(data_dir.snapshots_path()).unwrap().count(), 0);
}

#[test]
fn files_and_memory_hold_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect()).unwrap();
    let (mut on_disk, _) = open(SnapshotDir::open(&data_dir).unwrap(), Arc::new(()));
    let (mut in_memory, _) = open(MemorySnapshots::default(), Arc::new(()));
    apply(&mut on_disk, entries());
    apply(&mut in_memory, entries());
    let (on_disk, in_memory) = (build(&mut on_disk), build(&mut in_memory));
    assert_eq!(on_disk.length(), in_memory.length());
    assert_eq!(on_disk.crc32(), in_memory.crc32());
    assert_eq!(whole(&on_disk, 1000), whole(&in_memory, 64));
}

/// The way of a snapshot from node to node: in chunks, broken off, gone on with, installed.
#[test]
fn a_broken_transfer_goes_on_and_is_installed() {
    let (mut sender, sent) = open(MemorySnapshots::default(), Arc::new(()));
    sent.set_cluster_id("ours");
    apply(&mut sender, entries());
    let snapshot = build(&mut sender);

    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect()).unwrap();
    let snapshots = SnapshotDir::open(&data_dir).unwrap();
    let told = Arc::new(Told::default());
    let (mut receiver, received) = open(snapshots.clone(), Arc::clone(&told) as Arc<dyn Observer>);
    received.set_cluster_id("ours");

    let at = v1::LogId {
        term: 1,
        leader: 1,
        index: 29,
    };
    let begin = || {
        snapshots
            .incoming(&at, snapshot.length(), snapshot.crc32())
            .unwrap()
    };
    let mut incoming = begin();
    incoming.write(0, &snapshot.read_at(0, 700).unwrap()).unwrap();
    incoming.write(0, b"again").unwrap_err();
    drop(incoming);

    let mut incoming = begin();
    assert_eq!(incoming.offset(), 700);
    while !incoming.is_complete() {
        let offset = incoming.offset();
        incoming
            .write(offset, &snapshot.read_at(offset, 500).unwrap())
            .unwrap();
    }
    let file = block_on(incoming.finish()).unwrap();
    let Snapshot { meta, .. } = current(&mut sender).unwrap();
    block_on(RaftStateMachine::<Config>::install_snapshot(
        &mut receiver,
        &meta,
        file,
    ))
    .unwrap();

    assert_eq!(received.last_applied(), sent.last_applied());
    assert_eq!(bytes_of(&received), bytes_of(&sent));
    assert_eq!(*told.replaced.lock(), 1);
    assert_eq!(current(&mut receiver).unwrap().meta, meta);
    assert_eq!(
        fs::read_dir(data_dir.snapshots_path()).unwrap().count(),
        1,
        "the part is the snapshot now"
    );
}

#[test]
fn a_transfer_with_other_bytes_is_refused_and_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), expect()).unwrap();
    let snapshots = SnapshotDir::open(&data_dir).unwrap();
    let at = v1::LogId {
        term: 1,
        leader: 1,
        index: 29,
    };
    let mut incoming = snapshots.incoming(&at, 5, 0xdead_beef).unwrap();
    incoming.write(0, b"bytes").unwrap();
    let refused = block_on(incoming.finish()).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData, "{refused}");
    assert_eq!(snapshots.incoming(&at, 5, 0xdead_beef).unwrap().offset(), 0);
}

#[test]
fn a_snapshot_of_another_cluster_is_not_installed() {
    let (mut theirs, handle) = open(MemorySnapshots::default(), Arc::new(()));
    handle.set_cluster_id("theirs");
    apply(&mut theirs, entries());
    build(&mut theirs);
    let Snapshot { meta, snapshot } = current(&mut theirs).unwrap();

    let (mut ours, handle) = open(MemorySnapshots::default(), Arc::new(()));
    handle.set_cluster_id("ours");
    let refused = block_on(RaftStateMachine::<Config>::install_snapshot(
        &mut ours, &meta, snapshot,
    ))
    .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("is of cluster theirs, not of cluster ours"),
        "{refused}"
    );
    assert_eq!(handle.last_applied(), None);
}

#[derive(Default)]
struct Told {
    indexes: Mutex<Vec<u64>>,
    replaced: Mutex<u32>,
}

impl Observer for Told {
    fn applied(&self, index: u64, _: Vec<Event>) {
        self.indexes.lock().push(index);
    }

    fn replaced(&self, _: &State) {
        *self.replaced.lock() += 1;
    }
}

type Sm<S> = Machine<TokioRuntime, S>;

fn open<S: SnapshotStore>(snapshots: S, observer: Arc<dyn Observer>) -> (Sm<S>, StateHandle) {
    Machine::open(snapshots, observer, None).unwrap()
}

fn entries() -> impl Iterator<Item = Entry> {
    (0..30).map(|index| {
        if index % 3 == 0 {
            blank(1, index)
        } else {
            entry(1, index, 400)
        }
    })
}

fn apply<S: SnapshotStore>(machine: &mut Sm<S>, entries: impl IntoIterator<Item = Entry>) {
    let entries: Vec<_> = entries.into_iter().map(|entry| Ok((entry, None))).collect();
    block_on(RaftStateMachine::<Config>::apply(
        machine,
        futures::stream::iter(entries),
    ))
    .unwrap();
}

fn build<S: SnapshotStore>(machine: &mut Sm<S>) -> SnapshotFile {
    let built = block_on(async {
        let mut builder = RaftStateMachine::<Config>::get_snapshot_builder(machine).await;
        RaftSnapshotBuilder::<Config>::build_snapshot(&mut builder).await
    });
    built.unwrap().snapshot
}

fn current<S: SnapshotStore>(machine: &mut Sm<S>) -> Option<hotdesk_store::types::Snapshot> {
    block_on(RaftStateMachine::<Config>::get_current_snapshot(machine)).unwrap()
}

fn bytes_of(handle: &StateHandle) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = handle.write_snapshot(&mut bytes).unwrap();
    let last: Option<LogId> = handle.last_applied();
    assert_eq!(header.last_log_id.map(|id| id.index), last.map(|id| id.index));
    bytes
}

fn whole(snapshot: &SnapshotFile, chunk: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < snapshot.length() {
        bytes.extend_from_slice(&snapshot.read_at(bytes.len() as u64, chunk).unwrap());
    }
    assert!(snapshot.read_at(snapshot.length(), chunk).unwrap().is_empty());
    bytes
}
