//! `hotdesk device delete`.

use std::time::Duration;

use clap::Args;
use hotdesk_client::Client;
use hotdesk_client::v1::{Phone, PhoneState, logout_request::Target};
use tokio::time::{Instant, sleep_until};

use super::{phone, records};
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{Format, time};

/// How often the nodes are asked how far the phone is.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Arguments of `device delete`.
#[derive(Debug, Args)]
#[command(after_help = "\
A phone goes on showing what it has loaded last, and for one that is deleted nothing can be made any more. So who is \
logged in there is logged out first, and the phone is deleted once it shows its neutral document. One that does not come \
stays in the directory.

Exit code 1: a phone did not come in time and is there still; the ones named before it are deleted.

Examples:
  hotdesk device delete chi-12
  hotdesk device delete chi-12 chi-13 --wait 5m
  hotdesk device delete chi-12 --force            it is broken, or gone")]
pub(crate) struct DeleteArgs {
    /// MAC addresses or ids
    #[arg(required = true)]
    ids: Vec<String>,
    /// How long to wait for a phone to show its neutral document
    #[arg(long, value_name = "SPAN", value_parser = time::parse_duration, default_value = "60s")]
    wait: Duration,
    /// Whatever it shows then: for phones that are switched off for good
    #[arg(long, conflicts_with = "wait")]
    force: bool,
}

pub(super) async fn delete(context: &Context, client: &Client, args: DeleteArgs) -> Result<(), Problem> {
    for name in &args.ids {
        let id = super::device::normal(name);
        if !args.force {
            wipe(context, client, &id, args.wait).await?;
        }
        let answer = client.delete_device(&id).await?;
        records::show_delete(context, "device", name, answer)?;
    }
    Ok(())
}

/// Has the phone show its neutral document, if it shows any.
async fn wipe(context: &Context, client: &Client, id: &str, wait: Duration) -> Result<(), Problem> {
    let end = Instant::now() + wait;
    let site = match super::device::get(client, id).await {
        Ok(device) => device.site,
        // For the deletion to tell of.
        Err(problem) if records::is_not_found(&problem) => return Ok(()),
        Err(problem) => return Err(problem),
    };
    let mut is_first = true;
    loop {
        let Some(phone) = phone::find(client, &site, id).await? else {
            return Ok(());
        };
        if is_wiped(&phone) {
            return Ok(());
        }
        let owner = phone.device.as_ref().map_or("", |device| device.owner.as_str());
        if !owner.is_empty() {
            return Err(owned(id, owner));
        }
        if is_first {
            is_first = false;
            client.logout(Target::Device(id.to_owned()), None).await?;
            if context.out.format == Format::Table {
                eprintln!("waiting until {id} shows its neutral document");
            }
            continue;
        }
        let next = Instant::now() + ASK_EVERY;
        if next > end {
            return Err(not_wiped(id, &phone));
        }
        sleep_until(next).await;
    }
}

/// Nothing of anybody is on the phone, as far as is known.
fn is_wiped(phone: &Phone) -> bool {
    let has_loaded = phone.device.as_ref().is_some_and(|device| device.shown.is_some());
    let has_documents = phone.state() != PhoneState::NotEnrolled;
    !(has_documents && has_loaded) || (phone.session.is_none() && phone.state() == PhoneState::Shown)
}

fn owned(id: &str, owner: &str) -> Problem {
    Problem::own(
        Own::PhonesBehind,
        format!("phone {id} belongs to {owner}, whose document it goes back to; it is not deleted"),
        format!("Take the owner away first: hotdesk device put {id} --owner \"\""),
    )
}

fn not_wiped(id: &str, phone: &Phone) -> Problem {
    let why = match &phone.session {
        Some(session) => format!("{} is logged in there", session.user),
        None => format!(
            "it has not loaded its neutral document ({})",
            phone::why_behind(phone)
        ),
    };
    Problem::own(
        Own::PhonesBehind,
        format!("phone {id} is not deleted: {why}"),
        "See that it is switched on and in no call, and do this again. If it is gone: --force. What it shows stays on it \
         then.",
    )
}

#[cfg(test)]
mod tests {
    use hotdesk_client::v1::{Device, Session, Shown};

    use super::*;

    fn phone(has_loaded: bool, user: Option<&str>, state: PhoneState) -> Phone {
        Phone {
            device: Some(Device {
                shown: has_loaded.then(Shown::default),
                ..Device::default()
            }),
            session: user.map(|user| Session {
                user: user.into(),
                ..Session::default()
            }),
            state: state.into(),
            ..Phone::default()
        }
    }

    #[test]
    fn what_has_loaded_something_is_wiped_once_it_shows_that_nobody_is_there() {
        for (phone, wiped) in [
            (phone(true, None, PhoneState::Shown), true),
            (phone(true, Some("ada"), PhoneState::Shown), false),
            (phone(true, None, PhoneState::Loading), false),
            (phone(true, None, PhoneState::GaveUp), false),
            (phone(false, None, PhoneState::WaitingForFirstContact), true),
            (
                phone(false, Some("ada"), PhoneState::WaitingForFirstContact),
                true,
            ),
            (phone(true, Some("ada"), PhoneState::NotEnrolled), true),
        ] {
            assert_eq!(is_wiped(&phone), wiped, "{phone:?}");
        }
    }

    #[test]
    fn why_a_phone_stays_is_said() {
        let problem = not_wiped("chi-12", &phone(true, Some("ada"), PhoneState::Loading));
        assert!(
            problem.to_string().contains("ada is logged in there"),
            "{problem}"
        );
    }
}
