//! The watched table: all bindings in memory, fed by a watch.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use hotdesk_proto::v1;

mod binding;
mod bindings;
mod change;
mod freshness;
mod offices;
mod replace;
mod settings;
mod staging;
mod task;

pub use self::binding::{Binding, DeviceBinding, UserBindings};
pub use self::bindings::Bindings;
use self::freshness::Freshness;
use crate::client::Client;
use crate::follow::{FollowOptions, Follower};

/// How to keep the table. The defaults suit an edge at an office.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// A node that sends nothing for so long is left. Default 5 s.
    pub silence_max: Duration,
    /// A node whose own copy is older than this is left for another, and the table counts as cut off. Default
    /// 5 s.
    pub age_max: Duration,
    /// How many applied entries a slow subscriber may fall behind before it misses some. Default 1024.
    pub applied_kept: usize,
}

impl Default for TableOptions {
    fn default() -> Self {
        let follow = FollowOptions::default();
        Self {
            silence_max: follow.silence_max,
            age_max: follow.age_max,
            applied_kept: 1024,
        }
    }
}

/// The whole binding table in memory, kept up to date by watching. Look-ups are those of [`Bindings`]; they
/// never wait and never fail, so look at [`age`](Self::age) before relying on one.
///
/// Cheap to clone; the watch ends when the last clone is dropped.
#[derive(Clone)]
pub struct WatchedTable {
    shared: Arc<Shared>,
    // Held only to stop the watch with the last clone.
    _task: Arc<Task>,
}

/// How the table is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableState {
    /// No complete table yet: a look-up that finds nothing means nothing.
    Connecting {
        /// What was wrong with the last attempt, if one has failed.
        problem: Option<String>,
    },
    /// A node feeds the table.
    Live {
        /// Which.
        endpoint: String,
    },
    /// No node feeds the table, or only one that is itself cut off. The table stays as it was.
    CutOff {
        /// Since when.
        since: Instant,
        /// What is wrong with the last node tried.
        problem: String,
    },
}

/// What happened to the table.
#[derive(Clone, Debug)]
pub enum Applied {
    /// One log entry has been applied.
    Entry {
        /// Its index.
        index: u64,
        /// In order.
        events: Arc<[v1::Event]>,
    },
    /// A snapshot has replaced the table: compare what you keep with [`Bindings::sessions`].
    Replaced {
        /// The index of the snapshot.
        index: u64,
    },
}

/// The table has not come so far in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table is at index {reached}, and {wanted} was waited for")]
pub struct NotReached {
    /// How far it is.
    pub reached: u64,
    /// How far it should be.
    pub wanted: u64,
}

/// What the task writes and handles read.
struct Shared {
    bindings: Arc<Bindings>,
    freshness: Freshness,
    index: watch::Sender<u64>,
    state: watch::Sender<TableState>,
    applied: broadcast::Sender<Applied>,
}

struct Task(JoinHandle<()>);

impl WatchedTable {
    /// Starts watching, beginning with the node that the client is using. Must be called inside a tokio
    /// runtime; returns at once, with an empty table ([`ready`](Self::ready) waits for a full one).
    #[must_use]
    pub fn start(client: Client, options: TableOptions) -> Self {
        let shared = Arc::new(Shared {
            bindings: Arc::default(),
            freshness: Freshness::new(),
            index: watch::Sender::new(0),
            state: watch::Sender::new(TableState::Connecting { problem: None }),
            applied: broadcast::Sender::new(options.applied_kept.max(1)),
        });
        let follower = Follower::new(
            client,
            FollowOptions {
                after_index: 0,
                bindings_only: true,
                silence_max: options.silence_max,
                age_max: options.age_max,
                ..FollowOptions::default()
            },
        );
        let task = tokio::spawn(task::run(Arc::clone(&shared), follower, options.age_max));
        Self {
            shared,
            _task: Arc::new(Task(task)),
        }
    }

    /// How old an answer may be at most: everything acknowledged longer ago is in the table. What the node
    /// said of its own copy, and the time since. `Duration::MAX` before the first complete table.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.shared.freshness.age()
    }

    /// The log index up to which the table is complete. Never falls.
    #[must_use]
    pub fn index(&self) -> u64 {
        *self.shared.index.borrow()
    }

    /// How the table is doing.
    #[must_use]
    pub fn state(&self) -> TableState {
        self.shared.state.borrow().clone()
    }

    /// Tells of every change of [`state`](Self::state).
    #[must_use]
    pub fn state_changes(&self) -> watch::Receiver<TableState> {
        self.shared.state.subscribe()
    }

    /// What is applied from now on, each after it can be looked up. A subscriber that falls behind by more
    /// than [`TableOptions::applied_kept`] is told how many it missed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Applied> {
        self.shared.applied.subscribe()
    }

    /// Waits until the table is complete up to `index`, for reading what was written.
    ///
    /// # Errors
    /// [`NotReached`] when the deadline has passed first.
    pub async fn wait_for(&self, index: u64, deadline: Instant) -> Result<(), NotReached> {
        let mut receiver = self.shared.index.subscribe();
        let reached = receiver.wait_for(|reached| *reached >= index);
        match tokio::time::timeout_at(deadline, reached).await {
            // The sender lives in `self.shared`.
            Ok(Ok(_) | Err(_)) => Ok(()),
            Err(_elapsed) => Err(NotReached {
                reached: self.index(),
                wanted: index,
            }),
        }
    }

    /// Waits until the table has been complete once. Returns whether it was before the deadline.
    pub async fn ready(&self, deadline: Instant) -> bool {
        let mut receiver = self.shared.state.subscribe();
        let complete = receiver.wait_for(|state| !matches!(state, TableState::Connecting { .. }));
        matches!(tokio::time::timeout_at(deadline, complete).await, Ok(Ok(_)))
    }
}

/// All look-ups.
impl Deref for WatchedTable {
    type Target = Bindings;

    fn deref(&self) -> &Bindings {
        &self.shared.bindings
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
