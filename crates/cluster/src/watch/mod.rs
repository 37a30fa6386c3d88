//! The watch hub: what was applied here, for everybody who wants to know, from any index on.
//!
//! There is one ring of entries and no queue per watcher: a watcher has a place in the ring and reads on from
//! there at its own speed. So nobody can hold up anybody, the hand-over from past to present has neither gap
//! nor duplicate, and five hundred watchers cost as much memory as one. The bound of each watcher's queue is
//! the ring: whoever falls out of it is dropped, with a reason.

mod ring;
mod subscription;

use std::sync::Arc;

use hotdesk_core::{Event, State};
use hotdesk_store::Observer;
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use self::ring::{Next, Ring};
use crate::config::Limits;

pub(crate) use subscription::Source;
pub use subscription::{Subscription, WatchItem};

/// Takes in what the state machine applied. A cheap clone.
#[derive(Clone, Debug)]
pub(crate) struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ring: Mutex<Ring>,
    progress: watch::Sender<Progress>,
}

/// What makes watchers look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Progress {
    /// The last index applied.
    last: u64,
    /// How often the whole state was replaced.
    replaced: u64,
    /// Set once there will be nothing more, with the reason.
    closed: Option<String>,
}

impl Hub {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Inner {
            ring: Mutex::new(Ring::new(limits.watch_entries, limits.watch_bytes)),
            progress: watch::Sender::new(Progress::default()),
        }))
    }

    /// The state machine was opened with a state of this index.
    pub(crate) fn start_at(&self, index: u64) {
        self.0.ring.lock().restart(index);
        self.0.progress.send_modify(|progress| progress.last = index);
    }

    /// Tells all watchers that there will be nothing more.
    pub(crate) fn close(&self, reason: &str) {
        self.0.progress.send_if_modified(|progress| {
            let first = progress.closed.is_none();
            progress.closed.get_or_insert_with(|| reason.to_owned());
            first
        });
    }

    /// Waits until something holds; asks each time an entry was applied. Ends when there will be nothing more.
    pub(crate) async fn wait_until(&self, holds: impl Fn() -> bool) {
        if holds() {
            return;
        }
        let mut progress = self.0.progress.subscribe();
        // The sender lives as long as this hub.
        let _ = progress
            .wait_for(|progress| holds() || progress.closed.is_some())
            .await;
    }

    fn after(&self, seen: u64, max: usize) -> Next {
        self.0.ring.lock().after(seen, max)
    }
}

/// Passes on to a [`Hub`], and notices when the state machine is gone: consensus itself does not when applying
/// an entry panics, and would wait for it for ever.
pub(crate) struct Guard {
    hub: Hub,
    gone: Option<oneshot::Sender<()>>,
}

impl Guard {
    /// The guard, and what is told when the state machine that owns it is dropped.
    pub(crate) fn new(hub: Hub) -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let guard = Self {
            hub,
            gone: Some(sender),
        };
        (guard, receiver)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(gone) = self.gone.take() {
            let _ = gone.send(());
        }
    }
}

impl Observer for Guard {
    fn applied(&self, index: u64, events: Vec<Event>) {
        self.hub.applied(index, events);
    }

    fn replaced(&self, state: &State) {
        self.hub.replaced(state);
    }
}

impl Observer for Hub {
    fn applied(&self, index: u64, events: Vec<Event>) {
        self.0.ring.lock().push(index, events);
        self.0.progress.send_modify(|progress| progress.last = index);
    }

    fn replaced(&self, state: &State) {
        self.0.ring.lock().restart(state.index());
        self.0.progress.send_modify(|progress| {
            progress.last = state.index();
            progress.replaced += 1;
        });
    }
}
