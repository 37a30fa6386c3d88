//! `hotdesk phone approve` and `hotdesk phone reopen`.

use std::time::Duration;

use clap::Args;
use hotdesk_client::Client;
use hotdesk_client::v1::Device;
use serde_json::json;

use super::waiting::mac;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json as out, time};

/// Arguments of `phone approve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Office and model are taken from what the phone told while it waited, where they are not given here.

Examples:
  hotdesk phone approve 00:15:65:a0:b1:c2 --site chicago --desk 12
  hotdesk phone approve 001565a0b1c2 --id chi-12 --label \"Desk 12\" --number +13125550112
  hotdesk phone approve 001565a0b1c2 --site chicago --model yealink-t54w    before it was ever plugged in")]
pub(crate) struct ApproveArgs {
    /// The phone's MAC address
    #[arg(value_parser = mac)]
    mac: String,
    /// The id that it gets [default: the MAC address]
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    id: String,
    /// The office where it stands [default: where it was seen]
    #[arg(long, value_name = "SITE", default_value = "", hide_default_value = true)]
    site: String,
    /// The desk, for people
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    desk: String,
    /// Vendor and model [default: what it said it is]
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    model: String,
    /// What its screen shows while nobody is logged in
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    label: String,
    /// Its own number: with + and country code, which emergency calls show and are called back under, or digits as they are
    /// dialled in the company
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    number: String,
    /// Where it stands, for emergency calls, where that is more exact than the office's address
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    emergency_location: String,
    /// Whose phone it is: others may borrow it, and it goes back by itself
    #[arg(long, value_name = "USER", default_value = "", hide_default_value = true)]
    owner: String,
    /// Only this group may log in here; repeat for several
    #[arg(long, value_name = "GROUP")]
    only_group: Vec<String>,
}

pub(super) async fn approve(context: &Context, client: &Client, args: ApproveArgs) -> Result<(), Problem> {
    let device = Device {
        id: args.id,
        mac: args.mac,
        site: args.site,
        desk: args.desk,
        model: args.model,
        label: args.label,
        number: args.number,
        emergency_location: args.emergency_location,
        owner: args.owner,
        allowed_groups: args.only_group,
        ..Device::default()
    };
    let answer = client.approve_device(device).await?;
    let value = json!({
        "device": answer.device,
        "open_until": out::time(answer.open_until_ms),
        "index": answer.index,
    });
    context.out.show(&value, || {
        format!(
            "phone {} is approved: it loads its documents when it asks next, by {}",
            answer.device,
            time::table_time(answer.open_until_ms)
        )
    })?;
    Ok(())
}

/// Arguments of `phone reopen`.
#[derive(Debug, Args)]
#[command(after_help = "\
A phone that was reset to factory defaults has lost the secret path of its documents and asks as a new one does. \
While the window is open, whoever knows the phone's MAC address and reaches the node can fetch its documents; the \
phone's first request closes it.

Examples:
  hotdesk phone reopen chi-12
  hotdesk phone reopen chi-12 --for 30m
  hotdesk phone reopen chi-12 --close")]
pub(crate) struct ReopenArgs {
    /// MAC address or id
    device: String,
    /// For how long, at most 24h
    #[arg(
        long = "for",
        value_name = "SPAN",
        value_parser = time::parse_duration,
        default_value = "24h",
        conflicts_with = "close"
    )]
    span: Duration,
    /// Close the window instead
    #[arg(long)]
    close: bool,
}

pub(super) async fn reopen(context: &Context, client: &Client, args: ReopenArgs) -> Result<(), Problem> {
    let until_ms = if args.close {
        0
    } else {
        time::from_now_ms(args.span)
    };
    let answer = client.reopen_enrolment(&args.device, until_ms).await?;
    let value = json!({
        "device": args.device,
        "open_until": out::time(until_ms),
        "index": answer.index,
    });
    context.out.show(&value, || match until_ms {
        0 => format!("phone {} may no longer fetch its first document", args.device),
        until_ms => format!(
            "phone {} may fetch its first document until {}",
            args.device,
            time::table_time(until_ms)
        ),
    })?;
    Ok(())
}
