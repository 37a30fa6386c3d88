//! Which requests come from a Yealink.

use smol_str::SmolStr;

use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, model_name};
use crate::vendors::fit::Agent;

/// Common files are "y000000000000.boot" and "y000000000096.cfg": twelve digits, the last three at most the model's.
const COMMON_DIGITS: usize = 12;
const MODEL_DIGITS_MAX: usize = 3;

/// The prefix of the empty list of contacts, our own name for it.
pub(super) const CONTACTS_PREFIX: &str = "contacts-";

pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent_text = request
        .user_agent
        .and_then(|agent| agent.trim().strip_prefix("Yealink"));
    let path = request.path.to_ascii_lowercase();
    let (mac, file) = match mac_at_start(&path) {
        Some((mac, rest)) => (Some(mac), own_file(request, rest, agent_text.is_some())?),
        None => (None, other_file(request, &path, agent_text.is_some())?),
    };
    let agent = agent_text.map(Agent::parse);
    let model = |agent: &Agent| {
        let model = agent.model.as_deref()?;
        Some(model_name(
            Vendor::Yealink.name(),
            model.strip_prefix("SIP-").unwrap_or(model),
        ))
    };
    Some(Recognised {
        vendor: Vendor::Yealink,
        mac,
        agent_mac: agent.as_ref().and_then(|agent| agent.mac),
        model: agent.as_ref().and_then(model),
        firmware: agent.and_then(|agent| agent.firmware),
        file,
    })
}

/// A file with the phone's address in its name. A boot file is asked for by nobody else; the other names need the
/// User-Agent.
fn own_file(request: &Request<'_>, rest: &str, by_agent: bool) -> Option<File> {
    let name = SmolStr::from(request.path);
    match rest {
        ".boot" => Some(File::Device { name, is_last: false }),
        _ if !by_agent => None,
        _ if is_upload(request) => Some(File::Upload),
        ".cfg" => Some(File::Device { name, is_last: true }),
        // What the phone kept of its users once, to be given back to it: nothing.
        _ => Some(File::Absent),
    }
}

fn other_file(request: &Request<'_>, path: &str, by_agent: bool) -> Option<File> {
    if is_common(path) {
        return Some(File::Common(SmolStr::from(request.path)));
    }
    if !by_agent {
        return None;
    }
    if is_upload(request) {
        return Some(File::Upload);
    }
    path.starts_with(CONTACTS_PREFIX).then(|| File::Device {
        name: SmolStr::from(request.path),
        is_last: false,
    })
}

fn is_upload(request: &Request<'_>) -> bool {
    matches!(request.method, "PUT" | "POST")
}

/// Whether a name is that of a file for all phones, or for all of a model.
pub(super) fn is_common(path: &str) -> bool {
    let digits = path
        .strip_prefix('y')
        .and_then(|rest| rest.split_at_checked(COMMON_DIGITS));
    let Some((digits, extension)) = digits else {
        return false;
    };
    let (zeros, model) = digits.as_bytes().split_at(COMMON_DIGITS - MODEL_DIGITS_MAX);
    zeros.iter().all(|digit| *digit == b'0')
        && model.iter().all(u8::is_ascii_digit)
        && matches!(extension, ".cfg" | ".boot")
}
