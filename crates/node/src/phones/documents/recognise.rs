//! Which phone asks for what, by path and User-Agent.

use hotdesk_core::State;
use hotdesk_phone::{ADAPTERS, Mac, MacError, Recognised, Request, Vendor, adapter, recognise};

use super::refused::Refused;
use super::{Asked, Way};

impl Asked<'_> {
    /// Asks the adapter of the phone's own maker first, where the path says which phone it is.
    pub(super) fn recognise(&self, state: &State) -> Option<Recognised> {
        let request = Request {
            method: self.method.as_str(),
            path: self.name,
            user_agent: self.agent(),
        };
        let known = match &self.way {
            Way::Own(_) => self.own_phone(state).map(|phone| phone.device),
            Way::Enrolment(_) | Way::Bare => None,
        };
        let own = known.map(|device| Vendor::of_model(&device.model));
        let by_own = own.and_then(|vendor| adapter(vendor).recognise(&request));
        by_own.or_else(|| recognise(&request))
    }
}

/// What to say of a request that nobody recognises.
pub(super) fn unknown(name: &str, agent: Option<&str>) -> Box<Refused> {
    if let Some(text) = address_of_none(name) {
        let why = text.1;
        return Refused::no_address(format!("{} in the name of the file: {why}", text.0));
    }
    let by = agent.map_or_else(
        || "without a User-Agent".to_owned(),
        |agent| format!("by {agent:?}"),
    );
    let expected: Vec<String> = ADAPTERS
        .iter()
        .filter_map(|adapter| {
            Some(format!(
                "{} ({})",
                adapter.about().files.first()?,
                adapter.vendor()
            ))
        })
        .collect();
    Refused::unrecognised(format!(
        "no phone that is known asks for {name:?} {by}: expected a file such as {}",
        expected.join(", ")
    ))
}

/// Twelve hex digits in a name that are the address of no phone, and why.
fn address_of_none(name: &str) -> Option<(&str, MacError)> {
    name.split(|c: char| !c.is_ascii_hexdigit())
        .filter(|run| run.len() == 12)
        .find_map(|run| match run.parse::<Mac>() {
            Err(why @ (MacError::Multicast | MacError::Zero)) => Some((run, why)),
            Ok(_) | Err(MacError::Form) => None,
        })
}
