//! What these phones ask for, and store.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, mac_in, model_name};

/// Bytes of a user's name in a file name. A longer one is nobody.
const USER_BYTES_MAX: usize = 64;

/// What the phone stores at the server beside its logs: settings changed at the phone or on its web page, contacts,
/// calls.
const STORED: [&str; 4] = ["-phone.cfg", "-web.cfg", "-directory.xml", "-calls.xml"];

/// The User-Agent of such a phone, taken apart.
struct Agent {
    model: Option<SmolStr>,
    firmware: Option<SmolStr>,
    mac: Option<Mac>,
}

/// See [`Adapter::recognise`](crate::Adapter::recognise).
pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = request.user_agent.and_then(agent);
    let (mac, file) = match mac_at_start(request.path) {
        Some((mac, rest)) => (Some(mac), of_phone(request, rest, agent.is_some())?),
        None => (None, of_none(request, agent.is_some())?),
    };
    let agent = agent.unwrap_or(Agent {
        model: None,
        firmware: None,
        mac: None,
    });
    Some(Recognised {
        vendor: Vendor::Poly,
        mac,
        agent_mac: agent.mac,
        model: agent.model,
        firmware: agent.firmware,
        file,
    })
}

/// Names that begin with the phone's address. Only some of them are this vendor's own; for the rest the User-Agent must
/// be.
fn of_phone(request: &Request<'_>, rest: &str, is_poly: bool) -> Option<File> {
    let stores = request.method == "PUT";
    let device = |is_last| File::Device {
        name: request.path.into(),
        is_last,
    };
    match rest {
        "-hotdesk.cfg" if !stores => Some(device(true)),
        "-boot.log" | "-app.log" => Some(if stores { File::Upload } else { File::Absent }),
        _ if stores && is_poly => Some(File::Upload),
        _ if stores && STORED.contains(&rest) => Some(File::Upload),
        "-phone.cfg" | "-web.cfg" | "-directory.xml" => Some(device(false)),
        "-license.cfg" => Some(File::Absent),
        ".cfg" if is_poly => Some(device(false)),
        "-calls.xml" if is_poly => Some(File::Absent),
        _ => None,
    }
}

/// Names of no phone: the common file, a user's, firmware, sounds and words.
fn of_none(request: &Request<'_>, is_poly: bool) -> Option<File> {
    const COMMON: &str = "000000000000";
    let stores = request.method == "PUT";
    if let Some(rest) = request.path.strip_prefix(COMMON) {
        return match rest {
            ".cfg" if !stores => Some(File::Common(request.path.into())),
            "-directory.xml" | "-license.cfg" if !stores => Some(File::Absent),
            _ => None,
        };
    }
    if !is_poly {
        return None;
    }
    if STORED.iter().any(|end| request.path.ends_with(end)) {
        return Some(if stores { File::Upload } else { File::Absent });
    }
    if let Some(user) = request.path.strip_suffix(".cfg") {
        return (!stores && is_user(user)).then(|| File::User {
            user: user.into(),
            name: request.path.into(),
        });
    }
    let fetched = [".ld", ".ver", ".wav", ".png", ".jpg", ".bin", ".xml"];
    let is_fetched = fetched.iter().any(|end| request.path.ends_with(end));
    (!stores && is_fetched && !request.path.contains("..")).then_some(File::Absent)
}

/// What can be a user's id, alias, e-mail or extension.
fn is_user(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+');
    (1..=USER_BYTES_MAX).contains(&text.len()) && text.chars().all(allowed) && !text.contains("..")
}

/// "FileTransport PolycomVVX-VVX_400-UA/5.9.0.9373 (SN:64167f04a1b2) Type/Application": family, model, version.
fn agent(text: &str) -> Option<Agent> {
    let product = text.split(' ').find(|word| word.starts_with("Poly"))?;
    let (name, version) = product.split_once("-UA/")?;
    let model = name.split_once('-').map(|(_, model)| model);
    Some(Agent {
        model: model.map(|model| model_name(Vendor::Poly.name(), model)),
        firmware: (!version.is_empty()).then(|| version.into()),
        mac: mac_in(text),
    })
}
