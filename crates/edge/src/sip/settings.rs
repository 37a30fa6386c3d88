//! What of the configuration decisions look at, in the form in which they need it.

use std::time::Duration;

use hotdesk_routing::{Cidr, Pattern};
use hotdesk_sip::digest::Algorithm;
use hotdesk_sip::message::{Message, Name};
use smol_str::SmolStr;

use crate::config::{CallsAtEviction, Config};
use crate::standing::Policy;

/// Settings of decisions.
pub(crate) struct Settings {
    /// This edge's id in the log.
    pub(crate) edge: SmolStr,
    pub(crate) site: SmolStr,
    pub(crate) domain: SmolStr,
    pub(crate) lease: Duration,
    pub(crate) policy: Policy,
    /// PBXs and proxies of the company.
    pub(crate) peer_networks: Vec<Cidr>,
    /// Where everybody's word is taken for who they are.
    pub(crate) open_networks: Vec<Cidr>,
    pub(crate) algorithms: Algorithms,
    pub(crate) registrar: RegistrarRules,
    pub(crate) drop_calls: bool,
    pub(crate) mwi_uri: Option<SmolStr>,
    /// Name and password at the voicemail server.
    pub(crate) voicemail_account: Option<(String, String)>,
    pub(crate) traces: bool,
    /// Who is told of emergency calls: by POST, and by MESSAGE.
    pub(crate) emergency_webhook: Option<String>,
    pub(crate) emergency_messages: Vec<SmolStr>,
    /// Names in certificates that make a peer trusted.
    pub(crate) trusted_names: Vec<SmolStr>,
}

/// Bounds of registrations.
pub(crate) struct RegistrarRules {
    pub(crate) expires_min_s: u32,
    pub(crate) expires_default_s: u32,
    pub(crate) expires_max_s: u32,
    pub(crate) contacts_max: usize,
}

/// Which digest algorithms are offered, by class of phone.
///
/// What a phone is it says itself (User-Agent): were the directory asked, the order of the challenges would tell a
/// stranger which accounts exist.
pub(crate) struct Algorithms {
    usual: Vec<Algorithm>,
    /// The weakest of them, for phones that know no other or do not say what they are.
    old: Vec<Algorithm>,
    models: Vec<(Pattern, Vec<Algorithm>)>,
    /// All that are offered to anybody.
    allowed: Vec<Algorithm>,
}

/// Those that give up over a challenge that is not MD5, whatever stands beside it, in lower case. RFC 8760 §2.4 has it
/// otherwise, and they are in use.
const MD5_ONLY: [&str; 4] = ["baresip", "sipp", "sipsak", "pjsua"];

impl Algorithms {
    pub(crate) fn new(usual: Vec<Algorithm>, models: Vec<(Pattern, Vec<Algorithm>)>) -> Self {
        let old = usual.iter().min().into_iter().copied().collect();
        let mut allowed: Vec<Algorithm> = models.iter().flat_map(|(_, of_model)| of_model.clone()).collect();
        allowed.extend(&usual);
        Self {
            usual,
            old,
            models,
            allowed,
        }
    }

    /// In the order in which they are to be offered.
    pub(crate) fn offered(&self, request: &Message) -> &[Algorithm] {
        let Some(agent) = request.text(&Name::UserAgent) else {
            return &self.old;
        };
        if let Some((_, algorithms)) = self.models.iter().find(|(pattern, _)| pattern.matches(&agent)) {
            return algorithms;
        }
        let agent = agent.to_ascii_lowercase();
        if MD5_ONLY.iter().any(|known| agent.contains(known)) {
            return &self.old;
        }
        &self.usual
    }

    /// With which an account may prove itself.
    pub(crate) fn allowed(&self) -> &[Algorithm] {
        &self.allowed
    }
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Self {
        let seconds = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        let registrar = &config.registrar;
        Self {
            edge: config
                .announce
                .id
                .clone()
                .unwrap_or_else(|| config.site.as_str().into()),
            site: config.site.as_str().into(),
            domain: config.sip.domain.clone(),
            lease: config.lease,
            policy: config.policy,
            peer_networks: config.security.trusted_peers.clone(),
            open_networks: config.security.danger_open_networks.clone(),
            algorithms: Algorithms::new(
                registrar.algorithms.clone(),
                registrar
                    .models
                    .iter()
                    .map(|model| (model.pattern.clone(), model.algorithms.clone()))
                    .collect(),
            ),
            registrar: RegistrarRules {
                expires_min_s: seconds(registrar.expires_min),
                expires_default_s: seconds(registrar.expires_default),
                expires_max_s: seconds(registrar.expires_max),
                contacts_max: registrar.contacts_max,
            },
            drop_calls: config.eviction_calls == CallsAtEviction::Drop,
            mwi_uri: config.mwi_uri.clone(),
            voicemail_account: None,
            traces: config.calls.traces_max > 0,
            emergency_webhook: config.emergency_notify.webhook.clone(),
            emergency_messages: config
                .emergency_notify
                .message_to
                .iter()
                .map(|uri| SmolStr::new(uri.as_str()))
                .collect(),
            trusted_names: config.security.trusted_names.clone(),
        }
    }
}

/// Whether an address is in one of these networks.
pub(crate) fn contains(networks: &[Cidr], address: std::net::IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::digest::Algorithm::{Md5, Sha256};
    use hotdesk_sip::message::{Header, Method};

    use super::*;

    #[test]
    fn phones_are_offered_first_what_they_can_do() {
        let models = vec![("(?i)oldphone".parse::<Pattern>().unwrap(), vec![Md5])];
        let algorithms = Algorithms::new(vec![Sha256, Md5], models);
        for (agent, expected) in [
            (None, &[Md5][..]),
            (Some("baresip v1.0.0 (x86_64/linux)"), &[Md5]),
            (Some("OldPhone 7"), &[Md5]),
            (Some("Linphone/5.1"), &[Sha256, Md5]),
        ] {
            let mut request = Message::request(Method::Register, "sip:example.com");
            if let Some(agent) = agent {
                request.push(Header::new(Name::UserAgent, agent));
            }
            assert_eq!(algorithms.offered(&request), expected, "{agent:?}");
        }
    }
}
