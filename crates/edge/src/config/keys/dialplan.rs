//! How numbers are dialled, and star codes.

use crate::config::Config;
use crate::config::key::{Key, key};

/// How numbers are dialled.
pub(super) const DIALPLAN: &[Key<Config>] = &[
    key!(
        "dialplan.time_zone",
        dialplan.zone,
        "\"America/Chicago\"",
        "The time zone for working hours and schedules. Default: the site's, from the directory.",
    ),
    key!(
        "dialplan.country_code",
        dialplan.numbers.country_code,
        "",
        "The country code of the office, without +.",
    ),
    key!(
        "dialplan.national_prefix",
        dialplan.numbers.national_prefix,
        "",
        "What is dialled before numbers of the own country: \"1\" in North America, \"0\" in most of Europe.",
    ),
    key!(
        "dialplan.international_prefix",
        dialplan.numbers.international_prefix,
        "",
        "What is dialled before numbers of other countries: \"011\", \"00\".",
    ),
    key!(
        "dialplan.outside_prefix",
        dialplan.numbers.outside_prefix,
        "",
        "What is dialled before all outside numbers; it may be left out. Emergency numbers are understood with\n\
         and without it. Empty: none.",
    ),
    key!(
        "dialplan.area",
        dialplan.numbers.area,
        "\"312\"",
        "The area code of the office, for numbers that are dialled without one. Default: such numbers are not\n\
         dialled.",
    ),
    key!(
        "dialplan.local_length",
        dialplan.numbers.local_length,
        "",
        "How many digits those have: \"7\", \"3-8\".",
    ),
    key!(
        "dialplan.national_length",
        dialplan.numbers.national_length,
        "",
        "How many digits national numbers have, without prefix. Where all have as many, the prefix may be left out.",
    ),
    key!(
        "dialplan.local_areas",
        dialplan.numbers.local_areas,
        "[\"773\", \"872\"]",
        "Further area codes whose numbers cost as little as local ones.",
    ),
    key!(
        "dialplan.trunks",
        dialplan.trunks,
        "[\"carrier-1\", \"carrier-2\"]",
        "The trunks for outside numbers that no [[dialplan.rule]] names. Default: all; set it when one of them is\n\
         a PBX.",
    ),
];

/// Star codes.
pub(super) const STAR_CODES: &[Key<Config>] = &[
    key!(
        "star_codes.login",
        dialplan.star_codes.login,
        "",
        "Log in: dialled alone, with the extension behind a *, or with extension and PIN (*11*EXTENSION*PIN).\n\
         Empty: switched off, as for all of them.",
    ),
    key!("star_codes.logout", dialplan.star_codes.logout, "", "Log out.",),
    key!(
        "star_codes.who_am_i",
        dialplan.star_codes.who_am_i,
        "",
        "Hear who is logged in.",
    ),
    key!(
        "star_codes.hide",
        dialplan.star_codes.hide,
        "",
        "Before a number: do not show who calls.",
    ),
    key!(
        "star_codes.show",
        dialplan.star_codes.show,
        "",
        "Before a number: show who calls, where identity.hide hides everybody.",
    ),
];
