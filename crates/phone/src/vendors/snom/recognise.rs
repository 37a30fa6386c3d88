//! Which requests come from a Snom.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, mac_in, model_name};

/// Our own name of the page that empties the call lists.
pub(super) const WIPE: &str = "wipe.xml";

pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = request.user_agent.and_then(Agent::parse);
    let path = request.path.to_ascii_lowercase();
    let (mac, file) = legacy_file(request, &path).or_else(|| {
        agent.as_ref()?;
        own_file(request, &path)
    })?;
    let (model, firmware) = agent.map(|agent| (agent.model, agent.firmware)).unzip();
    Some(Recognised {
        vendor: Vendor::Snom,
        mac,
        agent_mac: request.user_agent.and_then(mac_in),
        model,
        firmware: firmware.flatten(),
        file,
    })
}

/// "snomD785-000413A1B2C3.htm" and "snomD785.htm": the vendor's own names, that nobody else asks for.
fn legacy_file(request: &Request<'_>, path: &str) -> Option<(Option<Mac>, File)> {
    let stem = path.strip_prefix("snom")?.strip_suffix(".htm")?;
    match stem.split_once('-') {
        Some((_, digits)) => {
            let (mac, rest) = mac_at_start(digits)?;
            rest.is_empty().then(|| (Some(mac), device(request, true)))
        }
        None => Some((None, File::Common(SmolStr::from(request.path)))),
    }
}

fn own_file(request: &Request<'_>, path: &str) -> Option<(Option<Mac>, File)> {
    if matches!(request.method, "PUT" | "POST") {
        return Some((None, File::Upload));
    }
    if path == WIPE {
        return Some((None, device(request, false)));
    }
    let (mac, rest) = mac_at_start(path)?;
    matches!(rest, ".xml" | ".htm").then(|| (Some(mac), device(request, true)))
}

fn device(request: &Request<'_>, is_last: bool) -> File {
    File::Device {
        name: SmolStr::from(request.path),
        is_last,
    }
}

/// "Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 2010.12-00004 00041396D9B4 SXM:0 UXM:0 UXMC:0)".
struct Agent {
    model: SmolStr,
    firmware: Option<SmolStr>,
}

impl Agent {
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("compatible; snom")?;
        let mut words = rest.trim_end_matches(')').split_ascii_whitespace();
        let model = words.next()?;
        let model = model.strip_suffix("-SIP").unwrap_or(model);
        let is_firmware = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
        Some(Self {
            model: model_name(Vendor::Snom.name(), model),
            firmware: words.next().filter(is_firmware).map(SmolStr::from),
        })
    }
}
