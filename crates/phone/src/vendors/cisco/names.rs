//! Which files these phones ask for.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, model_name};

/// How the document's name goes on after "SEP" and the address. Over HTTPS a phone with an ITL file asks for a signed
/// one and takes it unsigned.
const DOCUMENT_ENDS: [&str; 2] = [".cnf.xml", ".cnf.xml.sgn"];

/// Files that these phones ask for and do without: trust lists, tones, ring lists, dial rules, soft keys, firmware.
const ABSENT_ENDS: [&str; 6] = [".tlv", ".loads", ".sbn", "-tones.xml", "-sip.jar", "-font.xml"];
const ABSENT_NAMES: [&str; 6] = [
    "XMLDefault.cnf.xml",
    "ringlist.xml",
    "ringlist-wb.xml",
    "dialplan.xml",
    "softkeyDefault.xml",
    "featurePolicyDefault.xml",
];

/// The agent begins so; the model follows up to the slash, the firmware after it.
const AGENT_BEGINS: &str = "Cisco-CP";

pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = Agent::of(request.user_agent);
    let (file, mac) = match device(request.path) {
        Some((mac, rest)) if DOCUMENT_ENDS.contains(&rest) => {
            let name = SmolStr::from(request.path);
            (File::Device { name, is_last: true }, Some(mac))
        }
        Some((mac, ".tlv")) => (File::Absent, Some(mac)),
        _ if is_absent(request.path) || agent.is_some() => (File::Absent, None),
        _ => return None,
    };
    let (model, firmware) = agent.map_or((None, None), |agent| (agent.model, agent.firmware));
    Some(Recognised {
        vendor: Vendor::Cisco,
        mac,
        agent_mac: None,
        model,
        firmware,
        file,
    })
}

/// Whether a name is that of this phone's document.
pub(super) fn is_document(name: &str, of: Option<Mac>) -> bool {
    device(name).is_some_and(|(mac, rest)| DOCUMENT_ENDS.contains(&rest) && of == Some(mac))
}

/// The address in "SEP001122334455.cnf.xml", "CTLSEP001122334455.tlv" and the like, and what follows it.
fn device(path: &str) -> Option<(Mac, &str)> {
    let path = path
        .strip_prefix("CTL")
        .or_else(|| path.strip_prefix("ITL"))
        .unwrap_or(path);
    mac_at_start(path.strip_prefix("SEP")?)
}

fn is_absent(path: &str) -> bool {
    // Locales are in folders of their own ("United_States/g4-tones.xml").
    let name = path.rsplit('/').next().unwrap_or(path);
    ABSENT_ENDS.iter().any(|end| name.ends_with(end)) || ABSENT_NAMES.contains(&name)
}

struct Agent {
    model: Option<SmolStr>,
    firmware: Option<SmolStr>,
}

impl Agent {
    /// Reads "Cisco-CP8841/14.2.1". A multiplatform phone ("Cisco-CP-8851-3PCC/11.3") is another family.
    fn of(agent: Option<&str>) -> Option<Self> {
        let rest = agent?.strip_prefix(AGENT_BEGINS)?;
        if rest.contains("3PCC") {
            return None;
        }
        let first = rest.split_ascii_whitespace().next().unwrap_or_default();
        let (model, firmware) = first.split_once('/').unwrap_or((first, ""));
        let some = |text: &str| (!text.is_empty()).then(|| SmolStr::from(text));
        Some(Self {
            model: (!model.is_empty()).then(|| model_name("cisco", model)),
            firmware: some(firmware),
        })
    }
}
