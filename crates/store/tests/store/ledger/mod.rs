//! What the edge's ledger promises: what was acknowledged survives a killed process, it has bounds, and it tells
//! clearly which directories it cannot work in.

mod bounds;
mod directories;
mod killed;
mod syncs;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hotdesk_store::Ledger;
use hotdesk_store::ledger::{Change, Entries, KEY_BYTES_MAX, VALUE_BYTES_MAX, WriteError};
use proptest::prelude::*;

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
