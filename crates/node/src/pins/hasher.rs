//! argon2id at a bounded rate: so many checks at a time, so many waiting, and the next one is turned away.
//!
//! A check is made to be slow and to need memory. Without the bounds, a burst of logins would take the cores
//! and the memory that replication needs.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, KeyId, Params, ParamsBuilder, PasswordHasher, PasswordVerifier, Version};
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

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the PIN.
    Matches,
    /// It is not, or there is nothing that it could match.
    Wrong,
    /// Nobody can tell here: the verifier was made with another pepper. Without this case, a node with the wrong
    /// pepper would call every PIN wrong and lock a whole office out.
    OtherPepper,
}

impl Pins {
    /// `parallel` checks run at a time (at least 1) and `queued_max` wait.
    ///
    /// # Errors
    /// When argon2 cannot work with the cost; says why.
    pub fn new(cost: Cost, pepper: Secret, parallel: usize, queued_max: usize) -> Result<Self, String> {
        let params = ParamsBuilder::new()
            .m_cost(cost.memory_kib)
            .t_cost(cost.iterations)
            .p_cost(1)
            .keyid(key_id(&pepper))
            .build()
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

    /// Whether `pin` is the one that `verifier` was made from. With no verifier it is wrong, and that takes as
    /// long: the time does not tell who exists.
    ///
    /// # Errors
    /// [`Busy`], at once.
    pub async fn check(&self, pin: &Arc<Pin>, verifier: Option<Arc<str>>) -> Result<Verdict, Busy> {
        let admitted = Arc::clone(&self.inner.admitted)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        Ok(self.check_admitted(pin, verifier, admitted).await)
    }

    /// As [`check`](Self::check) for one row of an import: waits instead of being turned away.
    pub async fn check_in_bulk(&self, pin: &Arc<Pin>, verifier: Arc<str>) -> Verdict {
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
    ) -> Verdict {
        let (inner, pin) = (Arc::clone(&self.inner), Arc::clone(pin));
        self.run(admitted, move || match verifier {
            Some(verifier) => inner.check(&pin, &verifier),
            None => {
                inner.check(&pin, &inner.dummy);
                Verdict::Wrong
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
    fn check(&self, pin: &Pin, verifier: &str) -> Verdict {
        let hash = PasswordHash::new(verifier).ok();
        let params = hash.as_ref().and_then(|hash| Params::try_from(hash).ok());
        let Some((hash, params)) = hash.zip(params) else {
            tracing::error!("a verifier of a PIN cannot be read");
            return Verdict::Wrong;
        };
        if params.keyid() != self.params.keyid() {
            tracing::error!("a PIN was set with another pepper: compare pin.pepper_file at all nodes");
            return Verdict::OtherPepper;
        }
        match self.argon2().verify_password(pin.as_bytes(), &hash) {
            Ok(()) => Verdict::Matches,
            Err(_) => Verdict::Wrong,
        }
    }
}

/// Tells peppers apart without giving them away; goes into each verifier. The same at all nodes with the same
/// pepper, whatever a check costs there; none for no pepper.
fn key_id(pepper: &Secret) -> KeyId {
    if pepper.is_empty() {
        return KeyId::EMPTY;
    }
    // Slow on purpose: whoever steals a verifier should not find a weak pepper through its id more easily.
    let params = Params::new(4096, 2, 1, None).expect("a cost that argon2 accepts");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut id = [0; 6];
    argon2
        .hash_password_into(pepper.reveal().as_bytes(), b"hotdesk pepper id", &mut id)
        .expect("lengths that argon2 accepts");
    KeyId::new(&id).expect("6 bytes fit")
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
        assert!(
            verifier.starts_with("$argon2id$v=19$m=8,t=1,p=1,keyid="),
            "{verifier}"
        );
        for (typed, verifier, verdict) in [
            ("1234", Some(verifier.clone()), Verdict::Matches),
            ("1235", Some(verifier), Verdict::Wrong),
            ("1234", Some("garbage".into()), Verdict::Wrong),
            ("0000", None, Verdict::Wrong),
        ] {
            assert_eq!(pins.check(&pin(typed), verifier).await, Ok(verdict), "{typed}");
        }
    }

    #[tokio::test]
    async fn a_wrong_pepper_is_noticed_and_not_taken_for_a_wrong_pin() {
        for (set_with, checked_with) in [("one", "two"), ("one", ""), ("", "two")] {
            let verifier = pins(set_with).hash(&pin("1234")).await.unwrap();
            let verdict = pins(checked_with).check(&pin("1234"), Some(verifier)).await;
            assert_eq!(verdict, Ok(Verdict::OtherPepper), "{set_with} {checked_with}");
        }
    }

    #[tokio::test]
    async fn another_cost_in_the_configuration_leaves_verifiers_valid() {
        let verifier = pins("pepper").hash(&pin("1234")).await.unwrap();
        let dearer = Cost {
            memory_kib: 16,
            iterations: 2,
        };
        let dearer = Pins::new(dearer, Secret::from("pepper"), 1, 1).unwrap();
        assert_eq!(
            dearer.check(&pin("1234"), Some(verifier)).await,
            Ok(Verdict::Matches)
        );
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
        assert_eq!(pins.check_in_bulk(&pin("1234"), verifier).await, Verdict::Matches);
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
