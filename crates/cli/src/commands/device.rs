//! `hotdesk device …`.

use clap::{Args, Subcommand};
use hotdesk_client::v1::{Consistency, Device, who_request::Subject};
use hotdesk_client::{Client, Error};
use hotdesk_core::DeviceId;
use serde_json::json;

use super::records::{self, ListArgs};
use super::{device_delete, device_line, device_secret};
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, table, text};

/// What can be done with phones.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk device list
  hotdesk device put 00:1a:2b:3c:4d:5e --site chicago --desk 12 --model yealink-t54w
  hotdesk device secret chi-12 --generate
  hotdesk device disable chi-12")]
pub(crate) enum DeviceCommand {
    /// All phones
    List(ListArgs),
    /// One phone
    Get {
        /// MAC address or id
        device: String,
    },
    /// Create a phone, or change one: what is not given stays as it is
    Put(PutArgs),
    /// Delete phones; ends the sessions there, and waits until the phones show that
    Delete(device_delete::DeleteArgs),
    /// Set or generate the password that the phone itself registers with
    Secret(device_secret::SecretArgs),
    /// The user name and password of the line of whoever is logged in at a phone, to set it up by hand
    Line(device_line::LineArgs),
    /// Leave a phone alone for a while: nobody logs in or out there
    Hold(device_secret::HoldArgs),
    /// No logins any more; ends the session there
    Disable {
        /// MAC address or id
        device: String,
    },
    /// Logins again
    Enable {
        /// MAC address or id
        device: String,
    },
}

/// Arguments of `device put`.
#[derive(Debug, Args)]
#[command(after_help = "\
An empty value removes one: --owner \"\". What the phone shows, and how it comes in: `hotdesk phone`.

Examples:
  hotdesk device put 00:1a:2b:3c:4d:5e --site chicago --desk 12 --model yealink-t54w
  hotdesk device put chi-01 --only-group reception
  hotdesk device put chi-07 --mac 00:1a:2b:3c:4d:5e --label \"Desk 7\" --owner ada.moreno
  hotdesk device put chi-07 --number \"+1 312 555 0107\"
  hotdesk device put chi-07 --owner \"\"")]
pub(crate) struct PutArgs {
    /// MAC address in any spelling, or an id
    id: String,
    /// The office where it stands; moving it ends the session there
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// The desk, for people
    #[arg(long, value_name = "TEXT")]
    desk: Option<String>,
    /// Vendor and model
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// The MAC address of a phone whose id is none; no two phones have the same
    #[arg(long, value_name = "MAC", value_parser = mac)]
    mac: Option<String>,
    /// What its screen shows while nobody is logged in
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Its own number: with + and country code, which emergency calls show and are called back under, or digits as they are
    /// dialled in the company
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Where it stands, for emergency calls, where that is more exact than the office's address
    #[arg(long, value_name = "TEXT")]
    emergency_location: Option<String>,
    /// Whose phone it is: others may borrow it, and it goes back by itself when they have left
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Only this group may log in here; repeat for several, empty for everybody. Replaces all there are
    #[arg(long, value_name = "GROUP")]
    only_group: Option<Vec<String>>,
}

/// A MAC address as it is kept; nothing takes it away.
fn mac(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    super::phone::mac(text)
}

impl DeviceCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::List(args) => list(context, &client, args).await,
            Self::Get { device } => {
                let device = get(&client, &device).await?;
                context
                    .out
                    .show(&json::device(&device), || text::device(&device))?;
                Ok(())
            }
            Self::Put(args) => {
                let before = match get(&client, &args.id).await {
                    Ok(device) => device,
                    Err(problem) if records::is_not_found(&problem) => Device {
                        id: args.id.clone(),
                        ..Device::default()
                    },
                    Err(problem) => return Err(problem),
                };
                let device = args.over(before);
                let answer = client.put_device(device.clone()).await?;
                records::show_put(context, "device", &device.id, answer)
            }
            Self::Delete(args) => device_delete::delete(context, &client, args).await,
            Self::Secret(args) => device_secret::secret(context, &client, args).await,
            Self::Line(args) => device_line::line(context, &client, args).await,
            Self::Hold(args) => device_secret::hold(context, &client, args).await,
            Self::Disable { device } => enable(context, &client, &device, false).await,
            Self::Enable { device } => enable(context, &client, &device, true).await,
        }
    }
}

/// A MAC address as it is kept; what is not valid goes to the cluster as it is, which says why not.
pub(super) fn normal(id: &str) -> String {
    DeviceId::parse(id).map_or_else(|_| id.to_owned(), |id| id.to_string())
}

pub(super) async fn get(client: &Client, id: &str) -> Result<Device, Problem> {
    let answer = client
        .who(Subject::Device(id.to_owned()), Consistency::Linearizable)
        .await
        .map_err(Problem::from)?;
    answer.device.ok_or_else(|| records::not_found("device", id))
}

async fn list(context: &Context, client: &Client, args: ListArgs) -> Result<(), Problem> {
    let mut devices: Vec<Device> = Vec::new();
    records::pages(&args, Consistency::Local, async |request| {
        let page = client.list_devices(request).await?;
        devices.extend(page.devices);
        Ok::<_, Error>((
            page.more,
            devices.len(),
            devices.last().map(|device| device.id.clone()),
        ))
    })
    .await?;
    devices.truncate(args.limit());
    let value = json!(devices.iter().map(json::device).collect::<Vec<_>>());
    context.out.show(&value, || {
        let rows = devices
            .iter()
            .map(|device| {
                vec![
                    device.id.clone(),
                    device.site.clone(),
                    device.desk.clone(),
                    device.model.clone(),
                    device.allowed_groups.join(" "),
                    if device.disabled { "disabled" } else { "" }.to_owned(),
                ]
            })
            .collect();
        table(
            &["DEVICE", "SITE", "DESK", "MODEL", "ONLY FOR", "STATE"],
            rows,
            "there are no phones; put some with `hotdesk import devices.csv`",
        )
    })?;
    Ok(())
}

impl PutArgs {
    fn over(self, mut device: Device) -> Device {
        records::set(&mut device.site, self.site);
        records::set(&mut device.desk, self.desk);
        records::set(&mut device.model, self.model);
        records::set(&mut device.mac, self.mac);
        records::set(&mut device.label, self.label);
        records::set(&mut device.number, self.number);
        records::set(&mut device.emergency_location, self.emergency_location);
        records::set(&mut device.owner, self.owner);
        if let Some(groups) = self.only_group {
            device.allowed_groups = groups.into_iter().filter(|group| !group.is_empty()).collect();
        }
        device
    }
}

async fn enable(context: &Context, client: &Client, id: &str, enabled: bool) -> Result<(), Problem> {
    let mut device = get(client, id).await?;
    device.disabled = !enabled;
    let answer = client.put_device(device.clone()).await?;
    context.out.show(
        &json!({"device": json::device(&device), "index": answer.index}),
        || {
            let state = if enabled { "enabled" } else { "disabled" };
            format!("phone {} is {state}", device.id)
        },
    )?;
    Ok(())
}
