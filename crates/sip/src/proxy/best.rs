//! Which of the responses goes upstream (RFC 3261 §16.7 item 6).

use super::Settings;
use super::build::{phrase, response};
use crate::message::{Header, Message, Name};

/// The best final response so far, and the challenges of all.
#[derive(Debug, Default)]
pub(super) struct Best {
    chosen: Option<Choice>,
    /// Challenges by the branch that gave them: a forked request is answered with all (§22.3).
    challenges: Vec<(usize, Header)>,
}

#[derive(Debug)]
struct Choice {
    rank: u16,
    branch: usize,
    answer: Answer,
}

/// How a branch ended.
#[derive(Debug)]
pub(super) enum Answer {
    /// With a response, without our Via.
    Received(Box<Message>),
    /// Without one: as if with this status.
    Own(u16),
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Received(message) => message.status().unwrap_or(500),
            Self::Own(status) => *status,
        }
    }
}

impl Best {
    /// Takes in a final response of 300 and above. Of equals the first is kept.
    pub(super) fn consider(&mut self, branch: usize, answer: Answer) {
        if let Answer::Received(message) = &answer {
            let challenges = message
                .headers()
                .iter()
                .filter(|header| matches!(header.name(), Name::WwwAuthenticate | Name::ProxyAuthenticate));
            self.challenges
                .extend(challenges.map(|header| (branch, header.clone())));
        }
        let rank = rank(answer.status());
        if self.chosen.as_ref().is_none_or(|chosen| rank < chosen.rank) {
            self.chosen = Some(Choice { rank, branch, answer });
        }
    }

    /// The status of the best response.
    pub(super) fn status(&self) -> Option<u16> {
        Some(self.chosen.as_ref()?.answer.status())
    }

    /// Whether the best response is none that was received.
    pub(super) fn is_own(&self) -> bool {
        self.chosen
            .as_ref()
            .is_none_or(|chosen| matches!(chosen.answer, Answer::Own(_)))
    }

    /// The best response as it would go upstream, and the branch that gave it.
    pub(super) fn response(&self, settings: &Settings, request: &Message) -> (usize, Message) {
        let Some(chosen) = &self.chosen else {
            return (0, response(settings, request, 480, phrase(480)));
        };
        let message = match &chosen.answer {
            // "Cannot serve you now" is about that hop, not about us (§16.7 item 6).
            answer if answer.status() == 503 => response(settings, request, 500, phrase(500)),
            Answer::Own(status) => response(settings, request, *status, phrase(*status)),
            Answer::Received(message) => {
                let mut message = (**message).clone();
                if matches!(message.status(), Some(401 | 407)) {
                    let others = self
                        .challenges
                        .iter()
                        .filter(|(branch, _)| *branch != chosen.branch);
                    for (_, challenge) in others {
                        message.push(challenge.clone());
                    }
                }
                message
            }
        };
        (chosen.branch, message)
    }
}

/// Lower is better: 6xx, then the lowest class; within a class what the caller can act upon, and last what only
/// says that nobody was there.
fn rank(status: u16) -> u16 {
    let (class, detail) = match status {
        600.. => (0, 0),
        300..400 => (3, 0),
        401 | 407 => (4, 0),
        415 | 420 | 484 => (4, 1),
        404 | 410 | 480 => (4, 3),
        408 => (4, 4),
        487 => (4, 5),
        400..500 => (4, 2),
        503 => (5, 1),
        _ => (5, 0),
    };
    class * 10 + detail
}
