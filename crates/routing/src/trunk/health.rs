//! Which trunks are usable, learned from OPTIONS and from calls.

use std::time::Duration;

use smol_str::SmolStr;

use super::Trunk;

/// So many failures one after the other make a trunk count as down: one may be a lost packet.
pub const FAILURES_MAX: u32 = 2;

/// While a trunk is down it is asked at least so often, so that it is used again soon after it is back.
const ASK_DOWN_EVERY_MAX: Duration = Duration::from_secs(10);

/// Up to so much of the interval, in parts of a thousand, is taken off by chance: edges do not ask in step.
const JITTER_MAX: u64 = 200;

/// The health of all trunks. Times are milliseconds of any clock that does not go back.
///
/// ```text
///         success                      success
///  ┌────► up ──── 2 failures ────► down ────┐
///  └────────────────────────────────────────┘
/// ```
/// A trunk counts as up until it has been seen to fail: at the start nothing is known, and calls must go.
#[derive(Clone, Debug)]
pub struct TrunkHealth {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    id: SmolStr,
    priority: u16,
    weight: u16,
    every_ms: u64,
    failures: u32,
    up: bool,
    changed_ms: u64,
    /// `None` while an answer is awaited, or when it is never asked.
    ask_at_ms: Option<u64>,
}

/// Something to ask, due now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The trunk.
    pub trunk: SmolStr,
}

/// How a trunk is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkStatus {
    /// The trunk.
    pub trunk: SmolStr,
    /// It is used.
    pub up: bool,
    /// Since when.
    pub since_ms: u64,
}

impl TrunkHealth {
    /// All up, to be asked at once.
    #[must_use]
    pub fn new(trunks: &[Trunk], now_ms: u64) -> Self {
        let line = |trunk: &Trunk| {
            let every_ms = millis(trunk.options_every);
            Line {
                id: trunk.id.clone(),
                priority: trunk.priority,
                weight: trunk.weight,
                every_ms,
                failures: 0,
                up: true,
                changed_ms: now_ms,
                ask_at_ms: (every_ms > 0).then_some(now_ms),
            }
        };
        Self {
            lines: trunks.iter().map(line).collect(),
        }
    }

    /// The trunks that are to be asked now. Each is due again only after its [`answered`](Self::answered).
    pub fn due(&mut self, now_ms: u64) -> Vec<Probe> {
        let mut due = Vec::new();
        for line in &mut self.lines {
            if line.ask_at_ms.is_some_and(|at| at <= now_ms) {
                line.ask_at_ms = None;
                due.push(Probe {
                    trunk: line.id.clone(),
                });
            }
        }
        due
    }

    /// When [`due`](Self::due) has something.
    #[must_use]
    pub fn next_due_ms(&self) -> Option<u64> {
        self.lines.iter().filter_map(|line| line.ask_at_ms).min()
    }

    /// The answer to OPTIONS, or `None` when there was none in time. Any answer but 503 (and what stands for a
    /// transport that failed: 408, 430, 5xx gateways' 502 and 504) says that the trunk is there, even 404 or
    /// 405. `chance` is any random number. Returns the new status if it has changed.
    pub fn answered(
        &mut self,
        trunk: &str,
        status: Option<u16>,
        now_ms: u64,
        chance: u64,
    ) -> Option<TrunkStatus> {
        let line = self.lines.iter_mut().find(|line| line.id == trunk)?;
        let change = line.learn(is_alive(status), now_ms);
        if line.every_ms > 0 {
            let every = if line.up {
                line.every_ms
            } else {
                line.every_ms.min(millis(ASK_DOWN_EVERY_MAX))
            };
            let off = every * (chance % (JITTER_MAX + 1)) / 1000;
            line.ask_at_ms = Some(now_ms.saturating_add(every - off));
        }
        change
    }

    /// What became of a call at a trunk: its final status, or `None` when it did not answer at all. Returns the
    /// new status if it has changed. A trunk that is never asked is not judged by its calls either, for nothing
    /// would bring it back.
    pub fn called(&mut self, trunk: &str, status: Option<u16>, now_ms: u64) -> Option<TrunkStatus> {
        let line = self.lines.iter_mut().find(|line| line.id == trunk)?;
        if line.every_ms == 0 {
            return None;
        }
        let change = line.learn(is_alive(status), now_ms);
        if change.is_some() && !line.up {
            line.ask_at_ms = line
                .ask_at_ms
                .map(|at| at.min(now_ms.saturating_add(millis(ASK_DOWN_EVERY_MAX))));
        }
        change
    }

    /// These trunks in the order in which to try them: those that are up by priority, and within one by chance
    /// in proportion to their weights; then those that are down in the same way, because trying is better than
    /// refusing. Unknown ones are left out. `chance` is any random number.
    #[must_use]
    pub fn order(&self, trunks: &[SmolStr], chance: u64) -> Vec<SmolStr> {
        let mut left: Vec<&Line> = Vec::with_capacity(trunks.len());
        for id in trunks {
            let line = self.lines.iter().find(|line| line.id == *id);
            left.extend(line.filter(|line| !left.iter().any(|other| other.id == line.id)));
        }
        let mut ordered = Vec::with_capacity(left.len());
        let mut chance = chance;
        while let Some(first) = left.iter().map(|line| (!line.up, line.priority)).min() {
            let peers = |line: &&&Line| (!line.up, line.priority) == first;
            let total: u64 = left.iter().filter(peers).map(|line| u64::from(line.weight)).sum();
            let at = pick(&left, first, (total > 0).then(|| chance % total));
            chance = stir(chance);
            ordered.push(left.remove(at).id.clone());
        }
        ordered
    }

    /// Whether a trunk is used; unknown ones are not.
    #[must_use]
    pub fn is_up(&self, trunk: &str) -> bool {
        self.lines.iter().any(|line| line.id == trunk && line.up)
    }

    /// All trunks, as configured.
    #[must_use]
    pub fn status(&self) -> Vec<TrunkStatus> {
        self.lines.iter().map(Line::status).collect()
    }
}

impl Line {
    fn learn(&mut self, alive: bool, now_ms: u64) -> Option<TrunkStatus> {
        self.failures = if alive { 0 } else { self.failures.saturating_add(1) };
        let up = alive || (self.up && self.failures < FAILURES_MAX);
        if up == self.up {
            return None;
        }
        self.up = up;
        self.changed_ms = now_ms;
        Some(self.status())
    }

    fn status(&self) -> TrunkStatus {
        TrunkStatus {
            trunk: self.id.clone(),
            up: self.up,
            since_ms: self.changed_ms,
        }
    }
}

/// The place of the one at which the running sum of weights passes `mark`; the first where all weigh nothing.
fn pick(lines: &[&Line], rank: (bool, u16), mark: Option<u64>) -> usize {
    let mut sum = 0;
    let mut peers = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| (!line.up, line.priority) == rank);
    let found = peers.find(|(_, line)| {
        sum += u64::from(line.weight);
        mark.is_none_or(|mark| sum > mark)
    });
    found.map_or(0, |(at, _)| at)
}

/// The next of a row of numbers that look random (`SplitMix64`'s last steps), so that one argument is enough.
const fn stir(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

const fn is_alive(status: Option<u16>) -> bool {
    !matches!(status, None | Some(408 | 430 | 502 | 503 | 504))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
