//! `kill -9` in the middle of writes.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{begin, open, put, remove};

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
        .args(["--exact", "ledger::killed::child_that_writes", "--nocapture"])
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
