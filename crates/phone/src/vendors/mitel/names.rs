//! Which files these phones ask for.

use smol_str::SmolStr;

use super::settings::PARTS;
use crate::mac::Mac;
use crate::request::{File, Recognised, Request};
use crate::vendor::Vendor;
use crate::vendors::agent::{mac_at_start, mac_in, model_name};

/// A file that we have.
pub(super) enum Name<'a> {
    /// What the phone boots with.
    Own(Mac),
    /// What every phone asks for first.
    First,
    /// A user's, where the phone's own hot desk key has been used.
    User(&'a str),
    /// What to do now.
    Reload(Mac),
    /// Settings, in parts from 1 on.
    Part { mac: Mac, stamp: u64, part: usize },
}

impl<'a> Name<'a> {
    /// Whose it is by its name; `None` where the name does not say it.
    pub(super) fn mac(&self) -> Option<Mac> {
        match self {
            Self::Own(mac) | Self::Reload(mac) | Self::Part { mac, .. } => Some(*mac),
            Self::First | Self::User(_) => None,
        }
    }

    /// What a file is by its name; names of a model's own file ("6867i.cfg") are no part of it.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("mitel-") {
            let (mac, rest) = mac_at_start(rest)?;
            let rest = rest.strip_suffix(".xml")?;
            if rest == "-reload" {
                return Some(Self::Reload(mac));
            }
            let (stamp, part) = rest.strip_prefix('-')?.split_once('-')?;
            let (stamp, part) = (stamp.parse().ok()?, part.parse().ok()?);
            return (1..=PARTS)
                .contains(&part)
                .then_some(Self::Part { mac, stamp, part });
        }
        if let Some(user) = name.strip_prefix("user/") {
            let user = user.strip_suffix(".cfg")?;
            return (!user.is_empty() && !user.contains('/')).then_some(Self::User(user));
        }
        match mac_at_start(name) {
            Some((mac, ".cfg")) => Some(Self::Own(mac)),
            Some(_) => None,
            None => matches!(name, "startup.cfg" | "aastra.cfg" | "mitel.cfg").then_some(Self::First),
        }
    }
}

/// The name of a part.
pub(super) fn part(mac: &str, stamp: u64, part: usize) -> String {
    format!("mitel-{mac}-{stamp}-{part}.xml")
}

/// The name of what the phone fetches when it is told that there is something new.
pub(super) fn reload(mac: &str) -> String {
    format!("mitel-{mac}-reload.xml")
}

/// How the file ends that the phone saves a user's own changes in: asked for at login, stored at logout.
const LOCAL_ENDS: &str = "_local.cfg";

pub(super) fn recognise(request: &Request<'_>) -> Option<Recognised> {
    let agent = request.user_agent.and_then(Agent::parse);
    let is_ours = request.path.starts_with("mitel-") || request.path.starts_with("user/");
    if agent.is_none() && !is_ours {
        return None;
    }
    let (file, mac) = file(request);
    let (agent_mac, model, firmware) = agent.map_or((None, None, None), |agent| {
        (agent.mac, Some(agent.model), agent.firmware)
    });
    Some(Recognised {
        vendor: Vendor::Mitel,
        mac,
        agent_mac,
        model,
        firmware,
        file,
    })
}

fn file(request: &Request<'_>) -> (File, Option<Mac>) {
    let name = SmolStr::from(request.path);
    if matches!(request.method, "PUT" | "POST") {
        return (File::Upload, None);
    }
    if request.path.ends_with(LOCAL_ENDS) {
        return (File::Absent, None);
    }
    let device = |name, is_last| File::Device { name, is_last };
    match Name::parse(request.path) {
        Some(Name::Own(mac)) => (device(name, true), Some(mac)),
        Some(Name::Reload(mac)) => (device(name, false), Some(mac)),
        Some(Name::Part { mac, part, .. }) => (device(name, part == PARTS), Some(mac)),
        Some(Name::User(user)) => {
            let user = user.into();
            (File::User { user, name }, None)
        }
        Some(Name::First) => (File::Common(name), None),
        None => (File::Absent, None),
    }
}

struct Agent {
    mac: Option<Mac>,
    model: SmolStr,
    firmware: Option<SmolStr>,
}

impl Agent {
    /// Reads "Aastra6867i MAC:00-08-5D-04-A1-B2 V:4.1.0.128-SIP".
    fn parse(agent: &str) -> Option<Self> {
        let (maker, rest) = agent
            .strip_prefix("Aastra")
            .map(|rest| ("aastra", rest))
            .or_else(|| agent.strip_prefix("Mitel").map(|rest| ("mitel", rest)))?;
        let mut words = rest.split_ascii_whitespace();
        let model = words.next().unwrap_or_default();
        let mut found = Self {
            mac: None,
            model: model_name(maker, model),
            firmware: None,
        };
        for word in words {
            if let Some(mac) = word.strip_prefix("MAC:") {
                found.mac = mac_in(&mac.replace('-', ":"));
            } else if let Some(version) = word.strip_prefix("V:") {
                found.firmware = Some(version.trim_end_matches("-SIP").into());
            }
        }
        Some(found)
    }
}
