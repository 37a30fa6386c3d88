//! Many commands, one entry.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use hotdesk_core::{Batch, Epoch, TimeMs};
use hotdesk_store::types::Proposed;
use prost::encoding::{WireType, encode_key, encode_varint, uint64};

use super::Pending;

/// How many bytes of commands an entry holds at most, unless it holds a single larger one.
const ENTRY_BYTES_MAX: usize = 256 << 10;
/// Field numbers of `hotdesk.internal.v1.Batch`.
const AT_MS: u32 = 1;
const COMMANDS: u32 = 2;

/// An entry, and those who wait for the outcome of its commands, in order.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) entry: Proposed,
    pub(super) waiting: Vec<Pending>,
}

/// Takes as many commands from the front of `queue` as fit into one entry. `None` when nobody waits for any of
/// them.
pub(super) fn fill(queue: &mut VecDeque<Pending>, at: TimeMs) -> Option<Filled> {
    let mut waiting = Vec::new();
    let mut commands = Vec::new();
    let mut bytes = 0;
    while let Some(next) = queue.front() {
        let full = commands.len() as u64 == Epoch::COMMANDS_PER_ENTRY;
        let too_large = !commands.is_empty() && bytes + next.encoded.len() > ENTRY_BYTES_MAX;
        if full || too_large {
            break;
        }
        let Some(mut next) = queue.pop_front() else {
            break;
        };
        if !next.begin() {
            continue;
        }
        let Some(command) = next.take_command() else {
            // It was encoded from a command, here.
            debug_assert!(false, "a command could not be decoded again");
            continue;
        };
        bytes += next.encoded.len();
        commands.push(command);
        waiting.push(next);
    }
    if waiting.is_empty() {
        return None;
    }
    let encoded = encode(at, waiting.iter().map(|pending| &pending.encoded), bytes);
    let entry = Proposed {
        encoded,
        batch: Arc::new(Batch { at, commands }),
    };
    Some(Filled { entry, waiting })
}

/// The same bytes as `hotdesk_proto::log::encode_batch` makes, from commands that are encoded already: by the
/// tasks that proposed them, not by the one that all of them wait for.
fn encode<'a>(at: TimeMs, commands: impl Iterator<Item = &'a Bytes>, bytes: usize) -> Bytes {
    let mut buffer = Vec::with_capacity(bytes + bytes / 16 + 64);
    if at.0 != 0 {
        uint64::encode(AT_MS, &at.0, &mut buffer);
    }
    for command in commands {
        encode_key(COMMANDS, WireType::LengthDelimited, &mut buffer);
        encode_varint(command.len() as u64, &mut buffer);
        buffer.extend_from_slice(command);
    }
    buffer.into()
}

#[cfg(test)]
mod tests {
    use hotdesk_core::{Action, Actor, Command, RequestId};
    use hotdesk_proto::log::{decode_batch, encode_batch, encode_command};
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::super::Decision;
    use super::*;
    use crate::error::ProposeError;

    type Answer = oneshot::Receiver<Result<Decision, ProposeError>>;

    fn pending(id: u128, note_bytes: usize) -> (Pending, Answer) {
        let command = Command {
            request_id: Some(RequestId(id)),
            actor: Actor::system(),
            action: Action::SetCredential {
                user: hotdesk_core::UserId::parse("ada").unwrap(),
                verifier: Some("x".repeat(note_bytes).into()),
            },
        };
        let encoded = encode_command(&command);
        let (answer, answered) = oneshot::channel();
        (
            Pending::local(command, encoded, Instant::now(), answer).0,
            answered,
        )
    }

    fn queue(sizes: &[usize]) -> (VecDeque<Pending>, Vec<Answer>) {
        let each = sizes.iter().zip(1..).map(|(size, id)| pending(id, *size));
        each.unzip()
    }

    #[tokio::test]
    async fn the_bytes_are_those_of_the_batch() {
        for at in [TimeMs(0), TimeMs(1_700_000_000_000)] {
            let (mut queue, _answers) = queue(&[10, 300, 0]);
            let filled = fill(&mut queue, at).unwrap();
            assert_eq!(filled.entry.encoded, encode_batch(&filled.entry.batch));
            assert_eq!(decode_batch(&filled.entry.encoded).unwrap(), *filled.entry.batch);
            assert_eq!(filled.waiting.len(), 3);
        }
    }

    #[tokio::test]
    async fn an_entry_holds_no_more_commands_than_there_are_epochs() {
        let (mut queue, _answers) = queue(&[1; 1500]);
        assert_eq!(fill(&mut queue, TimeMs(1)).unwrap().waiting.len(), 1024);
        assert_eq!(fill(&mut queue, TimeMs(1)).unwrap().waiting.len(), 476);
        assert!(fill(&mut queue, TimeMs(1)).is_none());
    }

    #[tokio::test]
    async fn an_entry_holds_no_more_bytes_than_its_bound_or_one_command() {
        let (mut queue, _answers) = queue(&[100_000, 100_000, 100_000, 400_000, 1]);
        let sizes: Vec<usize> = std::iter::from_fn(|| fill(&mut queue, TimeMs(1)))
            .map(|f| f.waiting.len())
            .collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }

    #[tokio::test]
    async fn whoever_gave_up_is_not_proposed() {
        let (answer, _answered) = oneshot::channel();
        let (first, _second_answer) = pending(1, 1);
        let command = Command {
            request_id: None,
            actor: Actor::system(),
            action: Action::Expire,
        };
        let encoded = encode_command(&command);
        let (given_up, ticket) = Pending::local(command, encoded, Instant::now(), answer);
        assert!(!ticket.give_up());
        let mut queue = VecDeque::from([given_up, first]);
        let filled = fill(&mut queue, TimeMs(1)).unwrap();
        assert_eq!(filled.entry.batch.commands.len(), 1);
        assert_eq!(filled.entry.batch.commands[0].request_id, Some(RequestId(1)));
    }

    #[tokio::test]
    async fn a_command_can_go_into_another_entry() {
        let (mut queue, _answers) = queue(&[5]);
        let first = fill(&mut queue, TimeMs(1)).unwrap();
        queue.extend(first.waiting);
        let second = fill(&mut queue, TimeMs(2)).unwrap();
        assert_eq!(first.entry.batch.commands, second.entry.batch.commands);
    }
}
