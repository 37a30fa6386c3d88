//! What happens, as each office hears of it.

use std::collections::BTreeMap;
use std::time::Duration;

use hotdesk_client::v1::Event;
use hotdesk_client::v1::event::Kind;
use hotdesk_client::{Applied, WatchedTable};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::narrate::Narrator;
use super::office::OFFICES;
use super::offices::Offices;
use crate::exit::Problem;
use crate::output::{text, time};

/// An entry is told of when all offices have it, or after so long without one.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// More changes of the directory in one entry (an import) are counted, not told.
const OTHERS_TOLD: usize = 4;
/// How many entries may wait to be told of; beyond it the offices' tasks wait, and tables drop what is too old.
const QUEUE: usize = 1024;

/// An entry that an office heard of.
struct Heard {
    office: usize,
    index: u64,
    events: Arc<[Event]>,
    at: Instant,
}

/// An entry that not all offices have heard of yet.
struct Pending {
    events: Arc<[Event]>,
    at: Vec<Option<Instant>>,
    first: Instant,
}

/// Tells what happens, until the future is dropped.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) async fn stream(offices: &Offices, say: Narrator) -> Result<(), Problem> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    for (office, table) in offices.all.iter().map(|office| office.table()).enumerate() {
        tokio::spawn(listen(office, table.clone(), sender.clone()));
    }
    drop(sender);
    let mut pending: BTreeMap<u64, Pending> = BTreeMap::new();
    loop {
        let due = pending.values().map(|entry| entry.first + WAIT_MAX).min();
        let due = due.unwrap_or_else(|| Instant::now() + WAIT_MAX);
        tokio::select! {
            heard = receiver.recv() => match heard {
                Some(heard) => note(&mut pending, heard),
                None => return Ok(()),
            },
            () = tokio::time::sleep_until(due) => {}
        }
        // In the order of the log: what is complete waits for what came before it.
        while let Some(entry) = pending.first_entry() {
            let complete = entry.get().at.iter().all(Option::is_some);
            if !complete && entry.get().first.elapsed() < WAIT_MAX {
                break;
            }
            let (index, entry) = entry.remove_entry();
            tell(say, index, &entry)?;
        }
    }
}

async fn listen(office: usize, table: WatchedTable, sender: mpsc::Sender<Heard>) {
    let mut applied = table.subscribe();
    loop {
        match applied.recv().await {
            Ok(Applied::Entry { index, events }) => {
                let at = Instant::now();
                let heard = Heard {
                    office,
                    index,
                    events,
                    at,
                };
                if sender.send(heard).await.is_err() {
                    return;
                }
            }
            Ok(Applied::Replaced { .. }) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn note(pending: &mut BTreeMap<u64, Pending>, heard: Heard) {
    let entry = pending.entry(heard.index).or_insert_with(|| Pending {
        events: heard.events,
        at: vec![None; OFFICES.len()],
        first: heard.at,
    });
    entry.at[heard.office] = Some(heard.at);
}

fn tell(say: Narrator, index: u64, entry: &Pending) -> Result<(), Problem> {
    let paint = say.paint();
    // An import is one entry of hundreds of events: those of sessions are told one by one.
    let (sessions, others): (Vec<_>, Vec<_>) = entry.events.iter().partition(|event| is_of_sessions(event));
    let ticks: Vec<_> = OFFICES
        .iter()
        .zip(&entry.at)
        .map(|(office, at)| match at {
            Some(at) => format!(
                "{} {} +{} ms",
                paint.green("✓"),
                office.id,
                at.duration_since(entry.first).as_millis()
            ),
            None => format!("{} {}", paint.red("✗"), office.id),
        })
        .collect();
    let at = entry.events.first().map_or(0, |event| event.at_ms);
    let head = format!("{}  entry {index:<6}", paint.dim(&time::clock_time(at)));
    for event in &sessions {
        say.plain(&format!("{head}  {}", text::event(event, paint)))?;
    }
    if others.len() <= OTHERS_TOLD {
        for event in &others {
            say.plain(&format!("{head}  {}", text::event(event, paint)))?;
        }
    } else {
        say.plain(&format!("{head}  {} changes of the directory", others.len()))?;
    }
    say.plain(&format!("{:28}{}", "", ticks.join("  ")))
}

const fn is_of_sessions(event: &Event) -> bool {
    matches!(
        event.kind,
        Some(Kind::SessionStarted(_) | Kind::SessionEnded(_) | Kind::UserLocked(_) | Kind::Forced(_))
    )
}
