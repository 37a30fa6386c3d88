//! When the file is synced, and who waits for it.

use std::fs::File;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

use hotdesk_store::Ledger;
use hotdesk_store::durability::Syncer;
use hotdesk_store::ledger::{LedgerOptions, WriteError};

use super::{entry, eventually, open, put, write};

/// Tells of each sync, and waits until it may go on.
struct Steered {
    began: mpsc::Sender<()>,
    go_on: mpsc::Receiver<io::Result<()>>,
    /// The self-check's.
    first: bool,
}

impl Syncer for Steered {
    fn sync(&mut self, file: &File) -> io::Result<()> {
        if std::mem::take(&mut self.first) {
            return file.sync_data();
        }
        self.began.send(()).unwrap();
        self.go_on.recv().unwrap_or(Ok(()))
    }
}

fn steered(sync_interval: Duration) -> (LedgerOptions, mpsc::Receiver<()>, mpsc::Sender<io::Result<()>>) {
    let (began, syncs) = mpsc::channel();
    let (steer, go_on) = mpsc::channel();
    let syncer = Steered {
        began,
        go_on,
        first: true,
    };
    let options = LedgerOptions {
        syncer: Box::new(syncer),
        sync_interval,
        ..LedgerOptions::default()
    };
    (options, syncs, steer)
}

#[test]
fn nobody_waits_for_a_sync_and_there_is_one_for_each_interval_and_one_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (options, syncs, steer) = steered(Duration::from_secs(3600));
    let (ledger, _) = Ledger::open_with(folder.path(), options).unwrap();
    write(&ledger, vec![put("a", "0")]).unwrap();
    syncs
        .recv_timeout(Duration::from_secs(30))
        .expect("the first write is synced at once");
    // While it hangs, and in the interval after it.
    for number in 1..50 {
        write(&ledger, vec![put("a", &number.to_string())]).unwrap();
    }
    steer.send(Ok(())).unwrap();
    eventually("the first sync", || ledger.stats().syncs == 1);
    for number in 50..100 {
        write(&ledger, vec![put("a", &number.to_string())]).unwrap();
    }
    assert!(syncs.try_recv().is_err(), "a second sync within the interval");
    steer.send(Ok(())).unwrap();
    ledger.close().unwrap();
    assert_eq!(syncs.try_iter().count(), 1, "one at the end");
    let (ledger, entries) = open(folder.path());
    assert_eq!(entries, [entry("a", "99")]);
    drop(ledger);
}

#[test]
fn what_comes_after_the_interval_is_synced_without_being_asked() {
    let folder = tempfile::tempdir().unwrap();
    let options = LedgerOptions {
        sync_interval: Duration::from_millis(1),
        ..LedgerOptions::default()
    };
    let (ledger, _) = Ledger::open_with(folder.path(), options).unwrap();
    for number in 1..5 {
        write(&ledger, vec![put("a", "b")]).unwrap();
        eventually("a sync of each write", || ledger.stats().syncs == number);
    }
}

#[test]
fn a_failed_sync_is_told_and_the_ledger_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (options, syncs, steer) = steered(Duration::from_millis(1));
    let (ledger, _) = Ledger::open_with(folder.path(), options).unwrap();
    steer.send(Err(io::Error::other("planted"))).unwrap();
    write(&ledger, vec![put("a", "1")]).unwrap();
    syncs.recv_timeout(Duration::from_secs(30)).unwrap();
    eventually("the failure is told", || {
        ledger.stats().failure.is_some_and(|why| why.contains("planted"))
    });
    drop(steer);
    write(&ledger, vec![put("b", "2")]).unwrap();
    assert!(matches!(ledger.close(), Err(WriteError::Failed(why)) if why.contains("planted")));
    assert_eq!(open(folder.path()).1.len(), 2);
}
