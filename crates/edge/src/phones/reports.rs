//! What phones were seen to show, for the log: gathered, so that a busy morning becomes a few entries.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_client::{Client, v1};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::sync::Notify;

/// How many items one report holds; the API's bound.
const ITEMS_MAX: usize = 1000;
/// How long a report is put off to travel with others.
const GATHER: Duration = Duration::from_millis(100);
/// How long to wait after a report that failed.
const AGAIN: Duration = Duration::from_secs(1);
/// The longest trouble.
const TROUBLE_BYTES_MAX: usize = 256;
/// So many wait at most; what comes beyond is dropped: the phone's next registration, or its document, says it again.
const WAITING_MAX: usize = 20_000;

/// What waits to be reported; one item for each phone, the newest.
#[derive(Default)]
pub(crate) struct Reports {
    waiting: Mutex<HashMap<SmolStr, Item>>,
    more: Notify,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    stamp: u64,
    /// Empty: it shows the stamp.
    trouble: String,
}

impl Reports {
    /// A phone shows this: the line of the session that began there has registered.
    pub(crate) fn shown(&self, device: &str, stamp: u64) {
        let trouble = String::new();
        self.put(device, Item { stamp, trouble });
    }

    /// A phone does not show this, and was given up.
    pub(crate) fn trouble(&self, device: &str, stamp: u64, trouble: &str) {
        let mut end = trouble.len().min(TROUBLE_BYTES_MAX);
        while !trouble.is_char_boundary(end) {
            end -= 1;
        }
        let trouble = trouble[..end].to_owned();
        self.put(device, Item { stamp, trouble });
    }

    fn put(&self, device: &str, item: Item) {
        let mut waiting = self.waiting.lock();
        let is_newer = waiting.get(device).is_none_or(|known| known.stamp <= item.stamp);
        if is_newer && (waiting.len() < WAITING_MAX || waiting.contains_key(device)) {
            waiting.insert(device.into(), item);
            self.more.notify_one();
        }
    }

    fn some(&self) -> Vec<(SmolStr, Item)> {
        let mut waiting = self.waiting.lock();
        let some: Vec<SmolStr> = waiting.keys().take(ITEMS_MAX).cloned().collect();
        some.into_iter()
            .filter_map(|device| waiting.remove_entry(&device))
            .collect()
    }

    /// Reports, for as long as the edge runs.
    pub(crate) async fn report(self: Arc<Self>, client: Client) {
        loop {
            self.more.notified().await;
            tokio::time::sleep(GATHER).await;
            let mut is_said = false;
            loop {
                let items = self.some();
                if items.is_empty() {
                    break;
                }
                if let Err(error) = client.report_shown(items.iter().map(message).collect()).await {
                    // Once, not each time: an office may be cut off for hours.
                    if !std::mem::replace(&mut is_said, true) {
                        tracing::warn!(%error, "cannot report what phones show; trying again");
                    }
                    tokio::time::sleep(AGAIN).await;
                    for (device, item) in items {
                        self.put(&device, item);
                    }
                }
            }
        }
    }
}

fn message((device, item): &(SmolStr, Item)) -> v1::ShownItem {
    v1::ShownItem {
        device: device.to_string(),
        stamp: item.stamp,
        how: v1::ShownBy::Register.into(),
        trouble: item.trouble.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_report_of_a_phone_counts_and_a_retry_does_not_undo_it() {
        let reports = Reports::default();
        reports.shown("a", 10);
        reports.trouble("a", 12, &"\u{e9}".repeat(200));
        reports.shown("a", 11);
        let items = reports.some();
        assert_eq!(items.len(), 1);
        assert_eq!((items[0].1.stamp, items[0].1.trouble.len()), (12, 256));
        reports.shown("a", 12);
        for (device, item) in items {
            reports.put(&device, item);
        }
        assert_eq!(reports.some().len(), 1);
        assert!(reports.some().is_empty());
    }
}
