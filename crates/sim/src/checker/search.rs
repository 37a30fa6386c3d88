//! The search for an order that explains every answer: Wing and Gong's, with a memory of what failed.
//!
//! Two things keep it small. An observation (a look-up, a logout that found nothing) changes nothing, so it
//! is taken as soon as it fits and never branches, unless it is the first to see the epoch of a login without
//! an answer: that is a guess, and may be wrong. And of several operations without an answer that would do
//! the same, only the one called first needs to be tried: it can stand in for the others.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::register::{Effect, Of, Register, Step};
use super::{Rule, Violation};

/// How many different situations are looked at before the search gives up: some seconds of work.
const SITUATIONS_MAX: usize = 2_000_000;

/// `None` if the steps can be put in an order; otherwise what went wrong, and where.
pub(super) fn explain(of: &Of<'_>, steps: &[Step<'_>]) -> Option<Violation> {
    let mut search = Search::new(steps);
    match search.run() {
        Verdict::Explained => None,
        Verdict::Impossible => Some(Violation {
            rule: Rule::Linearizable,
            detail: format!("{of}: {}", search.describe_furthest()),
        }),
        Verdict::GaveUp => Some(Violation {
            rule: Rule::Decided,
            detail: format!(
                "{of}: gave up after {SITUATIONS_MAX} situations ({} steps)",
                steps.len()
            ),
        }),
    }
}

enum Verdict {
    Explained,
    Impossible,
    GaveUp,
}

/// How far an order has come.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Situation<'a> {
    register: Register<'a>,
    /// All answered steps before this one are placed.
    placed_below: usize,
    /// Bit i: step `placed_below + i` is placed.
    placed: Vec<u64>,
    /// How many unanswered steps of each class are placed.
    taken: Vec<u16>,
}

struct Search<'a, 's> {
    /// Steps with an answer, by the instant from which they can be placed.
    answered: Vec<&'s Step<'a>>,
    /// Steps without one, grouped by what they would do, each group by its instant.
    unanswered: Vec<Vec<&'s Step<'a>>>,
    /// The situation that had placed most, for the message.
    furthest: Option<(usize, Situation<'a>)>,
}

impl<'a, 's> Search<'a, 's> {
    fn new(steps: &'s [Step<'a>]) -> Self {
        let (unanswered, answered): (Vec<_>, Vec<_>) =
            steps.iter().partition(|step| step.effect.is_optional());
        let mut classes: Vec<Vec<&Step<'a>>> = Vec::new();
        for step in unanswered {
            match classes.iter_mut().find(|class| class[0].effect == step.effect) {
                Some(class) => class.push(step),
                None => classes.push(vec![step]),
            }
        }
        Self {
            answered,
            unanswered: classes,
            furthest: None,
        }
    }

    fn run(&mut self) -> Verdict {
        let mut start = Situation {
            register: Register::default(),
            placed_below: 0,
            placed: Vec::new(),
            taken: vec![0; self.unanswered.len()],
        };
        self.observe(&mut start);
        let mut known = HashSet::new();
        let mut stack = vec![start];
        while let Some(situation) = stack.pop() {
            if situation.placed_below == self.answered.len() {
                return Verdict::Explained;
            }
            if !known.insert(situation.clone()) {
                continue;
            }
            if known.len() > SITUATIONS_MAX {
                return Verdict::GaveUp;
            }
            // Answered steps are tried first (pushed last): most histories need few of the others.
            self.branch_on_unanswered(&situation, &mut stack);
            self.branch_on_answered(&situation, &mut stack);
            let placed = situation.count();
            if self.furthest.as_ref().is_none_or(|(most, _)| placed > *most) {
                self.furthest = Some((placed, situation));
            }
        }
        Verdict::Impossible
    }

    fn branch_on_answered(&self, situation: &Situation<'a>, stack: &mut Vec<Situation<'a>>) {
        let horizon = self.horizon(situation);
        let mut next = Vec::new();
        for (at, step) in self.open(situation, horizon) {
            if let Some(register) = situation.register.after(&step.effect) {
                let mut after = Situation {
                    register,
                    ..situation.clone()
                };
                after.place(at);
                self.observe(&mut after);
                next.push(after);
            }
        }
        stack.extend(next.into_iter().rev());
    }

    fn branch_on_unanswered(&self, situation: &Situation<'a>, stack: &mut Vec<Situation<'a>>) {
        let horizon = self.horizon(situation);
        for (class, steps) in self.unanswered.iter().enumerate() {
            let Some(step) = steps.get(usize::from(situation.taken[class])) else {
                continue;
            };
            if step.from_ns > horizon {
                continue;
            }
            if let Some(register) = situation.register.after(&step.effect) {
                let mut after = Situation {
                    register,
                    ..situation.clone()
                };
                after.taken[class] += 1;
                self.observe(&mut after);
                stack.push(after);
            }
        }
    }

    /// Places every observation that fits now and teaches nothing.
    fn observe(&self, situation: &mut Situation<'a>) {
        loop {
            let horizon = self.horizon(situation);
            let fits = self.open(situation, horizon).find(|(_, step)| {
                let register = situation.register;
                step.effect.is_observation() && register.after(&step.effect) == Some(register)
            });
            let Some((at, _)) = fits else { return };
            situation.place(at);
        }
    }

    /// The instant by which the next step must have been called: the earliest answer still to be placed.
    fn horizon(&self, situation: &Situation<'a>) -> u64 {
        let mut horizon = u64::MAX;
        for (at, step) in self.answered.iter().enumerate().skip(situation.placed_below) {
            if step.from_ns > horizon {
                break;
            }
            if !situation.is_placed(at) {
                horizon = horizon.min(step.until_ns);
            }
        }
        horizon
    }

    /// The answered steps that are not placed and were called before `horizon`.
    fn open(&self, situation: &Situation<'a>, horizon: u64) -> impl Iterator<Item = (usize, &'s Step<'a>)> {
        self.answered
            .iter()
            .enumerate()
            .skip(situation.placed_below)
            .take_while(move |(_, step)| step.from_ns <= horizon)
            .filter(|(at, _)| !situation.is_placed(*at))
            .map(|(at, step)| (at, *step))
    }

    fn describe_furthest(&self) -> String {
        let Some((placed, situation)) = &self.furthest else {
            return "nothing to explain".into();
        };
        let mut text = format!(
            "{placed} of {} answers can be explained; then it holds {:?}, which fits none of:",
            self.answered.len(),
            situation.register.held
        );
        let horizon = self.horizon(situation);
        for (_, step) in self.open(situation, horizon).take(6) {
            write_step(&mut text, step);
        }
        text.push_str("\n  without an answer until then:");
        for (class, steps) in self.unanswered.iter().enumerate() {
            for step in steps.iter().skip(usize::from(situation.taken[class])) {
                if step.from_ns <= horizon {
                    write_step(&mut text, step);
                }
            }
        }
        text
    }
}

fn write_step(text: &mut String, step: &Step<'_>) {
    let operation = step.operation;
    let _ = write!(
        text,
        "\n  {:>12.6}s..{} {} {:?}",
        operation.invoked_ns as f64 / 1e9,
        if step.until_ns == u64::MAX {
            "?".into()
        } else {
            format!("{:.6}s", operation.returned_ns as f64 / 1e9)
        },
        operation.client,
        operation.call
    );
    if let Effect::Without { other } = &step.effect {
        let _ = write!(text, " (so {other} was not here)");
    }
}

impl Situation<'_> {
    fn is_placed(&self, at: usize) -> bool {
        if at < self.placed_below {
            return true;
        }
        let bit = at - self.placed_below;
        self.placed
            .get(bit / 64)
            .is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    fn place(&mut self, at: usize) {
        let bit = at - self.placed_below;
        if self.placed.len() <= bit / 64 {
            self.placed.resize(bit / 64 + 1, 0);
        }
        self.placed[bit / 64] |= 1 << (bit % 64);
        let ones = self.leading_placed();
        self.shift(ones);
    }

    fn leading_placed(&self) -> usize {
        let mut ones = 0;
        for word in &self.placed {
            ones += word.trailing_ones() as usize;
            if *word != u64::MAX {
                break;
            }
        }
        ones
    }

    /// Moves the window of bits forward.
    fn shift(&mut self, by: usize) {
        if by == 0 {
            return;
        }
        self.placed_below += by;
        let (words, bits) = (by / 64, by % 64);
        self.placed.drain(..words.min(self.placed.len()));
        if bits > 0 {
            for at in 0..self.placed.len() {
                let high = self.placed.get(at + 1).copied().unwrap_or(0);
                self.placed[at] = (self.placed[at] >> bits) | (high << (64 - bits));
            }
        }
        while self.placed.last() == Some(&0) {
            self.placed.pop();
        }
    }

    fn count(&self) -> usize {
        self.placed_below
            + self
                .placed
                .iter()
                .map(|word| word.count_ones() as usize)
                .sum::<usize>()
    }
}
