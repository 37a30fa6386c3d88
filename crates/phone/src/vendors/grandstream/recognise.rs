//! What these phones ask for.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, mac_in, model_name};

/// What stands before the file's name where the phone is to ask for user and password: the "config file prefix" that
/// is set at the phone.
pub(super) const LOGIN_PREFIX: &str = "login-";

/// The phone book's names.
pub(super) const BOOKS: [&str; 2] = ["phonebook.xml", "gs_phonebook.xml"];

/// The User-Agent of such a phone, taken apart.
#[derive(Default)]
struct Agent {
    model: Option<SmolStr>,
    firmware: Option<SmolStr>,
    mac: Option<Mac>,
}

/// See [`Adapter::recognise`](crate::Adapter::recognise).
pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = request.user_agent.and_then(agent);
    let is_ours = agent.is_some();
    let (mac, file) = match of_phone(request) {
        Some((mac, file)) => (Some(mac), file),
        None if is_ours => (None, of_none(request)?),
        None => return None,
    };
    let agent = agent.unwrap_or_default();
    Some(Recognised {
        vendor: Vendor::Grandstream,
        mac,
        agent_mac: agent.mac,
        model: agent.model,
        firmware: agent.firmware,
        file,
    })
}

/// `cfg<mac>.xml`, and `cfg<mac>`, which would be binary. Both are the vendor's own names.
fn of_phone(request: &Request<'_>) -> Option<(Mac, File)> {
    let name = request.path.strip_prefix(LOGIN_PREFIX);
    let asks_to_log_in = name.is_some();
    let (mac, rest) = mac_at_start(name.unwrap_or(request.path).strip_prefix("cfg")?)?;
    let file = match rest {
        _ if request.method == "PUT" => File::Upload,
        "" => File::Absent,
        ".xml" if asks_to_log_in => File::User {
            user: SmolStr::default(),
            name: request.path.into(),
        },
        ".xml" => File::Device {
            name: request.path.into(),
            is_last: true,
        },
        _ => return None,
    };
    Some((mac, file))
}

/// Names of no phone, when such a phone asks: the phone book, documents of a model or of all, firmware, tones, pictures.
fn of_none(request: &Request<'_>) -> Option<File> {
    let path = request.path;
    if path.contains("..") {
        return None;
    }
    if request.method == "PUT" {
        return Some(File::Upload);
    }
    if BOOKS.contains(&path) {
        return Some(File::Device {
            name: path.into(),
            is_last: false,
        });
    }
    let of_many = path.starts_with("cfg") && path.ends_with(".xml");
    let fetched = [".bin", ".txt", ".jpg", ".png", ".bmp"];
    let is_absent = of_many || path == "idle_screen.xml" || fetched.iter().any(|end| path.ends_with(end));
    is_absent.then_some(File::Absent)
}

/// "Grandstream Model HW GRP2614 V1.1A SW 1.0.5.15 DevId c074ad0b63ee": after "HW" the model, after "SW" the version.
fn agent(text: &str) -> Option<Agent> {
    let rest = text.strip_prefix("Grandstream")?;
    let after = |word: &str| rest.split(' ').skip_while(|each| *each != word).nth(1);
    Some(Agent {
        model: after("HW").map(|model| model_name(Vendor::Grandstream.name(), model)),
        firmware: after("SW").map(SmolStr::from),
        mac: mac_in(rest),
    })
}
