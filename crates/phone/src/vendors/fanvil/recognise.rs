//! Which requests come from a Fanvil.

use smol_str::SmolStr;

use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, model_name};
use crate::vendors::fit::Agent;

/// All of their names are others' as well ("0c383e04a1b2.cfg"): without the User-Agent nobody is recognised.
pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = Agent::parse(request.user_agent?.trim().strip_prefix("Fanvil ")?);
    let path = request.path.to_ascii_lowercase();
    let (mac, file) = match mac_at_start(&path) {
        Some((mac, ".cfg")) if !is_upload(request) => {
            let name = SmolStr::from(request.path);
            (Some(mac), File::Device { name, is_last: true })
        }
        Some((mac, _)) if is_upload(request) => (Some(mac), File::Upload),
        None if is_upload(request) => (None, File::Upload),
        None if is_common(&path) => (None, File::Absent),
        _ => return None,
    };
    Some(Recognised {
        vendor: Vendor::Fanvil,
        mac,
        agent_mac: agent.mac,
        model: agent.model.map(|model| model_name(Vendor::Fanvil.name(), &model)),
        firmware: agent.firmware,
        file,
    })
}

fn is_upload(request: &Request<'_>) -> bool {
    matches!(request.method, "PUT" | "POST")
}

/// The file for all phones of a model, "f0X5U00000000.cfg" or the like: everything is in the phone's own.
fn is_common(path: &str) -> bool {
    path.starts_with("f0") && path.ends_with(".cfg")
}
