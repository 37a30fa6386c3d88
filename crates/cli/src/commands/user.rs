//! `hotdesk user …`.

use std::time::Duration;

use clap::{Args, Subcommand};
use hotdesk_client::v1::{Consistency, User, who_request::Subject};
use hotdesk_client::{Client, Error};
use serde_json::json;

use super::calls_of::{CallsArgs, RightsArgs};
use super::login::pin;
use super::profile::ProfileCommand;
use super::records::{self, ListArgs};
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{json, table, text, time};

/// What can be done with users.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk user list
  hotdesk user put ada.moreno --name \"Ada Moreno\" --extension 2099 --email ada.moreno@example.com
  hotdesk user set-pin ada.moreno
  hotdesk user disable ada.moreno")]
pub(crate) enum UserCommand {
    /// All users
    List(ListArgs),
    /// One user
    Get {
        /// User id, alias, e-mail or extension
        user: String,
    },
    /// Create a user, or change one: what is not given stays as it is
    Put(PutArgs),
    /// Delete users; ends their sessions
    Delete {
        /// User ids
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Set a user's PIN; asks for it without echo
    SetPin(SetPinArgs),
    /// What happens to calls for a user: forwarding, voicemail, do not disturb
    Calls(CallsArgs),
    /// Which calls a user may make, where that is not what the group says
    Rights(RightsArgs),
    /// What a user finds at every phone: keys, label, ring tone, language
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Lock a user out and end the user's sessions: for a PIN that somebody else knows
    Lock(LockArgs),
    /// Lift a lockout before its time
    Unlock {
        /// User id, alias, e-mail or extension
        user: String,
    },
    /// No logins any more; ends the user's sessions
    Disable {
        /// User id, alias, e-mail or extension
        user: String,
    },
    /// Logins again
    Enable {
        /// User id, alias, e-mail or extension
        user: String,
    },
}

/// Arguments of `user put`.
#[derive(Debug, Args)]
#[command(after_help = "\
An empty value removes one: --email \"\". The PIN is set with `hotdesk user set-pin`.

Examples:
  hotdesk user put ada.moreno --name \"Ada Moreno\" --extension 2099 --group staff
  hotdesk user put ada.moreno --alias 72099 --alias ada")]
pub(crate) struct PutArgs {
    /// The user's id: 1 to 64 of a-z, 0-9, dot, dash, underscore
    id: String,
    /// The name that people see whom the user calls
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The number that reaches the user: 1 to 20 digits
    #[arg(long, value_name = "DIGITS")]
    extension: Option<String>,
    /// Another name to log in with; repeat for several. Replaces all there are
    #[arg(long, value_name = "NAME")]
    alias: Option<Vec<String>>,
    /// A number of the outside world that reaches the user (+13125550142); repeat for several. Replaces all there are
    #[arg(long, value_name = "NUMBER")]
    number: Option<Vec<String>>,
    /// An e-mail address to log in with
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The group whose policy applies
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

/// Arguments of `user set-pin`.
#[derive(Debug, Args)]
pub(crate) struct SetPinArgs {
    /// User id, alias, e-mail or extension
    user: String,
    /// Read the PIN from standard input: the first line
    #[arg(long, conflicts_with = "remove")]
    pin_stdin: bool,
    /// Remove the PIN: no login with a PIN succeeds until there is a new one
    #[arg(long)]
    remove: bool,
}

/// Arguments of `user lock`.
#[derive(Debug, Args)]
#[command(after_help = "\
All sessions of the user end in the same log entry. Set a new PIN, then lift the lock with `hotdesk user unlock`.

Examples:
  hotdesk user lock ada.moreno
  hotdesk user lock 2041 --for 12h --note \"PIN seen by a visitor\"")]
pub(crate) struct LockArgs {
    /// User id, alias, e-mail or extension
    user: String,
    /// For how long, at most 30d
    #[arg(long = "for", value_name = "SPAN", value_parser = time::parse_duration, default_value = "1h")]
    span: Duration,
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

impl UserCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        match self {
            Self::List(args) => list(context, &client, args).await,
            Self::Get { user } => {
                let user = get(&client, &user).await?;
                context.out.show(&json::user(&user), || text::user(&user))?;
                Ok(())
            }
            Self::Put(args) => {
                let before = match get(&client, &args.id).await {
                    Ok(user) if user.id == args.id.trim().to_lowercase() => user,
                    Err(problem) if !records::is_not_found(&problem) => return Err(problem),
                    // The name is free, or (an alias) somebody else's, which the cluster refuses with a reason.
                    _ => User {
                        id: args.id.clone(),
                        ..User::default()
                    },
                };
                let user = args.over(before);
                let answer = client.put_user(user.clone()).await?;
                records::show_put(context, "user", &user.id, answer)
            }
            Self::Delete { ids } => {
                for id in ids {
                    let answer = client.delete_user(&id).await?;
                    records::show_delete(context, "user", &id, answer)?;
                }
                Ok(())
            }
            Self::SetPin(args) => set_pin(context, &client, args).await,
            Self::Calls(args) => calls(context, &client, args).await,
            Self::Rights(args) => rights(context, &client, args).await,
            Self::Profile(command) => command.run(context, &client).await,
            Self::Lock(args) => lock(context, &client, args).await,
            Self::Unlock { user } => {
                let answer = client.unlock(&user).await?;
                let value = json!({"user": user, "index": answer.index});
                context.out.show(&value, || format!("{user} may log in again"))?;
                Ok(())
            }
            Self::Disable { user } => enable(context, &client, &user, false).await,
            Self::Enable { user } => enable(context, &client, &user, true).await,
        }
    }
}

/// The user of that name.
async fn get(client: &Client, name: &str) -> Result<User, Problem> {
    let answer = client
        .who(Subject::User(name.to_owned()), Consistency::Linearizable)
        .await
        .map_err(Problem::from)?;
    answer.user.ok_or_else(|| records::not_found("user", name))
}

async fn list(context: &Context, client: &Client, args: ListArgs) -> Result<(), Problem> {
    let mut users: Vec<User> = Vec::new();
    records::pages(&args, Consistency::Local, async |request| {
        let page = client.list_users(request).await?;
        users.extend(page.users);
        Ok::<_, Error>((page.more, users.len(), users.last().map(|user| user.id.clone())))
    })
    .await?;
    users.truncate(args.limit());
    let value = json!(users.iter().map(json::user).collect::<Vec<_>>());
    context.out.show(&value, || {
        let rows = users
            .iter()
            .map(|user| {
                let state = match (user.disabled, user.locked_until_ms, user.has_pin) {
                    (true, ..) => "disabled",
                    (_, until, _) if until > time::now_ms() => "locked",
                    (.., false) => "no PIN",
                    _ => "",
                };
                vec![
                    user.id.clone(),
                    user.display_name.clone(),
                    user.extension.clone(),
                    user.aliases.join(" "),
                    user.email.clone(),
                    user.group.clone(),
                    state.to_owned(),
                ]
            })
            .collect();
        table(
            &["USER", "NAME", "EXTENSION", "ALIASES", "EMAIL", "GROUP", "STATE"],
            rows,
            "there are no users; put some with `hotdesk import users.csv`",
        )
    })?;
    Ok(())
}

impl PutArgs {
    fn over(self, mut user: User) -> User {
        records::set(&mut user.display_name, self.name);
        records::set(&mut user.extension, self.extension);
        records::set(&mut user.email, self.email);
        records::set(&mut user.group, self.group);
        if let Some(aliases) = self.alias {
            user.aliases = aliases.into_iter().filter(|alias| !alias.is_empty()).collect();
        }
        if let Some(numbers) = self.number {
            user.numbers = numbers.into_iter().filter(|number| !number.is_empty()).collect();
        }
        user
    }
}

async fn set_pin(context: &Context, client: &Client, args: SetPinArgs) -> Result<(), Problem> {
    let new = if args.remove {
        None
    } else {
        let first = pin(args.pin_stdin, &format!("New PIN of {}: ", args.user)).await?;
        if !args.pin_stdin {
            let second = pin(false, "Again: ").await?;
            if first.reveal() != second.reveal() {
                return Err(Problem::own(
                    Own::BadArgument,
                    "the two PINs are not the same",
                    "Try again.",
                ));
            }
        }
        Some(first)
    };
    let answer = client.set_pin(&args.user, new.as_ref()).await?;
    let value = json!({"user": args.user, "version": answer.version, "index": answer.index});
    context.out.show(&value, || {
        let done = if args.remove { "removed" } else { "set" };
        format!("the PIN of {} is {done}", args.user)
    })?;
    Ok(())
}

async fn lock(context: &Context, client: &Client, args: LockArgs) -> Result<(), Problem> {
    let until_ms = time::from_now_ms(args.span);
    let answer = client.lock_user(&args.user, until_ms, &args.note).await?;
    let until_ms = answer.until_ms;
    let value = json!({
        "user": args.user,
        "locked_until": json::time(until_ms),
        "ended": answer.ended.iter().map(json::ended).collect::<Vec<_>>(),
        "index": answer.index,
    });
    context.out.show(&value, || {
        let mut lines = vec![format!(
            "{} is locked out until {}",
            args.user,
            time::table_time(until_ms)
        )];
        lines.extend(answer.ended.iter().map(text::ended));
        lines.join("\n")
    })?;
    Ok(())
}

async fn calls(context: &Context, client: &Client, args: CallsArgs) -> Result<(), Problem> {
    let mut user = get(client, &args.user).await?;
    let mut set = user.calls.clone().unwrap_or_default();
    let mut index = None;
    if !args.is_question() {
        set = args.over(set);
        user.calls = Some(set.clone());
        index = Some(client.put_user(user.clone()).await?.index);
    }
    let value = json!({"user": user.id, "calls": json::calls(&set), "index": index});
    context.out.show(&value, || {
        let lines = text::calls(&set);
        if lines.is_empty() {
            format!("calls for {} ring where the user is logged in", user.id)
        } else {
            format!("calls for {}:\n  {}", user.id, lines.join("\n  "))
        }
    })?;
    Ok(())
}

async fn rights(context: &Context, client: &Client, args: RightsArgs) -> Result<(), Problem> {
    let mut user = get(client, &args.id).await?;
    let mut index = None;
    if let Some(rights) = args.wanted() {
        user.rights = rights;
        // Not this command's to change: left out, they stay.
        user.calls = None;
        user.profile = None;
        index = Some(client.put_user(user.clone()).await?.index);
    }
    let rights = user.rights.as_ref();
    let value = json!({"user": user.id, "rights": rights.map(json::rights), "index": index});
    context.out.show(&value, || match rights {
        Some(rights) => format!("{} may call: {}", user.id, text::rights(rights)),
        None => format!("{} may call what the group says", user.id),
    })?;
    Ok(())
}

async fn enable(context: &Context, client: &Client, name: &str, enabled: bool) -> Result<(), Problem> {
    let mut user = get(client, name).await?;
    user.disabled = !enabled;
    let answer = client.put_user(user.clone()).await?;
    context
        .out
        .show(&json!({"user": json::user(&user), "index": answer.index}), || {
            let state = if enabled { "enabled" } else { "disabled" };
            format!("user {} is {state}", user.id)
        })?;
    Ok(())
}
