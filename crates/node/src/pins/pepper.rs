//! The pepper: a secret that goes into every verifier and is kept outside the cluster's state.
//!
//! All nodes of a cluster need the same one: a PIN that was set at one office is checked at another.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A pepper file cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the pepper file {path}: {source}")]
pub struct PepperError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Makes a file with a random pepper that only its owner can read; leaves an existing file as it is, because
/// every PIN depends on it. For demonstrations and tests: a real cluster's pepper is made once by its
/// operator, who keeps a copy, and given to every node.
///
/// # Errors
/// [`PepperError`] when the file cannot be written.
pub fn create_pepper_file(path: &Path) -> Result<(), PepperError> {
    let failed = |source| PepperError {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            // Two random UUIDs: 244 random bits from the operating system.
            let pepper = format!("{}{}\n", Uuid::new_v4().simple(), Uuid::new_v4().simple());
            file.write_all(pepper.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_pepper_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pepper");
        create_pepper_file(&path).unwrap();
        let first = Secret::read(&path).unwrap();
        assert_eq!(first.reveal().len(), 64);
        create_pepper_file(&path).unwrap();
        assert_eq!(Secret::read(&path).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let error = create_pepper_file(Path::new("/nonexistent/pepper")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/pepper"), "{error}");
    }
}
