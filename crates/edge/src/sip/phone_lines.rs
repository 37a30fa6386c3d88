//! What desk phones do that says something about what they show: they register lines and take them back, they are in
//! calls.

use hotdesk_core::Epoch;
use hotdesk_phone::reconcile::Urgency;
use hotdesk_sip::registrar::{Change, ChangeKind};

use super::app::{App, now_ms};
use super::sender::{Line, session_of_key};

impl App {
    /// A phone has registered, refreshed or taken back one of its lines.
    pub(crate) fn phone_registered(&self, line: &Line, changes: &[Change]) {
        if !self.phones.settings.enabled {
            return;
        }
        let device = line.device.device();
        match &line.session {
            None => self.own_line_changed(device, changes),
            Some((_, epoch)) => self.session_line_changed(device, *epoch, changes),
        }
    }

    fn own_line_changed(&self, device: &str, changes: &[Change]) {
        let here = changes.iter().find(|change| !change.kind.is_end());
        let Some(here) = here else {
            self.phone_gone(device);
            return;
        };
        let is_other = self
            .phones
            .state()
            .own_line_registered(device, &here.contact.call_id);
        if is_other || here.kind == ChangeKind::Created {
            self.review_phone(device, Urgency::Session);
            self.phones
                .state()
                .reconciler
                .registered(self.phones.now_ms(), device);
            self.phones.wake.notify_one();
        }
    }

    /// The line of a session shows that the phone has loaded the session's document. That it is taken back shows only
    /// that the phone has begun to load.
    fn session_line_changed(&self, device: &str, epoch: u64, changes: &[Change]) {
        let Some(driven) = self.driven(device) else {
            return;
        };
        let mut state = self.phones.state();
        if changes.iter().any(|change| !change.kind.is_end()) {
            let stamp = Epoch(epoch).index();
            if let Some((began, vendor)) = state.line_registered(device, epoch) {
                self.phones.metrics.line(vendor.name(), began.elapsed());
            }
            if stamp > driven.shown && !state.has_only_line(device, stamp) {
                state.reconciler.shown(self.phones.now_ms(), device, stamp);
                self.phones.reports.shown(device, stamp);
            }
        } else if changes
            .iter()
            .any(|change| change.kind == ChangeKind::Unregistered)
        {
            state.reconciler.stirs(self.phones.now_ms(), device);
        }
        drop(state);
        self.phones.wake.notify_one();
    }

    /// An address of record has lost contacts.
    pub(crate) fn phone_gone(&self, aor: &str) {
        if self.phones.settings.enabled
            && session_of_key(aor).is_none()
            && self.locations.own_line(aor).is_none()
        {
            let mut state = self.phones.state();
            state.own_line_gone(aor);
            state.reconciler.gone(self.phones.now_ms(), aor);
            drop(state);
            self.phones.wake.notify_one();
        }
    }

    /// Whether nothing may be done to a phone now: it is in a call or rings, whoever used it last may be called back
    /// after an emergency call, or somebody has asked for it to be left alone.
    pub(crate) fn is_phone_busy(&self, device: &str) -> bool {
        self.calls.lock().in_call(device)
            || self.star_codes.is_at(device)
            || self.emergency.holds(device)
            || self.table.by_device(device).is_some_and(|device| {
                let held_until = device.held_until();
                held_until.is_some_and(|until| until > now_ms())
            })
    }
}
