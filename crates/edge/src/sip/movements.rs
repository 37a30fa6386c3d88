//! What a login or logout somewhere in the company means for the phones of this office.
//!
//! The cluster has decided; here it is only carried out. **Order:** the table is changed before an event comes here,
//! so new calls are routed and refused by the new state already; what follows are registrations, lamps and, where
//! the office wants it, the calls that go on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use hotdesk_client::v1::event::Kind;
use hotdesk_client::{Applied, DeviceBinding};
use hotdesk_sip::event::Package;
use hotdesk_sip::proxy::Actions;
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::app::{App, Tag};
use super::sender::{session_key, session_of_key};
use crate::journal::{Journal, Line, What};

/// The epoch of the last session that ended at each phone of this office. A call for an older one is refused even
/// while the table does not show the next session yet.
#[derive(Default)]
pub(crate) struct Ended {
    epochs: Mutex<HashMap<SmolStr, u64>>,
}

impl Ended {
    /// 0 when none has ended since the start.
    pub(crate) fn last(&self, device: &str) -> u64 {
        self.epochs.lock().get(device).copied().unwrap_or(0)
    }

    fn note(&self, device: &str, epoch: u64) {
        let mut epochs = self.epochs.lock();
        let last = epochs.entry(device.into()).or_default();
        *last = (*last).max(epoch);
    }
}

/// Follows the table for as long as the edge runs.
pub(crate) async fn follow(app: Arc<App>, mut applied: broadcast::Receiver<Applied>) {
    let mut journal = Journal::of(&app.settings.site);
    // Those found at the start did not log in now.
    let mut complete = false;
    loop {
        let (lines, users) = match applied.recv().await {
            Ok(Applied::Entry { events, .. }) => {
                let users = events.iter().filter_map(|event| app.user_of(event)).collect();
                app.directory_changed(&events);
                (journal.entry(&events), users)
            }
            Ok(Applied::Replaced { .. }) | Err(RecvError::Lagged(_)) => {
                app.compare_all();
                (
                    journal.compare(app.table.sessions(Some(&app.settings.site))),
                    Vec::new(),
                )
            }
            Err(RecvError::Closed) => return,
        };
        let mut out = Actions::new();
        for line in &lines {
            if complete {
                app.note(line);
            }
            app.moved(line, &mut out);
        }
        complete = true;
        for user in users {
            app.user_moved(&user, &mut out);
        }
        app.perform(out);
    }
}

impl App {
    /// The user whom an event moves, wherever.
    fn user_of(&self, event: &hotdesk_client::v1::Event) -> Option<SmolStr> {
        match event.kind.as_ref()? {
            Kind::SessionStarted(session) => Some(SmolStr::new(&session.user)),
            Kind::SessionEnded(ended) => Some(SmolStr::new(&ended.session.as_ref()?.user)),
            Kind::DeviceServed(served) => {
                let device = self.table.by_device(&served.device)?;
                Some(device.binding()?.user.clone())
            }
            _ => None,
        }
    }

    /// For the status page.
    fn note(&self, line: &Line) {
        let Line { user, device, .. } = line;
        self.notable.note(match line.what {
            What::Began => format!("{user} logged in at {device}"),
            What::Ended => {
                let reason = line.reason.replace('_', " ");
                format!("the session of {user} at {device} ended: {reason}")
            }
        });
    }

    /// A session began or ended at one of our phones.
    fn moved(&self, line: &Line, out: &mut Actions<Self>) {
        let now = Instant::now();
        match line.what {
            What::Began => {
                self.watch_mailbox(now, &line.user, out);
                self.light(now, &line.device, out);
            }
            What::Ended => {
                self.ended.note(&line.device, line.epoch);
                self.metrics.evicted(line.reason);
                if self.emergency.holds(&line.device) {
                    // Whoever made the emergency call must stay reachable: the phone is left alone until then.
                    self.deferred
                        .lock()
                        .push((line.user.clone(), line.device.clone(), line.epoch));
                    tracing::info!(device_id = %line.device, "the phone is in an emergency call; its session is cleared away later");
                    return;
                }
                self.clear(&line.user, &line.device, line.epoch, out);
            }
        }
    }

    /// A session is over, and nothing keeps its traces from being removed.
    fn clear(&self, user: &SmolStr, device: &SmolStr, epoch: u64, out: &mut Actions<Self>) {
        let now = Instant::now();
        self.clear_registration(user, epoch, out);
        if self.phones_of(user).is_empty() {
            self.leave_mailbox(user, out);
        }
        self.light(now, device, out);
        if self.settings.drop_calls {
            self.drop_calls(now, user, device, epoch, out);
        }
    }

    /// The line of a session that is over.
    fn clear_registration(&self, user: &str, epoch: u64, out: &mut Actions<Self>) {
        let changed = self.locations.deactivate(user, epoch);
        if changed.is_some() {
            tracing::info!(
                user_id = user,
                epoch,
                reason = "deactivated",
                "session line is no longer registered"
            );
        }
        let changes = changed.map(|changed| changed.changes).unwrap_or_default();
        self.registration_over(&session_key(user, epoch), &changes, out);
    }

    /// The phone of an address of record: the device itself, or where its session is.
    pub(crate) fn device_of_aor(&self, aor: &str) -> Option<Arc<DeviceBinding>> {
        let Some((user, epoch)) = session_of_key(aor) else {
            return self.table.by_device(aor);
        };
        let user = self.table.by_user(user)?;
        let mut bindings = user.bindings();
        let binding = bindings.find(|binding| binding.epoch == epoch)?;
        self.table.by_device(&binding.device)
    }

    /// Policy `drop`: the calls of the session that ended are ended too.
    fn drop_calls(
        &self,
        now: Instant,
        user: &SmolStr,
        device: &SmolStr,
        epoch: u64,
        out: &mut Actions<Self>,
    ) {
        let ids: Vec<_> = {
            let calls = self.calls.lock();
            let of_user: Vec<_> = calls.of_user(user).cloned().collect();
            calls
                .of_device(device)
                .filter(|id| of_user.contains(id))
                .cloned()
                .collect()
        };
        for id in ids {
            tracing::info!(user_id = %user, device_id = %device, epoch, "call is ended with its session");
            let is_own = |uri: &hotdesk_sip::uri::Uri| self.is_own_uri(uri);
            let reason = "SIP;cause=480;text=\"Logged in elsewhere\"";
            let byes = self.followed(out, |calls, changes| {
                calls.byes(now, &id, &is_own, reason, changes)
            });
            for bye in byes {
                out.request(bye.message, bye.to, Tag::Quiet);
            }
            self.stop_ringing(id.call_id());
            self.hung_up(id.call_id(), "session_ended");
        }
    }

    /// A call that nobody has answered yet is ended too.
    fn stop_ringing(&self, call_id: &[u8]) {
        if let (Some(pending), Some(stack)) = (self.talk.rings_no_more(call_id), self.stack()) {
            stack.stop(pending, 480, "Logged in elsewhere");
        }
    }

    /// A user sits elsewhere now: who watches them has to follow.
    fn user_moved(&self, user: &str, out: &mut Actions<Self>) {
        let now = Instant::now();
        let known = self.table.by_user(user);
        let edge = known.as_ref().and_then(|known| self.edge_of(known));
        if edge.is_some_and(|edge| edge != self.settings.edge) {
            self.watchers_move(user, out);
        } else {
            self.publish(now, Package::Dialog, user, out);
        }
    }

    /// Phones that were in an emergency are free again: what waited for that is done now.
    pub(crate) fn released(&self, devices: &[SmolStr], out: &mut Actions<Self>) {
        let due: Vec<_> = {
            let mut deferred = self.deferred.lock();
            deferred
                .extract_if(.., |(_, device, _)| devices.contains(device))
                .collect()
        };
        for (user, device, epoch) in due {
            self.clear(&user, &device, epoch, out);
        }
    }

    /// Phones that were disabled or deleted lose their registrations.
    fn directory_changed(self: &Arc<Self>, events: &[hotdesk_client::v1::Event]) {
        for event in events {
            let gone = match &event.kind {
                Some(Kind::DeviceDeleted(id)) => id,
                Some(Kind::DevicePut(device)) if device.disabled => {
                    let mut out = Actions::new();
                    self.tell_to_leave(&device.id, &mut out);
                    self.perform(out);
                    &device.id
                }
                _ => continue,
            };
            self.drop_registration(gone);
        }
    }

    /// After a snapshot, or when events were missed: everything is looked at.
    fn compare_all(&self) {
        let mut out = Actions::new();
        for aor in self.locations.aors() {
            if let Some((user, epoch)) = session_of_key(&aor) {
                let waits = self
                    .deferred
                    .lock()
                    .iter()
                    .any(|(of, _, at)| of == user && *at == epoch);
                if self.device_of_aor(&aor).is_none() && !waits {
                    self.clear_registration(user, epoch, &mut out);
                }
                continue;
            }
            match self.table.by_device(&aor) {
                Some(device) if device.is_disabled() => self.drop_registration(&aor),
                Some(_) => self.serving.serves(&aor),
                None => self.drop_registration(&aor),
            }
        }
        self.perform(out);
    }

    fn drop_registration(&self, aor: &str) {
        let mut out = Actions::new();
        if let Some(changed) = self.locations.drop_all(aor) {
            tracing::info!(
                aor,
                "registration of a phone that may not be used any more is dropped"
            );
            self.tell_registration(&changed.aor, &changed.changes, &mut out);
            self.phone_gone(aor);
        }
        self.perform(out);
    }
}
