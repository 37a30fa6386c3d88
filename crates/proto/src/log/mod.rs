//! What a log entry carries, and the answers: commands, outcomes and refusals as `hotdesk.internal.v1` has them.
//!
//! Encoding is canonical: the same value gives the same bytes. Everything decoded here was encoded here, so
//! [`Invalid`] means a damaged entry or a newer version's.

mod command;
mod field_name;
mod outcome;
mod quick;
mod refusal;

use bytes::Bytes;
use hotdesk_core::{Batch, Command, Epoch, Outcome, TimeMs};
use prost::Message;

use crate::convert::Invalid;
use crate::internal::v1 as wire;

/// One entry's commands, as they go into the log.
#[must_use]
pub fn encode_batch(batch: &Batch) -> Bytes {
    quick::write_batch(batch).into()
}

/// The commands of an entry.
///
/// # Errors
/// [`Invalid`] when the bytes are no batch, a command in it is not valid (the field says which), or it holds
/// more commands than one entry may.
pub fn decode_batch(bytes: &[u8]) -> Result<Batch, Invalid> {
    if let Some(batch) = quick::read_batch(bytes) {
        return Ok(batch);
    }
    let message: wire::Batch = decode(bytes, "a batch of commands")?;
    let max = Epoch::COMMANDS_PER_ENTRY;
    if message.commands.len() as u64 > max {
        let problem = format!("must be at most {max}, got {}", message.commands.len());
        return Err(Invalid::new("commands", problem));
    }
    let commands = message.commands.into_iter().enumerate().map(|(at, command)| {
        Command::try_from(command).map_err(|invalid| invalid.within(format_args!("commands[{at}]")))
    });
    Ok(Batch {
        at: TimeMs(message.at_ms),
        commands: commands.collect::<Result<_, _>>()?,
    })
}

/// A command on its way to the leader.
#[must_use]
pub fn encode_command(command: &Command) -> Bytes {
    quick::write_command(command).into()
}

/// A command as another node sent it.
///
/// # Errors
/// [`Invalid`] when the bytes are no command, or a field of it is not valid.
pub fn decode_command(bytes: &[u8]) -> Result<Command, Invalid> {
    match quick::read_command(bytes) {
        Some(command) => Ok(command),
        None => decode::<wire::Command>(bytes, "a command")?.try_into(),
    }
}

/// An answer on its way back.
#[must_use]
pub fn encode_outcome(outcome: &Outcome) -> Bytes {
    outcome_message(outcome).encode_to_vec().into()
}

/// An answer as the leader sent it.
///
/// # Errors
/// [`Invalid`] when the bytes are no outcome, or a field of it is not valid.
pub fn decode_outcome(bytes: &[u8]) -> Result<Outcome, Invalid> {
    outcome_from(decode(bytes, "an outcome")?)
}

pub(crate) use command::id_bytes;
pub use outcome::{outcome_from, outcome_message};

fn decode<M: Message + Default>(bytes: &[u8], expected: &str) -> Result<M, Invalid> {
    M::decode(bytes).map_err(|error| Invalid::new("", format!("expected {expected}: {error}")))
}
