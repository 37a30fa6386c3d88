//! What lamps tell of a call.

use std::time::Instant;

use smol_str::{SmolStr, format_smolstr};

use super::call::{Call, Leg};
use super::{CallId, Party};
use crate::body::dialog_info::{Dialog, Direction, Identifiers, Side, State};

impl Call {
    pub(super) fn dialog_info(
        &self,
        now: Instant,
        id: &CallId,
        user: &str,
        identifiers: bool,
    ) -> Vec<Dialog> {
        let mut dialogs = Vec::new();
        if self.caller.user.as_deref() == Some(user) {
            dialogs.push(self.caller_dialog(now, id, identifiers));
        }
        let called = self.legs.iter().enumerate();
        let told = |leg: &Leg| leg.state != State::Terminated || leg.until > now;
        for (at, leg) in called.filter(|(_, leg)| leg.callee.user.as_deref() == Some(user) && told(leg)) {
            let tags = leg.tag.as_ref().filter(|_| identifiers);
            dialogs.push(Dialog {
                id: format_smolstr!("c{}-{}", self.serial, at + 1),
                state: leg.state,
                direction: Direction::Recipient,
                identifiers: tags.map(|tag| identifiers_of(id, tag.clone(), id.tag.clone())),
                duration_s: leg.talks(now),
                local: side(&leg.callee, &leg.target, identifiers),
                remote: side(&self.caller, &self.caller_target, identifiers),
            });
        }
        dialogs
    }

    /// One for all legs: a watcher wants to know whether the caller talks, not how many phones ring.
    fn caller_dialog(&self, now: Instant, id: &CallId, identifiers: bool) -> Dialog {
        let state = self.state();
        let leg = self.legs.iter().find(|leg| leg.state == state);
        let remote_tag = leg.and_then(|leg| leg.tag.clone()).unwrap_or_default();
        let dialled = || Side {
            identity: String::from_utf8_lossy(&self.to).into(),
            ..Side::default()
        };
        Dialog {
            id: format_smolstr!("c{}-0", self.serial),
            state,
            direction: Direction::Initiator,
            identifiers: identifiers.then(|| identifiers_of(id, id.tag.clone(), remote_tag)),
            duration_s: leg.map_or_else(
                || Some(now.saturating_duration_since(self.began).as_secs()),
                |leg| leg.talks(now),
            ),
            local: side(&self.caller, &self.caller_target, identifiers),
            remote: leg.map_or_else(dialled, |leg| side(&leg.callee, &leg.target, identifiers)),
        }
    }
}

fn identifiers_of(id: &CallId, local_tag: SmolStr, remote_tag: SmolStr) -> Identifiers {
    Identifiers {
        call_id: String::from_utf8_lossy(&id.call_id).into(),
        local_tag,
        remote_tag,
    }
}

fn side(party: &Party, target: &[u8], tell_target: bool) -> Side {
    let target = (tell_target && !target.is_empty()).then(|| String::from_utf8_lossy(target).into());
    Side {
        identity: party.identity.clone(),
        display: party.display.clone(),
        target,
    }
}
