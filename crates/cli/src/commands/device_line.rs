//! `hotdesk device line`: the credentials of the line of whoever is logged in at a phone.

use std::path::{Path, PathBuf};

use clap::Args;
use hotdesk_client::Client;
use hotdesk_client::v1::{Consistency, who_request::Subject};
use hotdesk_sip::secret::LineKey;
use serde_json::json;
use zeroize::Zeroizing;

use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::pairs;

/// Arguments of `device line`.
#[derive(Debug, Args)]
#[command(after_help = "\
For a phone that is set up by hand. The line belongs to the session: it dies at the next logout, or with a login \
elsewhere, and the password with it. A phone that keeps its own line (`hotdesk device secret`) needs no other.

Example:
  hotdesk device line chi-12 --key-file /etc/hotdesk/line.key")]
pub(crate) struct LineArgs {
    /// MAC address or id
    device: String,
    /// The line key, the same file as at the nodes and edges; the password is worked out here
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

pub(super) async fn line(context: &Context, client: &Client, args: LineArgs) -> Result<(), Problem> {
    let key = read_key(&args.key_file)?;
    let answer = client
        .who(Subject::Device(args.device.clone()), Consistency::Linearizable)
        .await?;
    let (Some(user), Some(session)) = (answer.user, answer.sessions.first()) else {
        return Err(Problem::own(
            Own::NotFound,
            format!("nobody is logged in at {}", args.device),
            "A line is made by a login: `hotdesk login`.",
        ));
    };
    // The same name that the edges look for: the extension, or the user's id where there is none.
    let extension = Some(&user.extension).filter(|extension| !extension.is_empty());
    let extension = extension.unwrap_or(&user.id);
    let name = LineKey::line_username(extension, session.epoch);
    let password = key.line_password(&user.id, session.epoch);
    let value = json!({
        "device": session.device,
        "user": user.id,
        "epoch": session.epoch,
        "address": extension,
        "user_name": name,
        "password": password.as_str(),
    });
    context.out.show(&value, || {
        pairs(&[
            ("phone", session.device.clone()),
            ("user", user.id.clone()),
            ("address of record", extension.clone()),
            ("user name", name.clone()),
            ("password", password.to_string()),
            ("good until", "the session ends".to_owned()),
        ])
    })?;
    Ok(())
}

fn read_key(path: &Path) -> Result<LineKey, Problem> {
    let failed = |error: &dyn std::fmt::Display| {
        Problem::own(
            Own::File,
            format!("cannot use {} as the line key: {error}", path.display()),
            "Give the file that sip.key_file of the edges names.",
        )
    };
    let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
    let bytes = Zeroizing::new(bytes);
    LineKey::read(&bytes).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_cannot_be_used_is_said_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("line.key");
        let problem = |path: &Path| read_key(path).map(|_| ()).unwrap_err();
        assert!(format!("{:?}", problem(&path)).contains("line.key"));
        std::fs::write(&path, "too short").unwrap();
        assert!(format!("{:?}", problem(&path)).contains("line.key"));
        std::fs::write(
            &path,
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        )
        .unwrap();
        assert!(read_key(&path).is_ok());
    }
}
