//! Desk phones follow the table: which phone should show what, whether it is free, and what it was seen to show.
//!
//! The reconciler decides when a phone is told (`hotdesk_phone::reconcile`), `triggers.rs` tells it. Here is what feeds
//! it: the table, and the clock; `phone_lines.rs` has what the phones themselves do.

use std::sync::Arc;
use std::time::Instant;

use hotdesk_client::v1::event::Kind;
use hotdesk_client::v1::{self, end_reason};
use hotdesk_client::{Applied, DeviceBinding, TableState};
use hotdesk_core::Epoch;
use hotdesk_phone::Vendor;
use hotdesk_phone::reconcile::{Action, Progress, Urgency};
use hotdesk_sip::proxy::Actions;
use smol_str::SmolStr;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::app::App;
use super::locations::OwnLine;
use super::sender::session_of_key;
use crate::http::PhoneStatus;
use crate::phones::{Moved, vendor_of};

/// So many phones are listed for people.
const LISTED_MAX: usize = 200;

/// A phone of this edge that loads documents.
pub(crate) struct Driven {
    pub(crate) device: Arc<DeviceBinding>,
    pub(crate) vendor: Vendor,
    pub(crate) line: OwnLine,
    /// What its document path is made from.
    pub(crate) seed: u128,
    /// What the passwords are made from that it knows: as long as it does not show a document of a new seed, the former.
    pub(crate) known_seed: u128,
    pub(crate) wanted: u64,
    pub(crate) shown: u64,
}

/// Follows the table and the clock, for as long as the edge runs.
pub(crate) async fn follow(app: Arc<App>, mut applied: broadcast::Receiver<Applied>) {
    let mut states = app.table.state_changes();
    // The table may have been complete before anybody listened.
    app.review_phones();
    loop {
        app.note_cut_off(&states.borrow_and_update());
        let next = app.drive_phones();
        let pause = async {
            match next {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = applied.recv() => match event {
                Ok(Applied::Entry { events, .. }) => app.phones_changed(&events),
                Ok(Applied::Replaced { .. }) | Err(RecvError::Lagged(_)) => app.review_phones(),
                Err(RecvError::Closed) => return,
            },
            changed = states.changed() => if changed.is_err() { return },
            () = app.phones.wake.notified() => {}
            () = pause => {}
        }
    }
}

/// === What phones should show ===
impl App {
    /// A phone of this edge that loads documents, registered or not, and what its password was made from.
    fn loading(&self, device: &str) -> Option<(Arc<DeviceBinding>, u128)> {
        let (device, seed) = self.loading_or_disabled(device)?;
        (!device.is_disabled()).then_some((device, seed))
    }

    fn loading_or_disabled(&self, device: &str) -> Option<(Arc<DeviceBinding>, u128)> {
        let device = self.table.by_device(device)?;
        let seed = device.secret_seed()?;
        let is_ours = device.serving().is_none_or(|edge| edge == self.settings.edge);
        (self.phones.settings.enabled && is_ours).then_some((device, seed))
    }

    /// A phone that is registered here and loads documents; `None` for all others.
    pub(crate) fn driven(&self, device: &str) -> Option<Driven> {
        self.as_driven(self.loading(device)?)
    }

    /// The same of a phone that has just been disabled, for as long as it is registered.
    pub(crate) fn driven_to_leave(&self, device: &str) -> Option<Driven> {
        self.as_driven(self.loading_or_disabled(device)?)
    }

    fn as_driven(&self, (device, seed): (Arc<DeviceBinding>, u128)) -> Option<Driven> {
        let line = self.locations.own_line(device.device())?;
        Some(Driven {
            vendor: vendor_of(device.model(), &line.user_agent),
            seed,
            known_seed: device.seed_in_use().unwrap_or(seed),
            wanted: self.table.wanted_stamp(device.device())?,
            shown: device.shown().unwrap_or(0),
            line,
            device,
        })
    }

    /// What one log entry changed.
    fn phones_changed(&self, events: &[v1::Event]) {
        for event in events {
            match &event.kind {
                Some(Kind::SessionStarted(session)) => self.session_began(session),
                Some(Kind::SessionEnded(ended)) => self.session_ended(ended, event.at_ms),
                Some(Kind::DevicePut(device)) => self.review_phone(&device.id, Urgency::Cosmetic),
                Some(Kind::DeviceShown(shown)) => self.review_phone(&shown.device, Urgency::Cosmetic),
                Some(Kind::DeviceServed(served)) => self.review_phone(&served.device, Urgency::Cosmetic),
                Some(Kind::DeviceDeleted(device)) => self.phones.state().reconciler.forget(device),
                Some(Kind::UserPut(user)) => {
                    let user = self.table.by_user(&user.id);
                    for binding in user.iter().flat_map(|user| user.bindings()) {
                        self.review_phone(&binding.device, Urgency::Cosmetic);
                    }
                }
                Some(Kind::SitePut(site)) => {
                    for device in self.table.devices(Some(&site.id)) {
                        self.review_phone(device.device(), Urgency::Cosmetic);
                    }
                }
                _ => {}
            }
        }
    }

    fn session_began(&self, session: &v1::Session) {
        let device = session.device.as_str();
        if let Some(driven) = self.driven(device) {
            let mut state = self.phones.state();
            state.logged_in(device, session.epoch, driven.vendor);
            state.notices.forget(device);
        }
        self.review_phone(device, Urgency::Session);
    }

    fn session_ended(&self, ended: &v1::EndedSession, at_unix_ms: u64) {
        let Some(session) = &ended.session else {
            return;
        };
        let reason = ended.reason.as_ref().and_then(|reason| reason.reason.as_ref());
        if let Some(end_reason::Reason::LoggedInElsewhere(elsewhere)) = reason
            && elsewhere.device != session.device
            && self.phones.settings.node_url.is_some()
            && self.driven(&session.device).is_some()
        {
            let moved = Moved {
                user: SmolStr::new(&session.user),
                to: SmolStr::new(&elsewhere.device),
                at_unix_ms,
            };
            self.phones
                .state()
                .notices
                .add(&session.device, moved, self.phones.now_ms());
        }
        self.review_phone(&session.device, Urgency::Session);
    }

    /// Looks what a phone should show.
    pub(crate) fn review_phone(&self, device: &str, urgency: Urgency) {
        let driven = self.driven(device);
        let mut state = self.phones.state();
        let Some(driven) = driven else {
            match self.loading(device) {
                // It restarts to load, and has loaded; what else is wanted is seen when it is back.
                Some((known, _)) => {
                    let shown = known.shown().unwrap_or(0);
                    state.reconciler.shown(self.phones.now_ms(), device, shown);
                }
                None => state.reconciler.forget(device),
            }
            return;
        };
        let ways = self.phones.ways(driven.vendor);
        let stamps = (driven.wanted, driven.shown);
        if !state
            .reconciler
            .want(self.phones.now_ms(), device, stamps, urgency, ways)
        {
            tracing::warn!(
                device_id = device,
                "too many phones have to load at once; this one is left as it is"
            );
        }
    }

    /// After a snapshot, or when events were missed: everything is looked at. Whoever logged in or out meanwhile stands
    /// before the wrong screen.
    fn review_phones(&self) {
        for aor in self.locations.aors() {
            if session_of_key(&aor).is_some() {
                continue;
            }
            let session = self.table.by_device(&aor).and_then(|device| {
                let shown = device.shown().unwrap_or(0);
                device
                    .binding()
                    .map(|binding| Epoch(binding.epoch).index() <= shown)
            });
            let urgency = match session {
                Some(true) => Urgency::Cosmetic,
                Some(false) | None => Urgency::Session,
            };
            self.review_phone(&aor, urgency);
        }
    }
}

/// === Driving ===
impl App {
    /// While no node that has the cluster feeds the table, nobody hears what phones load: a node that is cut off serves
    /// them, and keeps to itself what it would report.
    fn note_cut_off(&self, table: &TableState) {
        let is_cut_off = !matches!(table, TableState::Live { .. });
        self.phones
            .state()
            .reconciler
            .cut_off(self.phones.now_ms(), is_cut_off);
    }

    /// Does what is due now. Returns when to look again; `None`: when something is said.
    fn drive_phones(self: &Arc<Self>) -> Option<Instant> {
        let now_ms = self.phones.now_ms();
        let (actions, notices, next_ms) = {
            let mut state = self.phones.state();
            let state = &mut *state;
            let notices = state.notices.due(now_ms, |device| {
                self.is_phone_busy(device) || self.driven(device).is_none()
            });
            let is_busy = |device: &str| state.notices.blocks(device, now_ms) || self.is_phone_busy(device);
            let actions = state.reconciler.tick(now_ms, is_busy);
            let times = [state.reconciler.next_ms(), state.notices.next_ms(now_ms)];
            (actions, notices, times.into_iter().flatten().min())
        };
        let mut out = Actions::new();
        for (device, moved) in notices {
            self.tell_moved(&device, &moved, &mut out);
        }
        for action in actions {
            self.act(action, &mut out);
        }
        self.perform(out);
        next_ms.map(|at_ms| self.phones.instant(at_ms.max(now_ms + 1)))
    }

    fn act(self: &Arc<Self>, action: Action, out: &mut Actions<Self>) {
        match action {
            Action::Send {
                device,
                means,
                ticket,
                attempt,
                ..
            } => {
                tracing::debug!(device_id = %device, attempt, "the phone is told to load");
                self.tell_to_load(&device, means, ticket, out);
            }
            Action::GaveUp {
                device,
                stamp,
                attempts,
                is_present,
            } => self.gave_up(&device, stamp, attempts, is_present),
            Action::Acknowledged {
                device,
                stamp,
                after_ms,
                attempts,
                urgency,
                ..
            } => {
                let what = match urgency {
                    Urgency::Session => "session",
                    Urgency::Cosmetic => "cosmetic",
                };
                let vendor = self.vendor_name(&device);
                let after = std::time::Duration::from_millis(after_ms);
                self.phones.metrics.shown(vendor, what, after);
                tracing::info!(
                    device_id = %device,
                    log_index = stamp,
                    duration_ms = after_ms,
                    attempts,
                    vendor,
                    "phone shows what it should"
                );
                let is_neutral = self
                    .table
                    .by_device(&device)
                    .is_some_and(|device| device.binding().is_none());
                if is_neutral {
                    self.phones.state().notices.loaded(&device, self.phones.now_ms());
                    self.phones.wake.notify_one();
                }
            }
        }
    }

    /// For metrics and logs, also of a phone that is not registered now.
    fn vendor_name(&self, device: &str) -> &'static str {
        let line = self.locations.own_line(device);
        let user_agent = line.as_ref().map_or("", |line| line.user_agent.as_str());
        let known = self.table.by_device(device);
        known
            .map_or(Vendor::Generic, |device| vendor_of(device.model(), user_agent))
            .name()
    }

    fn gave_up(&self, device: &str, stamp: u64, attempts: u32, is_present: bool) {
        let vendor = self.vendor_name(device);
        self.phones.metrics.gave_up(vendor);
        let why = if is_present {
            "did not load its document"
        } else {
            "did not come back"
        };
        let trouble = format!("{why} though it was told {attempts} times");
        tracing::error!(
            device_id = device,
            log_index = stamp,
            vendor,
            attempts,
            is_present,
            "phone is given up"
        );
        self.notable.note(format!("phone {device} {trouble}"));
        self.phones.reports.trouble(device, stamp, &trouble);
    }

    /// The phones that do not show what they should, for people.
    pub(crate) fn phones_behind(&self) -> Vec<PhoneStatus> {
        let state = self.phones.state();
        let now_ms = self.phones.now_ms();
        let one = |progress: Progress<'_>| PhoneStatus {
            device: progress.device.to_owned(),
            stage: progress.stage.name().to_owned(),
            for_ms: now_ms.saturating_sub(progress.since_ms),
            attempts: progress.attempts,
        };
        let mut list: Vec<_> = state.reconciler.list().map(one).collect();
        drop(state);
        list.sort_by(|one, other| {
            other
                .for_ms
                .cmp(&one.for_ms)
                .then_with(|| one.device.cmp(&other.device))
        });
        list.truncate(LISTED_MAX);
        list
    }
}
