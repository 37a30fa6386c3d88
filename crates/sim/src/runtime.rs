//! A simulated runtime in which every task belongs to a node.
//!
//! [`NodeRuntime`] is openraft's simulated runtime (one thread, virtual time, seeded) with two things added.
//! Tasks know whose they are, and what they spawn is theirs too: so a node can be killed in one instant, all
//! its tasks with it, as `kill -9` does. And each node has its own clock, which may run faster or slower than
//! the world's: `now` and `sleep` of its tasks are in its time.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use openraft::OptionalSend;
use openraft::async_runtime::{AsyncRuntime, Instant};
use openraft_rt_sim::{SimInstant, SimRuntime};
use parking_lot::Mutex;

use crate::clock::NodeInstant;

/// One run of a node's process. Killed once, never revived: a restart is a new life.
#[derive(Debug)]
pub struct Life {
    /// Whose.
    pub node: u64,
    /// Distinct for every life of every node.
    pub number: u64,
    /// How much faster the node's clock runs than the world's, in parts per million.
    pub clock_ppm: i64,
    dead: AtomicBool,
    stopped: AtomicBool,
    /// Tasks that would have run while it was stopped.
    waiting: Mutex<Vec<Waker>>,
}

impl Life {
    /// A new life.
    #[must_use]
    pub fn new(node: u64, number: u64, clock_ppm: i64) -> Arc<Self> {
        Arc::new(Self {
            node,
            number,
            clock_ppm,
            dead: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            waiting: Mutex::default(),
        })
    }

    /// Stops all its tasks where they are, as `SIGSTOP` does; the clock goes on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Lets them run again.
    pub fn go_on(&self) {
        self.stopped.store(false, Ordering::Relaxed);
        self.waiting.lock().drain(..).for_each(Waker::wake);
    }

    /// Ends it: none of its tasks is polled again.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// It was killed.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Spawns a task that belongs to this life.
    pub fn spawn<F>(self: &Arc<Self>, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(SimRuntime::spawn(Owned::new(Some(Arc::clone(self)), future)));
    }
}

/// Spawns a task that belongs to no node: the network, the clients, the faults.
pub fn spawn_in_the_world<F>(future: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    drop(SimRuntime::spawn(Owned::new(None, future)));
}

/// Nanoseconds of the world's clock since the run began.
#[must_use]
pub fn world_ns() -> u64 {
    u64::try_from(<SimInstant as Instant>::now().elapsed_since_start().as_nanos()).unwrap_or(u64::MAX)
}

/// Waits in the world's time, whoever asks.
pub async fn world_sleep(duration: Duration) {
    SimRuntime::sleep(duration).await;
}

/// What panicked since the last call, in the order it happened. A simulated task that panics would
/// otherwise be a node that falls silent.
#[must_use]
pub fn take_panics() -> Vec<String> {
    PANICS.with(|panics| std::mem::take(&mut *panics.borrow_mut()))
}

/// Adds to what [`take_panics`] gives: something as bad as a panic.
pub(crate) fn report(what: String) {
    PANICS.with(|panics| panics.borrow_mut().push(what));
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Life>>> = const { RefCell::new(None) };
    static POLLING: Cell<bool> = const { Cell::new(false) };
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what simulated tasks panic with for [`take_panics`] instead of printing it: with a planted bug,
/// consensus notices often, and says so at length.
fn collect_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let otherwise = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !POLLING.get() {
                return otherwise(panic);
            }
            let node = current().map_or_else(|| "the world".into(), |life| format!("node {}", life.node));
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let payload = panic.payload();
            let message = payload.downcast_ref::<String>().map(String::as_str);
            let message = message
                .or_else(|| payload.downcast_ref::<&str>().copied())
                .unwrap_or("no text");
            PANICS.with(|panics| {
                panics
                    .borrow_mut()
                    .push(format!("{node} panicked at {place}: {message}"))
            });
        }));
    });
}

/// The life whose task runs now.
pub(crate) fn current() -> Option<Arc<Life>> {
    CURRENT.with(|current| current.borrow().clone())
}

/// A task and the life that it belongs to.
struct Owned<F> {
    life: Option<Arc<Life>>,
    future: Option<Pin<Box<F>>>,
}

impl<F> Owned<F> {
    fn new(life: Option<Arc<Life>>, future: F) -> Self {
        Self {
            life,
            future: Some(Box::pin(future)),
        }
    }
}

/// The box is what is pinned.
impl<F> Unpin for Owned<F> {}

impl<F: Future> Future for Owned<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if let Some(life) = &this.life
            && life.stopped.load(Ordering::Relaxed)
            && !life.is_dead()
        {
            life.waiting.lock().push(cx.waker().clone());
            return Poll::Pending;
        }
        let before = CURRENT.with(|current| current.replace(this.life.clone()));
        let polled = match &mut this.future {
            Some(future) if !this.life.as_ref().is_some_and(|life| life.is_dead()) => {
                let outer = POLLING.replace(true);
                let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
                POLLING.set(outer);
                polled
            }
            _ => Ok(Poll::Pending),
        };
        // What a dead process held is dropped without being polled again; nobody is told.
        let dead = this.life.as_ref().is_some_and(|life| life.is_dead());
        if dead || polled.is_err() {
            this.future = None;
        }
        CURRENT.with(|current| current.replace(before));
        match polled {
            Ok(_) if dead => Poll::Pending,
            Ok(polled) => polled,
            Err(_) => {
                // The product's process would be gone.
                if let Some(life) = &this.life {
                    life.kill();
                }
                Poll::Pending
            }
        }
    }
}

/// The runtime; see the module's documentation.
pub struct NodeRuntime(SimRuntime);

impl NodeRuntime {
    /// All that is random in it derives from `seed`.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        collect_panics();
        Self(SimRuntime::with_seed(seed))
    }
}

impl fmt::Debug for NodeRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeRuntime")
    }
}

impl AsyncRuntime for NodeRuntime {
    type JoinError = <SimRuntime as AsyncRuntime>::JoinError;
    type JoinHandle<T: OptionalSend + 'static> = <SimRuntime as AsyncRuntime>::JoinHandle<T>;
    type Sleep = <SimRuntime as AsyncRuntime>::Sleep;
    type Instant = NodeInstant;
    type TimeoutError = <SimRuntime as AsyncRuntime>::TimeoutError;
    type Timeout<R, T: Future<Output = R> + OptionalSend> = <SimRuntime as AsyncRuntime>::Timeout<R, T>;
    type ThreadLocalRng = <SimRuntime as AsyncRuntime>::ThreadLocalRng;

    fn spawn<T>(future: T) -> Self::JoinHandle<T::Output>
    where
        T: Future + OptionalSend + 'static,
        T::Output: OptionalSend + 'static,
    {
        SimRuntime::spawn(Owned::new(current(), future))
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Self::sleep_until(NodeInstant::now() + duration)
    }

    fn sleep_until(deadline: Self::Instant) -> Self::Sleep {
        SimRuntime::sleep_until(deadline.to_world())
    }

    fn timeout<R, F: Future<Output = R> + OptionalSend>(
        duration: Duration,
        future: F,
    ) -> Self::Timeout<R, F> {
        Self::timeout_at(NodeInstant::now() + duration, future)
    }

    fn timeout_at<R, F: Future<Output = R> + OptionalSend>(
        deadline: Self::Instant,
        future: F,
    ) -> Self::Timeout<R, F> {
        SimRuntime::timeout_at(deadline.to_world(), future)
    }

    fn is_panic(join_error: &Self::JoinError) -> bool {
        SimRuntime::is_panic(join_error)
    }

    fn thread_rng() -> Self::ThreadLocalRng {
        SimRuntime::thread_rng()
    }

    type Mpsc = <SimRuntime as AsyncRuntime>::Mpsc;
    type Watch = <SimRuntime as AsyncRuntime>::Watch;
    type Oneshot = <SimRuntime as AsyncRuntime>::Oneshot;
    type Mutex<T: OptionalSend + 'static> = <SimRuntime as AsyncRuntime>::Mutex<T>;

    fn new(threads: usize) -> Self {
        Self(SimRuntime::new(threads))
    }

    fn block_on<F, T>(&mut self, future: F) -> T
    where
        F: Future<Output = T>,
    {
        self.0.block_on(future)
    }

    /// Runs it at once: virtual time stands still meanwhile, and the order is the same in every run.
    fn spawn_blocking<F, T>(f: F) -> impl Future<Output = Result<T, io::Error>> + Send
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        std::future::ready(Ok(f()))
    }
}
