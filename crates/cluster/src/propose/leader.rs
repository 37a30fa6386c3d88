//! This node's own log, as the dispatcher sees it.

use futures::future::BoxFuture;
use hotdesk_store::types::{Decided, Proposed};

/// Writes entries while this node leads.
pub(crate) trait Writer: Send + Sync + 'static {
    /// Proposes an entry and waits for what becomes of it.
    fn write(&self, entry: Proposed) -> BoxFuture<'static, Written>;
}

/// What became of an entry.
#[derive(Clone, Debug)]
pub(crate) enum Written {
    /// Every command has its outcome.
    Decided(Decided),
    /// This node does not lead, or no majority follows it now; nothing was proposed.
    NotLeader {
        /// Who leads, where known.
        leader: Option<crate::leadership::Known>,
    },
    /// Proposed, and then the leadership or the node was lost.
    Unknown,
}
