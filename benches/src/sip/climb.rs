//! Two servers in turns under rising load: the highest rate that each takes cleanly.
//!
//! **Clean** is a step in which 95 % of all requests were answered within 5 ms, at most one in a thousand was
//! sent again or failed, and the load could be put on at all. A rate is clean when at least half of its turns were:
//! what else runs on the machine can only spoil turns, never better them.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::sipp::{Load, Step};
use super::{load_average, usage};
use crate::report::{Steal, median_of};

/// The share of answers within 5 ms that a clean step has.
const WITHIN_MIN: f64 = 0.95;
/// The share of requests that may be sent again or fail in a clean step.
const DISTURBED_MAX: f64 = 0.001;
/// The share of the offered load that must have been put on and gone through.
const DONE_MIN: f64 = 0.99;
/// A server is given up after so many rates in a row that were not clean.
const GIVE_UP_AFTER: u32 = 2;
/// Between two turns: what a server has not finished must not fall into the other's turn.
const PAUSE: Duration = Duration::from_millis(1500);
const PAUSE_AFTER_OVERLOAD: Duration = Duration::from_secs(4);

/// A server under comparison.
#[derive(Clone, Debug)]
pub struct Server {
    /// As it stands in the table.
    pub name: &'static str,
    /// Its first process.
    pub process: u32,
    /// What is put on it.
    pub load: Load,
}

/// How to climb.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Requests per second, rising.
    pub rates: Vec<u64>,
    /// How long each turn lasts.
    pub time: Duration,
    /// Turns of each server at each rate.
    pub turns: usize,
}

/// What one server reached.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// The highest rate that was clean, per second; 0: none.
    pub clean: u64,
    /// Processor time per request in microseconds, the median of the clean turns.
    pub processor_us: f64,
    misses: u32,
    costs: Vec<f64>,
}

/// Climbs, prints a line per turn, and returns what each server reached, in order.
///
/// # Errors
/// When the load cannot be put on.
pub fn climb(folder: &Path, servers: &[Server], plan: &Plan) -> Result<Vec<Reached>> {
    println!(
        "{:>10} {:>9} {:>9} {:>9} {:>8} {:>9} {:>8} {:>11} {:>6} {:>6} {:>6}",
        "server", "offered", "done", "< 5 ms", "again", "failed", "CPU", "CPU each", "sipp", "steal", "load"
    );
    let mut reached = vec![Reached::default(); servers.len()];
    for rate in &plan.rates {
        let mut clean = vec![0; servers.len()];
        for _turn in 0..plan.turns {
            for (at, server) in servers.iter().enumerate() {
                if reached[at].misses < GIVE_UP_AFTER {
                    clean[at] += usize::from(turn(folder, server, *rate, plan.time, &mut reached[at])?);
                }
            }
        }
        for (reached, clean) in reached.iter_mut().zip(clean) {
            if clean * 2 >= plan.turns && reached.misses < GIVE_UP_AFTER {
                reached.clean = *rate;
                reached.misses = 0;
            } else {
                reached.misses += 1;
            }
        }
        if reached.iter().all(|reached| reached.misses >= GIVE_UP_AFTER) {
            break;
        }
    }
    for reached in &mut reached {
        reached.processor_us = median_of(std::mem::take(&mut reached.costs));
    }
    Ok(reached)
}

fn turn(folder: &Path, server: &Server, rate: u64, time: Duration, reached: &mut Reached) -> Result<bool> {
    let steal = Steal::start();
    let before = usage::processor_time(server.process);
    let step = server.load.step(folder, rate, time)?;
    let used = usage::processor_time(server.process).saturating_sub(before);
    let clean = is_clean(&step, rate, time);
    let each = used.as_secs_f64() * 1e6 / step.done.max(1) as f64;
    println!(
        "{:>10} {rate:>7}/s {:>7.0}/s {:>8.1}% {:>8} {:>9} {:>7.0}% {each:>8.0} us {:>5.0}% {:>5.1}% {:>6.1}{}",
        server.name,
        step.done as f64 / step.elapsed.as_secs_f64(),
        step.within * 100.0,
        step.repeated,
        step.failed,
        used.as_secs_f64() / step.elapsed.as_secs_f64() * 100.0,
        step.sipp.as_secs_f64() / step.elapsed.as_secs_f64() * 100.0,
        steal.share() * 100.0,
        load_average(),
        if clean { "" } else { "   not clean" },
    );
    if clean {
        reached.costs.push(each);
    }
    std::thread::sleep(if clean { PAUSE } else { PAUSE_AFTER_OVERLOAD });
    Ok(clean)
}

fn is_clean(step: &Step, rate: u64, time: Duration) -> bool {
    let offered = rate as f64 * time.as_secs_f64();
    step.within >= WITHIN_MIN
        && (step.repeated + step.failed) as f64 <= offered * DISTURBED_MAX
        && step.done as f64 >= offered * DONE_MIN
        // sipp sends late what it cannot send in time: then the rate was not the offered one.
        && step.elapsed.as_secs_f64() <= time.as_secs_f64() * 1.1 + 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_clean_when_nearly_all_is_answered_soon_and_nothing_is_sent_again() {
        let time = Duration::from_secs(5);
        let good = Step {
            started: 5000,
            done: 5000,
            within: 0.96,
            elapsed: Duration::from_secs(5),
            ..Step::default()
        };
        assert!(is_clean(&good, 1000, time));
        let spoilt: [fn(&mut Step); 5] = [
            |step| step.within = 0.94,
            |step| step.repeated = 6,
            |step| step.failed = 6,
            |step| step.done = 4900,
            |step| step.elapsed = Duration::from_secs(7),
        ];
        for (at, spoil) in spoilt.iter().enumerate() {
            let mut step = good.clone();
            spoil(&mut step);
            assert!(!is_clean(&step, 1000, time), "row {at}");
        }
    }
}
