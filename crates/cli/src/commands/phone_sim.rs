//! `hotdesk phone-sim`.

use std::net::{IpAddr, Ipv4Addr};

use clap::Args;
use hotdesk_client::Client;
use hotdesk_client::v1::{self, who_request::Subject};
use hotdesk_phone::Vendor;
use hotdesk_phonesim::{Flash, Hardware, Http, Model, SimPhone, Start, model};

use crate::connect::Context;
use crate::exit::{Exit, Own, Problem};
use crate::phone_sim::{self, WORDS};

/// Arguments of `phone-sim`.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct PhoneSimArgs {
    /// Whose phone
    #[arg(long, value_name = "VENDOR")]
    vendor: Vendor,
    /// At which office; the first of its phones that is of this vendor and has a MAC address
    #[arg(long, value_name = "SITE", required_unless_present_any = ["device", "url"])]
    site: Option<String>,
    /// This phone of the directory
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// A phone as it comes out of its box: it asks here for its files, as DHCP would have told it; with --mac
    #[arg(long, value_name = "URL", requires = "mac", conflicts_with_all = ["site", "device"])]
    url: Option<String>,
    /// The phone's MAC address
    #[arg(long, value_name = "MAC")]
    mac: Option<String>,
    /// The address of this machine that the phone has
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
}

fn after_help() -> String {
    format!(
        "\
A desk phone of a vendor, in the terminal: it asks the office's node for its documents under that vendor's names, \
registers with the edge, shows the login application, and reloads when it is told to in that vendor's way. Beside \
`hotdesk demo`:

  hotdesk phone-sim --vendor yealink --site chicago   press F1, log in as 2041 with PIN 4711
  hotdesk phone-sim --vendor cisco --site new-york    do the same there, and watch the first one

Where standard input is no terminal, it says what to press, a line each:

  printf 'soft Log in *11\\ntype 2041\\nok\\ntype 4711\\nok\\nsoft Close\\nsee 2041 Maria\\n' | hotdesk phone-sim --vendor yealink --site chicago

{WORDS}

A label may be given by its beginning. Vendors: cisco, cisco-mpp, yealink, poly, snom, grandstream, fanvil, mitel, \
linphone; which of them an office has, `hotdesk phone list` says."
    )
}

impl PhoneSimArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let Some(model) = model(self.vendor) else {
            return Err(usage(
                format!("phones of {} are not simulated", self.vendor),
                "Take one of the vendors that --help lists; for any other SIP phone use a softphone.",
            ));
        };
        let (mac, provisioning) = match &self.url {
            Some(url) => (
                parse_mac(self.mac.as_deref().unwrap_or_default())?,
                parse_url(url)?,
            ),
            None => self.known(context).await?,
        };
        phone_sim::play(SimPhone::start(Start {
            model,
            hardware: hardware(model, mac),
            provisioning,
            local: self.address,
            http: Http::default(),
            flash: Flash::default(),
            answers: false,
            web: None,
        }))
        .await
    }

    /// A phone's address, and where it finds its documents.
    async fn known(&self, context: &Context) -> Result<(String, String), Problem> {
        let client = context.client()?;
        let device = match &self.device {
            Some(id) => self.named(&client, id).await?,
            None => self.first(&client).await?,
        };
        let urls = at_office(context, &client, &device.site)
            .await?
            .device_urls(&device.id)
            .await?;
        let mac = self.mac.as_deref().unwrap_or(&device.mac);
        Ok((parse_mac(mac)?, urls.documents_url))
    }

    async fn named(&self, client: &Client, id: &str) -> Result<v1::Device, Problem> {
        let subject = Subject::Device(id.to_owned());
        let found = client.who(subject, v1::Consistency::Local).await?;
        let device = found.device.unwrap_or_default();
        let vendor = Vendor::of_model(&device.model);
        if vendor != self.vendor {
            return Err(usage(
                format!("{id} is a {}, no phone of {}", device.model, self.vendor),
                "Give its own vendor, or another phone.",
            ));
        }
        Ok(device)
    }

    async fn first(&self, client: &Client) -> Result<v1::Device, Problem> {
        let site = self.site.clone().unwrap_or_default();
        let page = v1::ListPhonesRequest {
            limit: 5000,
            site: site.clone(),
            ..v1::ListPhonesRequest::default()
        };
        let phones = client.list_phones(page).await?.phones;
        let fits = |phone: &v1::Phone| {
            phone.vendor == self.vendor.name()
                && phone.device.as_ref().is_some_and(|device| !device.mac.is_empty())
        };
        let found = phones.into_iter().find(fits).and_then(|phone| phone.device);
        found.ok_or_else(|| {
            usage(
                format!("{site} has no phone of {} with a MAC address", self.vendor),
                "See what there is: hotdesk phone list",
            )
        })
    }
}

/// The node of a phone's own office: its documents name the edge there.
async fn at_office(context: &Context, client: &Client, site: &str) -> Result<Client, Problem> {
    let status = client.cluster_status().await?;
    let member = status.members.iter().find(|member| member.site == site);
    match member {
        Some(member) => context.client_of(vec![context.beside(&member.address)]),
        None => Ok(client.clone()),
    }
}

fn hardware(model: &dyn Model, mac: String) -> Hardware {
    Hardware {
        mac,
        model: model.hardware_model().to_owned(),
    }
}

fn parse_mac(text: &str) -> Result<String, Problem> {
    text.parse::<hotdesk_phone::Mac>()
        .map(|mac| mac.to_string())
        .map_err(|error| {
            usage(
                format!("{text:?} is no phone's MAC address: {error}"),
                "Give 12 hex digits.",
            )
        })
}

fn parse_url(text: &str) -> Result<String, Problem> {
    match text.split_once("://") {
        Some(("http" | "https", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err(usage(
            format!("{text:?} is no address that a phone can ask"),
            "Give one such as http://127.0.0.1:15080/, or that of: hotdesk phone token create",
        )),
    }
}

fn usage(message: String, what_to_do: &str) -> Problem {
    Problem {
        exit: Exit::Usage,
        ..Problem::own(Own::BadArgument, message, what_to_do)
    }
}
