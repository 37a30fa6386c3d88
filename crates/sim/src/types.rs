//! Short names for consensus as it is put together here.

use hotdesk_store::Machine;

use crate::runtime::NodeRuntime;
use crate::snapshots::Snapshots;

/// The product's configuration of openraft, on the simulated runtime.
pub type Types = hotdesk_store::types::Types<NodeRuntime>;
/// The product's state machine.
pub type StateMachine = Machine<NodeRuntime, Snapshots>;
/// A node of the cluster.
pub type Raft = openraft::Raft<Types, StateMachine>;
