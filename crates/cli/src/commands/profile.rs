//! `hotdesk user profile …`: what a user finds at every phone.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use hotdesk_client::Client;
use hotdesk_client::v1::{Consistency, Lamp, Profile, SoftFunction, SpeedDial};
use hotdesk_phone::Language;
use serde_json::json;

use super::{profile_file, records};
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{json, text};

/// What can be done with profiles.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Forwarding, voicemail and do-not-disturb: `hotdesk user calls`.

Examples:
  hotdesk user profile get ada.moreno
  hotdesk user profile set ada.moreno --speed-dial \"Front desk=2000\" --lamp Bob=2042
  hotdesk user profile get ada.moreno --output json")]
pub(crate) enum ProfileCommand {
    /// What a user finds at every phone
    Get {
        /// User id, alias, e-mail, extension or number
        user: String,
    },
    /// Change it: what is not given stays as it is
    Set(Box<SetArgs>),
}

/// Arguments of `user profile set`.
#[derive(Debug, Args)]
#[command(after_help = "\
An empty value takes one away: --line-label \"\", --speed-dial \"\". A file has the object that `profile get --output \
json` shows under \"profile\"; it replaces the whole profile, and options change what is in it.

Examples:
  hotdesk user profile set ada.moreno --line-label \"Ada 2041\" --ring-tone 3 --language pt
  hotdesk user profile set ada.moreno --speed-dial \"Front desk=2000\" --speed-dial \"Taxi=+13125550100\"
  hotdesk user profile set ada.moreno --lamp Bob=2042 --lamp Carla=2043 --softkey history --softkey logout
  hotdesk user profile set ada.moreno --from-file ada.json
  hotdesk user profile set ada.moreno --clear")]
pub(crate) struct SetArgs {
    /// User id, alias, e-mail, extension or number
    user: String,
    /// Take everything away first
    #[arg(long, conflicts_with = "from_file")]
    clear: bool,
    /// Take the whole profile from this JSON file; - for standard input
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// What the line's key shows; empty for extension and name
    #[arg(long, value_name = "TEXT")]
    line_label: Option<String>,
    /// A key that dials; repeat for several, at most 32. Replaces all there are
    #[arg(long, value_name = "LABEL=NUMBER", value_parser = key)]
    speed_dial: Option<Vec<Key>>,
    /// A key whose lamp shows whether a colleague is in a call; repeat for several, at most 32. Replaces all there are
    #[arg(long, value_name = "LABEL=EXTENSION", value_parser = key)]
    lamp: Option<Vec<Key>>,
    /// What the message key dials
    #[arg(long, value_name = "NUMBER")]
    voicemail_number: Option<String>,
    /// Whether waiting messages light the lamp
    #[arg(long, value_name = "ON|OFF")]
    message_waiting: Option<Switch>,
    /// Which ring tone: 1 to 9, 0 for the phone's usual one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=9))]
    ring_tone: Option<u32>,
    /// What the phone speaks while the user is there: en, de, fr, es, pt, it; empty for the office's language
    #[arg(long, value_name = "TAG", value_parser = language)]
    language: Option<String>,
    /// Where the phone book is
    #[arg(long, value_name = "URL")]
    directory_url: Option<String>,
    /// A function of a soft key, in order; repeat for several, at most 8. Replaces all there are
    #[arg(long, value_name = "FUNCTION")]
    softkey: Option<Vec<SoftKey>>,
}

/// On or off.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// What a soft key can do.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SoftKey {
    /// The calls made and missed
    History,
    /// The phone book
    Directory,
    /// Do not disturb, on and off
    DoNotDisturb,
    /// Forwarding
    Forward,
    /// The mailbox
    Voicemail,
    /// Log out of the phone
    Logout,
    /// The phone's usual ones: no functions
    Usual,
}

impl SoftKey {
    const fn function(self) -> Option<SoftFunction> {
        Some(match self {
            Self::History => SoftFunction::History,
            Self::Directory => SoftFunction::Directory,
            Self::DoNotDisturb => SoftFunction::DoNotDisturb,
            Self::Forward => SoftFunction::Forward,
            Self::Voicemail => SoftFunction::Voicemail,
            Self::Logout => SoftFunction::Logout,
            Self::Usual => return None,
        })
    }
}

/// `LABEL=TARGET`; both empty for none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    label: String,
    target: String,
}

/// The last equals sign parts label and target: a label may have some, a number has none.
fn key(text: &str) -> Result<Key, String> {
    if text.is_empty() {
        return Ok(Key {
            label: String::new(),
            target: String::new(),
        });
    }
    let parts = text
        .rsplit_once('=')
        .map(|(label, target)| (label.trim(), target.trim()));
    match parts {
        Some((label, target)) if !label.is_empty() && !target.is_empty() => Ok(Key {
            label: label.to_owned(),
            target: target.to_owned(),
        }),
        _ => Err(format!(
            "{text:?} is not a key: expected LABEL=NUMBER, such as \"Front desk=2000\""
        )),
    }
}

fn language(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    text.parse::<Language>().map(|language| language.tag().to_owned())
}

impl ProfileCommand {
    pub(super) async fn run(self, context: &Context, client: &Client) -> Result<(), Problem> {
        match self {
            Self::Get { user } => get(context, client, &user).await,
            Self::Set(args) => set(context, client, *args).await,
        }
    }
}

async fn get(context: &Context, client: &Client, user: &str) -> Result<(), Problem> {
    let answer = client.profile(user, Consistency::Linearizable).await?;
    let profile = answer.profile.unwrap_or_default();
    let calls = answer.calls.unwrap_or_default();
    let value = json!({
        "user": answer.user,
        "profile": json::profile(&profile),
        "calls": json::calls(&calls),
    });
    context
        .out
        .show(&value, || text::profile(&answer.user, &profile, &calls))?;
    Ok(())
}

async fn set(context: &Context, client: &Client, args: SetArgs) -> Result<(), Problem> {
    if !args.changes_something() {
        return Err(Problem::own(
            Own::BadArgument,
            "nothing to set",
            "Give at least one option; `hotdesk user profile set --help` lists them.",
        ));
    }
    let user = args.user.clone();
    let before = if args.clear {
        Profile::default()
    } else if let Some(file) = &args.from_file {
        profile_file::read(file).await?
    } else {
        let answer = client.profile(&user, Consistency::Linearizable).await?;
        answer.profile.unwrap_or_default()
    };
    let profile = args.over(before);
    let answer = client.put_profile(&user, Some(profile.clone()), None).await?;
    let value = json!({"user": user, "profile": json::profile(&profile), "index": answer.index});
    context
        .out
        .show(&value, || format!("the profile of {user} is set"))?;
    Ok(())
}

impl SetArgs {
    const fn changes_something(&self) -> bool {
        self.clear
            || self.from_file.is_some()
            || self.line_label.is_some()
            || self.speed_dial.is_some()
            || self.lamp.is_some()
            || self.voicemail_number.is_some()
            || self.message_waiting.is_some()
            || self.ring_tone.is_some()
            || self.language.is_some()
            || self.directory_url.is_some()
            || self.softkey.is_some()
    }

    /// The profile with what was given.
    fn over(self, mut profile: Profile) -> Profile {
        records::set(&mut profile.line_label, self.line_label);
        records::set(&mut profile.voicemail_number, self.voicemail_number);
        records::set(&mut profile.language, self.language);
        records::set(&mut profile.directory_url, self.directory_url);
        if let Some(keys) = self.speed_dial {
            profile.speed_dials = given(keys)
                .map(|Key { label, target }| SpeedDial {
                    label,
                    number: target,
                })
                .collect();
        }
        if let Some(keys) = self.lamp {
            profile.lamps = given(keys)
                .map(|Key { label, target }| Lamp {
                    label,
                    extension: target,
                })
                .collect();
        }
        if let Some(switch) = self.message_waiting {
            profile.message_waiting = matches!(switch, Switch::On);
        }
        if let Some(ring_tone) = self.ring_tone {
            profile.ring_tone = ring_tone;
        }
        if let Some(keys) = self.softkey {
            let functions = keys.into_iter().filter_map(SoftKey::function);
            profile.softkeys = functions.map(Into::into).collect();
        }
        profile
    }
}

fn given(keys: Vec<Key>) -> impl Iterator<Item = Key> {
    keys.into_iter().filter(|key| !key.target.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_equals_sign_parts_label_and_number() {
        for (text, expected) in [
            ("Front desk=2000", Some(("Front desk", "2000"))),
            ("a=b=2000", Some(("a=b", "2000"))),
            (" Bob = 2042 ", Some(("Bob", "2042"))),
            ("", Some(("", ""))),
            ("2000", None),
            ("=2000", None),
            ("Bob=", None),
        ] {
            let read = key(text).ok();
            let read = read.as_ref().map(|key| (&*key.label, &*key.target));
            assert_eq!(read, expected, "{text:?}");
        }
        assert!(key("2000").unwrap_err().contains("expected LABEL=NUMBER"));
    }

    #[test]
    fn languages_are_kept_by_tag_and_unknown_ones_refused() {
        assert_eq!(language("pt-BR").as_deref(), Ok("pt"));
        assert_eq!(language("").as_deref(), Ok(""));
        assert!(language("tlh").unwrap_err().contains("expected en, de"));
    }
}
