//! `hotdesk.v1.Sessions`: log in, log out, look up, watch.

use std::time::Duration;

use tonic::Streaming;
use tonic::transport::Channel;

use hotdesk_core::RequestId;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use hotdesk_proto::v1::{self, logout_request, who_request};

use super::ANSWER_BYTES_MAX;
use super::login_stream::LoginStream;
use crate::call::call;
use crate::call::judge::{Attempts, Kind, Verdict};
use crate::call::observe::{Problem, observe};
use crate::client::{Client, bytes};
use crate::endpoints::Node;
use crate::error::Error;
use crate::secret::Pin;

/// Sessions.
impl Client {
    /// Logs a user (by id, alias, e-mail or extension) in at a phone. Ends, in the same log entry, what the
    /// policy says must end; the answer lists it.
    ///
    /// # Errors
    /// [`Error::Refused`]: unknown user or phone, wrong PIN, locked, the policy says no. Any other as
    /// documented there.
    pub async fn login(&self, user: &str, device: &str, pin: &Pin) -> Result<v1::LoginResponse, Error> {
        self.login_with(user, device, pin.reveal(), false).await
    }

    /// Logs a user in without a PIN: the caller vouches for the user. Only where the node's configuration
    /// allows it.
    ///
    /// # Errors
    /// As [`login`](Self::login).
    pub async fn login_vouched(&self, user: &str, device: &str) -> Result<v1::LoginResponse, Error> {
        self.login_with(user, device, "", true).await
    }

    /// Opens a stream for many logins at once: see [`LoginStream`].
    #[must_use]
    pub fn login_stream(&self) -> LoginStream {
        LoginStream::new(self.clone())
    }

    async fn login_with(
        &self,
        user: &str,
        device: &str,
        pin: &str,
        vouched: bool,
    ) -> Result<v1::LoginResponse, Error> {
        let id = self.next_request_id();
        let message = self.login_request(id, user, device, pin, vouched);
        call(
            self,
            Kind::Write(id),
            "login",
            message,
            |channel, request| async move { sessions(channel).login(request).await },
        )
        .await
    }

    pub(super) fn login_request(
        &self,
        id: RequestId,
        user: &str,
        device: &str,
        pin: &str,
        vouched: bool,
    ) -> v1::LoginRequest {
        v1::LoginRequest {
            request_id: bytes(id),
            user: user.into(),
            device: device.into(),
            pin: pin.into(),
            vouched,
            by: self.by(),
        }
    }

    /// Ends the session at a phone, or all sessions of a user; with `epoch` only the session that has it.
    /// Ending nothing is no error.
    ///
    /// # Errors
    /// [`Error::Refused`]: unknown user or phone, or the session there has another epoch.
    pub async fn logout(
        &self,
        target: logout_request::Target,
        epoch: Option<u64>,
    ) -> Result<v1::LogoutResponse, Error> {
        let id = self.next_request_id();
        let message = v1::LogoutRequest {
            request_id: bytes(id),
            target: Some(target),
            epoch: epoch.unwrap_or(0),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "logout",
            message,
            |channel, request| async move { sessions(channel).logout(request).await },
        )
        .await
    }

    /// [`logout`](Self::logout) of whoever uses a phone.
    ///
    /// # Errors
    /// As there.
    pub async fn logout_device(&self, device: &str) -> Result<v1::LogoutResponse, Error> {
        self.logout(logout_request::Target::Device(device.into()), None)
            .await
    }

    /// [`logout`](Self::logout) of a user wherever they are.
    ///
    /// # Errors
    /// As there.
    pub async fn logout_user(&self, user: &str) -> Result<v1::LogoutResponse, Error> {
        self.logout(logout_request::Target::User(user.into()), None).await
    }

    /// Where a user (by extension, or another name) can be reached. No binding in the answer: nowhere.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody has the name; [`Error::Failed`] when the cluster cannot answer at this
    /// consistency.
    pub async fn resolve(
        &self,
        name: &str,
        consistency: v1::Consistency,
    ) -> Result<v1::ResolveResponse, Error> {
        let message = v1::ResolveRequest {
            name: name.into(),
            consistency: consistency.into(),
        };
        call(
            self,
            Kind::Repeatable,
            "lookup",
            message,
            |channel, request| async move { sessions(channel).resolve(request).await },
        )
        .await
    }

    /// Everything about one user or phone.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub async fn who(
        &self,
        subject: who_request::Subject,
        consistency: v1::Consistency,
    ) -> Result<v1::WhoResponse, Error> {
        let message = v1::WhoRequest {
            subject: Some(subject),
            consistency: consistency.into(),
        };
        call(
            self,
            Kind::Repeatable,
            "lookup",
            message,
            |channel, request| async move { sessions(channel).who(request).await },
        )
        .await
    }

    /// Reports activity, at most 1000 items; returns how many belonged to a session that still exists. May be
    /// repeated without harm.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn touch(&self, items: Vec<v1::Activity>) -> Result<u32, Error> {
        let message = v1::TouchRequest { items, by: self.by() };
        let answer = call(
            self,
            Kind::Repeatable,
            "activity report",
            message,
            |channel, request| async move { sessions(channel).touch(request).await },
        );
        Ok(answer.await?.noted)
    }

    /// Reports which phones edges serve, at most 1000 items; only what has changed since the last report. Returns
    /// how many named a known phone and a known edge.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Unknown`] or [`Error::NoEndpoint`].
    pub async fn report_serving(&self, items: Vec<v1::ServedDevice>) -> Result<u32, Error> {
        let id = self.next_request_id();
        let message = v1::ReportServingRequest {
            request_id: bytes(id),
            items,
            by: self.by(),
        };
        let answer = call(
            self,
            Kind::Write(id),
            "report of registrations",
            message,
            |channel, request| async move { sessions(channel).report_serving(request).await },
        );
        Ok(answer.await?.noted)
    }

    /// Leaves a phone alone until `until_ms` (milliseconds since the Unix epoch, at most 24 hours ahead): nobody logs
    /// in or out there. 0 releases it.
    ///
    /// # Errors
    /// [`Error::Refused`] when no phone has the id, or the time is too far ahead.
    pub async fn hold_device(
        &self,
        device: &str,
        until_ms: u64,
        reason: &str,
    ) -> Result<v1::HoldDeviceResponse, Error> {
        let id = self.next_request_id();
        let message = v1::HoldDeviceRequest {
            request_id: bytes(id),
            device: device.into(),
            until_ms,
            reason: reason.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "hold of the phone",
            message,
            |channel, request| async move { sessions(channel).hold_device(request).await },
        )
        .await
    }

    /// Reports what phones show, at most 1000 items. Returns how many named a known phone, and a
    /// stamp that it may show.
    ///
    /// # Errors
    /// [`Error::Failed`], [`Error::Unknown`] or [`Error::NoEndpoint`].
    pub async fn report_shown(&self, items: Vec<v1::ShownItem>) -> Result<u32, Error> {
        let id = self.next_request_id();
        let message = v1::ReportShownRequest {
            request_id: bytes(id),
            items,
            by: self.by(),
        };
        let answer = call(
            self,
            Kind::Write(id),
            "report of what phones show",
            message,
            |channel, request| async move { sessions(channel).report_shown(request).await },
        );
        Ok(answer.await?.noted)
    }

    /// Opens one watch stream at one node and returns it as it is. It ends when that node does; use
    /// [`Follower`](crate::Follower) to go on elsewhere.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub async fn watch_raw(&self, message: v1::WatchRequest) -> Result<Streaming<v1::WatchResponse>, Error> {
        call(
            self,
            Kind::Repeatable,
            "watch",
            message,
            |channel, mut request| async move {
                // A watch has no end, and a server would apply the header to all of it.
                request.metadata_mut().remove("grpc-timeout");
                sessions(channel).watch(request).await
            },
        )
        .await
    }

    /// Opens one watch stream at this very node; one attempt.
    pub(crate) async fn watch_at(
        &self,
        node: &Node,
        message: v1::WatchRequest,
        limit: Duration,
    ) -> Result<Streaming<v1::WatchResponse>, Error> {
        let request = self.request(message);
        let problem = match tokio::time::timeout(limit, sessions(node.channel()).watch(request)).await {
            Ok(Ok(response)) => return Ok(response.into_inner()),
            Ok(Err(status)) => observe(&status),
            Err(_elapsed) => Problem::too_slow(limit),
        };
        let mut attempts = Attempts::new(Kind::Repeatable, "watch");
        match attempts.judge(&node.address, problem, 1, Duration::ZERO, 0.0) {
            Verdict::GiveUp(error) => Err(error),
            Verdict::Again(_) => Err(attempts.give_up()),
        }
    }
}

pub(super) fn sessions(channel: Channel) -> SessionsClient<Channel> {
    SessionsClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX)
}
