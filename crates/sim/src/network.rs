//! A modelled network: calls from node to node that take their time, get lost, overtake each other, hang, or
//! meet a cut in one direction only.
//!
//! A call is two messages. The request, once delivered, is handled by a task of the target, whether or not the
//! caller still waits: a call that timed out may well have been carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use openraft::async_runtime::AsyncRuntime;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::node::Node;
use crate::runtime::{NodeRuntime, spawn_in_the_world, world_ns, world_sleep};

/// The network; a cheap clone of a handle.
#[derive(Clone)]
pub struct Network(Arc<Mutex<Inner>>);

struct Inner {
    random: fastrand::Rng,
    /// The processes that run.
    nodes: BTreeMap<u64, Arc<Node>>,
    /// From, to.
    cuts: BTreeSet<(u64, u64)>,
    weather: Weather,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// So many messages in a thousand are lost.
    pub loss_permille: u32,
    /// So many calls in a thousand are taken and never answered.
    pub hang_permille: u32,
    /// A message takes at least this long.
    pub latency_us_min: u64,
    /// A message takes this long at most, except for one in a hundred that takes ten times as long.
    pub latency_us_max: u64,
}

impl Weather {
    /// An ordinary day.
    pub const FAIR: Self = Self {
        loss_permille: 0,
        hang_permille: 1,
        latency_us_min: 200,
        latency_us_max: 8_000,
    };
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Nobody listens there: certainly not carried out.
    Refused,
    /// No answer in time: may have been carried out.
    TimedOut,
}

/// Keeps messages of one connection in order.
#[derive(Clone, Default)]
pub struct Order(Arc<Mutex<(u64, u64)>>);

impl Network {
    /// A network without nodes, in fair weather.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            random: fastrand::Rng::with_seed(seed),
            nodes: BTreeMap::new(),
            cuts: BTreeSet::new(),
            weather: Weather::FAIR,
        })))
    }

    /// A process listens.
    pub fn join(&self, node: Arc<Node>) {
        self.0.lock().nodes.insert(node.id(), node);
    }

    /// A process is gone.
    pub fn leave(&self, node: u64) {
        self.0.lock().nodes.remove(&node);
    }

    /// The process that runs as this node.
    #[must_use]
    pub fn node(&self, id: u64) -> Option<Arc<Node>> {
        self.0.lock().nodes.get(&id).cloned()
    }

    /// All processes that run, by id.
    #[must_use]
    pub fn nodes(&self) -> Vec<Arc<Node>> {
        self.0.lock().nodes.values().cloned().collect()
    }

    /// Messages from the one to the other are lost from now on.
    pub fn cut(&self, from: u64, to: u64) {
        self.0.lock().cuts.insert((from, to));
    }

    /// All cuts are mended.
    pub fn mend(&self) {
        self.0.lock().cuts.clear();
    }

    /// Changes the weather.
    pub fn set_weather(&self, weather: Weather) {
        self.0.lock().weather = weather;
    }

    /// Has `handle` run at `to`, as a task of the process that runs there, and brings back what it answers.
    /// The caller waits for `patience` on its own clock. A connection's `order` keeps its messages in order.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<T, H, F>(
        &self,
        (from, to): (u64, u64),
        patience: Duration,
        order: Option<Order>,
        handle: H,
    ) -> Result<T, CallError>
    where
        T: Send + 'static,
        H: FnOnce(Arc<Node>) -> F + Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let request_takes = self.takes(|at| order.as_ref().map_or(at, |order| order.request(at)));
        let network = self.clone();
        spawn_in_the_world(async move {
            world_sleep(request_takes).await;
            if network.loses(from, to) {
                return std::future::pending().await;
            }
            let Some(target) = network.node(to) else {
                world_sleep(network.takes(|at| at)).await;
                drop(answer.send(Err(CallError::Refused)));
                return;
            };
            let life = Arc::clone(target.life());
            life.spawn(async move {
                let result = handle(target).await;
                let hangs = network.hangs();
                let takes = network.takes(|at| order.as_ref().map_or(at, |order| order.answer(at)));
                spawn_in_the_world(async move {
                    world_sleep(takes).await;
                    if hangs || network.loses(to, from) {
                        // Kept, so that the caller does not hear that nobody will answer.
                        return std::future::pending().await;
                    }
                    drop(answer.send(Ok(result)));
                });
            });
        });
        match NodeRuntime::timeout(patience, answered).await {
            Ok(Ok(result)) => result,
            // The process died with the request: its connection breaks, which says nothing.
            Ok(Err(_)) | Err(_) => Err(CallError::TimedOut),
        }
    }

    fn loses(&self, from: u64, to: u64) -> bool {
        let mut inner = self.0.lock();
        let permille = inner.weather.loss_permille;
        let lost = inner.random.u32(0..1000) < permille;
        lost || inner.cuts.contains(&(from, to))
    }

    fn hangs(&self) -> bool {
        let mut inner = self.0.lock();
        let permille = inner.weather.hang_permille;
        inner.random.u32(0..1000) < permille
    }

    /// How long the next message takes; `arrange` may put its arrival (world's nanoseconds) off.
    fn takes(&self, arrange: impl FnOnce(u64) -> u64) -> Duration {
        let mut inner = self.0.lock();
        let Weather {
            latency_us_min,
            latency_us_max,
            ..
        } = inner.weather;
        let usual = inner.random.u64(latency_us_min..=latency_us_max);
        let takes_us = if inner.random.u32(0..100) == 0 {
            usual * 10
        } else {
            usual
        };
        let now = world_ns();
        Duration::from_nanos(arrange(now + takes_us * 1000).saturating_sub(now))
    }
}

impl Order {
    fn request(&self, at: u64) -> u64 {
        let mut last = self.0.lock();
        last.0 = last.0.max(at);
        last.0
    }

    fn answer(&self, at: u64) -> u64 {
        let mut last = self.0.lock();
        last.1 = last.1.max(at);
        last.1
    }
}
