//! When each session was in the table that an office's node feeds: from then on that office's edge sends
//! calls there.
//!
//! It is the table that edges use, watched as they do, without the calls that would disturb the phones.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hotdesk_client::{Applied, Client, Options, TableOptions, WatchedTable};
use hotdesk_proto::v1::event;
use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// Entries that may wait until they are noted; far more than come while this process is not run.
const APPLIED_KEPT: usize = 64 * 1024;
const READY_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(2);

type Arrived = HashMap<String, (u64, Instant)>;

/// The table of one office.
pub struct Seen {
    arrived: Arc<Mutex<Arrived>>,
    task: JoinHandle<()>,
}

impl Seen {
    /// Follows the node at `address`, host:port or a URL.
    ///
    /// # Errors
    /// When it does not feed a table.
    pub async fn start(address: String) -> Result<Self> {
        let client = Client::new(Options::new([address]))?;
        let options = TableOptions {
            applied_kept: APPLIED_KEPT,
            ..TableOptions::default()
        };
        let table = WatchedTable::start(client, options);
        let mut applied = table.subscribe();
        if !table.ready(tokio::time::Instant::now() + READY_MAX).await {
            bail!("a node feeds no table");
        }
        let arrived: Arc<Mutex<Arrived>> = Arc::default();
        let noted = Arc::clone(&arrived);
        let task = tokio::spawn(async move {
            // Held so that the watch goes on.
            let _table = table;
            loop {
                match applied.recv().await {
                    Ok(Applied::Entry { events, .. }) => {
                        let at = Instant::now();
                        let mut arrived = noted.lock();
                        for event in &*events {
                            if let Some(event::Kind::SessionStarted(session)) = &event.kind {
                                arrived.insert(session.device.clone(), (session.epoch, at));
                            }
                        }
                    }
                    Ok(Applied::Replaced { .. }) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        Ok(Self { arrived, task })
    }

    /// The epoch of the session that began at a phone after `since`, and when it was in the table.
    ///
    /// # Errors
    /// When none is within `patience`.
    pub async fn session(&self, device: &str, since: Instant, patience: Duration) -> Result<(u64, Instant)> {
        let look = async {
            loop {
                let found = self.arrived.lock().get(device).copied();
                if let Some(found) = found.filter(|(_, at)| *at >= since) {
                    return found;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let found = tokio::time::timeout(patience, look).await;
        found.with_context(|| format!("no session at {device} is in the other office's table"))
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.task.abort();
    }
}
