//! What is known of desk phones beside their records.

use hotdesk_core::*;
use proptest::option;
use proptest::prelude::*;
use proptest::sample;
use smol_str::SmolStr;

use super::{id, text, time};

pub(crate) fn mac() -> impl Strategy<Value = MacAddress> + Clone {
    any::<[u8; 5]>().prop_map(|[a, b, c, d, e]| MacAddress::new([2, a, b, c, d, e]))
}

pub(super) fn token_hash() -> impl Strategy<Value = TokenHash> + Clone {
    any::<[u8; 32]>().prop_map(TokenHash)
}

pub(crate) fn token() -> impl Strategy<Value = EnrolmentToken> {
    (token_hash(), id(), any::<u32>(), time(), text()).prop_map(|(hash, site, uses, until, note)| {
        EnrolmentToken {
            hash,
            site,
            uses,
            until,
            note,
        }
    })
}

pub(super) fn seen() -> impl Strategy<Value = SeenPhone> {
    (mac(), text(), text(), text(), option::of(id()), text()).prop_map(
        |(mac, vendor, model, firmware, site, address)| SeenPhone {
            mac,
            vendor,
            model,
            firmware,
            site,
            address,
        },
    )
}

pub(crate) fn waiting() -> impl Strategy<Value = WaitingPhone> {
    (seen(), time(), time()).prop_map(|(phone, first_seen, last_seen)| WaitingPhone {
        phone,
        first_seen,
        last_seen,
    })
}

pub(super) fn shown() -> impl Strategy<Value = Shown> + Clone {
    (any::<u64>(), time(), shown_by()).prop_map(|(stamp, at, how)| Shown { stamp, at, how })
}

pub(super) fn shown_by() -> impl Strategy<Value = ShownBy> + Clone {
    sample::select(vec![ShownBy::Document, ShownBy::Register])
}

/// On the wire, an empty text is none.
pub(super) fn trouble() -> impl Strategy<Value = Option<SmolStr>> + Clone {
    option::of(".{1,30}".prop_map(SmolStr::new))
}

pub(super) fn former_seed() -> impl Strategy<Value = FormerSeed> + Clone {
    (any::<u128>(), any::<u64>(), time()).prop_map(|(seed, replaced, until)| FormerSeed {
        seed,
        replaced,
        until,
    })
}
