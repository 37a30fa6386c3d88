//! Star codes.

use crate::{Call, Decision, DialPlan, Pin, StarCode, StarCodes};

/// The star code that was dialled, at one of our phones.
pub(super) fn code(plan: &DialPlan, call: &Call, text: &str) -> Option<Decision> {
    call.caller.phone()?;
    read(&plan.star_codes, text).map(Decision::StarCode)
}

/// `*11`, `*11*EXTENSION`, `*11*EXTENSION*PIN`, `*12`, `*13`; a `#` at the end does not matter.
pub(super) fn read(codes: &StarCodes, text: &str) -> Option<StarCode> {
    let text = text.trim_end_matches('#');
    let is = |code: &str| !code.is_empty() && text == code;
    if is(&codes.logout) {
        return Some(StarCode::Logout);
    }
    if is(&codes.who_am_i) {
        return Some(StarCode::WhoAmI);
    }
    let rest = text
        .strip_prefix(codes.login.as_str())
        .filter(|_| !codes.login.is_empty())?;
    if rest.is_empty() {
        let (extension, pin) = (None, None);
        return Some(StarCode::Login { extension, pin });
    }
    let mut parts = rest.strip_prefix('*')?.splitn(2, '*');
    let part = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Some(StarCode::Login {
        extension: part(parts.next()).map(Into::into),
        pin: parts.next().filter(|pin| !pin.is_empty()).map(Pin::new),
    })
}
