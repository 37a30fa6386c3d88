//! `hotdesk device secret` and `hotdesk device hold`.

use std::io::{self, BufRead as _};
use std::time::Duration;

use clap::Args;
use hotdesk_client::{Client, DeviceSecret};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{json as out, pairs, time};

/// Arguments of `device secret`.
#[derive(Debug, Args)]
#[command(after_help = "\
The password is what the phone itself registers with; it does not change when people log in and out. The \
cluster keeps its digests only, so it cannot be shown again.

A phone that loads documents moves to a generated password by itself: it is told, and its former document path stays \
good until it has come with the new one, for at most 30 days. Whoever has the former path can do that as well: when it \
has leaked, add --revoke, and let the phone in again (hotdesk phone reopen).

Examples:
  hotdesk device secret chi-12 --generate
  hotdesk device secret chi-12 --generate --revoke
  printf %s \"$PASSWORD\" | hotdesk device secret chi-12 --stdin
  hotdesk device secret chi-12 --remove")]
pub(crate) struct SecretArgs {
    /// MAC address or id
    device: String,
    #[command(flatten)]
    what: What,
    /// What the phone knew before is worth nothing from now on
    #[arg(long, conflicts_with_all = ["stdin", "remove"])]
    revoke: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Make one and print it, once
    #[arg(long)]
    generate: bool,
    /// Read it from standard input: the first line, 8 to 128 printable characters without spaces
    #[arg(long)]
    stdin: bool,
    /// Take it away: the phone cannot register any more
    #[arg(long)]
    remove: bool,
}

pub(super) async fn secret(context: &Context, client: &Client, args: SecretArgs) -> Result<(), Problem> {
    let secret = if args.what.generate && args.revoke {
        DeviceSecret::GenerateAndRevoke
    } else if args.what.generate {
        DeviceSecret::Generate
    } else if args.what.stdin {
        DeviceSecret::Password(first_line().await?)
    } else {
        DeviceSecret::Remove
    };
    let answer = client.set_device_secret(&args.device, secret).await?;
    let password = Some(&answer.password).filter(|password| !password.is_empty());
    let value = json!({
        "device": answer.username,
        "domain": answer.domain,
        "password": password,
        "index": answer.index,
    });
    context.out.show(&value, || match password {
        Some(password) => pairs(&[
            ("user name", answer.username.clone()),
            ("domain", answer.domain.clone()),
            ("password", format!("{password} (shown once)")),
        ]),
        None if args.what.remove => format!("the password of phone {} is removed", answer.username),
        None => format!("the password of phone {} is set", answer.username),
    })?;
    Ok(())
}

async fn first_line() -> Result<Zeroizing<String>, Problem> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = Zeroizing::new(String::new());
        io::stdin().lock().read_line(&mut line)?;
        Ok::<_, io::Error>(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
    });
    let failed = |error: &dyn std::fmt::Display| {
        Problem::own(
            Own::BadArgument,
            format!("cannot read the password from standard input: {error}"),
            "Give it as the first line.",
        )
    };
    match read.await {
        Ok(line) => line.map_err(|error| failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

/// Arguments of `device hold`.
#[derive(Debug, Args)]
#[command(after_help = "\
Edges do this by themselves around emergency calls.

Examples:
  hotdesk device hold chi-12 --for 30m --reason \"call-back of the fire brigade\"
  hotdesk device hold chi-12 --release")]
pub(crate) struct HoldArgs {
    /// MAC address or id
    device: String,
    /// For how long, at most 24h
    #[arg(
        long = "for",
        value_name = "SPAN",
        value_parser = time::parse_duration,
        required_unless_present = "release",
        conflicts_with = "release"
    )]
    span: Option<Duration>,
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// End the hold before its time
    #[arg(long)]
    release: bool,
}

pub(super) async fn hold(context: &Context, client: &Client, args: HoldArgs) -> Result<(), Problem> {
    let until_ms = args.span.map_or(0, time::from_now_ms);
    let answer = client.hold_device(&args.device, until_ms, &args.reason).await?;
    let until: Value = out::time(until_ms);
    let value = json!({"device": args.device, "held_until": until, "index": answer.index});
    context.out.show(&value, || match until_ms {
        0 => format!("phone {} is no longer on hold", args.device),
        until_ms => format!(
            "phone {} is on hold until {}",
            args.device,
            time::table_time(until_ms)
        ),
    })?;
    Ok(())
}
