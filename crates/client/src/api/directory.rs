//! `hotdesk.v1.Directory`: sites, groups, users, phones. (Import: see `import.rs`.)

use tonic::transport::Channel;

use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_client::DirectoryClient;

use super::ANSWER_BYTES_MAX;
use crate::call::call;
use crate::call::judge::Kind;
use crate::client::{Client, bytes};
use crate::error::Error;
use crate::secret::{DeviceSecret, Pin};

/// The six ways to put a record, alike but for the type.
macro_rules! put {
    ($(#[$doc:meta])* $method:ident, $rpc:ident, $request:ident { $field:ident: $record:ty }, $what:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Error::Refused`] when a field breaks its rule or names something that does not exist.
        pub async fn $method(&self, $field: $record) -> Result<v1::PutResponse, Error> {
            let id = self.next_request_id();
            let message = v1::$request {
                request_id: bytes(id),
                $field: Some($field),
                by: self.by(),
            };
            call(self, Kind::Write(id), $what, message, |channel, request| async move {
                directory(channel).$rpc(request).await
            })
            .await
        }
    };
}

/// The five ways to delete one.
macro_rules! delete {
    ($(#[$doc:meta])* $method:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Error::Refused`] while something still names the record.
        pub async fn $method(&self, id: &str) -> Result<v1::DeleteResponse, Error> {
            let request_id = self.next_request_id();
            let message = v1::DeleteRequest {
                request_id: bytes(request_id),
                id: id.into(),
                by: self.by(),
            };
            call(self, Kind::Write(request_id), $what, message, |channel, request| async move {
                directory(channel).$method(request).await
            })
            .await
        }
    };
}

/// The five ways to list a page.
macro_rules! list {
    ($(#[$doc:meta])* $method:ident, $response:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Error::Failed`] or [`Error::NoEndpoint`].
        pub async fn $method(&self, page: v1::ListRequest) -> Result<v1::$response, Error> {
            call(self, Kind::Repeatable, $what, page, |channel, request| async move {
                directory(channel).$method(request).await
            })
            .await
        }
    };
}

/// The directory.
impl Client {
    put!(
        /// Creates or replaces a site.
        put_site, put_site, PutSiteRequest { site: v1::Site }, "change of the site"
    );
    put!(
        /// Creates or replaces a group.
        put_group, put_group, PutGroupRequest { group: v1::Group }, "change of the group"
    );
    put!(
        /// Creates or replaces a user; the PIN stays as it is.
        put_user, put_user, PutUserRequest { user: v1::User }, "change of the user"
    );
    put!(
        /// Creates or replaces a phone.
        put_device, put_device, PutDeviceRequest { device: v1::Device }, "change of the phone"
    );
    put!(
        /// Creates or replaces an edge, as it announces itself.
        put_edge, put_edge, PutEdgeRequest { edge: v1::Edge }, "change of the edge"
    );
    put!(
        /// Sets the policy of users whose group says nothing else.
        put_defaults, put_defaults, PutDefaultsRequest { policy: v1::Policy }, "change of the default policy"
    );
    delete!(
        /// Deletes a site. Deleting what does not exist succeeds.
        delete_site, "deletion of the site"
    );
    delete!(
        /// Deletes a group. Deleting what does not exist succeeds.
        delete_group, "deletion of the group"
    );
    delete!(
        /// Deletes a user and ends the user's sessions. Deleting what does not exist succeeds.
        delete_user, "deletion of the user"
    );
    delete!(
        /// Deletes a phone and ends the session there. Deleting what does not exist succeeds.
        delete_device, "deletion of the phone"
    );
    delete!(
        /// Deletes an edge; what it served is served by nobody. Deleting what does not exist succeeds.
        delete_edge, "deletion of the edge"
    );
    list!(
        /// One page of sites, in order of ids. All of them: [`sites`](Self::sites).
        list_sites, ListSitesResponse, "list of sites"
    );
    list!(
        /// One page of groups, in order of ids. All of them: [`groups`](Self::groups).
        list_groups, ListGroupsResponse, "list of groups"
    );
    list!(
        /// One page of users, in order of ids. All of them: [`users`](Self::users).
        list_users, ListUsersResponse, "list of users"
    );
    list!(
        /// One page of phones, in order of ids. All of them: [`devices`](Self::devices).
        list_devices, ListDevicesResponse, "list of phones"
    );

    list!(
        /// One page of edges, in order of ids. All of them: [`edges`](Self::edges).
        list_edges, ListEdgesResponse, "list of edges"
    );

    /// Sets, generates or removes the password of a phone's own SIP account. A generated one is in the answer and
    /// cannot be read again.
    ///
    /// # Errors
    /// [`Error::Refused`] when no phone has the id; [`Error::Failed`] when the password breaks its rule or the node
    /// has no line key.
    pub async fn set_device_secret(
        &self,
        device: &str,
        secret: DeviceSecret,
    ) -> Result<v1::SetDeviceSecretResponse, Error> {
        use v1::set_device_secret_request::Secret;
        let id = self.next_request_id();
        let message = v1::SetDeviceSecretRequest {
            request_id: bytes(id),
            device: device.into(),
            secret: Some(match &secret {
                DeviceSecret::Password(password) => Secret::Password(password.as_str().to_owned()),
                DeviceSecret::Generate | DeviceSecret::GenerateAndRevoke => Secret::Generate(true),
                DeviceSecret::Remove => Secret::Remove(true),
            }),
            by: self.by(),
            revoke: matches!(secret, DeviceSecret::GenerateAndRevoke),
        };
        call(
            self,
            Kind::Write(id),
            "change of the phone's password",
            message,
            |channel, request| async move { directory(channel).set_device_secret(request).await },
        )
        .await
    }

    /// Sets a user's PIN (4 to 32 digits), or removes it with `None`. The node hashes it before anything is
    /// replicated.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody has the name; [`Error::Failed`] when the PIN breaks its rule.
    pub async fn set_pin(&self, user: &str, pin: Option<&Pin>) -> Result<v1::SetPinResponse, Error> {
        let id = self.next_request_id();
        let message = v1::SetPinRequest {
            request_id: bytes(id),
            user: user.into(),
            pin: pin.map_or_else(String::new, |pin| pin.reveal().to_owned()),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "change of the PIN",
            message,
            |channel, request| async move { directory(channel).set_pin(request).await },
        )
        .await
    }

    /// The policy of users whose group says nothing else, with every field set.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn defaults(&self) -> Result<v1::Policy, Error> {
        let message = v1::GetDefaultsRequest {};
        let answer = call(
            self,
            Kind::Repeatable,
            "default policy",
            message,
            |channel, request| async move { directory(channel).get_defaults(request).await },
        );
        Ok(answer.await?.policy.unwrap_or_default())
    }
}

pub(super) fn directory(channel: Channel) -> DirectoryClient<Channel> {
    DirectoryClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX)
}
