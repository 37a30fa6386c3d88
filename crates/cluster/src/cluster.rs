//! The handle of a node.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotdesk_core::{Command, State};
use hotdesk_proto::internal::v1::peer_server::PeerServer;
use hotdesk_proto::internal::v1::raft_server::RaftServer;
use hotdesk_store::types::{NodeId, NodeInfo};
use hotdesk_store::{SnapshotFile, StateHandle};
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;

use crate::auth::Gate;
use crate::channel::MESSAGE_BYTES_MAX;
use crate::config::Config;
use crate::error::{BackupError, ChangeError, ProposeError, ReadError, StartError};
use crate::leadership::Leader;
use crate::membership::{self, Change, Changed};
use crate::node::{Core, LocalCopy, Node};
use crate::peer_server::PeerService;
use crate::propose::Decision;
use crate::server::RaftService;
use crate::status::{self, Status};
use crate::watch::Subscription;
use crate::{read, shutdown, start};

/// A node of the cluster, or a replica of it. A cheap clone; the node stops with [`shutdown`](Self::shutdown),
/// not when the last handle is dropped.
#[derive(Clone)]
pub struct Cluster(Arc<Node>);

/// The state at this node, and how far it may be behind.
#[derive(Clone, Debug)]
pub struct Local {
    /// The state; does not change any more.
    pub state: State,
    /// The last log index applied to it.
    pub index: u64,
    /// Everything decided longer ago than this is in it.
    pub age: Duration,
    /// No leader has been heard of for longer than an election takes: this node may be cut off.
    pub cut_off: bool,
}

/// The state as a file, with everything needed to restore it.
#[derive(Debug)]
pub struct Backup {
    /// The bytes. They stay readable as long as this value, or a clone of it, lives.
    pub file: SnapshotFile,
    /// The last log index in it.
    pub index: u64,
}

impl Cluster {
    /// Opens the data directory, starts consensus and, in the background, becomes part of a cluster as the
    /// role says. The node can take part once [`routes`](Self::routes) is served at the advertised address.
    ///
    /// # Errors
    /// [`StartError`]: the configuration contradicts itself, or the directory cannot be used.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Ok(Self(start::start(config).await?))
    }

    /// The services that other nodes call, to be served on the node's listener next to the public ones. Give
    /// the server an HTTP/2 keep-alive, TCP_NODELAY, and windows of a few megabytes.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let gate = Gate::new(&self.0.config, Arc::clone(&self.0.identity));
        let peer = PeerServer::new(PeerService(Arc::clone(&self.0)))
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let routes = Routes::new(InterceptedService::new(peer, gate.clone()));
        let Core::Raft(core) = &self.0.core else {
            return routes;
        };
        let raft = RaftServer::new(RaftService::new(
            core.raft.clone(),
            self.0.state.clone(),
            core.snapshots.clone(),
            Arc::clone(&self.0.identity),
            core.silence,
        ));
        let raft = raft
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        routes.add_service(InterceptedService::new(raft, gate))
    }

    /// This node's id.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.0.id()
    }

    /// Proposes a command, from any node, and waits for its outcome until `deadline`.
    ///
    /// With a request id it is proposed again after the loss of a leader, for as long as there is time; the
    /// table of answered requests makes that harmless.
    ///
    /// # Errors
    /// [`ProposeError`]. Only after `Unknown` may the command have happened, or happen yet.
    pub async fn propose(&self, command: Command, deadline: Instant) -> Result<Decision, ProposeError> {
        self.0.proposer.propose(command, deadline).await
    }

    /// Waits until this node's copy holds everything that was decided before the call; a read of
    /// [`local`](Self::local) afterwards is linearizable. Writes nothing to the log. Gives the index read at.
    ///
    /// # Errors
    /// [`ReadError`]; reading the local copy with its age stays possible.
    pub async fn read_barrier(&self, deadline: Instant) -> Result<u64, ReadError> {
        read::barrier(&self.0, deadline).await
    }

    /// The state at this node, now.
    #[must_use]
    pub fn local(&self) -> Local {
        // The age first: the state taken after it can only be newer.
        let age = self.0.age();
        let cut_off = self.0.age.cut_off();
        let (state, last) = self.0.state.state_at();
        Local {
            state,
            index: last.map_or(0, |id| id.index),
            age,
            cut_off,
        }
    }

    /// For looking things up in the state at this node without taking hold of it.
    #[must_use]
    pub fn state_handle(&self) -> StateHandle {
        self.0.state.clone()
    }

    /// How old this node's copy is at most.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.age()
    }

    /// Everything that happens, from after an index on: with `None`, or when the index is too long ago, the
    /// whole state comes first.
    #[must_use]
    pub fn watch(&self, after: Option<u64>) -> Subscription {
        Subscription::new(
            self.0.hub.clone(),
            Arc::new(LocalCopy(Arc::clone(&self.0))),
            after,
        )
    }

    /// The cluster as this node sees it.
    #[must_use]
    pub fn status(&self) -> Status {
        status::status(&self.0)
    }

    /// Who leads, where this node knows one that it has heard of lately.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        self.0.leader.borrow().id(self.0.id())
    }

    /// This node leads.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        *self.0.leader.borrow() == Leader::Me
    }

    /// Waits until this node knows who leads, and its copy has been complete once. False when that is not so
    /// by the deadline.
    pub async fn wait_ready(&self, deadline: Instant) -> bool {
        self.read_barrier(deadline).await.is_ok()
    }

    /// Adds a node, which must be running and waiting, as a learner.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn add_learner(&self, id: NodeId, address: &str, site: &str) -> Result<Changed, ChangeError> {
        let info = NodeInfo {
            address: address.to_owned(),
            site: site.to_owned(),
        };
        self.change(Change::AddLearner {
            id,
            info,
            moved: false,
        })
        .await
    }

    /// Makes a learner a voter, once it has caught up.
    ///
    /// # Errors
    /// [`ChangeError`]; `Precondition` when it does not catch up in time.
    pub async fn promote(&self, id: NodeId) -> Result<Changed, ChangeError> {
        self.change(Change::Promote(id)).await
    }

    /// Removes a voter or learner; its id must not be used again. A leader that is to go hands over first.
    ///
    /// # Errors
    /// [`ChangeError`]; `Precondition` for the last voter.
    pub async fn remove(&self, id: NodeId) -> Result<Changed, ChangeError> {
        self.change(Change::Remove(id)).await
    }

    /// Hands leadership to a voter and waits until it leads.
    ///
    /// # Errors
    /// [`ChangeError`]; `Precondition` when it does not take over.
    pub async fn transfer_leader(&self, id: NodeId) -> Result<Changed, ChangeError> {
        self.change(Change::TransferLeader(id)).await
    }

    /// Writes the state of now to a file.
    ///
    /// # Errors
    /// [`BackupError`]: those of the disk.
    pub async fn backup(&self) -> Result<Backup, BackupError> {
        let state = self.0.state.clone();
        let dir = self.0.config.data_dir.join("snapshots");
        let written = tokio::task::spawn_blocking(move || write_backup(&state, &dir)).await;
        Ok(written.map_err(|_| io::Error::other("writing the backup panicked"))??)
    }

    /// Set once the node cannot go on (a failed disk, say), with the reason. Everything is refused then except
    /// reading the local copy; the process should end.
    #[must_use]
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.0.fatal.subscribe()
    }

    /// Stops the node: hands leadership over if it has it (best effort), finishes what is under way, and closes
    /// the files. Takes a few seconds at most. Stop serving [`routes`](Self::routes) afterwards.
    pub async fn shutdown(&self) {
        shutdown::shutdown(&self.0).await;
    }

    async fn change(&self, change: Change) -> Result<Changed, ChangeError> {
        // Boxed, so that callers' futures do not grow with this long one.
        let (index, membership) = Box::pin(membership::change(&self.0, change)).await?;
        let leader = self.leader();
        Ok(Changed {
            index,
            members: status::members(&membership, leader, None),
        })
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("node_id", &self.0.id())
            .finish_non_exhaustive()
    }
}

/// Writes a file that is gone when nobody reads it any more.
fn write_backup(state: &StateHandle, dir: &std::path::Path) -> io::Result<Backup> {
    // The prefix makes sure that it is cleared away should the process die in between.
    let path = dir.join(format!("writing-backup-{}", uuid::Uuid::new_v4()));
    let mut file = io::BufWriter::new(std::fs::File::create(&path)?);
    let written = state.write_snapshot(&mut file);
    let opened = written.and_then(|header| {
        io::Write::flush(&mut file)?;
        let index = header.last_log_id.map_or(0, |id| id.index);
        Ok(Backup {
            file: SnapshotFile::open(&path)?,
            index,
        })
    });
    std::fs::remove_file(&path)?;
    opened
}
