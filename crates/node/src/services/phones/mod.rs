//! `hotdesk.v1.Phones`: what phones show, and how new ones come in.

mod approve;
mod list;
mod tokens;
mod urls;

use std::sync::Arc;

use hotdesk_core::{Action, Done, MacAddress, TimeMs};
use hotdesk_proto::convert::name;
use hotdesk_proto::v1;
use hotdesk_proto::v1::phones_server::Phones;
use tonic::{Request, Response, Status};

use super::call::Call;
use super::request::{actor, consistency, request_id};
use super::{Error, Shared, now};
use crate::telemetry::{self, note};

/// The furthest that an enrolment window may reach ahead, in milliseconds (24 hours): in it, whoever knows a phone's
/// address can fetch its document, so it is as long as unpacking takes and no longer.
const WINDOW_MS_MAX: u64 = 24 * 3_600_000;

/// The service; a cheap clone.
#[derive(Clone)]
pub(crate) struct PhonesService {
    pub(crate) shared: Arc<Shared>,
    /// What serves phones here; `None` where nothing does.
    pub(crate) phones: Option<Arc<crate::phones::Phones>>,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Phones for PhonesService {
    async fn list_phones(&self, request: Request<v1::ListPhonesRequest>) -> Answer<v1::ListPhonesResponse> {
        self.shared
            .answer_admin(request, |call, message| list::phones(&self.shared, call, message))
            .await
    }

    async fn list_waiting(
        &self,
        request: Request<v1::ListWaitingRequest>,
    ) -> Answer<v1::ListWaitingResponse> {
        let waiting = async |call: Call, message: v1::ListWaitingRequest| {
            let (state, freshness) = self
                .shared
                .read(call.deadline, consistency(message.consistency)?)
                .await?;
            Ok(v1::ListWaitingResponse {
                phones: state.waiting().map(|phone| (&**phone).into()).collect(),
                freshness: Some(freshness),
            })
        };
        self.shared.answer_admin(request, waiting).await
    }

    async fn approve_device(
        &self,
        request: Request<v1::ApproveDeviceRequest>,
    ) -> Answer<v1::ApproveDeviceResponse> {
        self.shared
            .answer_admin(request, |call, message| {
                approve::approve(&self.shared, call, message)
            })
            .await
    }

    async fn decline_waiting(
        &self,
        request: Request<v1::DeclineWaitingRequest>,
    ) -> Answer<v1::DeclineWaitingResponse> {
        self.shared
            .answer_admin(request, |call, message| decline(&self.shared, call, message))
            .await
    }

    async fn reopen_enrolment(
        &self,
        request: Request<v1::ReopenEnrolmentRequest>,
    ) -> Answer<v1::ReopenEnrolmentResponse> {
        self.shared
            .answer_admin(request, |call, message| reopen(&self.shared, call, message))
            .await
    }

    async fn reload_phones(
        &self,
        request: Request<v1::ReloadPhonesRequest>,
    ) -> Answer<v1::ReloadPhonesResponse> {
        self.shared
            .answer_admin(request, |call, message| reload(&self.shared, call, message))
            .await
    }

    async fn create_enrolment_token(
        &self,
        request: Request<v1::CreateEnrolmentTokenRequest>,
    ) -> Answer<v1::CreateEnrolmentTokenResponse> {
        self.shared
            .answer_admin(request, |call, message| tokens::create(self, call, message))
            .await
    }

    async fn list_enrolment_tokens(
        &self,
        request: Request<v1::ListEnrolmentTokensRequest>,
    ) -> Answer<v1::ListEnrolmentTokensResponse> {
        self.shared
            .answer_admin(request, |call, message| tokens::list(&self.shared, call, message))
            .await
    }

    async fn delete_enrolment_token(
        &self,
        request: Request<v1::DeleteEnrolmentTokenRequest>,
    ) -> Answer<v1::DeleteEnrolmentTokenResponse> {
        self.shared
            .answer_admin(request, |call, message| {
                tokens::delete(&self.shared, call, message)
            })
            .await
    }

    async fn device_urls(&self, request: Request<v1::DeviceUrlsRequest>) -> Answer<v1::DeviceUrlsResponse> {
        self.shared
            .answer_admin(request, |call, message| urls::urls(self, call, message))
            .await
    }
}

async fn decline(
    shared: &Shared,
    call: Call,
    request: v1::DeclineWaitingRequest,
) -> Result<v1::DeclineWaitingResponse, Error> {
    let mac: MacAddress = name("mac", &request.mac)?;
    let id = request_id(&request.request_id)?;
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::DeclineWaiting { mac })
        .await?;
    match decided.done {
        Done::Deleted { existed } => Ok(v1::DeclineWaitingResponse {
            existed,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

async fn reopen(
    shared: &Shared,
    call: Call,
    request: v1::ReopenEnrolmentRequest,
) -> Result<v1::ReopenEnrolmentResponse, Error> {
    note(telemetry::DEVICE_ID, &request.device);
    let device = name("device", &request.device)?;
    not_too_far_ahead("until_ms", request.until_ms, WINDOW_MS_MAX, "24 hours")?;
    let action = if request.until_ms == 0 {
        Action::CloseEnrolment { device }
    } else {
        Action::OpenEnrolment {
            device,
            until: TimeMs(request.until_ms),
        }
    };
    let id = request_id(&request.request_id)?;
    let by = actor(&request.by, shared.node_id);
    let decided = shared.propose(call.deadline, by, Some(id), action).await?;
    match decided.done {
        Done::Put { .. } => Ok(v1::ReopenEnrolmentResponse { index: decided.index }),
        _ => Err(decided.unexpected()),
    }
}

async fn reload(
    shared: &Shared,
    call: Call,
    request: v1::ReloadPhonesRequest,
) -> Result<v1::ReloadPhonesResponse, Error> {
    let devices = request.devices.iter().enumerate();
    let devices = devices
        .map(|(at, device)| name(&format!("devices[{at}]"), device))
        .collect::<Result<Vec<_>, _>>()?;
    let id = request_id(&request.request_id)?;
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::ReloadDevices { devices })
        .await?;
    match decided.done {
        Done::Reported { .. } => Ok(v1::ReloadPhonesResponse { index: decided.index }),
        _ => Err(decided.unexpected()),
    }
}

/// Callers' clocks may be this much ahead of the node's, in milliseconds.
const CLOCKS_DIFFER_MS: u64 = 5 * 60_000;

/// That a time of the caller's is within a bound of ours that is narrower than the core's.
fn not_too_far_ahead(field: &str, until_ms: u64, max_ms: u64, max: &str) -> Result<(), Error> {
    let now = now();
    if until_ms.saturating_sub(now.0) > max_ms + CLOCKS_DIFFER_MS {
        return Err(Error::invalid(field, format!("must be at most {max} ahead")));
    }
    Ok(())
}
