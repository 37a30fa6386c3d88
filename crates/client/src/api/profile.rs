//! What a user finds at every phone, and the lock for a stolen PIN; both of `hotdesk.v1.Directory`.

use hotdesk_proto::v1;

use super::directory::directory;
use crate::call::call;
use crate::call::judge::Kind;
use crate::client::{Client, bytes};
use crate::error::Error;

impl Client {
    /// Sets what a user (by id, alias, e-mail, extension or number) finds at every phone, and what happens to the
    /// user's calls; `None` leaves either as it is.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody has the name, or a field breaks its rule.
    pub async fn put_profile(
        &self,
        user: &str,
        profile: Option<v1::Profile>,
        calls: Option<v1::CallSettings>,
    ) -> Result<v1::PutProfileResponse, Error> {
        let id = self.next_request_id();
        let message = v1::PutProfileRequest {
            request_id: bytes(id),
            user: user.into(),
            profile,
            calls,
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "change of the profile",
            message,
            |channel, request| async move { directory(channel).put_profile(request).await },
        )
        .await
    }

    /// What a user finds at every phone, and what happens to the user's calls.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody has the name; [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn profile(
        &self,
        user: &str,
        consistency: v1::Consistency,
    ) -> Result<v1::GetProfileResponse, Error> {
        let message = v1::GetProfileRequest {
            user: user.into(),
            consistency: consistency.into(),
        };
        call(
            self,
            Kind::Repeatable,
            "lookup of the profile",
            message,
            |channel, request| async move { directory(channel).get_profile(request).await },
        )
        .await
    }

    /// Locks a user out until `until_ms` (milliseconds since the Unix epoch) and ends all the user's sessions.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody has the name, or the time is not in the future or too far ahead.
    pub async fn lock_user(
        &self,
        user: &str,
        until_ms: u64,
        note: &str,
    ) -> Result<v1::LockUserResponse, Error> {
        let id = self.next_request_id();
        let message = v1::LockUserRequest {
            request_id: bytes(id),
            user: user.into(),
            until_ms,
            note: note.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "lock of the user",
            message,
            |channel, request| async move { directory(channel).lock_user(request).await },
        )
        .await
    }
}
