//! Which files these phones ask for.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, mac_in, model_name};

/// The file that a phone asks for when somebody has typed a user id: the stamp of the document that told it to, and the
/// user.
const USER_BEGINS: &str = "em-";
const USER_ENDS: &str = ".xml";

/// Bytes of a user's name in a file name. A longer one is nobody.
const USER_BYTES_MAX: usize = 64;

pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = request.user_agent.and_then(Agent::parse);
    let (file, mac) = if let Some((_, user)) = user_file(request.path) {
        let file = File::User {
            user: user.into(),
            name: request.path.into(),
        };
        (file, None)
    } else if let Some(mac) = own(request.path).filter(|_| agent.is_some() || request.path.starts_with("spa"))
    {
        let name = SmolStr::from(request.path);
        (File::Device { name, is_last: true }, Some(mac))
    } else {
        agent.as_ref()?;
        let file = if is_first(request.path) {
            File::Common(request.path.into())
        } else {
            File::Absent
        };
        (file, None)
    };
    let (agent_mac, model, firmware) = agent.map_or((None, None, None), |agent| {
        (agent.mac, Some(agent.model), agent.firmware)
    });
    Some(Recognised {
        vendor: Vendor::CiscoMpp,
        mac,
        agent_mac,
        model,
        firmware,
        file,
    })
}

/// Whether a name is that of this phone's document, a user's, or the first file of a model.
pub(super) fn is_document(name: &str, of: Option<Mac>) -> bool {
    match own(name) {
        Some(mac) => of == Some(mac),
        None => user_file(name).is_some() || is_first(name),
    }
}

/// The stamp in the name of a user's file: that of the document that told the phone to ask for it. `None` for other
/// names. A request with an older stamp than the phone's present one is not somebody logging in.
#[must_use]
pub fn user_file_stamp(name: &str) -> Option<u64> {
    user_file(name).map(|(stamp, _)| stamp)
}

/// "em-811-2042.xml" is stamp 811 and user "2042".
fn user_file(name: &str) -> Option<(u64, &str)> {
    let rest = name.strip_prefix(USER_BEGINS)?.strip_suffix(USER_ENDS)?;
    let (stamp, user) = rest.split_once('-')?;
    let stamp = stamp.parse().ok()?;
    ((1..=USER_BYTES_MAX).contains(&user.len()) && !user.contains('/')).then_some((stamp, user))
}

/// The address in "8c1e8004a1b2.xml" or "spa8c1e8004a1b2.cfg".
fn own(path: &str) -> Option<Mac> {
    let (mac, rest) = mac_at_start(path.strip_prefix("spa").unwrap_or(path))?;
    let is_own = if path.starts_with("spa") {
        rest == ".cfg" || rest == ".xml"
    } else {
        rest == ".xml"
    };
    is_own.then_some(mac)
}

/// What a phone fresh from the factory asks for: "8851-3PCC.xml", "spa525G.cfg", "init.cfg".
fn is_first(name: &str) -> bool {
    (name.ends_with(".xml") || name.ends_with(".cfg"))
        && !name.contains('/')
        && (name.starts_with("spa")
            || name.starts_with("init.")
            || name.starts_with(|c: char| c.is_ascii_digit()))
}

struct Agent {
    mac: Option<Mac>,
    model: SmolStr,
    firmware: Option<SmolStr>,
}

impl Agent {
    /// Reads "Cisco/SPA525G-7.4.7 (8C1E8004A1B2)(CBT141900G7)", "Linksys/SPA-942-6.1.5(a) (88019FA42805)" and
    /// "Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)".
    fn parse(agent: &str) -> Option<Self> {
        let (head, _) = agent.split_once(' ').unwrap_or((agent, ""));
        let (model, firmware) = if let Some(rest) = head.strip_prefix("Cisco-") {
            let (model, firmware) = rest.split_once('/').unwrap_or((rest, ""));
            if !model.contains("3PCC") {
                return None;
            }
            (model.trim_start_matches("CP-"), firmware)
        } else {
            let rest = head
                .strip_prefix("Cisco/")
                .or_else(|| head.strip_prefix("Linksys/"))?;
            // The model may have a hyphen of its own; the firmware is the part that begins with a digit and a dot.
            rest.rmatch_indices('-')
                .map(|(at, _)| (&rest[..at], &rest[at + 1..]))
                .find(|(_, firmware)| {
                    firmware.contains('.') && firmware.starts_with(|c: char| c.is_ascii_digit())
                })
                .unwrap_or((rest, ""))
        };
        if model.is_empty() {
            return None;
        }
        Some(Self {
            mac: mac_in(agent),
            model: model_name("cisco-mpp", model),
            firmware: (!firmware.is_empty()).then(|| firmware.into()),
        })
    }
}
