//! What must always be true of a state, in one place.

/// A broken invariant: a bug, or a damaged snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("broken invariant {rule}: {detail}")]
pub struct Violation {
    /// Which rule.
    pub rule: &'static str,
    /// The values that break it.
    pub detail: String,
}
