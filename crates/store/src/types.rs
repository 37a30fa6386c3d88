//! How consensus is put together here: what an entry carries, who a node is, which runtime runs it.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use hotdesk_core::{Batch, Outcome};
use openraft::impls::{OneshotResponder, TokioRuntime, leader_id_adv};
use openraft::type_config::async_runtime::AsyncRuntime;
use openraft::{EntryPayload, RaftTypeConfig};

/// A node's id; chosen by the operator, never used again after the node was removed.
pub type NodeId = u64;

/// How other nodes reach a node, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// host:port of its gRPC listener for other nodes.
    pub address: String,
    /// The office.
    pub site: String,
}

impl fmt::Display for NodeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.site)
    }
}

/// What a log entry carries: commands, decoded for applying and encoded for the wire and the disk. Encoded
/// once where it was made; everybody else passes the bytes on. A clone is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The protobuf form (`hotdesk.internal.v1.Batch`).
    pub encoded: Bytes,
    /// The same, decoded.
    pub batch: Arc<Batch>,
}

impl fmt::Debug for Proposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} commands, {} bytes",
            self.batch.commands.len(),
            self.encoded.len()
        )
    }
}

impl fmt::Display for Proposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What applying an entry answers: one outcome per command, in order; none for entries of consensus itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The log index of the entry.
    pub index: u64,
    /// One per command.
    pub outcomes: Vec<Arc<Outcome>>,
}

/// The type configuration of openraft, for a runtime `RT`: tokio in the product, a simulated one in `sim`.
pub struct Types<RT = TokioRuntime>(PhantomData<fn() -> RT>);

impl<RT: AsyncRuntime> RaftTypeConfig for Types<RT> {
    type D = Proposed;
    type R = Decided;
    type NodeId = NodeId;
    type Node = NodeInfo;
    type Term = u64;
    type LeaderId = leader_id_adv::LeaderId<u64, NodeId>;
    type Vote = openraft::impls::Vote<Self::LeaderId>;
    type Payload = EntryPayload<Proposed, NodeId, NodeInfo>;
    type Entry = openraft::impls::Entry<
        <Self::LeaderId as openraft::vote::RaftLeaderId>::Committed,
        EntryPayload<Proposed, NodeId, NodeInfo>,
    >;
    type AsyncRuntime = RT;
    type Responder<T>
        = OneshotResponder<Self, T>
    where
        T: openraft::OptionalSend + 'static;
    type Batch<T>
        = openraft::impls::InlineBatch<T>
    where
        T: openraft::OptionalSend + 'static;
    type ErrorSource = anyerror::AnyError;
}

// A marker without content: written out because `derive` would ask the same of `RT`.
impl<RT> Clone for Types<RT> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<RT> Copy for Types<RT> {}
impl<RT> Default for Types<RT> {
    fn default() -> Self {
        Self(PhantomData)
    }
}
impl<RT> fmt::Debug for Types<RT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Types")
    }
}
impl<RT> PartialEq for Types<RT> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl<RT> Eq for Types<RT> {}
impl<RT> PartialOrd for Types<RT> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<RT> Ord for Types<RT> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}
