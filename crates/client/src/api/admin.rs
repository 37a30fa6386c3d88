//! `hotdesk.v1.Admin`: the cluster, sessions, audit. (Backup: see `backup.rs`.)

use tonic::transport::Channel;

use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::{self, force_logout_request};

use super::ANSWER_BYTES_MAX;
use crate::call::call;
use crate::call::judge::Kind;
use crate::client::{Client, bytes};
use crate::error::Error;

/// Administration. Membership calls carry no request id: they are repeated only if they cannot have arrived,
/// and a lost answer is [`Error::Unknown`] without an id. Give them a longer
/// [deadline](Client::with_deadline): a new node must catch up.
impl Client {
    /// The cluster as the node asked sees it.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn cluster_status(&self) -> Result<v1::ClusterStatusResponse, Error> {
        let message = v1::ClusterStatusRequest {};
        call(
            self,
            Kind::Repeatable,
            "cluster status",
            message,
            |channel, request| async move { admin(channel).cluster_status(request).await },
        )
        .await
    }

    /// Adds a running, waiting node as learner: `address` is `host:port` as the other nodes reach it.
    ///
    /// # Errors
    /// [`Error::Failed`]: the node cannot be reached, or its id is in use.
    pub async fn add_learner(
        &self,
        node_id: u64,
        address: &str,
        site: &str,
    ) -> Result<v1::MembershipResponse, Error> {
        let message = v1::AddLearnerRequest {
            node_id,
            address: address.into(),
            site: site.into(),
        };
        call(
            self,
            Kind::Unrepeatable,
            "addition of the node",
            message,
            |channel, request| async move { admin(channel).add_learner(request).await },
        )
        .await
    }

    /// Makes a learner a voter, once it has caught up.
    ///
    /// # Errors
    /// [`Error::Failed`]: no such learner, or it is too far behind.
    pub async fn promote(&self, node_id: u64) -> Result<v1::MembershipResponse, Error> {
        let message = v1::NodeRequest { node_id };
        call(
            self,
            Kind::Unrepeatable,
            "promotion",
            message,
            |channel, request| async move { admin(channel).promote(request).await },
        )
        .await
    }

    /// Removes a voter or learner.
    ///
    /// # Errors
    /// [`Error::Failed`]: no such node, or it is the last voter.
    pub async fn remove(&self, node_id: u64) -> Result<v1::MembershipResponse, Error> {
        let message = v1::NodeRequest { node_id };
        call(
            self,
            Kind::Unrepeatable,
            "removal of the node",
            message,
            |channel, request| async move { admin(channel).remove(request).await },
        )
        .await
    }

    /// Hands leadership to a voter; returns who leads now.
    ///
    /// # Errors
    /// [`Error::Failed`]: no such voter, or it is too far behind.
    pub async fn transfer_leader(&self, node_id: u64) -> Result<u64, Error> {
        let message = v1::NodeRequest { node_id };
        let answer = call(
            self,
            Kind::Unrepeatable,
            "transfer of leadership",
            message,
            |channel, request| async move { admin(channel).transfer_leader(request).await },
        );
        Ok(answer.await?.leader_id)
    }

    /// One page of sessions, in order of device ids. All of them: [`sessions`](Self::sessions).
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn list_sessions(
        &self,
        page: v1::ListSessionsRequest,
    ) -> Result<v1::ListSessionsResponse, Error> {
        call(
            self,
            Kind::Repeatable,
            "list of sessions",
            page,
            |channel, request| async move { admin(channel).list_sessions(request).await },
        )
        .await
    }

    /// Ends sessions, at most 1000 at once; `more` in the answer says that there are others. `note` says why,
    /// for users and the audit trail.
    ///
    /// # Errors
    /// [`Error::Refused`]: unknown user, phone or site.
    pub async fn force_logout(
        &self,
        target: force_logout_request::Target,
        note: &str,
    ) -> Result<v1::ForceLogoutResponse, Error> {
        let id = self.next_request_id();
        let message = v1::ForceLogoutRequest {
            request_id: bytes(id),
            target: Some(target),
            note: note.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "forced logout",
            message,
            |channel, request| async move { admin(channel).force_logout(request).await },
        )
        .await
    }

    /// Lifts a user's lockout before its time.
    ///
    /// # Errors
    /// [`Error::Refused`]: nobody has the name.
    pub async fn unlock(&self, user: &str) -> Result<v1::UnlockResponse, Error> {
        let id = self.next_request_id();
        let message = v1::UnlockRequest {
            request_id: bytes(id),
            user: user.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "unlocking",
            message,
            |channel, request| async move { admin(channel).unlock(request).await },
        )
        .await
    }

    /// The audit trail, the newest first: what concerns this user or phone, or everything. `limit` 0 means
    /// 100, the most is 10000.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn audit(&self, subject: Option<&str>, limit: u32) -> Result<Vec<v1::Event>, Error> {
        let message = v1::AuditRequest {
            subject: subject.unwrap_or_default().into(),
            limit,
        };
        let answer = call(
            self,
            Kind::Repeatable,
            "audit trail",
            message,
            |channel, request| async move { admin(channel).audit(request).await },
        );
        Ok(answer.await?.events)
    }
}

pub(super) fn admin(channel: Channel) -> AdminClient<Channel> {
    AdminClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX)
}
