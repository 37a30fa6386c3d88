//! Reading what requests of all services have in common.

use hotdesk_core::command::ACTOR_BYTES_MAX;
use hotdesk_core::{Actor, RequestId};
use hotdesk_proto::convert::optional_request_id;
use hotdesk_proto::v1;
use uuid::Uuid;

use super::Error;

/// The caller's request id, or a new one when the caller gave none.
pub(super) fn request_id(bytes: &[u8]) -> Result<RequestId, Error> {
    let given = optional_request_id("request_id", bytes)?;
    Ok(given.unwrap_or_else(new_request_id))
}

/// A request id that nobody else has.
pub(crate) fn new_request_id() -> RequestId {
    RequestId(Uuid::new_v4().as_u128())
}

/// Who asks; the node itself, when nobody says. Control characters are left out, because the text is shown on
/// terminals and phones.
pub(super) fn actor(by: &str, node_id: u64) -> Actor {
    let shown: String = by
        .trim()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(ACTOR_BYTES_MAX)
        .collect();
    if shown.is_empty() {
        Actor(format!("node:{node_id}").into())
    } else {
        Actor(shown.into())
    }
}

/// How fresh the answer must be.
pub(super) fn consistency(number: i32) -> Result<v1::Consistency, Error> {
    v1::Consistency::try_from(number).map_err(|_| {
        Error::invalid(
            "consistency",
            format!("must be 0 (local), 1 (local) or 2 (linearizable), got {number}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_does_not_say_who_asks_is_named_after_the_node() {
        assert_eq!(actor(" ", 2).0, "node:2");
        assert_eq!(actor("admin:jo\u{1b}[31m\n", 2).0, "admin:jo[31m");
    }

    #[test]
    fn request_ids_have_16_bytes_or_none() {
        assert_eq!(request_id(&[0; 16]).unwrap(), RequestId(0));
        assert_ne!(request_id(&[]).unwrap(), request_id(&[]).unwrap());
        assert!(
            request_id(&[1; 15])
                .unwrap_err()
                .to_string()
                .starts_with("request_id: must be 16 bytes")
        );
    }
}
