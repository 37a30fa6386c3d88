//! `hotdesk phone reload`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use hotdesk_client::v1::{Consistency, ListPhonesRequest, Phone, PhoneState};
use hotdesk_client::{Client, Error};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::commands::records::{self, ListArgs};
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{Format, json as out, text, time};

/// Arguments of `phone reload`.
#[derive(Debug, Args)]
#[command(after_help = "\
Documents are made of the directory and of the configuration of the nodes. Phones are told by themselves when the \
directory changes; nobody tells them of a changed configuration ([phones] url, registrar, service codes, emergency \
numbers). Restart the nodes first, then do this. Phones are told one after the other, never during a call, and do not \
restart where their family can do without.

Phones that are disabled, or that have no generated password, have no documents: --site and --all leave them out.

Exit code 1 with --wait: not all of them came in time; the message names those, and why.

Examples:
  hotdesk phone reload chi-12
  hotdesk phone reload --site chicago --wait
  hotdesk phone reload --all --wait 10m")]
pub(crate) struct ReloadArgs {
    #[command(flatten)]
    which: Which,
    /// Wait until they show it, for so long [default: 60s]
    #[arg(
        long,
        value_name = "SPAN",
        value_parser = time::parse_duration,
        num_args = 0..=1,
        default_missing_value = "60s"
    )]
    wait: Option<Duration>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// MAC addresses or ids
    #[arg(value_name = "DEVICE")]
    devices: Vec<String>,
    /// All phones of this office
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// All phones
    #[arg(long)]
    all: bool,
}

/// So many phones are told with one request: the most that one takes.
const AT_ONCE: usize = 1000;
/// How often the nodes are asked how far the phones are.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// So many phones are named when they did not come; the others are counted.
const NAMED_MAX: usize = 20;

/// What the phones that were told should show at least.
type Wanted = BTreeMap<String, u64>;

pub(super) async fn reload(context: &Context, client: &Client, args: ReloadArgs) -> Result<(), Problem> {
    let site = args.which.site.unwrap_or_default();
    let phones = phones(client, &site).await?;
    let named = args.which.devices;
    let devices = if named.is_empty() {
        phones.into_iter().filter(has_documents).filter_map(id).collect()
    } else {
        named_ones(&phones, named)?
    };
    let mut wanted = Wanted::new();
    for part in devices.chunks(AT_ONCE) {
        let index = client.reload_phones(part.to_vec()).await?.index;
        wanted.extend(part.iter().map(|device| (device.clone(), index)));
    }
    let behind = match args.wait {
        Some(wait) => Some(wait_for(context, client, &site, &wanted, wait).await?),
        None => None,
    };
    let told = wanted.len();
    let value = json!({
        "told": told,
        "phones": wanted.iter().map(|(device, index)| json!({"device": device, "index": index})).collect::<Vec<_>>(),
        "behind": behind.as_ref().map(|phones| phones.iter().map(out::phone).collect::<Vec<_>>()),
    });
    context.out.show(&value, || match (told, &behind) {
        (0, _) => "there are no such phones".to_owned(),
        (told, None) => format!(
            "{} to load again; see `hotdesk phone list`",
            counted(told, "is told", "are told")
        ),
        (told, Some(behind)) => shown_line(told - behind.len(), told),
    })?;
    match behind {
        Some(behind) if !behind.is_empty() => Err(not_shown(&behind, told)),
        _ => Ok(()),
    }
}

/// The phones of an office, or all.
async fn phones(client: &Client, site: &str) -> Result<Vec<Phone>, Error> {
    let mut phones: Vec<Phone> = Vec::new();
    records::pages(&ListArgs::default(), Consistency::Local, async |request| {
        let request = ListPhonesRequest {
            after: request.after,
            limit: request.limit,
            consistency: request.consistency,
            site: site.to_owned(),
            states: Vec::new(),
        };
        let page = client.list_phones(request).await?;
        phones.extend(page.phones);
        let last = phones.last().and_then(|phone| phone.device.as_ref());
        Ok::<_, Error>((page.more, phones.len(), last.map(|device| device.id.clone())))
    })
    .await?;
    Ok(phones)
}

fn id(phone: Phone) -> Option<String> {
    phone.device.map(|device| device.id)
}

fn has_documents(phone: &Phone) -> bool {
    let is_enabled = phone.device.as_ref().is_some_and(|device| !device.disabled);
    is_enabled && phone.state() != PhoneState::NotEnrolled
}

/// The ids of phones that were named by id or address; what has no documents cannot load any.
fn named_ones(phones: &[Phone], named: Vec<String>) -> Result<Vec<String>, Problem> {
    let mut ids = Vec::with_capacity(named.len());
    for name in named {
        let mac = super::mac(&name).ok();
        let found = phones.iter().find(|phone| {
            let device = phone.device.as_ref();
            device
                .is_some_and(|device| device.id == name || mac.as_ref().is_some_and(|mac| device.mac == *mac))
        });
        let found = found.ok_or_else(|| records::not_found("device", &name))?;
        if !has_documents(found) {
            return Err(Problem::own(
                Own::NotFound,
                format!("phone {name} is disabled or has no generated password, so it has no documents"),
                format!(
                    "Look at `hotdesk device get {name}`; `hotdesk device secret {name} --generate` makes a password."
                ),
            ));
        }
        ids.extend(id(found.clone()));
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Waits until all show it, and gives those that did not. Those that were deleted meanwhile are none.
async fn wait_for(
    context: &Context,
    client: &Client,
    site: &str,
    wanted: &Wanted,
    wait: Duration,
) -> Result<Vec<Phone>, Problem> {
    let end = Instant::now() + wait;
    let mut last_count = None;
    loop {
        let mut behind = phones(client, site).await?;
        behind.retain(|phone| is_behind(phone, wanted));
        let count = wanted.len() - behind.len();
        if last_count != Some(count) && context.out.format == Format::Table {
            last_count = Some(count);
            eprintln!("{}", shown_line(count, wanted.len()));
        }
        let is_hopeless = behind.iter().all(|phone| phone.state() == PhoneState::GaveUp);
        let next = Instant::now() + ASK_EVERY;
        if is_hopeless || next > end {
            return Ok(behind);
        }
        sleep_until(next).await;
    }
}

/// A phone that was told and is not known to show it.
fn is_behind(phone: &Phone, wanted: &Wanted) -> bool {
    let Some(device) = &phone.device else {
        return false;
    };
    let shown = device.shown.as_ref().map_or(0, |shown| shown.stamp);
    wanted.get(&device.id).is_some_and(|index| shown < *index)
}

fn not_shown(behind: &[Phone], told: usize) -> Problem {
    let mut message = format!("{} of {} not show it:", behind.len(), counted(told, "does", "do"));
    for phone in behind.iter().take(NAMED_MAX) {
        let device = phone.device.as_ref();
        let id = device.map_or("", |device| device.id.as_str());
        message += &format!("\n  {id}  {}", why_behind(phone));
    }
    if behind.len() > NAMED_MAX {
        message += &format!("\n  and {} more", behind.len() - NAMED_MAX);
    }
    Problem::own(
        Own::PhonesBehind,
        message,
        "Look at `hotdesk phone list`: who is in a call comes later, who is switched off when it starts.",
    )
}

/// Why a phone does not show what it should.
pub(crate) fn why_behind(phone: &Phone) -> String {
    let device = phone.device.clone().unwrap_or_default();
    match phone.state() {
        PhoneState::GaveUp => device.trouble,
        _ if device.serving.is_empty() => "it is registered nowhere".to_owned(),
        state => text::phone_state(state).to_owned(),
    }
}

/// A phone of this office by its id, and how far it is; `None`: there is no such phone.
pub(crate) async fn find(client: &Client, site: &str, id: &str) -> Result<Option<Phone>, Error> {
    let found = phones(client, site).await?;
    let is_it = |phone: &Phone| phone.device.as_ref().is_some_and(|device| device.id == id);
    Ok(found.into_iter().find(is_it))
}

fn shown_line(shown: usize, told: usize) -> String {
    format!("{shown} of {} it", counted(told, "shows", "show"))
}

fn counted(count: usize, one: &str, more: &str) -> String {
    match count {
        1 => format!("1 phone {one}"),
        count => format!("{count} phones {more}"),
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_client::v1::{Device, Shown};

    use super::*;

    fn phone(id: &str, shown: Option<u64>, state: PhoneState, trouble: &str) -> Phone {
        let device = Device {
            id: id.into(),
            mac: if id == "chi-1" {
                "001565a0b1c2".into()
            } else {
                String::new()
            },
            serving: if state == PhoneState::Loading {
                String::new()
            } else {
                "chicago".into()
            },
            trouble: trouble.into(),
            shown: shown.map(|stamp| Shown {
                stamp,
                ..Shown::default()
            }),
            ..Device::default()
        };
        Phone {
            device: Some(device),
            state: state.into(),
            ..Phone::default()
        }
    }

    #[test]
    fn a_phone_is_behind_until_it_shows_what_it_was_told_to() {
        let wanted = Wanted::from([("chi-1".to_owned(), 9)]);
        for (id, shown, expected) in [
            ("chi-1", None, true),
            ("chi-1", Some(8), true),
            ("chi-1", Some(9), false),
            ("chi-1", Some(12), false),
            ("chi-2", None, false),
        ] {
            let phone = phone(id, shown, PhoneState::Loading, "");
            assert_eq!(is_behind(&phone, &wanted), expected, "{id} {shown:?}");
        }
    }

    #[test]
    fn phones_are_named_by_id_or_address_and_have_documents() {
        let phones = [
            phone("chi-1", None, PhoneState::Shown, ""),
            phone("chi-2", None, PhoneState::Shown, ""),
            phone("hall", None, PhoneState::NotEnrolled, ""),
        ];
        let of = |names: &[&str]| named_ones(&phones, names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(
            of(&["chi-2", "00:15:65:A0:B1:C2", "chi-1"]).unwrap(),
            ["chi-1", "chi-2"]
        );
        assert!(of(&["chi-9"]).unwrap_err().message.contains("no device chi-9"));
        assert!(of(&["hall"]).unwrap_err().message.contains("no documents"));
    }

    #[test]
    fn those_that_did_not_come_are_named_with_the_reason_up_to_a_bound() {
        let mut behind = vec![
            phone("chi-1", Some(3), PhoneState::GaveUp, "did not load its document"),
            phone("chi-2", Some(3), PhoneState::Loading, ""),
        ];
        let problem = not_shown(&behind, 30);
        assert_eq!((problem.exit.code(), &*problem.code), (1, "HD5009"));
        assert_eq!(
            problem.message,
            "2 of 30 phones do not show it:\n  chi-1  did not load its document\n  chi-2  it is registered nowhere"
        );
        behind.extend((0..NAMED_MAX).map(|n| phone(&format!("p{n}"), None, PhoneState::Loading, "")));
        assert!(not_shown(&behind, 30).message.ends_with("and 2 more"));
        assert_eq!(
            (shown_line(12, 30), shown_line(1, 1)),
            (
                "12 of 30 phones show it".to_owned(),
                "1 of 1 phone shows it".to_owned()
            )
        );
    }
}
