//! What is looked at in an office's table, and what is said when it is not as expected.

use hotdesk_client::v1::end_reason::Reason;
use hotdesk_client::v1::event::Kind;

use super::office::Office;
use crate::output::time::span;

/// The office's edge sends a call to this extension to this phone and nowhere else.
///
/// # Errors
/// Where it sends it instead.
pub(crate) fn rings_at(office: &Office, extension: &str, device: &str) -> Result<(), String> {
    let seen = match office.edge.route(extension) {
        Ok(route) => {
            let phones: Vec<_> = route.targets().map(|binding| binding.device.as_str()).collect();
            if phones == [device] {
                return Ok(());
            }
            format!("it goes to {}", phones.join(" and "))
        }
        Err(why) => why.to_string(),
    };
    Err(format!(
        "expected a call to {extension} to go to {device} only, saw: {seen}; {}",
        as_of(office)
    ))
}

/// Nobody is logged in at this phone.
///
/// # Errors
/// Who is.
pub(crate) fn neutral(office: &Office, device: &str) -> Result<(), String> {
    let Some(found) = office.table().by_device(device) else {
        return Err(format!(
            "expected the phone {device}, saw none of that name; {}",
            as_of(office)
        ));
    };
    match found.binding() {
        None => Ok(()),
        Some(binding) => Err(format!(
            "expected {device} neutral, saw {} logged in there; {}",
            binding.user,
            as_of(office)
        )),
    }
}

/// The office was told, in this very entry, that a session began at `new` and that the one at `old` ended
/// because of it.
///
/// # Errors
/// What it was told instead.
pub(crate) fn told_of_both(office: &Office, index: u64, old: &str, new: &str) -> Result<(), String> {
    let Some(events) = office.entry(index) else {
        return Err(format!(
            "expected to hear of entry {index}, heard nothing; {}",
            as_of(office)
        ));
    };
    let began = events
        .iter()
        .any(|event| matches!(&event.kind, Some(Kind::SessionStarted(session)) if session.device == new));
    let evicted = events.iter().any(|event| {
        let Some(Kind::SessionEnded(ended)) = &event.kind else {
            return false;
        };
        let at_old = ended
            .session
            .as_ref()
            .is_some_and(|session| session.device == old);
        let reason = ended.reason.as_ref().and_then(|reason| reason.reason.as_ref());
        let by_new = matches!(reason, Some(Reason::LoggedInElsewhere(there)) if there.device == new);
        at_old && by_new
    });
    match (began, evicted) {
        (true, true) => Ok(()),
        (false, _) => Err(format!(
            "expected a login at {new} in entry {index}, saw {} other events",
            events.len()
        )),
        (true, false) => Err(format!(
            "expected the eviction of {old} in entry {index} too, saw the login only"
        )),
    }
}

/// How far the office's table is, and how old.
pub(crate) fn as_of(office: &Office) -> String {
    let age = u64::try_from(office.table().age().as_millis()).unwrap_or(u64::MAX);
    let age = if age == u64::MAX {
        "never complete".to_owned()
    } else {
        format!("{} old", span(age))
    };
    format!("its table is at entry {}, {age}", office.table().index())
}
