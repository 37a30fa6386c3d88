//! What the edge's ledger promises: what was acknowledged survives a killed process, it has bounds, and it tells
//! clearly which directories it cannot work in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hotdesk_store::Ledger;
use hotdesk_store::durability::Syncer;
use hotdesk_store::ledger::{
    Change, Entries, KEY_BYTES_MAX, LedgerOptions, OpenLedgerError, VALUE_BYTES_MAX, WriteError,
};
use proptest::prelude::*;

use crate::image::Mount;

fn open(dir: &Path) -> (Ledger, Entries) {
    Ledger::open(dir).unwrap()
}

fn put(key: &str, value: &str) -> Change {
    (key.into(), Some(value.into()))
}

fn remove(key: &str) -> Change {
    (key.into(), None)
}

fn entry(key: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (key.into(), value.into())
}

/// Queues a write; the receiver gets its result.
fn begin(ledger: &Ledger, changes: Vec<Change>) -> mpsc::Receiver<Result<(), WriteError>> {
    let (done, result) = mpsc::channel();
    ledger.write(changes, Box::new(move |written| drop(done.send(written))));
    result
}

fn write(ledger: &Ledger, changes: Vec<Change>) -> Result<(), WriteError> {
    begin(ledger, changes)
        .recv_timeout(Duration::from_secs(30))
        .expect("told of the write")
}

/// Waits for something that a thread of the ledger does in its own time.
fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_written_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, entries) = open(folder.path());
    assert_eq!(entries, []);
    write(
        &ledger,
        vec![put("b", "1"), put("a", "2"), put("cc", "3"), put("", "empty")],
    )
    .unwrap();
    write(&ledger, vec![put("b", ""), remove("cc"), remove("never there")]).unwrap();
    // Within one write the last change of a key counts.
    write(
        &ledger,
        vec![put("d", "4"), remove("d"), remove("a"), put("a", "5")],
    )
    .unwrap();
    write(&ledger, vec![]).unwrap();
    assert_eq!(ledger.stats().entries, 3);
    assert_eq!(ledger.stats().batches, 3);
    ledger.close().unwrap();
    let (ledger, entries) = open(folder.path());
    assert_eq!(entries, [entry("", "empty"), entry("a", "5"), entry("b", "")]);
    assert_eq!(ledger.stats().entries, 3);
}

#[test]
fn values_of_every_length_up_to_the_limit_replace_each_other_and_never_become_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    let mut expected = BTreeMap::new();
    let lengths = [
        VALUE_BYTES_MAX,
        0,
        4087,
        4088,
        4089,
        9000,
        1,
        VALUE_BYTES_MAX,
        60_000,
        5000,
    ];
    for (step, length) in lengths.into_iter().cycle().take(60).enumerate() {
        let mut key = vec![b'k'; KEY_BYTES_MAX];
        key[0] = u8::try_from(step % 7).unwrap();
        let value = vec![u8::try_from(step).unwrap(); length];
        expected.insert(key.clone(), value.clone());
        write(&ledger, vec![(key, Some(value))]).unwrap();
    }
    for (key, value, bytes) in [
        (KEY_BYTES_MAX + 1, 1, KEY_BYTES_MAX + 1),
        (1, VALUE_BYTES_MAX + 1, VALUE_BYTES_MAX + 1),
    ] {
        let change = (vec![1; key], Some(vec![1; value]));
        let refused = write(&ledger, vec![put("x", "not without the other"), change]);
        assert_eq!(refused, Err(WriteError::TooLong { bytes }));
    }
    ledger.close().unwrap();
    assert_eq!(fs::read_dir(folder.path().join("db/blobs")).unwrap().count(), 0);
    let (_ledger, entries) = open(folder.path());
    assert!(
        entries == expected.into_iter().collect::<Entries>(),
        "the entries differ"
    );
}

#[test]
fn everybody_is_told_in_the_order_in_which_they_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    let (done, told) = mpsc::channel();
    for number in 0..500 {
        let done = done.clone();
        let tell = move |written: Result<(), WriteError>| drop(done.send((number, written)));
        ledger.write(vec![put("k", &number.to_string())], Box::new(tell));
    }
    ledger.close().unwrap();
    let told: Vec<_> = told.try_iter().collect();
    assert_eq!(told, (0..500).map(|number| (number, Ok(()))).collect::<Vec<_>>());
    assert_eq!(open(folder.path()).1, [entry("k", "499")]);
}

#[test]
fn a_caller_that_panics_harms_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    ledger.write(vec![put("a", "1")], Box::new(|_| panic!("on purpose")));
    write(&ledger, vec![put("b", "2")]).unwrap();
    ledger.close().unwrap();
    assert_eq!(open(folder.path()).1.len(), 2);
}

#[test]
fn ten_thousand_entries_are_read_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    let value = "x".repeat(400);
    let mut results = Vec::new();
    for number in 0..10_000 {
        results.push(begin(&ledger, vec![put(&format!("aor/{number:05}"), &value)]));
    }
    for result in results {
        result.recv().unwrap().unwrap();
    }
    let stats = ledger.stats();
    assert!(stats.batches < 2_000, "many changes go into one batch: {stats:?}");
    ledger.close().unwrap();
    let begin = Instant::now();
    let (_ledger, entries) = open(folder.path());
    let took = begin.elapsed();
    println!("{} entries read in {took:?}", entries.len());
    assert_eq!(entries.len(), 10_000);
    // Far more than it takes, for a busy machine.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

// === Killed processes ===

#[test]
fn a_killed_process_has_lost_no_change_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(11);
    for round in 1..=8 {
        let acknowledged = run_and_kill(folder.path(), random.usize(3..80));
        let (_ledger, entries) = open(folder.path());
        let entries: BTreeMap<_, _> = entries.into_iter().collect();
        let step = |key: &str| -> u64 {
            let value = entries
                .get(key.as_bytes())
                .map(|value| String::from_utf8_lossy(value).into_owned());
            value.map_or(0, |value| value.split(' ').next().unwrap().parse().unwrap())
        };
        let last = step("last");
        assert!(
            last >= acknowledged,
            "round {round}: {acknowledged} was acknowledged, {last} is there"
        );
        // A write is there with all its changes or not at all.
        assert_eq!(step("twin"), last, "round {round}");
        let gone = format!("step/{}", last.saturating_sub(1));
        assert!(
            !entries.contains_key(gone.as_bytes()),
            "round {round}: {gone} was removed"
        );
        assert!(
            last == 0 || step(&format!("step/{last}")) == last,
            "round {round}"
        );
    }
}

/// Starts this test binary again as an edge that writes, kills it after so many lines, and gives back the last
/// step that it printed.
fn run_and_kill(folder: &Path, lines: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::child_that_writes", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut acknowledged, mut seen) = (0, 0);
    while let Some(Ok(line)) = printed.next() {
        // The test framework prints, too.
        let Some(Ok(step)) = line.strip_prefix("acknowledged ").map(str::parse) else {
            continue;
        };
        acknowledged = step;
        seen += 1;
        if seen == lines {
            // SIGKILL. What it prints before it is dead counts as well: the loop reads on.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= lines, "the child stopped after {seen} lines");
    acknowledged
}

/// Not a test of its own: what [`run_and_kill`] runs.
#[test]
fn child_that_writes() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let (ledger, entries) = open(folder.as_ref());
    let last = entries.iter().find(|(key, _)| key == b"last");
    let mut step: u64 = last.map_or(0, |(_, value)| {
        let text = String::from_utf8_lossy(value);
        text.split(' ').next().unwrap().parse().unwrap()
    });
    let mut random = fastrand::Rng::new();
    loop {
        let mut waiting = Vec::new();
        for _ in 0..random.u32(1..6) {
            step += 1;
            // Up to three pieces.
            let value = format!("{step} {}", "x".repeat(random.usize(0..10_000)));
            let changes = vec![
                put("last", &value),
                put(&format!("step/{step}"), &value),
                put("twin", &step.to_string()),
                remove(&format!("step/{}", step - 1)),
            ];
            waiting.push((step, begin(&ledger, changes)));
        }
        for (step, result) in waiting {
            result.recv().unwrap().unwrap();
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "acknowledged {step}").unwrap();
        }
    }
}

const CHILD: &str = "HOTDESK_LEDGER_TEST_CHILD";

// === Syncs ===

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

// === Bounds ===

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

// === Directories ===

/// A ledger of 300 entries that was closed.
fn directory() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    for number in 0..300 {
        begin(&ledger, vec![put(&format!("key/{number}"), &"x".repeat(300))]);
    }
    ledger.close().unwrap();
    folder
}

fn assert_refused(refused: &OpenLedgerError, code: &str, sentence: &str) {
    assert_eq!(refused.code(), code, "{refused}");
    assert!(refused.to_string().contains(sentence), "{refused}");
    assert!(
        refused.what_to_do().ends_with('.') && !refused.what_to_do().contains("node"),
        "{refused}"
    );
}

fn check(code: &str, sentence: &str, harm: impl FnOnce(&Path)) {
    let folder = directory();
    harm(folder.path());
    let refused = Ledger::open(folder.path()).expect_err(sentence);
    assert_refused(&refused, code, sentence);
}

fn rewrite(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_damaged_ledger_is_refused() {
    check("HD3004", "but had", |dir| {
        fs::write(dir.join("db/db"), "").unwrap()
    });
    check("HD3004", "but had", |dir| {
        fs::remove_dir_all(dir.join("db")).unwrap()
    });
    check("HD3004", "checksum", |dir| {
        rewrite(&dir.join("LEDGER"), "generation ", "generation 1")
    });
    check("HD3004", "no generation", |dir| {
        rewrite(&dir.join("LEDGER"), "generation", "age")
    });
    for part in 1..8 {
        let folder = directory();
        let file = File::options()
            .write(true)
            .open(folder.path().join("db/db"))
            .unwrap();
        let length = file.metadata().unwrap().len();
        std::os::unix::fs::FileExt::write_all_at(&file, &[0xa5; 8192], length / 8 * part).unwrap();
        drop(file);
        // Where only free room was hit, nothing is wrong. Otherwise it is noticed.
        match Ledger::open(folder.path()) {
            Ok((_ledger, entries)) => assert_eq!(entries.len(), 300, "part {part}"),
            Err(refused) => assert_refused(&refused, "HD3004", "is damaged"),
        }
    }
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IDENTITY"), "hotdesk data directory\n").unwrap();
    let refused = Ledger::open(folder.path()).unwrap_err();
    assert_refused(&refused, "HD3010", "there is IDENTITY but no LEDGER");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    check("HD3010", "there is db but no LEDGER", |dir| {
        fs::remove_file(dir.join("LEDGER")).unwrap()
    });
    check("HD3010", "does not begin with its title", |dir| {
        fs::write(dir.join("LEDGER"), "#!/bin/sh\n").unwrap()
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(Ledger::open(file.path()).unwrap_err().code(), "HD3009");
}

#[test]
fn a_ledger_of_a_later_version_is_refused() {
    check("HD3001", "format 2; this version reads formats up to 1", |dir| {
        rewrite(&dir.join("LEDGER"), "format 1", "format 2");
    });
}

#[test]
fn two_edges_never_share_a_ledger() {
    let folder = directory();
    let (ledger, _) = open(folder.path());
    assert_refused(&Ledger::open(folder.path()).unwrap_err(), "HD3005", "in use");
    drop(ledger);
    open(folder.path());
}

#[test]
fn a_first_start_that_was_cut_short_is_no_obstacle() {
    for files in [&["LOCK"][..], &["LOCK", "LEDGER.new"], &["BALLAST", "LOCK"]] {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "").unwrap();
        }
        assert_eq!(open(folder.path()).1, []);
    }
    // The mark without a database.
    let folder = directory();
    let mut mark = String::new();
    File::open(folder.path().join("LEDGER"))
        .unwrap()
        .read_to_string(&mut mark)
        .unwrap();
    assert!(
        mark.starts_with("hotdesk ledger\nformat 1\ngeneration "),
        "{mark}"
    );
}

// === Anything ===

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// Against a map, with the ledger opened again now and then.
    #[test]
    fn a_ledger_is_a_map(
        rounds in prop::collection::vec(
            prop::collection::vec((0..12_u8, prop::option::of(0..20_000_usize)), 0..12),
            1..8,
        ),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut expected = BTreeMap::new();
        for (round, changes) in rounds.into_iter().enumerate() {
            let (ledger, entries) = open(folder.path());
            prop_assert!(entries == expected.clone().into_iter().collect::<Entries>(), "round {}", round);
            for (half, changes) in changes.chunks(6).enumerate() {
                let mut write = Vec::new();
                for (key, length) in changes {
                    let key = vec![*key; usize::from(*key)];
                    let value = length.map(|length| vec![u8::try_from(half).unwrap(); length]);
                    match &value {
                        Some(value) => expected.insert(key.clone(), value.clone()),
                        None => expected.remove(&key),
                    };
                    write.push((key, value));
                }
                begin(&ledger, write);
            }
        }
    }
}
