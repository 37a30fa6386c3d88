//! One watcher.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use hotdesk_core::{Event, State};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Hub, Next, Progress};

/// A watcher hears at least this often how far it is and how old that is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// How many entries are taken from the ring at once: bounds how long the ring is locked.
const ENTRIES_AT_ONCE: usize = 256;

/// What a watcher is told.
#[derive(Clone, Debug)]
pub enum WatchItem {
    /// Forget everything: this is the whole state. Entries after its index follow.
    Snapshot(Box<State>),
    /// An entry was applied and something happened. Entries in which nothing happened are left out.
    Entry {
        /// Its place in the log; larger than all before.
        index: u64,
        /// What happened, in order. Not empty.
        events: Arc<[Event]>,
    },
    /// Nothing else happened up to this index. Comes at least each second.
    Progress {
        /// Complete up to here.
        index: u64,
        /// How old this node's copy is at most.
        age: Duration,
    },
    /// The last item: the watcher was too slow, or the node is going away. Watching again from the last index
    /// seen, here or elsewhere, goes on without a gap.
    Dropped {
        /// For people.
        reason: String,
    },
}

/// Where a subscription gets the whole state and its age from.
pub(crate) trait Source: Send + Sync + 'static {
    /// The state; O(1).
    fn state(&self) -> State;
    /// Its age.
    fn age(&self) -> Duration;
}

/// A watcher's place among the entries. Dropping it ends it; it holds nobody up.
pub struct Subscription {
    hub: Hub,
    copy: Arc<dyn Source>,
    progress: watch::Receiver<Progress>,
    /// Everything up to here was given out. `None`: a snapshot comes first.
    seen: Option<u64>,
    replaced: u64,
    ready: VecDeque<(u64, Arc<[Event]>)>,
    progress_due: Instant,
    ended: bool,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    pub(crate) fn new(hub: Hub, copy: Arc<dyn Source>, after: Option<u64>) -> Self {
        let progress = hub.0.progress.subscribe();
        let replaced = progress.borrow().replaced;
        // Whoever resumes where the ring does not reach starts over; only those who fall behind later are slow.
        let seen = after.filter(|after| !matches!(hub.after(*after, 0), Next::Gone));
        Self {
            hub,
            copy,
            progress,
            seen,
            replaced,
            ready: VecDeque::new(),
            progress_due: Instant::now(),
            ended: false,
        }
    }

    /// The next item; `None` after [`WatchItem::Dropped`]. Waits at most a second. May be cancelled without
    /// losing anything.
    pub async fn next(&mut self) -> Option<WatchItem> {
        loop {
            if self.ended {
                return None;
            }
            let now = self.progress.borrow_and_update().clone();
            if now.replaced != self.replaced {
                self.replaced = now.replaced;
                self.ready.clear();
                self.seen = None;
            }
            let Some(seen) = self.seen else {
                // The state may be ahead of the ring, never behind it: what the ring gets later and the state
                // has already is passed over by its index.
                let state = self.copy.state();
                self.seen = Some(state.index());
                return Some(WatchItem::Snapshot(Box::new(state)));
            };
            if let Some((index, events)) = self.ready.pop_front() {
                self.seen = Some(index);
                return Some(WatchItem::Entry { index, events });
            }
            match self.hub.after(seen, ENTRIES_AT_ONCE) {
                Next::Entries(entries) => self.ready.extend(entries),
                // If the state was replaced just now, that is the next thing to notice.
                Next::Gone if self.progress.borrow().replaced == self.replaced => {
                    return Some(self.drop_with(format!(
                        "too slow: everything after entry {seen} has left the buffer; watch again from there"
                    )));
                }
                Next::Gone => {}
                Next::UpToDate(index) => {
                    if let Some(reason) = now.closed {
                        return Some(self.drop_with(reason));
                    }
                    self.seen = Some(index);
                    if let Some(item) = self.wait(index).await {
                        return Some(item);
                    }
                }
            }
        }
    }

    /// As a stream; ends after [`WatchItem::Dropped`].
    pub fn into_stream(self) -> impl Stream<Item = WatchItem> + Send + 'static {
        futures::stream::unfold(self, |mut subscription| async move {
            let item = subscription.next().await?;
            Some((item, subscription))
        })
    }

    /// Waits for something new, or until it is time to say that there is nothing.
    async fn wait(&mut self, index: u64) -> Option<WatchItem> {
        tokio::select! {
            biased;
            // The hub outlives the subscription, so there is always somebody to wait for.
            _ = self.progress.changed() => None,
            () = tokio::time::sleep_until(self.progress_due) => {
                self.progress_due = Instant::now() + PROGRESS_EVERY;
                Some(WatchItem::Progress { index, age: self.copy.age() })
            }
        }
    }

    fn drop_with(&mut self, reason: String) -> WatchItem {
        self.ended = true;
        WatchItem::Dropped { reason }
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::{Action, Actor, Batch, Command, Site, SiteId, TimeMs};
    use hotdesk_store::Observer;
    use parking_lot::Mutex;

    use super::*;
    use crate::config::Limits;

    /// A state machine in a nutshell: applies, then tells the hub.
    struct World {
        hub: Hub,
        state: Mutex<State>,
    }

    impl Source for World {
        fn state(&self) -> State {
            self.state.lock().clone()
        }
        fn age(&self) -> Duration {
            Duration::from_millis(7)
        }
    }

    fn world(watch_entries: usize) -> Arc<World> {
        let limits = Limits {
            watch_entries,
            ..Limits::default()
        };
        Arc::new(World {
            hub: Hub::new(&limits),
            state: Mutex::default(),
        })
    }

    impl World {
        fn apply(&self, index: u64) {
            let site = Site {
                id: SiteId::parse(&format!("site-{index}")).unwrap(),
                ..hotdesk_core_site()
            };
            let command = Command {
                request_id: None,
                actor: Actor::system(),
                action: Action::PutSite(site),
            };
            let batch = Batch {
                at: TimeMs(index),
                commands: vec![command],
            };
            let applied = self.state.lock().apply(index, &batch);
            assert_eq!(applied.events.len(), 1);
            self.hub.applied(index, applied.events);
        }

        fn watch(self: &Arc<Self>, after: Option<u64>) -> Subscription {
            Subscription::new(self.hub.clone(), Arc::clone(self) as Arc<dyn Source>, after)
        }
    }

    fn hotdesk_core_site() -> Site {
        crate::testing::site("any")
    }

    /// The next item that is not a progress report: "s<index>", "e<index>", "dropped".
    async fn next(subscription: &mut Subscription) -> String {
        loop {
            match subscription.next().await {
                Some(WatchItem::Snapshot(state)) => return format!("s{}", state.index()),
                Some(WatchItem::Entry { index, .. }) => return format!("e{index}"),
                Some(WatchItem::Progress { .. }) => {}
                Some(WatchItem::Dropped { .. }) => return "dropped".into(),
                None => return "end".into(),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_watcher_gets_the_state_and_then_what_follows() {
        let world = world(10);
        world.apply(1);
        let mut watcher = world.watch(None);
        assert_eq!(next(&mut watcher).await, "s1");
        world.apply(2);
        world.apply(5);
        assert_eq!(next(&mut watcher).await, "e2");
        assert_eq!(next(&mut watcher).await, "e5");
    }

    #[tokio::test(start_paused = true)]
    async fn a_watcher_resumes_without_gap_or_duplicate() {
        let world = world(10);
        for index in 1..=4 {
            world.apply(index);
        }
        let mut watcher = world.watch(Some(2));
        assert_eq!(next(&mut watcher).await, "e3");
        world.apply(5);
        assert_eq!(next(&mut watcher).await, "e4");
        assert_eq!(next(&mut watcher).await, "e5");
    }

    #[tokio::test(start_paused = true)]
    async fn a_watcher_from_before_the_buffer_starts_with_the_state() {
        let world = world(2);
        for index in 1..=4 {
            world.apply(index);
        }
        assert_eq!(next(&mut world.watch(Some(1))).await, "s4");
        assert_eq!(next(&mut world.watch(Some(2))).await, "e3");
    }

    #[tokio::test(start_paused = true)]
    async fn the_state_may_be_ahead_of_the_hub() {
        let world = world(10);
        world.apply(1);
        // Entry 2 is in the state, and the hub does not know yet.
        let site = crate::testing::site("late");
        let command = Command {
            request_id: None,
            actor: Actor::system(),
            action: Action::PutSite(site),
        };
        let applied = world.state.lock().apply(
            2,
            &Batch {
                at: TimeMs(2),
                commands: vec![command],
            },
        );
        let mut watcher = world.watch(None);
        assert_eq!(next(&mut watcher).await, "s2");
        world.hub.applied(2, applied.events);
        world.apply(3);
        assert_eq!(next(&mut watcher).await, "e3");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_watcher_is_dropped_with_a_reason_and_holds_nobody_up() {
        let world = world(2);
        world.apply(1);
        let mut slow = world.watch(Some(1));
        let mut quick = world.watch(Some(1));
        for index in 2..=9 {
            world.apply(index);
            assert_eq!(next(&mut quick).await, format!("e{index}"));
        }
        let Some(WatchItem::Dropped { reason }) = slow.next().await else {
            panic!("expected to be dropped");
        };
        assert!(reason.contains("after entry 1"), "{reason}");
        assert!(slow.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_replaced_state_is_sent_whole() {
        let world = world(10);
        world.apply(1);
        let mut watcher = world.watch(Some(1));
        let mut installed = world.state();
        let site = crate::testing::site("installed");
        let command = Command {
            request_id: None,
            actor: Actor::system(),
            action: Action::PutSite(site),
        };
        let _ = installed.apply(
            50,
            &Batch {
                at: TimeMs(50),
                commands: vec![command],
            },
        );
        *world.state.lock() = installed.clone();
        world.hub.replaced(&installed);
        world.apply(51);
        assert_eq!(next(&mut watcher).await, "s51");
        world.apply(52);
        assert_eq!(next(&mut watcher).await, "e52");
    }

    #[tokio::test(start_paused = true)]
    async fn progress_comes_each_second_with_the_age() {
        let world = world(10);
        world.apply(3);
        let mut watcher = world.watch(Some(3));
        let begin = Instant::now();
        for expected_ms in [0, 1000, 2000] {
            let Some(WatchItem::Progress { index, age }) = watcher.next().await else {
                panic!("expected progress");
            };
            assert_eq!((index, age), (3, Duration::from_millis(7)));
            assert_eq!(begin.elapsed().as_millis() / 10, expected_ms / 10);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_end_everybody_is_told_why_after_the_last_entry() {
        let world = world(10);
        let mut watcher = world.watch(Some(0));
        world.apply(1);
        world.hub.close("this node is shutting down");
        assert_eq!(next(&mut watcher).await, "e1");
        assert_eq!(next(&mut watcher).await, "dropped");
        assert_eq!(next(&mut watcher).await, "end");
    }
}
