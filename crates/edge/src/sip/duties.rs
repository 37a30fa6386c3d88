//! What the edge tells the cluster by itself: that it is there, which phones it serves, who was active.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_client::{Client, WatchedTable, v1};
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::now_ms;

/// How many items one report holds; the API's bound.
const ITEMS_MAX: usize = 1000;
/// How long a report is put off to travel with others.
const GATHER: Duration = Duration::from_millis(100);
/// How long to wait after a report that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Which phones this edge serves, as far as the cluster has to be told. Told only when the cluster believes something
/// else: phones that refresh their registration cost the log nothing.
pub(crate) struct Serving {
    edge: SmolStr,
    table: WatchedTable,
    waiting: Mutex<HashSet<SmolStr>>,
    more: tokio::sync::Notify,
}

impl Serving {
    pub(crate) fn new(edge: SmolStr, table: WatchedTable) -> Self {
        Self {
            edge,
            table,
            waiting: Mutex::default(),
            more: tokio::sync::Notify::new(),
        }
    }

    /// A phone has registered here.
    pub(crate) fn serves(&self, device: &str) {
        let known = self.table.by_device(device);
        if known.is_some_and(|known| known.serving() == Some(self.edge.as_str())) {
            return;
        }
        if self.waiting.lock().insert(device.into()) {
            self.more.notify_one();
        }
    }

    /// Reports, for as long as the edge runs.
    pub(crate) async fn report(self: Arc<Self>, client: Client) {
        loop {
            self.more.notified().await;
            // A storm of phones after a power cut becomes a few entries.
            tokio::time::sleep(GATHER).await;
            loop {
                let devices: Vec<SmolStr> = {
                    let mut waiting = self.waiting.lock();
                    let some: Vec<SmolStr> = waiting.iter().take(ITEMS_MAX).cloned().collect();
                    for device in &some {
                        waiting.remove(device);
                    }
                    some
                };
                if devices.is_empty() {
                    break;
                }
                let item = |device: &SmolStr| v1::ServedDevice {
                    device: device.to_string(),
                    edge: self.edge.to_string(),
                    gone: false,
                };
                let items: Vec<_> = devices.iter().map(item).collect();
                let problem = match client.report_serving(items).await {
                    Ok(noted) if usize::try_from(noted).is_ok_and(|noted| noted == devices.len()) => continue,
                    // The cluster has not taken in this edge's own announcement yet, or a phone was deleted.
                    Ok(noted) => format!("{noted} of {} are known there", devices.len()),
                    Err(error) => error.to_string(),
                };
                tracing::warn!(
                    problem,
                    "the cluster does not know yet which phones are here; trying again"
                );
                self.again(devices).await;
            }
        }
    }
}

impl Serving {
    /// Keeps for the next round what the cluster still has otherwise.
    async fn again(&self, devices: Vec<SmolStr>) {
        tokio::time::sleep(AGAIN).await;
        for device in devices {
            if self.table.by_device(&device).is_some() {
                self.serves(&device);
            }
        }
    }
}

/// Signs of life of sessions, gathered for the idle time-out: never one log entry per call.
#[derive(Default)]
pub(crate) struct Activity {
    seen: Mutex<HashMap<SmolStr, (u64, u64)>>,
}

impl Activity {
    /// Somebody uses a phone in this session.
    pub(crate) fn seen(&self, device: &str, epoch: u64) {
        self.seen.lock().insert(device.into(), (epoch, now_ms()));
    }

    /// Reports, for as long as the edge runs. What could not be reported goes with the next report, unless something
    /// newer has been seen.
    pub(crate) async fn report(self: Arc<Self>, client: Client, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let seen: Vec<_> = self.seen.lock().drain().collect();
            for some in seen.chunks(ITEMS_MAX) {
                let item = |(device, (epoch, at_ms)): &(SmolStr, (u64, u64))| v1::Activity {
                    device: device.to_string(),
                    epoch: *epoch,
                    at_ms: *at_ms,
                };
                if let Err(error) = client.touch(some.iter().map(item).collect()).await {
                    tracing::warn!(%error, "cannot report activity; trying again");
                    let mut waiting = self.seen.lock();
                    for (device, seen) in some {
                        waiting.entry(device.clone()).or_insert(*seen);
                    }
                }
            }
        }
    }
}

/// Announces the edge to the cluster, and again whenever the cluster has it otherwise.
pub(crate) async fn announce(client: Client, table: WatchedTable, edge: v1::Edge) {
    let mut states = table.state_changes();
    loop {
        let far = tokio::time::Instant::now() + Duration::from_secs(3600);
        let mut pause = WATCH_EVERY;
        if table.ready(far).await {
            let known = table.edge(&edge.id);
            let same = known.is_some_and(|known| *known.site.as_str() == edge.site && known.uri == edge.uri);
            if !same {
                pause = AGAIN;
                match client.put_edge(edge.clone()).await {
                    Ok(_) => tracing::info!(edge_id = edge.id, uri = edge.uri, "the cluster knows this edge"),
                    Err(error) => {
                        tracing::warn!(%error, edge_id = edge.id, "cannot announce this edge; trying again");
                    }
                }
            }
        }
        // A change of the table's state, or a while: somebody may have deleted the record.
        let _ = tokio::time::timeout(pause, states.changed()).await;
    }
}

/// How often the edge looks whether it is still known.
const WATCH_EVERY: Duration = Duration::from_secs(10);
