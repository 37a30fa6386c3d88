//! Approval: a phone's record, its password, and the window in which it fetches its first document.
//!
//! Three commands, in this order: until the record is there nothing has happened; from then on the phone is in the list
//! and an attempt that broke off is seen there. A retry finds what an earlier attempt did and goes on behind it.

use hotdesk_core::{Action, Actor, Device, DeviceId, Done, MacAddress, Refusal, RequestId, State, TimeMs};
use hotdesk_proto::convert::{optional_name, part, put_device, required};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use tokio::time::Instant;

use super::{WINDOW_MS_MAX, now};
use crate::services::call::Call;
use crate::services::request::{actor, request_id};
use crate::services::{Error, Shared, device_number};
use crate::telemetry::{self, note};

pub(super) async fn approve(
    shared: &Shared,
    call: Call,
    request: v1::ApproveDeviceRequest,
) -> Result<v1::ApproveDeviceResponse, Error> {
    let lines = shared.lines.as_ref().ok_or(Failure::NoLineKey)?;
    let id = request_id(&request.request_id)?;
    // The phone may have asked another node a moment ago.
    let state = shared.catch_up(call.deadline).await?;
    let given = required("device", request.device, "the phone")?;
    let device: Device = part("device", Some(completed(&state, given)?), "the phone")?;
    let device = device_number::checked("device.number", device)?;
    note(telemetry::DEVICE_ID, &device.id);
    let there = check_new(&state, &device, id)?;

    let approval = Approval {
        shared,
        deadline: call.deadline,
        by: actor(&request.by, shared.node_id),
        id,
    };
    if there.is_none() {
        approval.put(device.clone()).await?;
    }
    let sealed = lines.seal(&device.id, &lines.generate(&device.id, id));
    let action = Action::SetDeviceSecret {
        device: device.id.clone(),
        sealed: Some(sealed),
        seed: Some(id.0),
        keeps_former: false,
    };
    approval.propose(Some(step(id, SECRET)), action).await?;
    let until = TimeMs(now().0.saturating_add(WINDOW_MS_MAX));
    let action = Action::OpenEnrolment {
        device: device.id.clone(),
        until,
    };
    // Without an id: the time is another one in each attempt, and opening the window again is no harm.
    let index = approval.propose(None, action).await?;
    tracing::info!(
        device_id = device.id.as_str(),
        site_id = device.site.as_str(),
        log_index = index,
        "phone approved"
    );
    Ok(v1::ApproveDeviceResponse {
        device: device.id.to_string(),
        open_until_ms: until.0,
        index,
    })
}

/// The record with what the phone told while it waited; in a retry, with what the first attempt put.
fn completed(state: &State, mut device: v1::Device) -> Result<v1::Device, Error> {
    let within = |field| move |problem: hotdesk_proto::convert::Invalid| problem.within(field);
    let id: Option<DeviceId> = optional_name("id", &device.id).map_err(within("device"))?;
    let mac: Option<MacAddress> = optional_name("mac", &device.mac).map_err(within("device"))?;
    let Some(mac) = mac.or_else(|| id.as_ref().and_then(DeviceId::mac)) else {
        return Err(Error::invalid(
            "device.mac",
            "must be the phone's MAC address; only a phone with one can be approved",
        ));
    };
    device.mac = mac.to_string();
    if id.is_none() {
        device.id = mac.to_string();
    }
    if let Some(there) = state.device_by_mac(&mac) {
        if device.model.is_empty() {
            device.model = there.model.to_string();
        }
        if device.site.is_empty() {
            device.site = there.site.to_string();
        }
    } else if let Some(waiting) = state.waiting_phone(&mac) {
        let seen = &waiting.phone;
        if device.model.is_empty() {
            device.model = model(&seen.vendor, &seen.model);
        }
        if let (true, Some(site)) = (device.site.is_empty(), &seen.site) {
            device.site = site.to_string();
        }
    }
    if device.site.is_empty() {
        return Err(Error::invalid(
            "device.site",
            "must be given: the phone has not been seen at any site",
        ));
    }
    Ok(device)
}

/// Vendor and model in one text, as the directory has it: "yealink-t54w".
fn model(vendor: &str, model: &str) -> String {
    let named = model
        .to_ascii_lowercase()
        .starts_with(&vendor.to_ascii_lowercase());
    match (vendor, model) {
        (vendor, "") => vendor.to_owned(),
        ("", model) => model.to_owned(),
        (_, model) if named => model.to_owned(),
        (vendor, model) => format!("{vendor}-{}", model.to_ascii_lowercase()),
    }
}

/// That no other record has the phone's id or address; the record when an earlier attempt has put it.
fn check_new<'a>(state: &'a State, device: &Device, id: RequestId) -> Result<Option<&'a Device>, Error> {
    let Some(there) = state.device(&device.id) else {
        return match device.mac.and_then(|mac| Some((mac, state.device_by_mac(&mac)?))) {
            Some((mac, other)) => Err(Refusal::MacTaken {
                mac,
                device: other.id.clone(),
            }
            .into()),
            None => Ok(None),
        };
    };
    let is_ours = there.secret_seed == Some(id.0);
    let is_half_done = there.secret.is_none() && put_device(there) == put_device(device);
    if is_ours || is_half_done {
        return Ok(Some(there));
    }
    Err(Failure::DeviceExists {
        device: device.id.to_string(),
    }
    .into())
}

/// An approval under way.
struct Approval<'a> {
    shared: &'a Shared,
    deadline: Instant,
    by: Actor,
    id: RequestId,
}

impl Approval<'_> {
    async fn put(&self, device: Device) -> Result<u64, Error> {
        self.propose(Some(step(self.id, RECORD)), Action::PutDevice(device))
            .await
    }

    /// Has one of the commands decided; its index.
    async fn propose(&self, id: Option<RequestId>, action: Action) -> Result<u64, Error> {
        let decided = self
            .shared
            .propose(self.deadline, self.by.clone(), id, action)
            .await?;
        match decided.done {
            Done::Put { .. } => Ok(decided.index),
            _ => Err(decided.unexpected()),
        }
    }
}

/// The ids of the commands: they follow from the caller's, each by a mark of its own.
const RECORD: u128 = 0x7265_636f_7264_0000_0000_0000_0000_0001;
const SECRET: u128 = 0x7365_6372_6574_0000_0000_0000_0000_0002;

const fn step(id: RequestId, mark: u128) -> RequestId {
    RequestId(id.0 ^ mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_and_model_make_one_text_that_names_the_vendor() {
        for (vendor, given, expected) in [
            ("yealink", "T54W", "yealink-t54w"),
            ("yealink", "Yealink T54W", "Yealink T54W"),
            ("yealink", "", "yealink"),
            ("", "T54W", "T54W"),
            ("", "", ""),
        ] {
            assert_eq!(model(vendor, given), expected, "{vendor} {given}");
        }
        let named = model("cisco-mpp", "8851");
        assert_eq!(
            hotdesk_phone::Vendor::of_model(&named),
            hotdesk_phone::Vendor::CiscoMpp
        );
    }
}
