//! Where a phone finds what it shows. Whoever has these addresses can act as the phone, so they are for administrators
//! only, and in no log.

use hotdesk_core::{DeviceId, Refusal, SiteId};
use hotdesk_proto::convert::name;
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;

use super::PhonesService;
use crate::services::Error;
use crate::services::call::Call;
use crate::telemetry::{self, note};

pub(super) async fn urls(
    service: &PhonesService,
    call: Call,
    request: v1::DeviceUrlsRequest,
) -> Result<v1::DeviceUrlsResponse, Error> {
    note(telemetry::DEVICE_ID, &request.device);
    let id: DeviceId = name("device", &request.device)?;
    let Some(phones) = &service.phones else {
        return Err(Failure::NotProvisioned {
            why: "this node serves no phones (phones.https_listen, phones.http_listen)".into(),
        }
        .into());
    };
    let state = service.shared.catch_up(call.deadline).await?;
    let device = state.device(&id).ok_or(Refusal::UnknownDevice { device: id })?;
    let desk = phones
        .desk(&state, device)
        .map_err(|missing| Failure::NotProvisioned {
            why: missing.to_string(),
        })?;
    Ok(v1::DeviceUrlsResponse {
        documents_url: desk.documents_url(),
        app_url: desk.app_url(),
        sticker_url: phones.sticker_url(&device.id),
        warning: phones.settings.stands_in(&device.site).unwrap_or_default(),
    })
}

impl PhonesService {
    /// What phones of a site are given that come with an enrolment token, and what is wrong with it; `None` where this
    /// node serves no phones.
    pub(super) fn enrolment_url(&self, site: &SiteId, token: &str) -> Option<(String, String)> {
        let settings = &self.phones.as_ref()?.settings;
        let url = format!("{}/e/{token}/", settings.of_site(site).base);
        Some((url, settings.stands_in(site).unwrap_or_default()))
    }
}
