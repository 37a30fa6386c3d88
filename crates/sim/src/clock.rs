//! A node's own clock: it runs at the node's own rate, and starts with the world's.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use openraft::async_runtime::Instant;
use openraft_rt_sim::SimInstant;

use crate::runtime::{current, world_ns};

/// A point on the clock of the node that asks, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeInstant(u64);

/// Clocks begin one day in, so that subtracting a timeout does not underflow.
const DAY_NS: u64 = 86_400 * 1_000_000_000;
const MILLION: i128 = 1_000_000;

impl NodeInstant {
    /// Nanoseconds on this clock.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    fn rate() -> i128 {
        MILLION + current().map_or(0, |life| i128::from(life.clock_ppm))
    }

    /// The world's instant at which this node's clock shows at least this.
    pub(crate) fn to_world(self) -> SimInstant {
        let rate = Self::rate();
        let at = ((i128::from(self.0) - i128::from(DAY_NS)) * MILLION + rate - 1).div_euclid(rate);
        let now = <SimInstant as Instant>::now();
        let wait = at - i128::from(world_ns());
        // A deadline that never comes is a century away.
        let century_ns = 100 * 365 * i128::from(DAY_NS);
        now + Duration::from_nanos(u64::try_from(wait.clamp(0, century_ns)).unwrap_or(0))
    }
}

impl Instant for NodeInstant {
    fn now() -> Self {
        let since = i128::from(world_ns()) * Self::rate() / MILLION;
        Self(u64::try_from(i128::from(DAY_NS) + since).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for NodeInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ns", self.0)
    }
}

impl Add<Duration> for NodeInstant {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl AddAssign<Duration> for NodeInstant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for NodeInstant {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }
}

impl SubAssign<Duration> for NodeInstant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Self> for NodeInstant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
