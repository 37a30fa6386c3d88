//! Full queues and full disks.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use hotdesk_store::Ledger;
use hotdesk_store::ledger::{LedgerOptions, WriteError};

use super::{begin, entry, open, put, write};
use crate::image::Mount;

/// Holds the ledger's thread in a callback while more is queued.
#[test]
fn when_too_much_waits_writes_are_refused_at_once_and_later_taken_again() {
    let table = [
        (
            LedgerOptions {
                queued_changes_max: 4,
                ..LedgerOptions::default()
            },
            4,
        ),
        (
            LedgerOptions {
                queued_bytes_max: 9,
                ..LedgerOptions::default()
            },
            4,
        ),
    ];
    for (options, fit) in table {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open_with(folder.path(), options).unwrap();
        let (held, holds) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let hold = move |_| {
            held.send(()).unwrap();
            let _ = released.recv();
        };
        ledger.write(vec![put("h", "")], Box::new(hold));
        holds.recv_timeout(Duration::from_secs(30)).unwrap();
        let taken: Vec<_> = (0..fit)
            .map(|number| begin(&ledger, vec![put("k", &number.to_string())]))
            .collect();
        let refused = begin(&ledger, vec![put("k", "x"), put("l", "x")]);
        assert_eq!(refused.try_recv(), Ok(Err(WriteError::Busy)), "at once");
        let stats = ledger.stats();
        assert_eq!((stats.queued, stats.refused_busy), (fit, 1));
        release.send(()).unwrap();
        for taken in taken {
            assert_eq!(taken.recv(), Ok(Ok(())));
        }
        write(&ledger, vec![put("l", "y")]).unwrap();
        // More than the bound by itself is taken when nothing else waits.
        write(
            &ledger,
            (0..10)
                .map(|number| put(&number.to_string(), "0123456789"))
                .collect(),
        )
        .unwrap();
        assert_eq!(ledger.stats().entries, 13);
    }
}

#[test]
fn a_full_disk_is_told_and_writing_goes_on_when_there_is_room() {
    let home = tempfile::tempdir().unwrap();
    let disk = match Mount::tmpfs(&home.path().join("disk"), 64, "") {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped, no small file system here: {reason}"),
    };
    let dir = disk.0.join("ledger");
    let (ledger, _) = open(&dir);
    assert!(dir.join("BALLAST").exists());
    write(&ledger, vec![put("a", "1")]).unwrap();
    let somebody_else = disk.0.join("somebody-else");
    fill(&somebody_else);
    for _ in 0..3 {
        let refused = write(&ledger, vec![put("a", "2"), put("b", "2")]).unwrap_err();
        assert!(
            matches!(refused, WriteError::DiskFull { .. }) && refused.is_retryable(),
            "{refused:?}"
        );
    }
    assert_eq!(ledger.stats().refused_full, 3);
    assert_eq!(ledger.stats().failure, None);
    fs::remove_file(&somebody_else).unwrap();
    write(&ledger, vec![put("c", "3")]).unwrap();
    // Closed and opened on the full disk, by the reserve.
    fill(&somebody_else);
    drop(ledger);
    let (ledger, entries) = open(&dir);
    assert_eq!(entries, [entry("a", "1"), entry("c", "3")]);
    assert!(!dir.join("BALLAST").exists());
    write(&ledger, vec![put("d", "4")]).unwrap();
    ledger.close().unwrap();
    fs::remove_file(&somebody_else).unwrap();
    assert_eq!(open(&dir).1.len(), 3);
}

/// Takes all the room that is left.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 4096, 1] {
        let block = vec![7; size];
        while file.write_all(&block).is_ok() {}
    }
}
