//! Which counts were seen with which nonce.

use std::collections::BTreeMap;

use super::nonce::NonceId;

/// A bounded table of nonces that were used with a right response, the oldest first.
///
/// Only a right response gets a nonce in here, so nobody fills it without an account. When it is full, the
/// oldest nonce goes, and with it every nonce of its age or older becomes stale: otherwise what was sent with
/// the forgotten one could be sent again.
pub(super) struct Replays {
    windows: BTreeMap<NonceId, Window>,
    entries_max: usize,
    /// Nonces that are not in the table are stale when made at this time or before.
    forgotten_ms: Option<u64>,
}

/// The highest count, and which of the 64 counts from it downwards were seen: bit 0 is the highest itself.
struct Window {
    highest: u32,
    seen: u64,
}

/// What the table says of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Fresh,
    Replayed,
    /// Nobody knows any more.
    Forgotten,
}

impl Replays {
    pub(super) const fn new(entries_max: usize) -> Self {
        Self {
            windows: BTreeMap::new(),
            entries_max,
            forgotten_ms: None,
        }
    }

    /// Marks a count as seen. Nonces made before `valid_from_ms` are of no use any more and leave the table.
    pub(super) fn see(&mut self, nonce: NonceId, count: u32, valid_from_ms: u64) -> Count {
        if let Some(window) = self.windows.get_mut(&nonce) {
            return window.see(count);
        }
        if self
            .forgotten_ms
            .is_some_and(|forgotten| nonce.made_ms <= forgotten)
        {
            return Count::Forgotten;
        }
        while let Some(oldest) = self.windows.first_entry() {
            if oldest.key().made_ms >= valid_from_ms {
                break;
            }
            oldest.remove();
        }
        if self.windows.len() >= self.entries_max {
            match self.windows.first_entry() {
                Some(oldest) if *oldest.key() < nonce => {
                    self.forgotten_ms = self.forgotten_ms.max(Some(oldest.key().made_ms));
                    oldest.remove();
                    if self
                        .forgotten_ms
                        .is_some_and(|forgotten| nonce.made_ms <= forgotten)
                    {
                        return Count::Forgotten;
                    }
                }
                _ => return Count::Forgotten,
            }
        }
        self.windows.insert(
            nonce,
            Window {
                highest: count,
                seen: 1,
            },
        );
        Count::Fresh
    }
}

impl Window {
    fn see(&mut self, count: u32) -> Count {
        if count > self.highest {
            let ahead = count - self.highest;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return Count::Fresh;
        }
        let behind = self.highest - count;
        let Some(bit) = 1_u64.checked_shl(behind) else {
            return Count::Replayed;
        };
        if self.seen & bit != 0 {
            return Count::Replayed;
        }
        self.seen |= bit;
        Count::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn nonce(made_ms: u64) -> NonceId {
        NonceId { made_ms, serial: 7 }
    }

    #[test]
    fn each_count_passes_once_and_late_ones_within_64() {
        use Count::{Fresh, Replayed};
        let table = [
            (1, Fresh),
            (1, Replayed),
            (3, Fresh),
            (2, Fresh),
            (2, Replayed),
            (66, Fresh),
            (3, Replayed),
            (4, Fresh),
            // 66 - 64: too far behind to know.
            (2, Replayed),
            (u32::MAX, Fresh),
            (u32::MAX, Replayed),
            (66, Replayed),
            (u32::MAX - 63, Fresh),
            (u32::MAX - 64, Replayed),
            (0, Replayed),
        ];
        let mut replays = Replays::new(4);
        for (row, (count, expected)) in table.into_iter().enumerate() {
            assert_eq!(replays.see(nonce(1), count, 0), expected, "row {row}: {count}");
        }
    }

    #[test]
    fn a_full_table_forgets_the_oldest_nonce_and_makes_its_age_stale() {
        let mut replays = Replays::new(2);
        assert_eq!(replays.see(nonce(10), 1, 0), Count::Fresh);
        assert_eq!(replays.see(nonce(20), 1, 0), Count::Fresh);
        assert_eq!(replays.see(nonce(30), 1, 0), Count::Fresh);
        assert_eq!(
            replays.see(nonce(10), 1, 0),
            Count::Forgotten,
            "the one that left"
        );
        assert_eq!(replays.see(nonce(9), 1, 0), Count::Forgotten, "older, never seen");
        assert_eq!(
            replays.see(nonce(15), 1, 0),
            Count::Forgotten,
            "older than all in a full table"
        );
        assert_eq!(replays.see(nonce(20), 2, 0), Count::Fresh, "still known");
        assert_eq!(replays.see(nonce(20), 1, 0), Count::Replayed);
        assert_eq!(replays.windows.len(), 2);
    }

    #[test]
    fn nonces_that_ran_out_make_room() {
        let mut replays = Replays::new(2);
        replays.see(nonce(10), 1, 0);
        replays.see(nonce(20), 1, 0);
        assert_eq!(replays.see(nonce(25), 1, 21), Count::Fresh);
        assert_eq!(
            replays.see(nonce(22), 1, 21),
            Count::Fresh,
            "nothing was forgotten early"
        );
    }
}
