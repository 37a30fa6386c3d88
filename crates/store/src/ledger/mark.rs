//! The file `LEDGER`: lines that a person can read, and a checksum of them. It says what the directory is, and
//! how many batches were in it at the last start or clean end, so that a ledger that lost some is noticed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::OpenLedgerError;
use crate::data_dir::replace_file;
use crate::error::OpenError;
use crate::log::damaged;

/// A directory with other things in it is somebody else's.
pub(super) fn refuse_foreign(dir: &Path) -> Result<(), OpenLedgerError> {
    if file(dir).exists() {
        return Ok(());
    }
    let failed = |error| OpenError::from_io(dir, error);
    for item in fs::read_dir(dir).map_err(failed)? {
        let name = item.map_err(failed)?.file_name();
        let name = name.to_string_lossy();
        // What was made before a first start was cut short.
        if !["LOCK", "BALLAST", "LEDGER.new", "lost+found"].contains(&&*name) {
            return Err(OpenLedgerError::NotALedger {
                path: dir.to_path_buf(),
                detail: format!("there is {name} but no {NAME}"),
            });
        }
    }
    Ok(())
}

/// How many batches were there when it was written; `None` when there is no file.
pub(super) fn read(dir: &Path) -> Result<Option<u64>, OpenLedgerError> {
    let path = file(dir);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::from_io(&path, error).into()),
    };
    parse(dir, &text).map(Some)
}

fn parse(dir: &Path, text: &str) -> Result<u64, OpenLedgerError> {
    let damaged = |detail: &str| OpenLedgerError::from(damaged(&file(dir), detail.to_owned()));
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return Err(OpenLedgerError::NotALedger {
            path: dir.to_path_buf(),
            detail: format!("{NAME} does not begin with its title"),
        });
    }
    // Before the checksum, so that a later version may say more in more lines.
    let found: u32 = value(lines.next(), "format").ok_or_else(|| damaged("no format version"))?;
    let found = u64::from(found);
    if found > FORMAT_VERSION.into() {
        return Err(OpenLedgerError::from(OpenError::NewerFormat {
            path: file(dir),
            found: u32::try_from(found).unwrap_or(u32::MAX),
            supported: FORMAT_VERSION,
        }));
    }
    let generation = value(lines.next(), "generation").ok_or_else(|| damaged("no generation"))?;
    if text != self::text(generation) {
        return Err(damaged("the checksum does not match"));
    }
    Ok(generation)
}

fn value<T: std::str::FromStr>(line: Option<&str>, name: &str) -> Option<T> {
    line?.strip_prefix(name)?.strip_prefix(' ')?.parse().ok()
}

/// Writes the file; durable on return.
pub(super) fn write(dir: &Path, generation: u64) -> Result<(), OpenError> {
    let path = file(dir);
    replace_file(&path, text(generation).as_bytes()).map_err(|error| OpenError::from_io(&path, error))
}

fn file(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

fn text(generation: u64) -> String {
    let lines = format!("{TITLE}\nformat {FORMAT_VERSION}\ngeneration {generation}\n");
    format!("{lines}check {:08x}\n", crc32fast::hash(lines.as_bytes()))
}

const NAME: &str = "LEDGER";
const TITLE: &str = "hotdesk ledger";

/// What this version writes, and the newest that it reads.
const FORMAT_VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stays_what_it_was() {
        let kept = "hotdesk ledger\nformat 1\ngeneration 70\ncheck af564d63\n";
        assert_eq!(text(70), kept);
        assert_eq!(parse(Path::new("."), kept).unwrap(), 70);
    }
}
