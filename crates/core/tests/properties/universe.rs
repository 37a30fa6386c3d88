//! A universe small enough that everything collides: four users, six phones, two sites, two groups, a handful
//! of names and request ids, clocks that jump.

mod actions;
mod imports;
mod names;
mod records;
mod resolve;

use hotdesk_core::command::ImportRow;
use hotdesk_core::{Action, DeviceId, RequestId, ShownBy, SiteId, TokenHash, UserId, UserName};
use proptest::prelude::*;

use actions::ask;
pub(crate) use imports::{as_commands, rows};
pub(crate) use names::furniture;
pub(crate) use resolve::{resolve, without_positions};

/// One log entry, before callers know what to put into it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) jump_ms: i64,
    pub(crate) index_gap: u64,
    pub(crate) asks: Vec<Ask>,
}

/// One request, before its caller has looked at the state.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) request: Option<u128>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Plain(Box<Action>),
    Login {
        user: UserName,
        device: DeviceId,
        pin: Which,
    },
    Logout {
        device: DeviceId,
        epoch: Which,
    },
    Touch {
        device: DeviceId,
        epoch: Which,
        ago_ms: i64,
    },
    /// Rows, mostly the next ones.
    Stage {
        import: RequestId,
        first_row: Which,
        rows: Vec<ImportRow>,
    },
    /// Rows that swap the extensions of two users.
    StageSwap {
        import: RequestId,
        users: [UserId; 2],
    },
    /// Mostly of as many rows as are staged.
    Commit {
        import: RequestId,
        rows: Which,
        dry_run: bool,
    },
    /// A phone is left alone for so long, or released.
    Hold {
        device: DeviceId,
        for_ms: i64,
    },
    /// Stamps around what the phones should show.
    Shown {
        reports: Vec<(DeviceId, Which, Option<&'static str>)>,
        how: ShownBy,
    },
    /// A user's account is closed for so long.
    Lock {
        user: UserId,
        for_ms: i64,
    },
    /// A phone may come without its token for so long.
    Open {
        device: DeviceId,
        for_ms: i64,
    },
    /// An enrolment token that is good for so long.
    Token {
        hash: TokenHash,
        site: SiteId,
        uses: u32,
        for_ms: i64,
    },
    /// Exactly what was sent so many requests ago.
    Retry(usize),
}

/// Which epoch or credential version the caller carries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    None,
    Current,
    Stale,
}

pub(crate) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let jump = prop_oneof![
        6 => 0..5_000i64,
        3 => 5_000..90_000i64,
        1 => 300_000..2_500_000i64,
        1 => -200_000..0i64,
    ];
    let entry = (jump, 1..4u64, prop::collection::vec(ask(), 1..5));
    let entry = entry.prop_map(|(jump_ms, index_gap, asks)| Entry {
        jump_ms,
        index_gap,
        asks,
    });
    prop::collection::vec(entry, 1..40)
}

impl Which {
    const fn of(self, current: u64) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Current => Some(current),
            Self::Stale => Some(current.saturating_sub(1)),
        }
    }
}
