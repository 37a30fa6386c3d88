//! Random values go to the wire, through their bytes, and come back the same.

use std::fmt::Debug;

use hotdesk_core::{
    CallRights, CallSettings, Command, Device, Edge, EndReason, EndedSession, Event, Group, Policy,
    PolicyOverrides, Session, Site, User,
};
use hotdesk_proto::convert::Invalid;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::log::{
    decode_batch, decode_command, decode_outcome, encode_batch, encode_command, encode_outcome,
};
use hotdesk_proto::v1;
use proptest::prelude::*;
use prost::Message;

use crate::values;

fn comes_back<T, W>(value: &T) -> Result<(), TestCaseError>
where
    T: TryFrom<W, Error = Invalid> + PartialEq + Debug,
    W: for<'a> From<&'a T> + Message + Default,
{
    let bytes = W::from(value).encode_to_vec();
    let back = T::try_from(W::decode(bytes.as_slice()).unwrap()).unwrap();
    prop_assert_eq!(&back, value);
    Ok(())
}

proptest! {
    #[test]
    fn sites_come_back(value in values::site()) { comes_back::<Site, v1::Site>(&value)?; }

    #[test]
    fn groups_come_back(value in values::group()) { comes_back::<Group, v1::Group>(&value)?; }

    #[test]
    fn policies_come_back(value in values::policy()) { comes_back::<Policy, v1::Policy>(&value)?; }

    #[test]
    fn overrides_come_back(value in values::overrides()) {
        comes_back::<PolicyOverrides, v1::Policy>(&value)?;
    }

    #[test]
    fn users_come_back(value in values::user()) { comes_back::<User, v1::User>(&value)?; }

    #[test]
    fn devices_come_back(value in values::device()) { comes_back::<Device, v1::Device>(&value)?; }

    #[test]
    fn edges_come_back(value in values::edge()) { comes_back::<Edge, v1::Edge>(&value)?; }

    #[test]
    fn call_settings_come_back(value in values::calls()) {
        comes_back::<CallSettings, v1::CallSettings>(&value)?;
    }

    #[test]
    fn call_rights_come_back(value in values::rights()) { comes_back::<CallRights, v1::CallRights>(&value)?; }

    #[test]
    fn sessions_come_back(value in values::session()) { comes_back::<Session, v1::Session>(&value)?; }

    #[test]
    fn end_reasons_come_back(value in values::end_reason()) {
        comes_back::<EndReason, v1::EndReason>(&value)?;
    }

    #[test]
    fn ended_sessions_come_back(value in values::ended()) {
        comes_back::<EndedSession, v1::EndedSession>(&value)?;
    }

    #[test]
    fn events_come_back(value in values::event()) { comes_back::<Event, v1::Event>(&value)?; }

    #[test]
    fn commands_come_back(value in values::command()) {
        prop_assert_eq!(decode_command(&encode_command(&value)).unwrap(), value);
    }

    #[test]
    fn batches_come_back(value in values::batch()) {
        prop_assert_eq!(decode_batch(&encode_batch(&value)).unwrap(), value);
    }

    /// Logins take a short way past the generated types; nobody can tell.
    #[test]
    fn the_short_way_is_the_same_as_the_generated_one(value in values::batch()) {
        let generated = wire::Batch {
            at_ms: value.at.0,
            commands: value.commands.iter().map(Into::into).collect(),
        };
        prop_assert_eq!(encode_batch(&value), generated.encode_to_vec());
        for command in &value.commands {
            let bytes = wire::Command::from(command).encode_to_vec();
            prop_assert_eq!(&encode_command(command), &bytes);
        }
    }

    /// The same for logins in a form that we do not write: fields in another order, repeated, unknown.
    #[test]
    fn odd_logins_are_read_as_generated(
        parts in proptest::collection::vec(values::command(), 1..3),
        unknown in any::<bool>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut bytes: Vec<u8> = parts.iter().flat_map(encode_command).collect();
        if unknown {
            bytes.extend([0xf8, 0x07, 0x01]);
        }
        let check = |bytes: &[u8]| {
            let generated = wire::Command::decode(bytes).ok().and_then(|it| Command::try_from(it).ok());
            prop_assert_eq!(decode_command(bytes).ok(), generated);
            Ok(())
        };
        check(&bytes)?;
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        check(&bytes)?;
    }

    #[test]
    fn outcomes_come_back(value in values::outcome()) {
        prop_assert_eq!(decode_outcome(&encode_outcome(&value)).unwrap(), value);
    }

    #[test]
    fn refusals_come_back(value in values::refusal()) {
        let outcome = Err(value);
        prop_assert_eq!(decode_outcome(&encode_outcome(&outcome)).unwrap(), outcome);
    }

    /// Whatever bytes come, the answer is a value or a sentence.
    #[test]
    fn nonsense_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_batch(&bytes);
        let _ = decode_command(&bytes);
        let _ = decode_outcome(&bytes);
    }

    /// The same for bytes that are nearly right.
    #[test]
    fn flipped_bits_are_answered(batch in values::batch(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = encode_batch(&batch).to_vec();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
        }
        let _ = decode_batch(&bytes);
    }
}
