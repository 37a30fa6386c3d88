//! Emergency calls.

use crate::config::Config;
use crate::config::key::{Key, key};

/// Numbers, routes, call-back, and whom to tell.
pub(super) const EMERGENCY: &[Key<Config>] = &[
    key!(
        "emergency.numbers",
        dialplan.emergency.numbers,
        "",
        "Emergency numbers. Always understood with dialplan.outside_prefix too. An extension that is the same\n\
         cannot be called.",
    ),
    key!(
        "emergency.test_numbers",
        dialplan.emergency.test_numbers,
        "",
        "Numbers that test the way: they are routed like the others, but hold no phone and warn nobody.",
    ),
    key!(
        "emergency.sos_number",
        dialplan.emergency.sos_number,
        "",
        "The number for urn:service:sos, which phones send by themselves.",
    ),
    key!(
        "emergency.trunks",
        dialplan.emergency.trunks,
        "[\"carrier-1\"]",
        "The trunks for emergency calls, in order, whatever their health. Default: dialplan.trunks.",
    ),
    key!(
        "emergency.location",
        dialplan.emergency.location,
        "\"233 S Wacker Dr, Chicago, IL 60606\"",
        "The address that is sent where the directory has none for the phone's site: it works when no node has ever\n\
         been reached.",
    ),
    key!(
        "emergency.main_number",
        dialplan.emergency.main_number,
        "\"+13125550100\"",
        "The number that the emergency service calls back, for phones that have none of their own, in the directory or\n\
         under [[emergency.call_back]]. With + and country code.",
    ),
    key!(
        "emergency.main_number_callers",
        dialplan.emergency.main_number_callers,
        "'^(911|\\+1312)'",
        "Which callers to the main number are taken for the emergency service while a window is open: a regular\n\
         expression. Default: all, so nobody else reaches that number for so long.",
    ),
    key!(
        "emergency.window_s",
        dialplan.emergency.window,
        seconds(60, 86_400),
        "For so long after an emergency call its phone is called back, whoever is logged in there, and logins,\n\
         logouts and new configurations wait. Seconds.",
    ),
    key!(
        "emergency.webhook",
        emergency_notify.webhook,
        "\"https://alerts.example.com/911\"",
        "Gets a JSON object by POST for each emergency call: who, where, when. It is always logged.",
    ),
    key!(
        "emergency.message_to",
        emergency_notify.message_to,
        "[\"sip:reception@example.com\"]",
        "Get the same as a SIP MESSAGE.",
    ),
];
