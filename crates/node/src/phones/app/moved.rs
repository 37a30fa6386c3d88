//! The phone that somebody was moved away from: says where to, and what to do if that was somebody else.

use std::sync::Arc;

use hotdesk_core::{DeviceId, EndReason, EventKind, Session, State, TimeMs};
use hotdesk_phone::text::{Sentence, Word};
use hotdesk_phone::{Action, Screen};

use super::super::office::name_of;
use super::super::tokens::Purpose;
use super::super::trouble::place_of;
use super::visit::Visit;

/// For how long an eviction is shown at the phone that it emptied, and may be answered there.
const SHOWN_MS: u64 = 60_000;

/// Who asked for a login that the rules of an owner's phone gave.
const BY_OWNER: &str = "owner";

/// A session that ended because its user logged in elsewhere.
pub(super) struct Move {
    pub(super) session: Arc<Session>,
    to: DeviceId,
    pub(super) at: TimeMs,
}

/// The move that ended the last session at a phone, if that was less than a minute ago. Taken from the audit
/// trail, of which no more than that minute is looked at.
pub(super) fn last_move(state: &State, device: &DeviceId, now: TimeMs) -> Option<Move> {
    let recent = state
        .audit()
        .rev()
        .take_while(|event| now.since_ms(event.at) < SHOWN_MS);
    for event in recent {
        match &event.kind {
            // The phone went home by itself; who was here may still look at it.
            EventKind::SessionStarted(session) if session.by == BY_OWNER => {}
            // Somebody else has sat down here since.
            EventKind::SessionStarted(session) if session.device == *device => return None,
            EventKind::SessionEnded { session, reason } if session.device == *device => {
                let EndReason::LoggedInElsewhere { device: to, .. } = reason else {
                    return None;
                };
                return Some(Move {
                    session: Arc::clone(session),
                    to: to.clone(),
                    at: event.at,
                });
            }
            _ => {}
        }
    }
    None
}

impl Visit<'_> {
    /// Where the last user went; what the phone shows anyway when that is a minute ago.
    pub(super) fn moved(&self) -> Screen {
        let Some(moved) = last_move(&self.state, &self.device.id, self.now) else {
            return self.home();
        };
        let user = self.state.user(&moved.session.user);
        let name = user.map_or(moved.session.user.as_str(), |user| name_of(user));
        let text = self.say(Sentence::MovedTo {
            name,
            place: &place_of(&self.state, self.language(), &moved.to),
            time: &self.office.clock(moved.at),
        });
        let left_ms = SHOWN_MS.saturating_sub(self.now.since_ms(moved.at));
        let left_s = u32::try_from(left_ms.div_ceil(1000)).unwrap_or(u32::MAX);
        let content = format!("{} {}", self.device.id, moved.session.user);
        let token = self
            .phones
            .tokens
            .issue(Purpose::Lock, "", &content, self.now, left_s);
        let lock = Action::Open(format!("{}/lock/{token}", self.phones.settings.own.base));
        let mut screen = self.text(
            Word::TitleMoved,
            text,
            vec![self.key(Word::Lock, lock), self.close()],
        );
        screen.refresh = Some((left_s, self.app.clone()));
        screen
    }
}
