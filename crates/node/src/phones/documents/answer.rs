//! A document as an answer, with what saves sending it twice.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use hotdesk_phone::{Desk, Document};
use ring::digest::{SHA256, digest};

/// Bytes of the content's hash in the tag.
const HASH_BYTES: usize = 8;

/// The document, or that the phone has it already (RFC 9110 §13.1.2).
pub(super) fn conditional(request: &HeaderMap, desk: &Desk, document: Document) -> Response {
    let tag = tag(desk, &document);
    tagged(request, &tag, document.content_type, || document.body)
}

/// The same for anything with a tag of its own; `body` is made only when it is sent.
pub(in crate::phones) fn tagged(
    request: &HeaderMap,
    tag: &str,
    content_type: &'static str,
    body: impl FnOnce() -> Vec<u8>,
) -> Response {
    let unchanged = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| names(value, tag)));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::ETAG,
        HeaderValue::try_from(tag).expect("digits in quotes are a header"),
    );
    // Whoever keeps it asks before using it again.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}

/// Stamp, epoch and content: a node of another version may write the same state otherwise.
fn tag(desk: &Desk, document: &Document) -> String {
    let epoch = desk.session.as_ref().map_or(0, |session| session.epoch);
    let hash = digest(&SHA256, &document.body);
    let hash = HEXLOWER.encode(&hash.as_ref()[..HASH_BYTES]);
    format!("\"{}-{epoch}-{hash}\"", desk.stamp)
}

/// Whether a list of tags names this one; weak ones count, as for every GET (RFC 9110 §8.8.3.2).
fn names(list: &str, tag: &str) -> bool {
    let mut tags = list.split(',').map(str::trim);
    tags.any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_names_one() {
        for (list, expected) in [
            ("\"1-2-ab\"", true),
            ("W/\"1-2-ab\"", true),
            ("\"0\", \"1-2-ab\"", true),
            ("*", true),
            ("\"1-2-ac\"", false),
            ("1-2-ab", false),
            ("", false),
        ] {
            assert_eq!(names(list, "\"1-2-ab\""), expected, "{list}");
        }
    }
}
