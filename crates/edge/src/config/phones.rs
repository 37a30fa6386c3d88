//! `[phones]`: how desk phones are told to load their documents.

use std::time::Duration;

use hotdesk_phone::reconcile::Settings;

/// How phones are driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phones {
    /// Whether they are told anything at all.
    pub enabled: bool,
    /// Triggers per second, over all phones.
    pub pace_per_s: u32,
    /// How long a phone that took a trigger may take to load its document.
    pub wait: Duration,
    /// When to give a phone up.
    pub give_up_after: Duration,
    /// Whether phones are reached at their own web servers too.
    pub http_push: bool,
    /// The port of those.
    pub http_port: u16,
    /// Where phones reach the pages of the office's node: scheme, host, port; no slash at its end.
    pub node_url: Option<String>,
}

impl Default for Phones {
    fn default() -> Self {
        let usual = Settings::default();
        Self {
            enabled: true,
            pace_per_s: usual.pace_per_s,
            wait: Duration::from_millis(usual.wait_ms),
            give_up_after: Duration::from_millis(usual.give_up_after_ms),
            http_push: true,
            http_port: 80,
            node_url: None,
        }
    }
}

impl Phones {
    /// For the reconciler.
    pub(crate) fn reconciler(&self) -> Settings {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Settings {
            pace_per_s: self.pace_per_s,
            burst: (self.pace_per_s / 10).max(1),
            wait_ms: ms(self.wait),
            give_up_after_ms: ms(self.give_up_after),
            ..Settings::default()
        }
    }
}
