//! Who comes and goes at one office: what the log is told. Pure; the edge writes the lines.

use std::collections::BTreeMap;

use hotdesk_client::v1::event::Kind;
use hotdesk_client::{Binding, v1};
use hotdesk_core::EndReason;
use smol_str::SmolStr;

/// The sessions at the office, as far as the log has been told.
#[derive(Debug)]
pub(crate) struct Journal {
    site: SmolStr,
    /// By phone.
    known: BTreeMap<SmolStr, Known>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    user: SmolStr,
    epoch: u64,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) what: What,
    pub(crate) user: SmolStr,
    pub(crate) device: SmolStr,
    pub(crate) epoch: u64,
    /// A stable label.
    pub(crate) reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Began,
    Ended,
}

/// The reason of what happened while nobody told the edge.
const UNSEEN: &str = "while_cut_off";

impl Journal {
    pub(crate) fn of(site: &str) -> Self {
        Self {
            site: SmolStr::new(site),
            known: BTreeMap::new(),
        }
    }

    /// How many sessions there are.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// What one log entry changed at this office.
    pub(crate) fn entry(&mut self, events: &[v1::Event]) -> Vec<Line> {
        events.iter().filter_map(|event| self.event(event)).collect()
    }

    fn event(&mut self, event: &v1::Event) -> Option<Line> {
        match &event.kind {
            Some(Kind::SessionStarted(session)) if session.site == self.site => {
                let known = Known {
                    user: SmolStr::new(&session.user),
                    epoch: session.epoch,
                };
                self.known.insert(SmolStr::new(&session.device), known);
                Some(line(What::Began, session, "login"))
            }
            Some(Kind::SessionEnded(ended)) => {
                let session = ended
                    .session
                    .as_ref()
                    .filter(|session| session.site == self.site)?;
                let same = |known: &Known| known.epoch == session.epoch;
                if self.known.get(session.device.as_str()).is_some_and(same) {
                    self.known.remove(session.device.as_str());
                }
                Some(line(What::Ended, session, reason(ended.reason.clone())))
            }
            _ => None,
        }
    }

    /// What differs after a snapshot has replaced the table, or after entries were missed.
    pub(crate) fn compare(&mut self, sessions: impl IntoIterator<Item = Binding>) -> Vec<Line> {
        let sessions = sessions.into_iter().filter(|binding| binding.site == self.site);
        let now: BTreeMap<SmolStr, Known> = sessions
            .map(
                |Binding {
                     user, device, epoch, ..
                 }| (device, Known { user, epoch }),
            )
            .collect();
        let unseen = |what, device: &SmolStr, known: &Known| Line {
            what,
            user: known.user.clone(),
            device: device.clone(),
            epoch: known.epoch,
            reason: UNSEEN,
        };
        let differs = |of: &BTreeMap<SmolStr, Known>, device, known| of.get(device) != Some(known);
        let ended = self
            .known
            .iter()
            .filter(|(device, known)| differs(&now, *device, *known));
        let began = now
            .iter()
            .filter(|(device, known)| differs(&self.known, *device, *known));
        let lines = ended
            .map(|(device, known)| unseen(What::Ended, device, known))
            .chain(began.map(|(device, known)| unseen(What::Began, device, known)))
            .collect();
        self.known = now;
        lines
    }
}

fn line(what: What, session: &v1::Session, reason: &'static str) -> Line {
    Line {
        what,
        user: SmolStr::new(&session.user),
        device: SmolStr::new(&session.device),
        epoch: session.epoch,
        reason,
    }
}

/// The reason's stable label; a newer node may give one that this version does not know.
fn reason(reason: Option<v1::EndReason>) -> &'static str {
    let reason = reason.and_then(|reason| EndReason::try_from(reason).ok());
    reason.map_or("unknown", |reason| reason.name())
}

#[cfg(test)]
mod tests {
    use hotdesk_client::v1::end_reason::{LoggedInElsewhere, Reason};

    use super::*;

    fn session(site: &str, user: &str, device: &str, epoch: u64) -> v1::Session {
        v1::Session {
            user: user.into(),
            device: device.into(),
            site: site.into(),
            epoch,
            ..v1::Session::default()
        }
    }

    fn started(session: v1::Session) -> v1::Event {
        v1::Event {
            kind: Some(Kind::SessionStarted(session)),
            ..v1::Event::default()
        }
    }

    fn ended(session: v1::Session, reason: Reason) -> v1::Event {
        let reason = Some(v1::EndReason { reason: Some(reason) });
        let session = Some(session);
        v1::Event {
            kind: Some(Kind::SessionEnded(v1::EndedSession { session, reason })),
            ..v1::Event::default()
        }
    }

    fn told(lines: &[Line]) -> Vec<String> {
        let told = lines.iter().map(|line| {
            format!(
                "{:?} {} {} {} {}",
                line.what, line.user, line.device, line.epoch, line.reason
            )
        });
        told.collect()
    }

    fn binding(site: &str, user: &str, device: &str, epoch: u64) -> Binding {
        Binding {
            user: user.into(),
            display_name: user.into(),
            extension: None,
            device: device.into(),
            desk: "".into(),
            site: site.into(),
            epoch,
            since_ms: 0,
        }
    }

    #[test]
    fn only_the_own_office_is_told_of_and_why_a_session_ended() {
        let mut journal = Journal::of("new-york");
        let lines = journal.entry(&[started(session("new-york", "ada", "n1", 1))]);
        assert_eq!(told(&lines), ["Began ada n1 1 login"]);
        let elsewhere = LoggedInElsewhere {
            device: "c1".into(),
            site: "chicago".into(),
            epoch: 2,
        };
        let lines = journal.entry(&[
            ended(
                session("new-york", "ada", "n1", 1),
                Reason::LoggedInElsewhere(elsewhere),
            ),
            started(session("chicago", "ada", "c1", 2)),
        ]);
        assert_eq!(told(&lines), ["Ended ada n1 1 logged_in_elsewhere"]);
        assert_eq!(journal.len(), 0);
    }

    #[test]
    fn what_happened_unseen_is_told_afterwards() {
        let mut journal = Journal::of("chicago");
        journal.entry(&[
            started(session("chicago", "ada", "c1", 1)),
            started(session("chicago", "bob", "c2", 2)),
        ]);
        let lines = journal.compare([
            binding("chicago", "ada", "c1", 1),
            binding("chicago", "eve", "c3", 9),
            binding("austin", "bob", "a1", 8),
        ]);
        assert_eq!(
            told(&lines),
            ["Ended bob c2 2 while_cut_off", "Began eve c3 9 while_cut_off"]
        );
        assert!(
            journal
                .compare([
                    binding("chicago", "ada", "c1", 1),
                    binding("chicago", "eve", "c3", 9)
                ])
                .is_empty()
        );
    }
}
