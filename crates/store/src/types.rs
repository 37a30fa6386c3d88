//! How consensus is put together here: what an entry carries, who a node is, which runtime runs it.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use hotdesk_core::{Batch, Outcome};
use hotdesk_proto::convert::Invalid;
use openraft::impls::{OneshotResponder, TokioRuntime, leader_id_adv};
use openraft::type_config::async_runtime::AsyncRuntime;
use openraft::{EntryPayload, RaftTypeConfig};

/// A node's id; chosen by the operator, never used again after the node was removed.
pub type NodeId = u64;

/// Identifies an entry: the leader that wrote it and its place.
pub type LogId = openraft::LogId<leader_id_adv::LeaderId<u64, NodeId>>;
/// Whom a node votes for, and whether a majority did.
pub type Vote = openraft::impls::Vote<leader_id_adv::LeaderId<u64, NodeId>>;
/// One entry of the log.
pub type Entry =
    openraft::impls::Entry<leader_id_adv::LeaderId<u64, NodeId>, EntryPayload<Proposed, NodeId, NodeInfo>>;
/// Voters and all nodes.
pub type Membership = openraft::Membership<NodeId, NodeInfo>;
/// A membership, and the entry that set it.
pub type StoredMembership =
    openraft::StoredMembership<leader_id_adv::LeaderId<u64, NodeId>, NodeId, NodeInfo>;
/// What a snapshot covers.
pub type SnapshotMeta =
    openraft::storage::SnapshotMeta<leader_id_adv::LeaderId<u64, NodeId>, NodeId, NodeInfo>;

/// A snapshot and what it covers.
pub type Snapshot = openraft::storage::Snapshot<
    leader_id_adv::LeaderId<u64, NodeId>,
    NodeId,
    NodeInfo,
    crate::snapshot::SnapshotFile,
>;

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

impl Proposed {
    /// Encodes a batch, once, for everybody who will carry it.
    #[must_use]
    pub fn new(batch: Batch) -> Self {
        Self {
            encoded: hotdesk_proto::log::encode_batch(&batch),
            batch: Arc::new(batch),
        }
    }

    /// From the protobuf form, as it came from another node or from the disk.
    ///
    /// # Errors
    /// When the bytes are not a batch that this version understands.
    pub fn decode(encoded: Bytes) -> Result<Self, Invalid> {
        let batch = hotdesk_proto::log::decode_batch(&encoded)?;
        Ok(Self {
            encoded,
            batch: Arc::new(batch),
        })
    }
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
