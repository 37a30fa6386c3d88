//! What of the configuration decisions look at, in the form in which they need it.

use std::time::Duration;

use hotdesk_routing::{Cidr, Pattern};
use hotdesk_sip::digest::Algorithm;
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
pub(crate) struct Algorithms {
    usual: Vec<Algorithm>,
    models: Vec<(Pattern, Vec<Algorithm>)>,
}

impl Algorithms {
    /// For a phone of this model; empty: not known.
    pub(crate) fn of_model(&self, model: &str) -> &[Algorithm] {
        let mut models = self.models.iter();
        let found = models.find(|(pattern, _)| !model.is_empty() && pattern.matches(model));
        found.map_or(&self.usual, |(_, algorithms)| algorithms)
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
            algorithms: Algorithms {
                usual: registrar.algorithms.clone(),
                models: registrar
                    .models
                    .iter()
                    .map(|model| (model.pattern.clone(), model.algorithms.clone()))
                    .collect(),
            },
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
