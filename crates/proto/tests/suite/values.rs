//! Random values of the core.

mod answers;
mod commands;
mod directory;
mod events;
mod phones;

use std::fmt::Debug;
use std::str::FromStr;

use hotdesk_core::*;
use proptest::prelude::*;
use smol_str::SmolStr;

pub(crate) use answers::{outcome, refusal};
pub(crate) use commands::{batch, command};
pub(crate) use directory::{calls, device, edge, group, overrides, policy, rights, site, user};
pub(crate) use events::{end_reason, ended, event, session};

fn parsed<T: FromStr<Err = InvalidName> + Debug>(pattern: &'static str) -> impl Strategy<Value = T> + Clone {
    pattern.prop_map(|text| text.parse().unwrap())
}

fn id<T: FromStr<Err = InvalidName> + Debug>() -> impl Strategy<Value = T> + Clone {
    parsed("[a-zA-Z0-9][a-z0-9._-]{0,40}")
}

fn device_id() -> impl Strategy<Value = DeviceId> + Clone {
    parsed("[0-9a-f]{12}|([0-9A-F]{2}:){5}[0-9A-F]{2}|[a-z][a-z0-9._-]{0,60}")
}

fn user_name() -> impl Strategy<Value = UserName> + Clone {
    parsed("[a-z0-9][a-z0-9._-]{0,40}|[a-z0-9.]{1,30}@[a-z.]{1,30}")
}

fn text() -> impl Strategy<Value = SmolStr> + Clone {
    ".{0,60}".prop_map(SmolStr::new)
}

/// On the wire, 0 is no time, so no time of the core is 0.
fn time() -> impl Strategy<Value = TimeMs> + Clone {
    prop_oneof![1_u64..2_000_000_000_000, Just(u64::MAX)].prop_map(TimeMs)
}

fn epoch() -> impl Strategy<Value = Epoch> + Clone {
    any::<u64>().prop_map(Epoch)
}

pub(crate) fn request_id() -> impl Strategy<Value = RequestId> {
    any::<u128>().prop_map(RequestId)
}
