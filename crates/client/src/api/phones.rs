//! `hotdesk.v1.Phones`: what phones show, which ones wait for approval, and how new ones come in.

use tonic::transport::Channel;

use hotdesk_proto::v1;
use hotdesk_proto::v1::phones_client::PhonesClient;

use super::ANSWER_BYTES_MAX;
use crate::call::call;
use crate::call::judge::Kind;
use crate::client::{Client, bytes};
use crate::error::Error;

/// Phones. All of it needs the administrators' token where there is one.
impl Client {
    /// One page of phones with what they show, in order of their ids.
    ///
    /// # Errors
    /// [`Error::Refused`] when no site has the id; [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn list_phones(&self, page: v1::ListPhonesRequest) -> Result<v1::ListPhonesResponse, Error> {
        call(
            self,
            Kind::Repeatable,
            "list of phones",
            page,
            |channel, request| async move { phones(channel).list_phones(request).await },
        )
        .await
    }

    /// Phones that asked for a document and that nobody knows; at most 1000.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn list_waiting(&self, consistency: v1::Consistency) -> Result<v1::ListWaitingResponse, Error> {
        let message = v1::ListWaitingRequest {
            consistency: consistency.into(),
        };
        call(
            self,
            Kind::Repeatable,
            "list of waiting phones",
            message,
            |channel, request| async move { phones(channel).list_waiting(request).await },
        )
        .await
    }

    /// Takes a phone in: puts its record, gives it a password and opens its enrolment window. What the record leaves
    /// empty is taken from what the phone told while it waited.
    ///
    /// # Errors
    /// [`Error::Refused`] when another record of its id or address is there, or a field breaks its rule;
    /// [`Error::Failed`] when the node has no line key.
    pub async fn approve_device(&self, device: v1::Device) -> Result<v1::ApproveDeviceResponse, Error> {
        let id = self.next_request_id();
        let message = v1::ApproveDeviceRequest {
            request_id: bytes(id),
            device: Some(device),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "approval of the phone",
            message,
            |channel, request| async move { phones(channel).approve_device(request).await },
        )
        .await
    }

    /// Takes a phone off the waiting list; it comes back when it asks again.
    ///
    /// # Errors
    /// [`Error::Failed`] when this is no phone's address.
    pub async fn decline_waiting(&self, mac: &str) -> Result<v1::DeclineWaitingResponse, Error> {
        let id = self.next_request_id();
        let message = v1::DeclineWaitingRequest {
            request_id: bytes(id),
            mac: mac.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "refusal of the phone",
            message,
            |channel, request| async move { phones(channel).decline_waiting(request).await },
        )
        .await
    }

    /// Opens a known phone's enrolment window until `until_ms` (milliseconds since the Unix epoch, at most 24 hours
    /// ahead); 0 closes it.
    ///
    /// # Errors
    /// [`Error::Refused`] when no phone has the id, or the time is too far ahead.
    pub async fn reopen_enrolment(
        &self,
        device: &str,
        until_ms: u64,
    ) -> Result<v1::ReopenEnrolmentResponse, Error> {
        let id = self.next_request_id();
        let message = v1::ReopenEnrolmentRequest {
            request_id: bytes(id),
            device: device.into(),
            until_ms,
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "change of the enrolment window",
            message,
            |channel, request| async move { phones(channel).reopen_enrolment(request).await },
        )
        .await
    }

    /// Makes phones load their documents again: at most 1000 in one call. What they should show rises to the answer's
    /// index.
    ///
    /// # Errors
    /// [`Error::Refused`] when no phone has one of the ids, or these are too many; then none is told.
    pub async fn reload_phones(&self, devices: Vec<String>) -> Result<v1::ReloadPhonesResponse, Error> {
        let id = self.next_request_id();
        let message = v1::ReloadPhonesRequest {
            request_id: bytes(id),
            devices,
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "reloading of the phones",
            message,
            |channel, request| async move { phones(channel).reload_phones(request).await },
        )
        .await
    }

    /// Makes a token with which `uses` phones (1 to 1000) enrol themselves at a site until `until_ms` (at most 30 days
    /// ahead). The token is in the answer and cannot be read again: keep it out of logs.
    ///
    /// # Errors
    /// [`Error::Refused`] when no site has the id or a number breaks its rule; [`Error::Failed`] when the node has no
    /// line key.
    pub async fn create_enrolment_token(
        &self,
        site: &str,
        uses: u32,
        until_ms: u64,
        note: &str,
    ) -> Result<v1::CreateEnrolmentTokenResponse, Error> {
        let id = self.next_request_id();
        let message = v1::CreateEnrolmentTokenRequest {
            request_id: bytes(id),
            site: site.into(),
            uses,
            until_ms,
            note: note.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(id),
            "making of the enrolment token",
            message,
            |channel, request| async move { phones(channel).create_enrolment_token(request).await },
        )
        .await
    }

    /// The enrolment tokens that can still be used.
    ///
    /// # Errors
    /// [`Error::Failed`] or [`Error::NoEndpoint`].
    pub async fn enrolment_tokens(
        &self,
        consistency: v1::Consistency,
    ) -> Result<v1::ListEnrolmentTokensResponse, Error> {
        let message = v1::ListEnrolmentTokensRequest {
            consistency: consistency.into(),
        };
        call(
            self,
            Kind::Repeatable,
            "list of enrolment tokens",
            message,
            |channel, request| async move { phones(channel).list_enrolment_tokens(request).await },
        )
        .await
    }

    /// Takes an enrolment token back, by its id: the first hexadecimal digits of its SHA-256, at least 8. Phones that
    /// came in with it stay.
    ///
    /// # Errors
    /// [`Error::Failed`] when the id is too short or more than one token begins with it.
    pub async fn delete_enrolment_token(&self, id: &str) -> Result<v1::DeleteEnrolmentTokenResponse, Error> {
        let request_id = self.next_request_id();
        let message = v1::DeleteEnrolmentTokenRequest {
            request_id: bytes(request_id),
            id: id.into(),
            by: self.by(),
        };
        call(
            self,
            Kind::Write(request_id),
            "deletion of the enrolment token",
            message,
            |channel, request| async move { phones(channel).delete_enrolment_token(request).await },
        )
        .await
    }

    /// Where one phone finds its documents and its login application. Whoever has these addresses can act as the
    /// phone: keep them out of logs.
    ///
    /// # Errors
    /// [`Error::Refused`] when no phone has the id; [`Error::Failed`] when it has no generated password, or the node
    /// serves no phones.
    pub async fn device_urls(&self, device: &str) -> Result<v1::DeviceUrlsResponse, Error> {
        let message = v1::DeviceUrlsRequest {
            device: device.into(),
        };
        call(
            self,
            Kind::Repeatable,
            "lookup of the phone's addresses",
            message,
            |channel, request| async move { phones(channel).device_urls(request).await },
        )
        .await
    }
}

fn phones(channel: Channel) -> PhonesClient<Channel> {
    PhonesClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX)
}
