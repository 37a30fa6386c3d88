//! `hotdesk phone list`.

use clap::{Args, ValueEnum};
use hotdesk_client::v1::{Consistency, ListPhonesRequest, Phone, PhoneState};
use hotdesk_client::{Client, Error};
use serde_json::json;

use crate::commands::records;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::{json, table, text};

/// Arguments of `phone list`.
#[derive(Debug, Args)]
#[command(after_help = "\
SHOWS is the position in the log of what the phone is known to show, and of what it should show where that is newer.

States:
  shown          it shows what it should
  loading        it was told to load and has not done so yet
  gave up        it did not come however often it was told; TROUBLE says how often that was. Calls go where they should
  not enrolled   it has no generated password: set up by hand, or `hotdesk device secret PHONE --generate`
  first contact  known, and has never fetched anything

Examples:
  hotdesk phone list --site chicago
  hotdesk phone list --state gave-up --output json")]
pub(crate) struct PhonesArgs {
    /// Only phones at this office
    #[arg(long, value_name = "SITE", default_value = "", hide_default_value = true)]
    site: String,
    /// Only phones in this state; repeat for several
    #[arg(long, value_name = "STATE")]
    state: Vec<StateArg>,
    #[command(flatten)]
    page: records::ListArgs,
}

/// How far a phone is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum StateArg {
    /// It shows what it should
    Shown,
    /// It has not fetched the newest document yet
    Loading,
    /// It did not come however often it was told
    GaveUp,
    /// It has no generated password
    NotEnrolled,
    /// Known, and has never fetched anything
    FirstContact,
}

impl From<StateArg> for PhoneState {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::Shown => Self::Shown,
            StateArg::Loading => Self::Loading,
            StateArg::GaveUp => Self::GaveUp,
            StateArg::NotEnrolled => Self::NotEnrolled,
            StateArg::FirstContact => Self::WaitingForFirstContact,
        }
    }
}

pub(super) async fn list(context: &Context, client: &Client, args: PhonesArgs) -> Result<(), Problem> {
    let states: Vec<i32> = args
        .state
        .into_iter()
        .map(|state| PhoneState::from(state).into())
        .collect();
    let mut phones: Vec<Phone> = Vec::new();
    records::pages(&args.page, Consistency::Local, async |request| {
        let request = ListPhonesRequest {
            after: request.after,
            limit: request.limit,
            consistency: request.consistency,
            site: args.site.clone(),
            states: states.clone(),
        };
        let page = client.list_phones(request).await?;
        phones.extend(page.phones);
        let last = phones.last().and_then(|phone| phone.device.as_ref());
        Ok::<_, Error>((page.more, phones.len(), last.map(|device| device.id.clone())))
    })
    .await?;
    phones.truncate(args.page.limit());
    let value = json!(phones.iter().map(json::phone).collect::<Vec<_>>());
    let filtered = !args.site.is_empty() || !states.is_empty();
    context.out.show(&value, || {
        table(
            &["PHONE", "SITE", "DESK", "MODEL", "WHO", "STATE", "SHOWS", "TROUBLE"],
            phones.iter().map(row).collect(),
            if filtered {
                "there are no such phones"
            } else {
                "there are no phones; plug one in and look at `hotdesk phone waiting`, or `hotdesk import devices.csv`"
            },
        )
    })?;
    Ok(())
}

fn row(phone: &Phone) -> Vec<String> {
    let device = phone.device.clone().unwrap_or_default();
    let shows = match (&device.shown, phone.wanted_stamp) {
        (None, _) => String::new(),
        (Some(shown), wanted) if shown.stamp >= wanted => shown.stamp.to_string(),
        (Some(shown), wanted) => format!("{} of {wanted}", shown.stamp),
    };
    let session = phone.session.as_ref();
    vec![
        device.id,
        device.site,
        device.desk,
        device.model,
        session.map_or_else(String::new, |session| session.user.clone()),
        text::phone_state(phone.state()).to_owned(),
        shows,
        device.trouble,
    ]
}
