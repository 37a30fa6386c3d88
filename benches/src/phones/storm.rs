//! A morning: many phones in two offices, one login at each, evenly over a given time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use hdrhistogram::Histogram;
use hotdesk_core::Epoch;

use super::Person;
use super::offices::{Offices, Used};
use super::screen::Screen;
use super::seen::Seen;
use crate::process::own_resident;
use crate::report::{Steal, histogram};
use crate::sip::usage::own_processor_time;

/// Phones that start at the same time.
const STARTING: usize = 40;
/// How long after its answer a session may take to be in the other office's table.
const VISIBLE_MAX: Duration = Duration::from_secs(30);

/// What came of it. Times are nanoseconds from the PIN's last key on.
pub struct Storm {
    /// Logins that were tried.
    pub tried: usize,
    /// What was wrong with those that did not succeed, the first few.
    pub failures: Vec<String>,
    /// How many did not.
    pub failed: usize,
    /// The answer's page.
    pub answered: Histogram<u64>,
    /// The session in the other office's table.
    pub callable: Histogram<u64>,
    /// The document.
    pub document: Histogram<u64>,
    /// All lines registered.
    pub line: Histogram<u64>,
    /// How often the edges have told phones to load, or to show a page.
    pub told: u64,
    /// Phones that they have given up.
    pub given_up: u64,
    /// What the processes have used, and what their memory was at the end.
    pub used: Vec<Used>,
    /// From the first login to the last screen.
    pub took: Duration,
    /// Share of processor time taken by the hypervisor.
    pub steal: f64,
}

/// What one login took.
struct One {
    answered: Duration,
    callable: Duration,
    document: Duration,
    line: Duration,
}

/// Failures that are kept in words.
const FAILURES_MAX: usize = 5;
/// Edges count under these names how often they told phones to load, and phones that did not follow.
const TRIGGERS: &str = "phone_triggers";
const GIVEN_UP: &str = "phones_given_up";

/// What everything has used, this process with its phones and relays too.
fn used(offices: &Offices) -> Vec<Used> {
    let mut used = offices.used();
    let own = std::process::id();
    used.push(Used {
        name: "simulated phones".into(),
        processor: own_processor_time(own),
        memory: own_resident().unwrap_or(0),
    });
    used
}

/// Switches the phones of these people on, and has all log in within `time`. `seen` is by office.
///
/// # Errors
/// When the phones do not start. A login that fails is counted.
pub async fn storm(
    offices: &Offices,
    people: &[Person],
    time: Duration,
    seen: [Arc<Seen>; 2],
) -> Result<Storm> {
    let phones = people
        .iter()
        .filter_map(|person| Some((*person, person.offices().next()?)));
    let starting = futures::stream::iter(phones).map(|(person, office)| async move {
        Ok::<_, anyhow::Error>((office, Screen::start(offices, person, office).await?))
    });
    let phones: Vec<_> = starting
        .buffer_unordered(STARTING)
        .try_collect()
        .await
        .context("start the phones")?;
    let counted = || anyhow::Ok((offices.counted(TRIGGERS)?, offices.counted(GIVEN_UP)?));
    let (counted_before, before) = (counted()?, used(offices));
    let gap = time.div_f64(phones.len().max(1) as f64);
    let (begin, steal) = (Instant::now(), Steal::start());
    let mut logins = Vec::new();
    for (i, (office, phone)) in phones.into_iter().enumerate() {
        let other = Arc::clone(&seen[1 - office]);
        let at = begin + gap * u32::try_from(i)?;
        logins.push(tokio::spawn(async move {
            tokio::time::sleep_until(at.into()).await;
            let outcome = one(&phone, &other).await;
            // The phone stays on: a morning does not end with its logins.
            (outcome, phone)
        }));
    }
    let mut storm = Storm {
        tried: logins.len(),
        failures: Vec::new(),
        failed: 0,
        answered: histogram(),
        callable: histogram(),
        document: histogram(),
        line: histogram(),
        told: 0,
        given_up: 0,
        used: Vec::new(),
        took: Duration::ZERO,
        steal: 0.0,
    };
    let done = futures::future::try_join_all(logins).await?;
    for (outcome, _still_on) in &done {
        storm.add(outcome);
    }
    storm.took = begin.elapsed();
    storm.steal = steal.share();
    let (told, given_up) = counted()?;
    storm.told = told.saturating_sub(counted_before.0);
    storm.given_up = given_up.saturating_sub(counted_before.1);
    storm.used = used(offices);
    for (after, before) in storm.used.iter_mut().zip(before) {
        after.processor = after.processor.saturating_sub(before.processor);
    }
    Ok(storm)
}

impl Storm {
    fn add(&mut self, outcome: &Result<One>) {
        let one = match outcome {
            Ok(one) => one,
            Err(error) => {
                self.failed += 1;
                if self.failures.len() < FAILURES_MAX {
                    self.failures.push(format!("{error:#}"));
                }
                return;
            }
        };
        let record = |histogram: &mut Histogram<u64>, took: Duration| {
            histogram.saturating_record(took.as_nanos() as u64)
        };
        record(&mut self.answered, one.answered);
        record(&mut self.callable, one.callable);
        record(&mut self.document, one.document);
        record(&mut self.line, one.line);
    }
}

async fn one(phone: &Screen, other: &Seen) -> Result<One> {
    let sent = phone.log_in().await?;
    let (loaded, registered) = phone.updated(sent.stamp).await?;
    let (epoch, callable) = other.session(phone.device(), sent.at, VISIBLE_MAX).await?;
    anyhow::ensure!(
        phone.stamp() >= Epoch(epoch).index(),
        "the phone shows stamp {}, and the session is of {epoch}",
        phone.stamp()
    );
    Ok(One {
        answered: sent.answered - sent.at,
        callable: callable.saturating_duration_since(sent.at),
        document: loaded - sent.at,
        line: registered - sent.at,
    })
}
