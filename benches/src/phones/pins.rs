//! What a PIN costs to check, and how long that takes here.

use std::time::{Duration, Instant};

use anyhow::Result;
use argon2::{Algorithm, Argon2, Params, Version};

use super::PIN;

/// What checking a PIN costs.
#[derive(Clone, Copy, Debug)]
pub struct PinCost {
    /// Memory of argon2id in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl PinCost {
    /// Hashes a PIN once in this process, as nodes do to check one; returns how long it took.
    ///
    /// # Errors
    /// When argon2 cannot work with this cost.
    pub async fn check(self) -> Result<Duration> {
        let work = move || {
            let params = Params::new(self.memory_kib, self.passes, 1, Some(32))
                .map_err(|error| anyhow::anyhow!("{error}"))?;
            let begin = Instant::now();
            let mut hash = [0; 32];
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into(PIN.as_bytes(), b"sixteen bytes it", &mut hash)
                .map_err(|error| anyhow::anyhow!("{error}"))?;
            std::hint::black_box(hash);
            Ok(begin.elapsed())
        };
        tokio::task::spawn_blocking(work).await?
    }
}
