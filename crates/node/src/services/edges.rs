//! What edges tell: which phones they serve, and which are to be left alone.

use hotdesk_core::command::{SERVING_MAX, Served};
use hotdesk_core::phones::SHOWN_REPORT_MAX;
use hotdesk_core::{Action, Done, ShownReport, TimeMs};
use hotdesk_proto::convert::{Invalid, name};
use hotdesk_proto::v1;

use super::call::Call;
use super::request::{actor, request_id};
use super::{Error, Shared};
use crate::telemetry::{self, note};

pub(super) async fn report_serving(
    shared: &Shared,
    call: Call,
    request: v1::ReportServingRequest,
) -> Result<v1::ReportServingResponse, Error> {
    if request.items.len() > SERVING_MAX {
        let got = request.items.len();
        return Err(Error::invalid(
            "items",
            format!("must be at most {SERVING_MAX}, got {got}"),
        ));
    }
    let items: Vec<Served> = (0..)
        .zip(&request.items)
        .map(|(at, item)| {
            served(item).map_err(|invalid: Invalid| invalid.within(format_args!("items[{at}]")))
        })
        .collect::<Result<_, Invalid>>()?;
    if items.is_empty() {
        return Ok(v1::ReportServingResponse::default());
    }
    let id = request_id(&request.request_id)?;
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::ReportServing { items })
        .await?;
    match decided.done {
        Done::Reported { noted } => Ok(v1::ReportServingResponse {
            noted,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

pub(super) async fn report_shown(
    shared: &Shared,
    call: Call,
    request: v1::ReportShownRequest,
) -> Result<v1::ReportShownResponse, Error> {
    if request.items.len() > SHOWN_REPORT_MAX {
        let got = request.items.len();
        return Err(Error::invalid(
            "items",
            format!("must be at most {SHOWN_REPORT_MAX}, got {got}"),
        ));
    }
    let items: Vec<ShownReport> = (0..)
        .zip(request.items)
        .map(|(at, item)| shown(item).map_err(|invalid: Invalid| invalid.within(format_args!("items[{at}]"))))
        .collect::<Result<_, Invalid>>()?;
    if items.is_empty() {
        return Ok(v1::ReportShownResponse::default());
    }
    let id = request_id(&request.request_id)?;
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::ReportShown { items })
        .await?;
    match decided.done {
        Done::Reported { noted } => Ok(v1::ReportShownResponse {
            noted,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

pub(super) async fn hold_device(
    shared: &Shared,
    call: Call,
    request: v1::HoldDeviceRequest,
) -> Result<v1::HoldDeviceResponse, Error> {
    note(telemetry::DEVICE_ID, &request.device);
    let action = Action::HoldDevice {
        device: name("device", &request.device)?,
        until: TimeMs(request.until_ms),
        reason: request.reason.into(),
    };
    let id = request_id(&request.request_id)?;
    let by = actor(&request.by, shared.node_id);
    let decided = shared.propose(call.deadline, by, Some(id), action).await?;
    match decided.done {
        Done::Put { .. } => {
            tracing::info!(
                device_id = request.device,
                until_ms = request.until_ms,
                log_index = decided.index,
                "phone on hold"
            );
            Ok(v1::HoldDeviceResponse { index: decided.index })
        }
        _ => Err(decided.unexpected()),
    }
}

fn served(item: &v1::ServedDevice) -> Result<Served, Invalid> {
    Ok(Served {
        device: name("device", &item.device)?,
        edge: name("edge", &item.edge)?,
        gone: item.gone,
    })
}

fn shown(item: v1::ShownItem) -> Result<ShownReport, Invalid> {
    Ok(ShownReport {
        device: name("device", &item.device)?,
        stamp: item.stamp,
        how: item.how().into(),
        trouble: (!item.trouble.is_empty()).then(|| item.trouble.into()),
    })
}
