//! Refusals: a status, a sentence that the caller understands, and a label.
//!
//! The sentence stands in the status line, so it is ASCII and names nobody.

use smol_str::{SmolStr, format_smolstr};

use crate::{Class, Refusal};

pub(super) fn unknown() -> Refusal {
    refusal(404, "Nobody has this number", "unknown_number")
}

pub(super) fn not_in_use() -> Refusal {
    refusal(404, "This number is not in use any more", "disabled_user")
}

pub(super) fn vanity() -> Refusal {
    refusal(
        404,
        "Letters cannot be dialled in a number; use digits",
        "vanity_number",
    )
}

pub(super) fn log_in_first() -> Refusal {
    refusal(
        403,
        "Log in at this phone to call this number",
        "nobody_logged_in",
    )
}

pub(super) fn not_allowed(class: Class) -> Refusal {
    let reason = format_smolstr!("{} are not allowed for you", calls(class));
    refusal(403, reason, "class_not_allowed")
}

pub(super) fn not_now(class: Class) -> Refusal {
    let reason = format_smolstr!("{} are not allowed for you at this hour", calls(class));
    refusal(403, reason, "class_not_allowed_now")
}

pub(super) fn not_from_here(class: Class) -> Refusal {
    let reason = format_smolstr!("{} are not allowed from this office", calls(class));
    refusal(403, reason, "site_limit")
}

pub(super) fn not_from_outside() -> Refusal {
    refusal(404, "Nobody has this number", "not_for_outside_callers")
}

pub(super) fn no_line() -> Refusal {
    refusal(404, "There is no line for this number", "no_line")
}

pub(super) fn do_not_disturb() -> Refusal {
    refusal(486, "Does not want to be disturbed", "do_not_disturb")
}

pub(super) fn not_logged_in() -> Refusal {
    refusal(480, "Is not logged in at any phone", "not_logged_in")
}

pub(super) fn own_number() -> Refusal {
    refusal(486, "This is your own number", "own_number")
}

pub(super) fn nobody_there() -> Refusal {
    refusal(480, "Nobody is there to take the call", "hunt_empty")
}

pub(super) fn circle() -> Refusal {
    refusal(
        482,
        "The call is forwarded in a circle or too often",
        "forwarding_loop",
    )
}

pub(super) fn forward_to_emergency() -> Refusal {
    refusal(
        403,
        "Calls cannot be forwarded to an emergency number",
        "forward_to_emergency",
    )
}

pub(super) fn forward_not_allowed() -> Refusal {
    refusal(
        403,
        "The called user may not forward calls to that number",
        "forward_not_allowed",
    )
}

pub(super) fn no_mailbox() -> Refusal {
    refusal(404, "There is no such mailbox", "no_mailbox")
}

const fn calls(class: Class) -> &'static str {
    match class {
        Class::Internal => "Internal calls",
        Class::Local => "Local calls",
        Class::National => "National calls",
        Class::International => "International calls",
        Class::Premium => "Premium-rate calls",
    }
}

fn refusal(status: u16, reason: impl Into<SmolStr>, label: &'static str) -> Refusal {
    Refusal {
        status,
        reason: reason.into(),
        label,
    }
}
