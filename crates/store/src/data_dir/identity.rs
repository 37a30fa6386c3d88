//! The file `IDENTITY`: four lines that a person can read, and a checksum of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Expect, LOG, SNAPSHOTS, replace_file};
use crate::error::OpenError;

/// The format of a data directory that this version writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity(Expect);

impl Identity {
    /// The identity to go on with, when it is the expected one.
    pub(super) fn check(self, path: &Path, expect: &Expect) -> Result<Expect, OpenError> {
        let path = path.to_path_buf();
        let Self(found) = self;
        if found.node_id != expect.node_id {
            return Err(OpenError::OtherNode {
                path,
                found: found.node_id,
                expected: expect.node_id,
            });
        }
        match (&found.cluster_id, &expect.cluster_id) {
            (Some(ours), Some(asked)) if ours != asked => Err(OpenError::OtherCluster {
                path,
                found: ours.clone(),
                expected: asked.clone(),
            }),
            (None, Some(_)) => {
                write(&path, expect)?;
                Ok(expect.clone())
            }
            _ => Ok(found),
        }
    }
}

/// Reads the file; `None` when there is none.
pub(super) fn read(directory: &Path) -> Result<Option<Identity>, OpenError> {
    let path = file(directory);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::from_io(&path, error)),
    };
    parse(&path, &text).map(Some)
}

/// A log or snapshots without an identity: somebody removed the file, or copied half a directory.
pub(super) fn refuse_orphans(directory: &Path) -> Result<(), OpenError> {
    let has_content =
        |folder: &str| fs::read_dir(directory.join(folder)).is_ok_and(|mut files| files.next().is_some());
    if has_content(LOG) || has_content(SNAPSHOTS) {
        let detail = "there is data but no IDENTITY, so nobody can tell whose it is".into();
        return Err(OpenError::Damaged {
            path: directory.to_path_buf(),
            detail,
        });
    }
    Ok(())
}

/// Writes the file; durable on return.
pub(super) fn write(directory: &Path, identity: &Expect) -> Result<(), OpenError> {
    let path = file(directory);
    replace_file(&path, text(identity).as_bytes()).map_err(|error| OpenError::from_io(&path, error))
}

fn file(directory: &Path) -> PathBuf {
    directory.join("IDENTITY")
}

fn text(identity: &Expect) -> String {
    let cluster = identity.cluster_id.as_deref().unwrap_or("-");
    let lines = format!(
        "{TITLE}\nformat {FORMAT_VERSION}\nnode {}\ncluster {cluster}\n",
        identity.node_id
    );
    format!("{lines}check {:08x}\n", crc32fast::hash(lines.as_bytes()))
}

fn parse(path: &Path, text: &str) -> Result<Identity, OpenError> {
    let damaged = |detail: &str| OpenError::Damaged {
        path: path.to_path_buf(),
        detail: detail.to_owned(),
    };
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return Err(damaged("it does not begin with the title of an identity file"));
    }
    // Before the checksum, so that a later version may say more in more lines.
    let format: u32 = value(lines.next(), "format").ok_or_else(|| damaged("no format version"))?;
    if format > FORMAT_VERSION {
        let path = path.to_path_buf();
        return Err(OpenError::NewerFormat {
            path,
            found: format,
            supported: FORMAT_VERSION,
        });
    }
    let node_id = value(lines.next(), "node").ok_or_else(|| damaged("no node id"))?;
    let cluster: String = value(lines.next(), "cluster").ok_or_else(|| damaged("no cluster id"))?;
    let identity = Expect {
        node_id,
        cluster_id: Some(cluster).filter(|id| id != "-"),
    };
    if text != self::text(&identity) {
        return Err(damaged("the checksum does not match"));
    }
    Ok(Identity(identity))
}

fn value<T: std::str::FromStr>(line: Option<&str>, name: &str) -> Option<T> {
    line?.strip_prefix(name)?.strip_prefix(' ')?.parse().ok()
}

const TITLE: &str = "hotdesk data directory";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stays_what_it_was() {
        let identity = Expect {
            node_id: 7,
            cluster_id: Some("c0ffee".into()),
        };
        let kept = "hotdesk data directory\nformat 1\nnode 7\ncluster c0ffee\ncheck ";
        assert!(text(&identity).starts_with(kept), "{}", text(&identity));
    }

    #[test]
    fn what_is_written_is_read() {
        for cluster_id in [None, Some("c0ffee".to_owned())] {
            let identity = Expect {
                node_id: 7,
                cluster_id,
            };
            assert_eq!(
                parse(Path::new("IDENTITY"), &text(&identity)).unwrap(),
                Identity(identity)
            );
        }
    }
}
