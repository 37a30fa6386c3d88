//! What may be called, and who is shown.

use crate::config::Config;
use crate::config::key::{Key, key};

/// What may be called.
pub(super) const RIGHTS: &[Key<Config>] = &[
    key!(
        "rights.limit",
        site_limits.classes,
        "",
        "What may be called from this office at all, whatever a user's own rights are: internal, local, national,\n\
         international, premium. Emergency calls do not depend on it.",
    ),
    key!(
        "rights.hours",
        site_limits.hours,
        "\"mon-fri 07:00-19:00\"",
        "Working hours, in local time. Default: always.",
    ),
    key!(
        "rights.outside_hours",
        site_limits.outside_hours,
        "",
        "What is left of rights.limit outside of them.",
    ),
    key!(
        "rights.neutral_numbers",
        dialplan.neutral.numbers,
        "[\"1000\", \"+13125550100\", \"2*\"]",
        "What may be called at a phone where nobody is logged in, as dialled or with + and country code; \"2*\" is\n\
         all that begins with 2. Emergency calls and star codes always work.",
    ),
    key!(
        "rights.neutral_internal",
        dialplan.neutral.internal,
        "",
        "Whether people in the company may be called there as well.",
    ),
    key!(
        "rights.peers",
        dialplan.peer_rights,
        "",
        "What callers behind security.trusted_peers may call by this office's trunks and rules. People they may\n\
         always call.",
    ),
];

/// Who is shown.
pub(super) const IDENTITY: &[Key<Config>] = &[
    key!(
        "identity.main_number",
        dialplan.identity.main_number,
        "\"+13125550100\"",
        "The number that is shown outside for callers who have none of their own. With + and country code.",
    ),
    key!(
        "identity.outside_name",
        dialplan.identity.outside_name,
        "\"Example Inc.\"",
        "The name that is shown outside for everybody. Default: the caller's.",
    ),
    key!(
        "identity.hide",
        dialplan.identity.hide,
        "",
        "Nobody's number is shown outside unless star_codes.show is dialled. Emergency calls always show it.",
    ),
    key!(
        "identity.remote_party_id",
        dialplan.identity.remote_party_id,
        "",
        "Send Remote-Party-ID beside P-Asserted-Identity, for equipment that knows nothing newer.",
    ),
];
