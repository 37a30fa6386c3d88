//! Login: the PIN is checked here, the rest is decided by the cluster.
//!
//! The check is against this node's copy, which may be behind. So a PIN that does not match is checked once
//! more against a copy that is not, before anybody is told that it is wrong; and a PIN that does match goes
//! into the proposal as the version of the credential it was checked against, which the cluster refuses when
//! there is a newer one. An old PIN is not accepted and a new one not refused, wherever it was changed a
//! moment ago.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use hotdesk_core::{
    Action, Actor, DeviceId, Done, EndedSession, Refusal, RequestId, Session, State, TimeMs, UserId, UserName,
};
use hotdesk_proto::convert::name;
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use super::call::Call;
use super::request::{actor, new_request_id, request_id};
use super::{Error, Shared};
use crate::guesses::{Guess, Origin};
use crate::pins::{Pin, Verdict};
use crate::telemetry::{self, note};

/// A second proposal after the PIN was found to have changed in between needs an id of its own, because the
/// refusal of the first is remembered under the caller's; and the same id in every retry.
const SECOND_TRY: u128 = 0x7365_636f_6e64_2074_7279_206f_6620_6974;

/// Within this a wrong PIN is counted, however little time the caller gave.
const COUNT_WITHIN: Duration = Duration::from_secs(5);
/// So much later than its deadline a caller is answered at most: what knows whether anything happened has the first word.
const LATE: Duration = Duration::from_millis(500);

/// What is asked, with names parsed. gRPC, phones and web pages all come here, so that there is one order of
/// checks and one count of wrong PINs.
#[derive(Clone)]
pub(crate) struct Login {
    /// Who, by any name.
    pub(crate) user: UserName,
    /// Where; for a check without a login, what the event of a lockout names.
    pub(crate) device: DeviceId,
    /// Where the PIN comes from.
    pub(crate) origin: Origin,
    /// Who asks.
    pub(crate) by: Actor,
    /// The same in every retry.
    pub(crate) request_id: RequestId,
    /// When it must have been answered.
    pub(crate) deadline: Instant,
}

/// How somebody shows to be the user.
#[derive(Debug)]
pub(crate) enum Proof {
    /// With the PIN.
    Pin(Pin),
    /// The caller says so, and has been found worthy of it.
    Vouched,
}

/// A login that was done.
#[derive(Debug)]
pub(crate) struct LoggedIn {
    /// The session.
    pub(crate) session: Session,
    /// It had begun before.
    pub(crate) already: bool,
    /// What ended in the same entry.
    pub(crate) ended: Vec<EndedSession>,
    /// The log index of the entry.
    pub(crate) index: u64,
}

/// Somebody who typed the right PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Who.
    pub(crate) user: UserId,
    /// The version of the credential that the PIN matches.
    pub(crate) version: u64,
    /// The log index of the copy that it was checked against, which was not behind.
    pub(crate) index: u64,
}

/// Logs somebody in.
///
/// # Errors
/// As the public API's Login.
pub(crate) async fn log_in(shared: &Arc<Shared>, login: Login, proof: Proof) -> Result<LoggedIn, Error> {
    let work = Arc::clone(shared);
    let done = to_the_end(login.deadline, async move {
        match proof {
            Proof::Vouched => login.propose(&work, login.request_id, None).await,
            Proof::Pin(pin) => {
                let pin = Arc::new(pin);
                login.not_checked_while_cut_off(&work).await?;
                // Boxed, so that the futures of callers do not grow with it.
                alike(login.deadline, login.with_pin(&work, &pin).boxed()).await
            }
        }
    })
    .await?;
    tracing::info!(
        user_id = done.session.user.as_str(),
        device_id = done.session.device.as_str(),
        site_id = done.session.site.as_str(),
        epoch = done.session.epoch.0,
        log_index = done.index,
        already = done.already,
        ended = done.ended.len(),
        "logged in"
    );
    Ok(done)
}

/// Checks a PIN as a login does, counts it when it is wrong, and logs nobody in: for people's own page.
/// Against a copy that is not behind, so that no lock is overlooked.
///
/// # Errors
/// As [`log_in`], as far as the user is concerned.
pub(crate) async fn check_pin(shared: &Arc<Shared>, login: &Login, pin: Pin) -> Result<Known, Error> {
    let (work, checked) = (Arc::clone(shared), login.clone());
    to_the_end(login.deadline, async move {
        checked.not_checked_while_cut_off(&work).await?;
        alike(checked.deadline, checked.known(&work, &Arc::new(pin)).boxed()).await
    })
    .await
}

/// What fails because the cluster does not answer fails in one way, whatever the work had found out before. Never returns
/// such a failure: [`to_the_end`], in which this runs, says "unknown" when the time is up.
async fn alike<T>(deadline: Instant, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match work.await {
        Err(Error::Failure(Failure::NoLeader | Failure::Timeout | Failure::Unknown)) => {
            tokio::time::sleep_until(deadline + LATE + LATE).await;
            Err(Failure::Unknown.into())
        }
        // The node ends, and nobody is to wait for that.
        Err(Error::Failure(Failure::Stopped { .. } | Failure::ShuttingDown)) => Err(Failure::Unknown.into()),
        answer => answer,
    }
}

/// Works to the end though nobody may wait for it any more. Whoever hung up at the right moment, or gave just so little
/// time, would learn what a right PIN does, and have none of the wrong ones counted.
pub(super) async fn to_the_end<T: Send + 'static>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::spawn(work.in_current_span());
    match timeout_at(deadline + LATE, task).await {
        Ok(Ok(done)) => done,
        // It still works, or the node stops: whether the log has it is not known here.
        Err(_) | Ok(Err(_)) => Err(Failure::Unknown.into()),
    }
}

pub(super) async fn login(
    shared: &Arc<Shared>,
    call: Call,
    origin: Origin,
    request: v1::LoginRequest,
) -> Result<v1::LoginResponse, Error> {
    let answer = asked(shared, call, origin, request).await;
    let outcome = answer.as_ref().map_or_else(Error::name, |_| "done");
    shared.metrics.login(outcome);
    answer
}

async fn asked(
    shared: &Arc<Shared>,
    call: Call,
    origin: Origin,
    mut request: v1::LoginRequest,
) -> Result<v1::LoginResponse, Error> {
    // Taken out first of all, so that it is wiped whatever happens next.
    let typed = std::mem::take(&mut request.pin);
    let pin = if typed.is_empty() {
        None
    } else {
        Some(Pin::parse(typed))
    };
    let login = Login {
        user: name("user", &request.user)?,
        device: name("device", &request.device)?,
        origin,
        by: actor(&request.by, shared.node_id),
        request_id: request_id(&request.request_id)?,
        deadline: call.deadline,
    };
    note(telemetry::USER_ID, &login.user);
    note(telemetry::DEVICE_ID, &login.device);
    let proof = match pin {
        None if request.vouched => {
            shared.auth.vouch(&call.metadata)?;
            Proof::Vouched
        }
        None => return Err(Failure::PinRequired.into()),
        Some(_) if request.vouched => {
            return Err(Error::invalid(
                "vouched",
                "must not come with a PIN: either is enough",
            ));
        }
        Some(Err(invalid)) => return Err(Error::invalid("pin", invalid.to_string())),
        Some(Ok(pin)) => Proof::Pin(pin),
    };
    let done = log_in(shared, login, proof).await?;
    Ok(v1::LoginResponse {
        session: Some((&done.session).into()),
        already: done.already,
        ended: done.ended.iter().map(Into::into).collect(),
        index: done.index,
    })
}

/// What a check of a PIN found.
enum Checked {
    /// It matches this version of the credential.
    Matches(u64),
    /// It does not match.
    Wrong(UserId),
    /// This node cannot tell.
    OtherPepper,
    /// There is nothing it could match.
    NoCredential(UserId),
    /// There is nobody it could belong to.
    UnknownUser,
}

impl Login {
    async fn with_pin(&self, shared: &Shared, pin: &Arc<Pin>) -> Result<LoggedIn, Error> {
        let guess = self.guess(shared);
        let version = self.check(shared, &guess, pin).await?;
        let mut decided = self.propose(shared, self.request_id, Some(version)).await;
        if matches!(decided, Err(Error::Refusal(Refusal::CredentialChanged { .. }))) {
            let newer = self
                .check_against(shared, shared.catch_up(self.deadline).await?, pin)
                .await?;
            let newer = self.version_or_refusal(shared, &guess, newer).await?;
            let second = RequestId(self.request_id.0 ^ SECOND_TRY);
            decided = self.propose(shared, second, Some(newer)).await;
        }
        if matches!(decided, Err(Error::Refusal(Refusal::UserLocked { .. }))) {
            // A wrong PIN is answered the same here, and the count must not tell them apart.
            guess.wrong()?;
        }
        decided
    }

    /// What is counted when the PIN turns out to be wrong.
    fn guess<'a>(&'a self, shared: &'a Shared) -> Guess<'a> {
        let state = shared.cluster.local().state;
        shared
            .guesses
            .guess(&shared.metrics, &state, &self.device, self.origin)
    }

    async fn propose(
        &self,
        shared: &Shared,
        request_id: RequestId,
        credential_version: Option<u64>,
    ) -> Result<LoggedIn, Error> {
        let action = Action::Login {
            user: self.user.clone(),
            device: self.device.clone(),
            credential_version,
        };
        let decided = shared
            .propose(self.deadline, self.by.clone(), Some(request_id), action)
            .await?;
        match decided.done {
            Done::LoggedIn {
                session,
                already,
                ended,
            } => Ok(LoggedIn {
                session,
                already,
                ended,
                index: decided.index,
            }),
            _ => Err(decided.unexpected()),
        }
    }

    /// Fails, for everybody in the same way, while nothing can be counted.
    async fn not_checked_while_cut_off(&self, shared: &Shared) -> Result<(), Error> {
        if shared.cluster.local().cut_off {
            shared.catch_up(self.deadline).await?;
        }
        Ok(())
    }

    /// Whose PIN it is, by a copy that is not behind.
    async fn known(&self, shared: &Shared, pin: &Arc<Pin>) -> Result<Known, Error> {
        let guess = self.guess(shared);
        let version = self.check(shared, &guess, pin).await?;
        let state = shared.catch_up(self.deadline).await?;
        let unknown = || Refusal::UnknownUser {
            name: self.user.clone(),
        };
        let user = state.find_user(&self.user).ok_or_else(unknown)?;
        let id = user.id.clone();
        if !user.enabled {
            return Err(Refusal::UserDisabled { user: id }.into());
        }
        let clock = state.clock().max(now());
        if let Some(until) = user.failures.locked_until.filter(|until| *until > clock) {
            guess.wrong()?;
            return Err(Refusal::UserLocked { user: id, until }.into());
        }
        match &user.credential {
            Some(credential) if credential.version == version => Ok(Known {
                user: id,
                version,
                index: state.index(),
            }),
            _ => Err(Refusal::CredentialChanged { user: id }.into()),
        }
    }

    /// The version of the credential that the PIN matches; otherwise counts the wrong PIN and says no.
    async fn check(&self, shared: &Shared, guess: &Guess<'_>, pin: &Arc<Pin>) -> Result<u64, Error> {
        guess.admit()?;
        let state = shared.cluster.local().state;
        let seen = self.credential_seen(&state);
        let mut checked = self.check_against(shared, state, pin).await?;
        if !matches!(checked, Checked::Matches(_)) {
            let fresh = shared.catch_up(self.counted_by()).await?;
            if self.credential_seen(&fresh) != seen {
                checked = self.check_against(shared, fresh, pin).await?;
            }
        }
        self.version_or_refusal(shared, guess, checked).await
    }

    fn credential_seen(&self, state: &State) -> Option<(UserId, Option<u64>)> {
        let user = state.find_user(&self.user)?;
        Some((
            user.id.clone(),
            user.credential.as_ref().map(|credential| credential.version),
        ))
    }

    /// Takes as long whether there is a user, a PIN, or neither.
    async fn check_against(&self, shared: &Shared, state: State, pin: &Arc<Pin>) -> Result<Checked, Error> {
        let user = state.find_user(&self.user).cloned();
        let credential = user.as_ref().and_then(|user| user.credential.clone());
        let verifier = credential
            .as_ref()
            .map(|credential| Arc::clone(&credential.verifier));
        let check = timeout_at(self.deadline, shared.pins.check(pin, verifier));
        let verdict = check.await.map_err(|_| Failure::Timeout)??;
        Ok(match (user, credential, verdict) {
            (Some(_), Some(credential), Verdict::Matches) => Checked::Matches(credential.version),
            (Some(user), Some(_), Verdict::Wrong) => Checked::Wrong(user.id.clone()),
            (Some(_), Some(_), Verdict::OtherPepper) => Checked::OtherPepper,
            (Some(user), None, _) => Checked::NoCredential(user.id.clone()),
            (None, _, _) => Checked::UnknownUser,
        })
    }

    /// Also counts what is wrong by where it came from. Here at the latest, so that of many that were looked at at the
    /// same time no more are told of than may be, and whoever hangs up is counted as well.
    async fn version_or_refusal(
        &self,
        shared: &Shared,
        guess: &Guess<'_>,
        checked: Checked,
    ) -> Result<u64, Error> {
        match &checked {
            Checked::Matches(_) | Checked::OtherPepper => guess.admit()?,
            Checked::Wrong(_) | Checked::NoCredential(_) | Checked::UnknownUser => guess.wrong()?,
        }
        match checked {
            Checked::Matches(version) => Ok(version),
            Checked::Wrong(user) => Err(self.wrong_pin(shared, user).await),
            Checked::OtherPepper => Err(Failure::Precondition {
                why: "this node cannot check the PIN, which was set with another pepper: pin.pepper_file must be \
                      the same at all nodes"
                    .into(),
            }
            .into()),
            Checked::NoCredential(user) => Err(Refusal::NoCredential { user }.into()),
            Checked::UnknownUser => Err(Refusal::UnknownUser {
                name: self.user.clone(),
            }
            .into()),
        }
    }

    /// When a PIN that does not match has been counted at the latest.
    fn counted_by(&self) -> Instant {
        self.deadline.max(Instant::now() + COUNT_WITHIN)
    }

    /// Counts the wrong PIN, in the whole cluster, and says how it stands. Each one counts, under an id of
    /// its own: with the caller's id, somebody could try all PINs under one id and be counted once.
    async fn wrong_pin(&self, shared: &Shared, user: UserId) -> Error {
        // A locked account needs no further entry in the log for each guess of somebody who goes on guessing.
        let state = shared.cluster.local().state;
        let clock = state.clock().max(now());
        let locked_until = state.user(&user).and_then(|user| user.failures.locked_until);
        if let Some(until) = locked_until.filter(|until| *until > clock) {
            return Refusal::UserLocked { user, until }.into();
        }
        let action = Action::ReportFailedLogin {
            user: user.clone(),
            device: self.device.clone(),
        };
        let report = shared.propose(self.counted_by(), self.by.clone(), Some(new_request_id()), action);
        match report.await.map(|decided| decided.done) {
            Ok(Done::FailureNoted {
                locked_until: Some(until),
                ..
            }) => {
                tracing::info!(
                    user_id = user.as_str(),
                    device_id = self.device.as_str(),
                    "user locked"
                );
                Refusal::UserLocked { user, until }.into()
            }
            Ok(Done::FailureNoted { remaining, .. }) => Failure::WrongPin { remaining }.into(),
            Ok(_) => Failure::Unknown.into(),
            // Nobody learns that a PIN is wrong unless it was counted, or a cut-off office could be asked for
            // ever.
            Err(error) => error,
        }
    }
}

/// This machine's clock. The log has its own; this one serves for what is due before the log has noticed.
pub(crate) fn now() -> TimeMs {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    TimeMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_is_done_though_the_caller_hangs_up() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, was_done) = oneshot::channel();
        let work = async move {
            let _ = gone.await;
            let _ = done.send(());
            Ok(())
        };
        let asked = tokio::spawn(to_the_end(Instant::now() + COUNT_WITHIN, work));
        tokio::task::yield_now().await;
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        was_done.await.unwrap();
    }

    /// A right PIN fails with the login, a wrong one with the count: at other moments, for other reasons.
    #[tokio::test]
    async fn when_the_cluster_does_not_answer_all_hear_the_same_and_nobody_sooner() {
        let start = Instant::now();
        let deadline = start + Duration::from_millis(20);
        let hears = |failure: Failure, after| async move {
            let work = async move {
                tokio::time::sleep_until(after).await;
                Err::<(), _>(failure.into())
            };
            let answer = to_the_end(deadline, alike(deadline, work)).await;
            assert_eq!(answer, Err(Failure::Unknown.into()));
            assert!(start.elapsed() >= Duration::from_millis(20) + LATE);
        };
        tokio::join!(
            hears(Failure::NoLeader, start),
            hears(Failure::Timeout, deadline),
            hears(Failure::Unknown, deadline + LATE / 2),
        );
    }

    #[tokio::test]
    async fn what_the_cluster_has_decided_is_told_at_once() {
        let deadline = Instant::now() + COUNT_WITHIN;
        for expected in [
            Ok(()),
            Err(Failure::WrongPin { remaining: Some(4) }.into()),
            Err(Failure::Overloaded.into()),
        ] {
            let (answer, work) = (expected.clone(), async move { expected });
            assert_eq!(to_the_end(deadline, alike(deadline, work)).await, answer);
        }
        assert!(Instant::now() < deadline);
    }

    #[tokio::test]
    async fn a_caller_with_little_time_is_answered_and_the_work_goes_on() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, was_done) = oneshot::channel();
        let work = async move {
            let _ = gone.await;
            let _ = done.send(());
            Ok(())
        };
        let answer = to_the_end(Instant::now(), work).await;
        assert_eq!(answer, Err(Failure::Unknown.into()));
        go.send(()).unwrap();
        was_done.await.unwrap();
    }
}
