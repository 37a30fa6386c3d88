//! All keys, by section.

mod base;
mod dialplan;
mod emergency;
mod phones;
mod registrar;
mod rights;
mod services;
mod sip;

use super::Config;
use super::key::Key;

/// All sections in the order of the sample. Keys of one section stand together.
const SECTIONS: &[&[Key<Config>]] = &[
    base::TOP,
    sip::SIP,
    registrar::REGISTRAR,
    registrar::SECURITY,
    dialplan::DIALPLAN,
    dialplan::STAR_CODES,
    rights::RIGHTS,
    rights::IDENTITY,
    emergency::EMERGENCY,
    services::VOICEMAIL,
    phones::PHONES,
    services::REST,
    base::TELEMETRY,
];

/// All keys in the order of the sample.
pub(super) fn keys() -> impl Iterator<Item = &'static Key<Config>> {
    SECTIONS.iter().copied().flatten()
}
