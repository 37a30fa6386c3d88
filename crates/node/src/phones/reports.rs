//! What the node tells the cluster about phones: which document each has, which ones nobody knows, which ones have come
//! with their own token. In batches, from one task, so that a morning's storm is a few entries in the log.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::phones::{SHOWN_REPORT_MAX, SeenPhone, ShownBy, ShownReport, WAITING_REPORT_MAX};
use hotdesk_core::{Action, Actor, Device, DeviceId, MacAddress, State};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::services::{Error, Shared, new_request_id};

/// How long what is to be reported gathers.
const EVERY: Duration = Duration::from_millis(100);
/// The wait after a report that did not get through; twice as long each time, up to the second.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15);
/// How long one report may take.
const REPORT_WITHIN: Duration = Duration::from_secs(5);
/// What may wait to be taken in by the task; more is dropped and counts as not seen, which the next fetch repairs.
const QUEUE_MAX: usize = 16 * 1024;
/// Phones whose documents may wait to be reported, in a cluster that does not answer; more are dropped.
const SHOWN_MAX: usize = 100_000;
/// Unknown phones remembered; more are not reported until the next hour.
const UNKNOWN_MAX: usize = 1000;
/// An unknown phone is reported again after this long.
const AGAIN_AFTER: Duration = Duration::from_secs(3600);
/// The same for one that is not on the list any more, because it was declined or had to make room for others.
const GONE_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Takes in what is to be reported; a cheap clone.
#[derive(Clone)]
pub(super) struct Reporter(mpsc::Sender<Item>);

enum Item {
    Shown(DeviceId, u64),
    Unknown(SeenPhone),
    Enrolled(DeviceId),
}

impl Reporter {
    /// The reporter, and the task's work.
    pub(super) fn new(shared: Arc<Shared>) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let task = Task {
            shared,
            shown: BTreeMap::new(),
            unknown: HashMap::new(),
            enrolled: HashSet::new(),
        };
        (Self(sender), task.run(receiver))
    }

    /// The phone has the document of this stamp.
    pub(super) fn shown(&self, device: &DeviceId, stamp: u64) {
        self.put(Item::Shown(device.clone(), stamp));
    }

    /// A phone that nobody knows asked for its document.
    pub(super) fn unknown(&self, phone: SeenPhone) {
        self.put(Item::Unknown(phone));
    }

    /// The phone has come with its own token.
    pub(super) fn enrolled(&self, device: &DeviceId) {
        self.put(Item::Enrolled(device.clone()));
    }

    fn put(&self, item: Item) {
        if self.0.try_send(item).is_err() {
            tracing::debug!("too much to report about phones");
        }
    }
}

struct Task {
    shared: Arc<Shared>,
    /// The newest stamp of each phone.
    shown: BTreeMap<DeviceId, u64>,
    unknown: HashMap<MacAddress, Unknown>,
    enrolled: HashSet<DeviceId>,
}

struct Unknown {
    phone: SeenPhone,
    /// `None`: not yet.
    reported: Option<Instant>,
}

impl Task {
    async fn run(mut self, mut items: mpsc::Receiver<Item>) {
        let mut retry_after = RETRY_AFTER;
        while let Some(first) = items.recv().await {
            self.take(first);
            loop {
                tokio::time::sleep(EVERY).await;
                while let Ok(item) = items.try_recv() {
                    self.take(item);
                }
                match self.report().await {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::info!(
                            reason = error.name(),
                            "what phones show could not be reported yet"
                        );
                        tokio::time::sleep(retry_after).await;
                        retry_after = (retry_after * 2).min(RETRY_AFTER_MAX);
                    }
                }
            }
            retry_after = RETRY_AFTER;
        }
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Shown(device, stamp) => {
                if self.shown.len() < SHOWN_MAX || self.shown.contains_key(&device) {
                    let newest = self.shown.entry(device).or_default();
                    *newest = stamp.max(*newest);
                }
            }
            Item::Enrolled(device) => {
                if self.enrolled.len() < SHOWN_MAX {
                    self.enrolled.insert(device);
                }
            }
            Item::Unknown(phone) => self.take_unknown(phone),
        }
    }

    fn take_unknown(&mut self, phone: SeenPhone) {
        if self.unknown.len() >= UNKNOWN_MAX {
            let is_fresh = |known: &Unknown| known.reported.is_none_or(|at| at.elapsed() < AGAIN_AFTER);
            self.unknown.retain(|_, known| is_fresh(known));
        }
        let has_room = self.unknown.len() < UNKNOWN_MAX;
        let state = self.shared.cluster.local().state;
        let again_after = match state.waiting_phone(&phone.mac) {
            Some(_) => AGAIN_AFTER,
            None => GONE_AGAIN_AFTER,
        };
        match self.unknown.get_mut(&phone.mac) {
            Some(known) => {
                if known.reported.is_some_and(|at| at.elapsed() >= again_after) {
                    known.reported = None;
                }
                // Phones ask for several files, and not each of them tells what the phone is.
                if !phone.vendor.is_empty() || known.phone.vendor.is_empty() {
                    known.phone = phone;
                }
            }
            None if has_room => {
                let reported = None;
                self.unknown.insert(phone.mac, Unknown { phone, reported });
            }
            None => {}
        }
    }

    /// Everything there is, in as many entries as it takes. What got through is not reported again.
    async fn report(&mut self) -> Result<(), Error> {
        let state = self.shared.cluster.local().state;
        self.shown.retain(|device, stamp| is_news(&state, device, *stamp));
        while !self.shown.is_empty() {
            let part: Vec<(DeviceId, u64)> = self
                .shown
                .iter()
                .take(SHOWN_REPORT_MAX)
                .map(|(device, stamp)| (device.clone(), *stamp))
                .collect();
            let items = part.iter().map(|(device, stamp)| ShownReport {
                device: device.clone(),
                stamp: *stamp,
                how: ShownBy::Document,
                trouble: None,
            });
            let action = Action::ReportShown {
                items: items.collect(),
            };
            self.propose(action).await?;
            for (device, _) in part {
                self.shown.remove(&device);
            }
        }
        self.report_unknown(&state).await?;
        self.close_windows(&state).await
    }

    async fn report_unknown(&mut self, state: &State) -> Result<(), Error> {
        // One that is known by now and is deleted again is to show up at once.
        self.unknown.retain(|mac, _| state.device_by_mac(mac).is_none());
        loop {
            let new = self.unknown.values().filter(|known| known.reported.is_none());
            let items: Vec<SeenPhone> = new
                .take(WAITING_REPORT_MAX)
                .map(|known| known.phone.clone())
                .collect();
            if items.is_empty() {
                return Ok(());
            }
            let macs: Vec<MacAddress> = items.iter().map(|phone| phone.mac).collect();
            self.propose(Action::ReportWaiting { items }).await?;
            for mac in macs {
                if let Some(known) = self.unknown.get_mut(&mac) {
                    known.reported = Some(Instant::now());
                }
            }
        }
    }

    async fn close_windows(&mut self, state: &State) -> Result<(), Error> {
        let devices: Vec<DeviceId> = self.enrolled.iter().cloned().collect();
        for device in devices {
            let is_due = |record: &Arc<Device>| {
                record.enrolment.is_open(state.clock()) || !record.former_seeds.is_empty()
            };
            if state.device(&device).is_some_and(is_due) {
                let action = Action::CloseEnrolment {
                    device: device.clone(),
                };
                match self.propose(action).await {
                    // Refused: it has been deleted in the meantime.
                    Ok(()) | Err(Error::Refusal(_)) => {
                        tracing::info!(
                            device_id = device.as_str(),
                            "phone enrolled: it has its own, newest token"
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
            self.enrolled.remove(&device);
        }
        Ok(())
    }

    async fn propose(&self, action: Action) -> Result<(), Error> {
        let kind = match &action {
            Action::ReportShown { .. } => "shown",
            Action::ReportWaiting { .. } => "waiting",
            _ => "enrolled",
        };
        let by = Actor(format!("node:{}", self.shared.node_id).into());
        let deadline = Instant::now() + REPORT_WITHIN;
        let id = Some(new_request_id());
        let decided = self.shared.propose(deadline, by, id, action).await;
        let outcome = decided.as_ref().map_or_else(Error::name, |_| "done");
        self.shared.metrics.phones.report(kind, outcome);
        decided.map(drop)
    }
}

/// Whether the cluster does not know it yet, as far as this node's copy tells.
fn is_news(state: &State, device: &DeviceId, stamp: u64) -> bool {
    let device = state.device(device);
    device.is_some_and(|device| device.shown.is_none_or(|shown| shown.stamp < stamp))
}
