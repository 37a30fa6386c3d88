//! What a phone should show, from this node's copy of the state.

use hotdesk_core::{DeviceId, SiteId};

/// Why there is nothing to show: a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDesk {
    /// The node cannot make credentials.
    #[error("this node has no line key (sip.key_file), so it cannot make phones' credentials")]
    NoLineKey,
    /// Nothing can be derived.
    #[error("{0} has no generated password; give it one: hotdesk device secret --generate {0}")]
    NoSeed(DeviceId),
    /// The directory is not whole; cannot happen while its rules hold.
    #[error("the site {0} is not in the directory")]
    NoSite(SiteId),
}
