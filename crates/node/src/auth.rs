//! Who may administer, and who may vouch for users.

use hotdesk_proto::error::Failure;
use tonic::metadata::MetadataMap;

use crate::secret::Secret;

/// What callers must show.
#[derive(Debug)]
pub(crate) struct Auth {
    admin_token: Option<Secret>,
    allow_vouched_logins: bool,
}

impl Auth {
    pub(crate) fn new(admin_token: Option<Secret>, allow_vouched_logins: bool) -> Self {
        Self {
            admin_token,
            allow_vouched_logins,
        }
    }

    /// Whether the call may administer: it carries the token, or none is needed.
    pub(crate) fn admin(&self, metadata: &MetadataMap) -> Result<(), Failure> {
        let Some(token) = &self.admin_token else {
            return Ok(());
        };
        let given = metadata.get("authorization").map(|value| value.as_bytes());
        match given.and_then(bearer) {
            Some(given) if token.matches(given) => Ok(()),
            _ => Err(Failure::Unauthenticated),
        }
    }

    /// Whether the call may log users in without their PIN.
    pub(crate) fn vouch(&self, metadata: &MetadataMap) -> Result<(), Failure> {
        if !self.allow_vouched_logins {
            return Err(Failure::VouchingNotAllowed);
        }
        self.admin(metadata)
    }
}

/// The token of `Bearer TOKEN`; the word in any case (RFC 7235 §2.1).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    const WORD: &[u8] = b"bearer ";
    let (word, token) = header.split_at_checked(WORD.len())?;
    word.eq_ignore_ascii_case(WORD).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(authorization: Option<&str>) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        if let Some(value) = authorization {
            metadata.insert("authorization", value.parse().unwrap());
        }
        metadata
    }

    #[test]
    fn administration_needs_the_token_where_there_is_one() {
        let auth = Auth::new(Some(Secret::from("s3cret")), true);
        for (authorization, fine) in [
            (Some("Bearer s3cret"), true),
            (Some("bearer s3cret"), true),
            (Some("Bearer s3cre"), false),
            (Some("Bearer s3cret "), false),
            (Some("Basic s3cret"), false),
            (Some("Bearer"), false),
            (None, false),
        ] {
            assert_eq!(
                auth.admin(&call(authorization)).is_ok(),
                fine,
                "{authorization:?}"
            );
            assert_eq!(
                auth.vouch(&call(authorization)).is_ok(),
                fine,
                "{authorization:?}"
            );
        }
        assert_eq!(Auth::new(None, false).admin(&call(None)), Ok(()));
    }

    #[test]
    fn nobody_vouches_where_it_is_not_allowed() {
        let auth = Auth::new(None, false);
        assert_eq!(auth.vouch(&call(None)), Err(Failure::VouchingNotAllowed));
        assert_eq!(Auth::new(None, true).vouch(&call(None)), Ok(()));
    }
}
