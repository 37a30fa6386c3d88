//! `kill -9` in the middle of appends: what the process had printed as acknowledged is there afterwards.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hotdesk_store::types::Entry;
use openraft::RaftLogReader;

use crate::harness::{append_begin, block_on, entry, open, payload, read_all, vote};
use openraft::storage::RaftLogStorage;

#[test]
fn a_killed_process_has_lost_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(9);
    for round in 1..=8 {
        // Another moment each time, counted in acknowledgements rather than in time.
        let (voted, acknowledged) = run_and_kill(folder.path().into(), random.usize(3..60));
        let mut log = open(folder.path()).unwrap();
        let found = read_all(&mut log);
        assert!(
            found.len() as u64 > acknowledged,
            "round {round}: {acknowledged} was acknowledged, the last one there is {:?}",
            found.last().map(|entry| entry.log_id)
        );
        for (index, found) in (0..).zip(&found) {
            let written = written(index);
            assert_eq!(payload(found), payload(&written), "round {round}, entry {index}");
        }
        // None before the first was printed.
        let found = block_on(log.read_vote())
            .unwrap()
            .map_or(0, |vote| vote.leader_id.term);
        assert!(found >= voted, "round {round}: voted {voted}, found {found}");
    }
}

/// Starts this test binary again as a node that appends, kills it after so many lines, and gives back what it
/// printed last: the term of its vote and the index of its entry.
fn run_and_kill(folder: PathBuf, lines: usize) -> (u64, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_that_appends", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut voted, mut acknowledged, mut seen) = (0, 0, 0);
    while let Some(Ok(line)) = printed.next() {
        // The test framework prints, too.
        let mut words = line.split_whitespace();
        let (Some(word), Some(Ok(number))) = (words.next(), words.next().map(str::parse)) else {
            continue;
        };
        match word {
            "voted" => voted = number,
            "acknowledged" => acknowledged = number,
            _ => continue,
        }
        seen += 1;
        if seen == lines {
            // What it prints before it is dead counts as well: the loop reads on.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= lines, "the child stopped after {seen} lines");
    (voted, acknowledged)
}

/// Not a test of its own: what [`run_and_kill`] runs.
#[test]
fn child_that_appends() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let mut log = open(folder.as_ref()).unwrap();
    let mut next = read_all(&mut log).last().map_or(0, |last| last.log_id.index + 1);
    let mut stdout = std::io::stdout().lock();
    let mut random = fastrand::Rng::new();
    loop {
        let mut pending = Vec::new();
        for _ in 0..random.u32(1..8) {
            let count = random.u64(1..6);
            let appended = append_begin(&mut log, (next..next + count).map(written).collect()).unwrap();
            next += count;
            pending.push((next - 1, appended));
        }
        for (last, appended) in pending {
            appended.wait().unwrap();
            writeln!(stdout, "acknowledged {last}").unwrap();
        }
        if random.u32(..4) == 0 {
            block_on(log.save_vote(&vote(next))).unwrap();
            writeln!(stdout, "voted {next}").unwrap();
        }
    }
}

/// What stands at this index, in every round.
fn written(index: u64) -> Entry {
    entry(1, index, 60 + usize::try_from(index % 40).unwrap() * 50)
}

const CHILD: &str = "HOTDESK_STORE_TEST_CHILD";
