//! `hotdesk login`.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use hotdesk_client::Pin;
use serde_json::json;
use zeroize::Zeroizing;

use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{json, text};

/// Arguments of `login`.
#[derive(Debug, Args)]
#[command(after_help = "\
The PIN is asked for without echo. It is never an argument: other users of the machine can see those.

Examples:
  hotdesk login --user 2041 --device chi-12
  hotdesk login -u maria.silva@example.com -d 00:1a:2b:3c:4d:5e
  pass show desk-pin | hotdesk login -u maria.silva -d chi-12 --pin-stdin")]
pub(crate) struct LoginArgs {
    /// Who: user id, alias, e-mail or extension
    #[arg(long, short, value_name = "USER")]
    user: String,
    /// Where: the phone's MAC address or id
    #[arg(long, short, value_name = "PHONE")]
    device: String,
    /// Read the PIN from standard input: the first line
    #[arg(long)]
    pin_stdin: bool,
    /// Vouch for the user instead of giving a PIN; only where the node's configuration allows it
    #[arg(long, conflicts_with = "pin_stdin")]
    vouch: bool,
}

impl LoginArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let client = context.client()?;
        let answer = if self.vouch {
            client.login_vouched(&self.user, &self.device).await?
        } else {
            let pin = pin(self.pin_stdin, &format!("PIN of {}: ", self.user)).await?;
            client.login(&self.user, &self.device, &pin).await?
        };
        let session = answer.session.clone().unwrap_or_default();
        let value = json!({
            "session": json::session(&session),
            "already": answer.already,
            "ended": answer.ended.iter().map(json::ended).collect::<Vec<_>>(),
            "index": answer.index,
        });
        context.out.show(&value, || {
            let paint = context.out.paint;
            let tick = paint.green("✓");
            let already = if answer.already { " already" } else { "" };
            let mut lines = vec![format!(
                "{tick} {} is{already} logged in at {} in {} (epoch {}, entry {})",
                session.user, session.device, session.site, session.epoch, answer.index
            )];
            lines.extend(
                answer
                    .ended
                    .iter()
                    .map(|ended| format!("  ended: {}", text::ended(ended))),
            );
            lines.join("\n")
        })?;
        Ok(())
    }
}

/// Gets a PIN: from standard input, or asked for at the terminal without echo.
///
/// # Errors
/// When there is no terminal to ask at, or nothing comes in.
pub(super) async fn pin(from_stdin: bool, prompt: &str) -> Result<Pin, Problem> {
    if !from_stdin && !io::stdin().is_terminal() {
        return Err(Problem::own(
            Own::BadArgument,
            "there is no terminal to ask for the PIN at",
            "Give --pin-stdin and the PIN on standard input.",
        ));
    }
    let prompt = prompt.to_owned();
    let read = move || -> io::Result<Pin> {
        let typed = Zeroizing::new(if from_stdin {
            first_line(io::stdin().lock())?
        } else {
            rpassword::prompt_password(prompt)?
        });
        Ok(Pin::new(typed.trim()))
    };
    let read = tokio::task::spawn_blocking(read).await;
    let failed = |error: String| {
        Problem::own(
            Own::File,
            format!("cannot read the PIN: {error}"),
            "Give it at a terminal, or with --pin-stdin.",
        )
    };
    let pin = read
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))?;
    if pin.reveal().is_empty() {
        return Err(failed("nothing was given".to_owned()));
    }
    Ok(pin)
}

/// More than any PIN; the rest is not read.
const LINE_BYTES_MAX: u64 = 256;

/// The first line.
fn first_line(input: impl Read) -> io::Result<String> {
    let mut text = Zeroizing::new(String::with_capacity(LINE_BYTES_MAX as usize));
    input.take(LINE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
