//! The cluster in a simulated world, many times over; and bugs planted to show that it would find them.
//!
//! `HOTDESK_SIM_SEEDS` says how many seeds are run (200), `HOTDESK_SIM_FIRST` which is the first (1). A failing
//! seed is run again, alone, by the line that the failure prints.

use std::panic;
use std::sync::Mutex;
use std::time::Instant;

use hotdesk_sim::checker::Rule;
use hotdesk_sim::faults::Fault;
use hotdesk_sim::plant::Plant;
use hotdesk_sim::run::Verdict;
use hotdesk_sim::scenario::{Scenario, run};

/// How many seeds are run when nobody says.
const SEEDS: u64 = 200;
/// How many of them are run twice, to see that the seed decides everything.
const REPEATED: u64 = 5;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text:?} is not a number"))
    })
}

/// Runs the scenarios of many seeds on all processors; the first bad one, if any, by seed.
fn first_bad(
    seeds: impl Iterator<Item = u64> + Send,
    scenario: impl Fn(u64) -> Scenario + Sync,
) -> Option<(u64, Verdict)> {
    let seeds = Mutex::new(seeds);
    let bad: Mutex<Option<(u64, Verdict)>> = Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    if bad.lock().unwrap().is_some() {
                        return;
                    }
                    let Some(seed) = seeds.lock().unwrap().next() else {
                        return;
                    };
                    let verdict = run(&scenario(seed)).verdict();
                    if !verdict.is_good() {
                        let mut bad = bad.lock().unwrap();
                        if bad.as_ref().is_none_or(|(first, _)| seed < *first) {
                            *bad = Some((seed, verdict));
                        }
                    }
                }
            });
        }
    });
    bad.into_inner().unwrap()
}

#[test]
fn no_seed_breaks_a_promise() {
    let (first, count) = (number("HOTDESK_SIM_FIRST", 1), number("HOTDESK_SIM_SEEDS", SEEDS));
    let began = Instant::now();
    if let Some((seed, verdict)) = first_bad(first..first + count, Scenario::new) {
        panic!(
            "HOTDESK_SIM_SEED={seed} cargo test -p hotdesk-sim --test sim replay -- --nocapture\n{verdict}"
        );
    }
    println!("{count} seeds in {:?}", began.elapsed());
}

/// Runs one seed and tells about it; without `HOTDESK_SIM_SEED`, seed 1.
#[test]
fn replay() {
    let seed = number("HOTDESK_SIM_SEED", 1);
    let began = Instant::now();
    let run = run(&Scenario::new(seed));
    let took = began.elapsed();
    let verdict = run.verdict();
    let digest = run.digest();
    println!(
        "seed {seed}: {}; digest {digest:016x}; ran {took:?}",
        run.summary()
    );
    assert!(verdict.is_good(), "{verdict}");
}

#[test]
fn the_seed_decides_everything() {
    for seed in 1..=REPEATED {
        let (once, again) = (run(&Scenario::new(seed)), run(&Scenario::new(seed)));
        assert_eq!(once.history, again.history, "seed {seed} went two ways");
        assert_eq!(once.digest(), again.digest());
        assert!(once.history.operations.len() > 100, "{}", once.summary());
    }
}

/// A bug and where to look for it: only `faults`, one after the other, quickly.
fn planted(plant: Plant, faults: &[Fault]) -> Scenario {
    Scenario {
        plant,
        faults: faults.to_vec(),
        pause_ms_max: 1_500,
        ..Scenario::new(0)
    }
}

/// One of `seeds` seeds breaks one of `rules`; and without the bug, all seeds up to that one pass.
fn is_caught(planted: &Scenario, seeds: u64, rules: &[Rule]) {
    let plant = planted.plant;
    let caught = (1..=seeds).find_map(|seed| {
        let verdict = run(&Scenario {
            seed,
            ..planted.clone()
        })
        .verdict();
        let rule = verdict
            .violations
            .iter()
            .map(|violation| violation.rule)
            .find(|rule| rules.contains(rule))?;
        Some((seed, rule, verdict))
    });
    let Some((caught, rule, verdict)) = caught else {
        panic!("{plant:?} was not caught in {seeds} seeds")
    };
    println!("{plant:?} was caught in seed {caught} by {rule:?}:\n{verdict}");
    let healthy = |seed| Scenario {
        seed,
        plant: Plant::Nothing,
        ..planted.clone()
    };
    if let Some((seed, verdict)) = first_bad(1..=caught, healthy) {
        panic!("seed {seed} is bad without {plant:?}, too:\n{verdict}");
    }
}

#[test]
fn a_restored_leader_reads_stale() {
    is_caught(
        &planted(Plant::RestoreLeader, &[Fault::KillLeader]),
        60,
        &[Rule::Linearizable],
    );
}

#[test]
fn acknowledging_before_the_sync_loses_logins() {
    let faults = [Fault::PowerLossOfAll, Fault::PowerLossOfLeader, Fault::PowerLoss];
    let rules = [Rule::AcknowledgedIsKept, Rule::Linearizable];
    is_caught(&planted(Plant::AcknowledgeBeforeSync, &faults), 40, &rules);
}

#[test]
fn evicting_in_a_second_entry_shows_a_user_twice() {
    is_caught(
        &planted(Plant::EvictInSecondEntry, &[Fault::Loss]),
        5,
        &[Rule::OneSeat],
    );
}

#[test]
fn a_vote_that_is_not_saved_elects_two_leaders() {
    let faults = [Fault::KillLeader, Fault::Kill, Fault::Partition, Fault::OneWay];
    is_caught(
        &planted(Plant::ForgetVote, &faults),
        100,
        &[Rule::LeadershipWonOnce],
    );
}

#[test]
fn a_lookup_without_a_lease_is_stale() {
    let faults = [Fault::Partition, Fault::OneWay, Fault::Stop];
    is_caught(
        &planted(Plant::LookupWithoutLease, &faults),
        40,
        &[Rule::Linearizable],
    );
}

#[test]
fn a_lease_without_a_margin_is_stale() {
    is_caught(
        &planted(Plant::LeaseWithoutMargin, &[Fault::Betrayal]),
        60,
        &[Rule::Linearizable],
    );
}
