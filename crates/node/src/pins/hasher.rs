//! argon2id at a bounded rate: so many checks at a time, so many waiting, and the next one is turned away.
//!
//! A check is made to be slow and to need memory. Without the bounds, a burst of logins would take the cores
//! and the memory that replication needs.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Pin;
use crate::secret::Secret;

/// What one check costs. The defaults are OWASP's for argon2id (19 MiB, 2 passes, 1 lane).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory per check, in KiB, at least 8.
    pub memory_kib: u32,
    /// Passes over the memory, at least 1.
    pub iterations: u32,
}

/// Hashes and checks PINs. A clone is cheap and shares the bounds.
#[derive(Clone)]
pub struct Pins {
    inner: Arc<Inner>,
}

struct Inner {
    params: Params,
    pepper: Secret,
    /// What a PIN is checked against when there is nothing to check against, so that it takes as long.
    dummy: Arc<str>,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// Imports hash thousands of PINs; they leave room for people who stand at a phone.
    in_bulk: Arc<Semaphore>,
    in_bulk_max: usize,
}

/// All cores check PINs and as many callers as may wait are waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many PINs are being checked at this node")]
pub struct Busy;

impl Pins {
    /// `parallel` checks run at a time (at least 1) and `queued_max` wait.
    ///
    /// # Errors
    /// When argon2 cannot work with the cost; says why.
    pub fn new(cost: Cost, pepper: Secret, parallel: usize, queued_max: usize) -> Result<Self, String> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, None)
            .map_err(|error| format!("argon2 cannot work with this cost: {error}"))?;
        let parallel = parallel.max(1);
        let in_bulk_max = (parallel / 2).max(1);
        let mut inner = Inner {
            params,
            pepper,
            dummy: Arc::from(""),
            running: Arc::new(Semaphore::new(parallel)),
            admitted: Arc::new(Semaphore::new(parallel + queued_max)),
            in_bulk: Arc::new(Semaphore::new(in_bulk_max)),
            in_bulk_max,
        };
        inner.dummy = inner.hash(&Pin(String::from("0000").into()))?.into();
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Whether `pin` is the one that `verifier` was made from. With no verifier the answer is no, and takes as
    /// long: the time does not tell who exists.
    ///
    /// # Errors
    /// [`Busy`], at once.
    pub async fn check(&self, pin: &Arc<Pin>, verifier: Option<Arc<str>>) -> Result<bool, Busy> {
        let admitted = Arc::clone(&self.inner.admitted)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        Ok(self.check_admitted(pin, verifier, admitted).await)
    }

    /// As [`check`](Self::check) for one row of an import: waits instead of being turned away.
    pub async fn check_in_bulk(&self, pin: &Arc<Pin>, verifier: Arc<str>) -> bool {
        let slot = slot(&self.inner.in_bulk).await;
        self.check_admitted(pin, Some(verifier), slot).await
    }

    /// Makes a verifier (a PHC string) with a new salt.
    ///
    /// # Errors
    /// [`Busy`], at once.
    pub async fn hash(&self, pin: &Arc<Pin>) -> Result<Arc<str>, Busy> {
        let admitted = Arc::clone(&self.inner.admitted)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        Ok(self.hash_admitted(pin, admitted).await)
    }

    /// As [`hash`](Self::hash) for one row of an import: waits instead of being turned away.
    pub async fn hash_in_bulk(&self, pin: &Arc<Pin>) -> Arc<str> {
        let slot = slot(&self.inner.in_bulk).await;
        self.hash_admitted(pin, slot).await
    }

    /// How many PINs of an import are worth hashing at the same time.
    #[must_use]
    pub fn bulk_parallel(&self) -> usize {
        self.inner.in_bulk_max
    }

    async fn check_admitted(
        &self,
        pin: &Arc<Pin>,
        verifier: Option<Arc<str>>,
        admitted: OwnedSemaphorePermit,
    ) -> bool {
        let (inner, pin) = (Arc::clone(&self.inner), Arc::clone(pin));
        self.run(admitted, move || match verifier {
            Some(verifier) => inner.check(&pin, &verifier),
            None => {
                inner.check(&pin, &inner.dummy);
                false
            }
        })
        .await
    }

    async fn hash_admitted(&self, pin: &Arc<Pin>, admitted: OwnedSemaphorePermit) -> Arc<str> {
        let (inner, pin) = (Arc::clone(&self.inner), Arc::clone(pin));
        self.run(admitted, move || {
            // The same parameters made the dummy at the start; only the random source could fail now.
            Arc::from(
                inner
                    .hash(&pin)
                    .expect("argon2 hashed with these parameters at the start"),
            )
        })
        .await
    }

    /// The permits go along into the thread: a caller who gives up does not make room before the work is done.
    async fn run<T: Send + 'static>(
        &self,
        admitted: OwnedSemaphorePermit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let running = slot(&self.inner.running).await;
        let done = tokio::task::spawn_blocking(move || {
            let _permits = (admitted, running);
            work()
        });
        done.await
            .expect("checking a PIN does not panic, and the runtime outlives its calls")
    }
}

async fn slot(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(semaphore)
        .acquire_owned()
        .await
        .expect("these semaphores are never closed")
}

impl Inner {
    fn argon2(&self) -> Argon2<'_> {
        Argon2::new_with_secret(
            self.pepper.reveal().as_bytes(),
            Algorithm::Argon2id,
            Version::V0x13,
            self.params.clone(),
        )
        .expect("a pepper is far shorter than argon2's limit")
    }

    fn hash(&self, pin: &Pin) -> Result<String, String> {
        let hash: PasswordHash = self
            .argon2()
            .hash_password(pin.as_bytes())
            .map_err(|error| format!("argon2 cannot hash: {error}"))?;
        Ok(hash.to_string())
    }

    /// A verifier that cannot be read matches nothing; the cost comes from the verifier, so that changing the
    /// configuration leaves PINs valid.
    fn check(&self, pin: &Pin, verifier: &str) -> bool {
        let Ok(hash) = PasswordHash::new(verifier) else {
            tracing::error!("a verifier of a PIN cannot be read");
            return false;
        };
        self.argon2().verify_password(pin.as_bytes(), &hash).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        iterations: 1,
    };

    fn pin(typed: &str) -> Arc<Pin> {
        Arc::new(Pin::parse(typed.to_owned()).unwrap())
    }

    fn pins(pepper: &str) -> Pins {
        Pins::new(CHEAP, Secret::from(pepper), 1, 1).unwrap()
    }

    #[tokio::test]
    async fn a_pin_matches_its_verifier_and_no_other() {
        let pins = pins("pepper");
        let verifier = pins.hash(&pin("1234")).await.unwrap();
        assert!(verifier.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{verifier}");
        assert!(pins.check(&pin("1234"), Some(verifier.clone())).await.unwrap());
        assert!(!pins.check(&pin("1235"), Some(verifier)).await.unwrap());
        assert!(!pins.check(&pin("1234"), Some("garbage".into())).await.unwrap());
    }

    #[tokio::test]
    async fn nothing_matches_where_there_is_no_verifier() {
        assert!(!pins("pepper").check(&pin("0000"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_verifier_is_worth_nothing_without_its_pepper() {
        let verifier = pins("one").hash(&pin("1234")).await.unwrap();
        assert!(!pins("two").check(&pin("1234"), Some(verifier)).await.unwrap());
    }

    #[tokio::test]
    async fn another_cost_in_the_configuration_leaves_verifiers_valid() {
        let verifier = pins("pepper").hash(&pin("1234")).await.unwrap();
        let dearer = Pins::new(
            Cost {
                memory_kib: 16,
                iterations: 2,
            },
            Secret::from("pepper"),
            1,
            1,
        )
        .unwrap();
        assert!(dearer.check(&pin("1234"), Some(verifier)).await.unwrap());
    }

    #[tokio::test]
    async fn one_more_than_may_wait_is_turned_away() {
        let pins = pins("pepper");
        let verifier = pins.hash(&pin("1234")).await.unwrap();
        let _all_places = Arc::clone(&pins.inner.admitted)
            .acquire_many_owned(2)
            .await
            .unwrap();
        assert_eq!(pins.check(&pin("1234"), Some(verifier.clone())).await, Err(Busy));
        assert!(pins.check_in_bulk(&pin("1234"), verifier).await);
    }

    #[test]
    fn a_cost_that_argon2_cannot_work_with_is_refused() {
        assert!(
            Pins::new(
                Cost {
                    memory_kib: 1,
                    iterations: 1
                },
                Secret::default(),
                1,
                1
            )
            .is_err()
        );
    }
}
