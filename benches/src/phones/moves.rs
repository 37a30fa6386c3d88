//! People who log in at one office and the other in turn, and when calls follow them.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hdrhistogram::Histogram;
use tokio::sync::mpsc;

use super::offices::{Offices, PROBES};
use super::scripted::Scripted;
use super::{OFFICES, Person};
use crate::report::{histogram, short};
use crate::sip::probe::{Arrival, Prober};

/// Between two calls that look.
const PROBE_EVERY: Duration = Duration::from_millis(5);
/// A login that is not callable after so long ends the measurement.
const CALLABLE_MAX: Duration = Duration::from_secs(10);

/// How long logins took, in nanoseconds from the form on.
pub struct Times {
    /// The answer's page.
    pub answered: Histogram<u64>,
    /// A call at the new phone's socket.
    pub callable: Histogram<u64>,
    /// A check of the PIN, made in between.
    pub check: Histogram<u64>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            answered: histogram(),
            callable: histogram(),
            check: histogram(),
        }
    }
}

/// People with scripted phones in both offices.
pub struct Moves {
    people: Vec<Person>,
    phones: Vec<[Scripted; OFFICES]>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    probers: [Prober; OFFICES],
    calls: u64,
}

impl Moves {
    /// Switches on two phones for each of these people, and logs everybody in at the one in the first office.
    /// Calls are made as the phones of `colleagues`, one in each office, who are logged in.
    ///
    /// # Errors
    /// When a phone does not register or a login is refused.
    pub async fn start(offices: &Offices, people: Vec<Person>, colleagues: &[Person]) -> Result<Self> {
        let (send, arrivals) = mpsc::unbounded_channel();
        let mut phones = Vec::new();
        for person in &people {
            let one = Scripted::start(offices, *person, 0, send.clone()).await?;
            phones.push([one, Scripted::start(offices, *person, 1, send.clone()).await?]);
        }
        let prober = |office: usize| {
            let caller = colleagues[office].device(office);
            Prober::new_at(PROBES, offices.edge(office), caller)
        };
        let probers = [prober(0).await?, prober(1).await?];
        let mut moves = Self {
            people,
            phones,
            arrivals,
            probers,
            calls: 0,
        };
        let mut unmeasured = Times::default();
        for _ in 0..moves.people.len() {
            // Everybody is somewhere, so that each login that counts evicts.
            moves.one(&mut unmeasured).await?;
        }
        Ok(moves)
    }

    /// The next person moves to the other office.
    ///
    /// # Errors
    /// When the login is refused, or no call arrives.
    pub async fn one(&mut self, times: &mut Times) -> Result<()> {
        let (count, moved) = (self.people.len(), usize::try_from(self.calls)?);
        let (who, office) = (moved % count, moved / count % OFFICES);
        self.calls += 1;
        let (person, call) = (self.people[who], self.calls);
        let phone = &self.phones[who][office];
        let filled = phone.fill_in(person).await?;
        let prober = &self.probers[1 - office];
        let begin = Instant::now();
        let answer = phone.send(filled);
        tokio::pin!(answer);
        let (mut answered, mut callable) = (None, None);
        let mut ticks = tokio::time::interval(PROBE_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while answered.is_none() || callable.is_none() {
            if begin.elapsed() > CALLABLE_MAX {
                bail!(
                    "not callable after {}; the last answer to a call was {:?}",
                    short(CALLABLE_MAX),
                    prober.last_answer()
                );
            }
            tokio::select! {
                at = &mut answer, if answered.is_none() => answered = Some(at?),
                _ = ticks.tick(), if callable.is_none() => {
                    let name = format!("{call}-{}", begin.elapsed().as_micros());
                    prober.call(&person.extension(), &name).await?;
                }
                Some(arrival) = self.arrivals.recv() => {
                    let is_of_this = arrival.call.split('-').next() == Some(call.to_string().as_str());
                    if is_of_this && arrival.phone == office {
                        callable.get_or_insert(arrival.at);
                    }
                }
            }
        }
        let took =
            |at: Option<Instant>| at.map_or(0, |at| at.saturating_duration_since(begin).as_nanos() as u64);
        times.answered.saturating_record(took(answered));
        times.callable.saturating_record(took(callable));
        // Both phones do as they are told, or they would be told again.
        phone.load().await?;
        self.phones[who][1 - office].load().await
    }
}
