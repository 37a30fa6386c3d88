//! Text that must not be seen: tokens and peppers.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

/// A secret. Prints as `***`, is wiped from memory when dropped, and compares in constant time.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text` secret from here on.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself. Named so that each place where it leaves its wrapping stands out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// No secret has been given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `given` is the secret. The time it takes depends on the lengths only, so that a caller who
    /// measures cannot guess the secret letter by letter.
    #[must_use]
    pub fn matches(&self, given: &[u8]) -> bool {
        let mine = self.0.as_bytes();
        if mine.len() != given.len() {
            return false;
        }
        let differences = mine.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
        std::hint::black_box(differences) == 0
    }

    /// Reads a secret from a file: the whole content without the white space around it.
    ///
    /// # Errors
    /// A sentence without the path, to be put behind the key that named the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        match text.trim() {
            "" => Err(format!("{} is empty: put the secret into it", path.display())),
            secret => Ok(Self::new(secret.to_owned())),
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "(none)" } else { "***" })
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Some(Secret::from("hunter2"))), "Some(***)");
    }

    #[test]
    fn only_the_whole_secret_matches() {
        let secret = Secret::from("hunter2");
        assert!(secret.matches(b"hunter2"));
        for wrong in [&b"hunter3"[..], b"hunter", b"hunter22", b""] {
            assert!(!secret.matches(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_file_is_read_without_its_last_newline_and_an_empty_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "abc\n").unwrap();
        assert!(Secret::read(&path).unwrap().matches(b"abc"));
        std::fs::write(&path, " \n").unwrap();
        assert!(Secret::read(&path).unwrap_err().contains("is empty"));
        assert!(
            Secret::read(&dir.path().join("none"))
                .unwrap_err()
                .contains("cannot read")
        );
    }
}
