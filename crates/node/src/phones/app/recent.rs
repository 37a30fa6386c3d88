//! Who was logged in at a phone lately, where the office wants that shown.

use std::sync::Arc;

use hotdesk_core::{EventKind, User, UserId};

use super::visit::Visit;

/// How many are listed: more than this, and typing a number is quicker.
const RECENT_MAX: usize = 6;

impl Visit<'_> {
    /// The users who logged in at this phone last, the last one first; nobody where the office does not want
    /// it. Taken from the audit trail, which forgets the oldest.
    pub(super) fn recent(&self) -> Vec<Arc<User>> {
        let mut found: Vec<Arc<User>> = Vec::new();
        if !self.office.recent_here {
            return found;
        }
        for event in self.state.audit().rev() {
            let EventKind::SessionStarted(session) = &event.kind else {
                continue;
            };
            if session.device != self.device.id || found.iter().any(|user| user.id == session.user) {
                continue;
            }
            let user = self.state.user(&session.user);
            found.extend(
                user.filter(|user| user.enabled && user.credential.is_some())
                    .cloned(),
            );
            if found.len() == RECENT_MAX {
                break;
            }
        }
        found
    }

    /// A user of the list, by id; whoever is not in it is not told apart from nobody.
    pub(super) fn listed(&self, id: &str) -> Option<Arc<User>> {
        let id = UserId::parse(id).ok()?;
        self.recent().into_iter().find(|user| user.id == id)
    }
}
