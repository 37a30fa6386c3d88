//! A command on its way, and whom to tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bytes::Bytes;
use hotdesk_core::Command;
use hotdesk_proto::convert::Invalid;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::propose_response::Result as Answered;
use hotdesk_proto::log::{decode_command, encode_command, encode_outcome};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

use super::Decision;
use crate::error::ProposeError;

/// A command that has no answer yet.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Its canonical bytes.
    pub(super) encoded: Bytes,
    /// Decoded; taken when it goes into an entry, decoded again should it have to go into another.
    command: Option<Box<Command>>,
    /// Proposing it twice does no harm.
    repeatable: bool,
    /// An earlier attempt may have been proposed.
    tainted: bool,
    deadline: Option<Instant>,
    to: To,
}

#[derive(Debug)]
enum To {
    Here {
        ticket: Arc<Ticket>,
        answer: oneshot::Sender<Result<Decision, ProposeError>>,
    },
    Node(Remote),
}

/// The stream on which another node waits for the answer.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(super) seq: u64,
    pub(super) answers: mpsc::UnboundedSender<Reply>,
    /// One of the stream's places; travels with the answer until it is on the wire.
    pub(super) place: OwnedSemaphorePermit,
}

/// An answer to another node, with the place that it takes in its stream.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) response: wire::ProposeResponse,
    pub(super) _place: OwnedSemaphorePermit,
}

/// What to do with a command after an attempt that came to nothing certain.
#[derive(Debug)]
pub(super) enum Next {
    /// It goes back to the head of the queue.
    Again(Pending),
    /// It was answered.
    Answered,
}

impl Pending {
    /// A command of this node, and the ticket by which its caller may give up.
    pub(super) fn local(
        command: Command,
        encoded: Bytes,
        deadline: Instant,
        answer: oneshot::Sender<Result<Decision, ProposeError>>,
    ) -> (Self, Arc<Ticket>) {
        let ticket = Arc::new(Ticket::default());
        let pending = Self {
            encoded,
            repeatable: command.request_id.is_some(),
            command: Some(Box::new(command)),
            tainted: false,
            deadline: Some(deadline),
            to: To::Here {
                ticket: Arc::clone(&ticket),
                answer,
            },
        };
        (pending, ticket)
    }

    /// A command that another node sent.
    ///
    /// # Errors
    /// When the bytes are no command.
    pub(super) fn remote(bytes: &[u8], to: Remote) -> Result<Self, (Invalid, Remote)> {
        let command = match decode_command(bytes) {
            Ok(command) => command,
            Err(invalid) => return Err((invalid, to)),
        };
        Ok(Self {
            // Not the bytes that came: a newer node's may say more than this node understood, and the log
            // must hold exactly what is applied.
            encoded: encode_command(&command),
            // Whether to try again is for the node that asked.
            repeatable: false,
            command: Some(Box::new(command)),
            tainted: false,
            deadline: None,
            to: To::Node(to),
        })
    }

    /// It came from another node, which wants it proposed here or not at all.
    pub(super) const fn is_remote(&self) -> bool {
        matches!(self.to, To::Node(_))
    }

    /// From now on it may have been proposed. False: nobody waits for it any more, and it must not be.
    pub(super) fn begin(&self) -> bool {
        match &self.to {
            To::Here { ticket, .. } => ticket.begin(),
            To::Node(to) => !to.answers.is_closed(),
        }
    }

    /// Nobody waits for it any more.
    pub(super) fn is_abandoned(&self) -> bool {
        match &self.to {
            To::Here { answer, .. } => answer.is_closed(),
            To::Node(to) => to.answers.is_closed(),
        }
    }

    /// The command, for an entry.
    pub(super) fn take_command(&mut self) -> Option<Command> {
        let command = self.command.take().map(|command| *command);
        command.or_else(|| decode_command(&self.encoded).ok())
    }

    /// It was decided.
    pub(super) fn decided(self, decision: Decision) {
        match self.to {
            To::Here { answer, .. } => drop(answer.send(Ok(decision))),
            To::Node(to) => to.answer(Answered::Decided(wire::Decided {
                outcome: encode_outcome(&decision.outcome),
                index: decision.index,
            })),
        }
    }

    /// The attempt surely did not propose it.
    pub(super) fn not_proposed(self, leader: &wire::NotLeader) -> Next {
        match self.to {
            To::Here { ref ticket, .. } => {
                if !self.tainted {
                    ticket.not_begun();
                }
                Next::Again(self)
            }
            To::Node(to) => {
                to.answer(Answered::NotLeader(leader.clone()));
                Next::Answered
            }
        }
    }

    /// The attempt may have proposed it.
    pub(super) fn maybe_proposed(mut self, why: &str) -> Next {
        self.tainted = true;
        let in_time = self.deadline.is_some_and(|deadline| Instant::now() < deadline);
        match self.to {
            To::Here { .. } if self.repeatable && in_time => Next::Again(self),
            To::Here { answer, .. } => {
                drop(answer.send(Err(ProposeError::Unknown)));
                Next::Answered
            }
            To::Node(to) => {
                to.answer(Answered::Unknown(why.to_owned()));
                Next::Answered
            }
        }
    }

    /// It will not be proposed (again). `error` says why; if an earlier attempt may have proposed it, the
    /// answer is that.
    pub(super) fn refuse(self, error: ProposeError) {
        let error = if self.tainted {
            ProposeError::Unknown
        } else {
            error
        };
        match self.to {
            To::Here { answer, .. } => drop(answer.send(Err(error))),
            To::Node(to) => to.answer(match error {
                ProposeError::Overloaded => Answered::Overloaded(true),
                ProposeError::Unknown => Answered::Unknown(error.to_string()),
                _ => Answered::NotLeader(wire::NotLeader::default()),
            }),
        }
    }
}

impl Remote {
    pub(super) fn answer(self, result: Answered) {
        let response = wire::ProposeResponse {
            seq: self.seq,
            result: Some(result),
        };
        // Nobody is there any more when the stream broke; the node that asked knows.
        let _ = self.answers.send(Reply {
            response,
            _place: self.place,
        });
    }
}

/// What the caller and the dispatcher both know about a command: whether it may have been proposed, and
/// whether the caller still waits. Decided by whoever comes first.
///
/// ```text
/// waiting ──begin──► maybe proposed ──not_begun──► waiting
///    └────────────give_up───┴──► abandoned
/// ```
#[derive(Debug, Default)]
pub(super) struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const MAYBE_PROPOSED: u8 = 1;
const ABANDONED: u8 = 2;

impl Ticket {
    /// The command is about to be proposed. False when the caller has given up.
    fn begin(&self) -> bool {
        let swap = self
            .0
            .compare_exchange(WAITING, MAYBE_PROPOSED, Ordering::AcqRel, Ordering::Acquire);
        swap.is_ok() || swap == Err(MAYBE_PROPOSED)
    }

    /// It was not proposed after all.
    fn not_begun(&self) {
        let _ = self
            .0
            .compare_exchange(MAYBE_PROPOSED, WAITING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The caller gives up. True when the command may have been proposed.
    pub(super) fn give_up(&self) -> bool {
        self.0.swap(ABANDONED, Ordering::AcqRel) == MAYBE_PROPOSED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_gives_up_learns_whether_it_may_have_been_proposed() {
        let ticket = Ticket::default();
        assert!(!ticket.give_up());
        assert!(!ticket.begin());

        let ticket = Ticket::default();
        assert!(ticket.begin());
        assert!(ticket.begin());
        assert!(ticket.give_up());

        let ticket = Ticket::default();
        assert!(ticket.begin());
        ticket.not_begun();
        assert!(!ticket.give_up());
    }
}
