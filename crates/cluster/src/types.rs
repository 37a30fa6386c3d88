//! openraft, put together for this product.

use hotdesk_store::types::Types;
use hotdesk_store::{Machine, SnapshotDir};
use openraft::impls::TokioRuntime;

/// The type configuration.
pub(crate) type C = Types<TokioRuntime>;
/// The state machine.
pub(crate) type StateMachine = Machine<TokioRuntime, SnapshotDir>;
/// A node of consensus.
pub(crate) type Raft = openraft::Raft<C, StateMachine>;
