//! Who may administer, who may speak as an edge, and who may vouch for users.

use hotdesk_proto::error::Failure;
use tonic::metadata::MetadataMap;

use crate::secret::Secret;

/// What callers must show.
#[derive(Debug)]
pub(crate) struct Auth {
    admin_token: Option<Secret>,
    edge_token: Option<Secret>,
    allow_vouched_logins: bool,
}

impl Auth {
    pub(crate) fn new(
        admin_token: Option<Secret>,
        edge_token: Option<Secret>,
        allow_vouched_logins: bool,
    ) -> Self {
        Self {
            admin_token,
            edge_token,
            allow_vouched_logins,
        }
    }

    /// Whether the call may administer: it carries the token, or none is needed.
    pub(crate) fn admin(&self, metadata: &MetadataMap) -> Result<(), Failure> {
        let Some(token) = &self.admin_token else {
            return Ok(());
        };
        if shows(metadata, token) {
            Ok(())
        } else {
            Err(Failure::Unauthenticated)
        }
    }

    /// Whether the call may speak as an edge: it carries the edges' token or the administrators', or none is
    /// needed.
    pub(crate) fn edge(&self, metadata: &MetadataMap) -> Result<(), Failure> {
        let Some(token) = &self.edge_token else {
            return Ok(());
        };
        let administers = || {
            self.admin_token
                .as_ref()
                .is_some_and(|token| shows(metadata, token))
        };
        if shows(metadata, token) || administers() {
            Ok(())
        } else {
            Err(Failure::Unauthenticated)
        }
    }

    /// Whether the call shows one of the tokens; where there are none, nobody does.
    pub(crate) fn is_known(&self, metadata: &MetadataMap) -> bool {
        let tokens = [&self.edge_token, &self.admin_token];
        tokens.into_iter().flatten().any(|token| shows(metadata, token))
    }

    /// Whether the call may log users in without their PIN.
    pub(crate) fn vouch(&self, metadata: &MetadataMap) -> Result<(), Failure> {
        if !self.allow_vouched_logins {
            return Err(Failure::VouchingNotAllowed);
        }
        self.admin(metadata)
    }
}

fn shows(metadata: &MetadataMap, token: &Secret) -> bool {
    let given = metadata.get("authorization").map(|value| value.as_bytes());
    given.and_then(bearer).is_some_and(|given| token.matches(given))
}

/// The token of `Bearer TOKEN`; the word in any case (RFC 7235 §2.1).
pub(crate) fn bearer(header: &[u8]) -> Option<&[u8]> {
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
        let auth = Auth::new(Some(Secret::from("s3cret")), None, true);
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
        assert_eq!(Auth::new(None, None, false).admin(&call(None)), Ok(()));
    }

    #[test]
    fn edges_show_their_token_or_the_administrators() {
        let auth = Auth::new(Some("admin".into()), Some("edge".into()), false);
        for (authorization, fine) in [
            (Some("Bearer edge"), true),
            (Some("Bearer admin"), true),
            (Some("Bearer other"), false),
            (None, false),
        ] {
            assert_eq!(auth.edge(&call(authorization)).is_ok(), fine, "{authorization:?}");
        }
        assert!(auth.admin(&call(Some("Bearer edge"))).is_err());
        assert_eq!(
            Auth::new(Some("admin".into()), None, false).edge(&call(None)),
            Ok(())
        );
    }

    #[test]
    fn nobody_vouches_where_it_is_not_allowed() {
        let auth = Auth::new(None, None, false);
        assert_eq!(auth.vouch(&call(None)), Err(Failure::VouchingNotAllowed));
        assert_eq!(Auth::new(None, None, true).vouch(&call(None)), Ok(()));
    }
}
