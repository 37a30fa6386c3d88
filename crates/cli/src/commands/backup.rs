//! `hotdesk backup`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use hotdesk_client::{BackupSummary, Client};
use serde_json::json;

use crate::connect::Context;
use crate::exit::{Own, Problem};

/// Arguments of `backup`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file holds the whole state: directory, PIN verifiers (not the pepper), sessions, audit trail. Keep it like \
a secret, and keep the pepper elsewhere.

Examples:
  hotdesk backup hotdesk-$(date +%F).backup
  hotdesk restore --help        how it is used again")]
pub(crate) struct BackupArgs {
    /// Where to write it; refused when the file exists
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl BackupArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        if self.file.exists() {
            return Err(Problem::own(
                Own::File,
                format!("{} exists already", self.file.display()),
                "Give another name, or remove it first.",
            ));
        }
        // Written beside, and given its name when it is complete: half a backup never looks like one.
        let mut part = self.file.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let result = receive(&context.client()?, &part).await;
        let summary = match result {
            Ok(summary) => summary,
            Err(problem) => {
                let _ = fs::remove_file(&part);
                return Err(problem);
            }
        };
        fs::rename(&part, &self.file).map_err(|error| Problem::file("write", &self.file, &error))?;
        let value = json!({
            "file": self.file,
            "index": summary.index,
            "bytes": summary.bytes,
            "crc32": format!("{:08x}", summary.crc32),
        });
        context.out.show(&value, || {
            let tick = context.out.paint.green("✓");
            format!(
                "{tick} the state of entry {} is in {} ({} bytes)",
                summary.index,
                self.file.display(),
                summary.bytes
            )
        })?;
        Ok(())
    }
}

async fn receive(client: &Client, part: &Path) -> Result<BackupSummary, Problem> {
    let failed = |error: std::io::Error| Problem::file("write", part, &error);
    let mut file = private(part).map_err(failed)?;
    let mut backup = client.backup().await?;
    while let Some(chunk) = backup.next_chunk().await? {
        file.write_all(&chunk).map_err(failed)?;
    }
    file.sync_all().map_err(failed)?;
    backup.summary().ok_or_else(|| {
        Problem::own(
            Own::File,
            "the backup has no end",
            "Try again, or ask another node.",
        )
    })
}

/// A new file that only its owner can read.
fn private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
