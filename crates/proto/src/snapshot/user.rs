//! Users as snapshots keep them: with credential and failures.

use hotdesk_core::{Credential, LoginFailures, TimeMs, User};

use crate::convert::{Invalid, part, put_user};
use crate::internal::v1::StoredUser;

impl From<&User> for StoredUser {
    fn from(user: &User) -> Self {
        let credential = user.credential.as_ref();
        Self {
            user: Some(put_user(user)),
            credential_version: credential.map_or(0, |credential| credential.version),
            verifier: credential.map(|credential| (*credential.verifier).into()),
            failures: user.failures.count,
            failures_window_start_ms: user.failures.window_start.0,
            locked_until_ms: user.failures.locked_until.map(|until| until.0),
            changed: user.changed,
            visits_ended: user.visits_ended,
        }
    }
}

impl TryFrom<StoredUser> for User {
    type Error = Invalid;
    fn try_from(stored: StoredUser) -> Result<Self, Invalid> {
        let version = stored.credential_version;
        Ok(Self {
            credential: stored.verifier.map(|verifier| Credential {
                version,
                verifier: verifier.into(),
            }),
            failures: LoginFailures {
                count: stored.failures,
                window_start: TimeMs(stored.failures_window_start_ms),
                locked_until: stored.locked_until_ms.map(TimeMs),
            },
            changed: stored.changed,
            visits_ended: stored.visits_ended,
            ..part("user", stored.user, "the user's record")?
        })
    }
}
