//! How often one source may ask without showing whose phone it is.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::per_minute::{PerMinute, network_of};

/// The counts, by address or IPv6 network.
pub(super) struct Strangers(PerMinute<IpAddr>);

impl Strangers {
    pub(super) fn new(per_minute_max: u32) -> Self {
        Self(PerMinute::new(per_minute_max))
    }

    /// Whether a source has asked too often to be let in now; counts nothing.
    pub(super) fn is_out(&self, source: IpAddr, now: Instant) -> bool {
        self.0.wait(&network_of(source), now).is_some()
    }

    /// Counts a request; how long to wait when it is one too many.
    pub(super) fn let_in(&self, source: IpAddr, now: Instant) -> Result<(), Duration> {
        self.0.count(network_of(source), now).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_ipv6_network_count_together() {
        let strangers = Strangers::new(2);
        let start = Instant::now();
        let let_in = |address: &str| strangers.let_in(address.parse().unwrap(), start).is_ok();
        let outcomes = [
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8::3:4:5:6",
            "2001:db8:0:1::1",
        ]
        .map(let_in);
        assert_eq!(outcomes, [true, true, false, true]);
        assert!(strangers.is_out("2001:db8::7".parse().unwrap(), start));
        assert!(!strangers.is_out("2001:db8:0:1::7".parse().unwrap(), start));
    }
}
