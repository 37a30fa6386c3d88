//! The code for a phone's screen as a picture, in the formats that phones load.
//!
//! A picture has the code of the time when it is asked for ([`Tokens::screen`](super::super::tokens::Tokens::screen)); a
//! phone that keeps it asks again, and is told that it has not changed until there is another code.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use hotdesk_phone::{Code, Size};
use ring::digest::{SHA256, digest};

use super::super::Phones;
use super::super::documents::tagged;
use crate::http::form;
use crate::services;

/// Bytes of the hash in a picture's tag.
const HASH_BYTES: usize = 8;
/// The parameter with the size.
const SIZE: &str = "size";

/// A format.
#[derive(Clone, Copy)]
enum Format {
    Png,
    Bmp,
}

/// `GET /p/<token>/qr.png?size=298x168`
pub(super) async fn png(
    Extract(phones): Extract<Arc<Phones>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    picture(&phones, Format::Png, &token, query, &headers)
}

/// `GET /p/<token>/qr.bmp?size=168x168`
pub(super) async fn bmp(
    Extract(phones): Extract<Arc<Phones>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    picture(&phones, Format::Bmp, &token, query, &headers)
}

fn picture(
    phones: &Phones,
    format: Format,
    token: &str,
    query: Option<String>,
    headers: &HeaderMap,
) -> Response {
    let local = phones.shared.cluster.local();
    let Some(device) = phones.phone_of_token(token) else {
        return (StatusCode::NOT_FOUND, "no phone has this address\n").into_response();
    };
    let fields = form::decode(query.unwrap_or_default().as_bytes());
    let size = form::field(&fields, SIZE).parse::<Size>().ok();
    let address = phones.screen_url(&device, services::now().max(local.state.clock()));
    let Some((size, code)) = size
        .zip(Code::of(&address))
        .filter(|(size, code)| code.fits(*size))
    else {
        return (
            StatusCode::BAD_REQUEST,
            "a size is wanted in which a code has room, such as ?size=298x168\n",
        )
            .into_response();
    };
    let (kind, draw) = match format {
        Format::Png => ("image/png", Code::png as fn(&Code, Size) -> Option<Vec<u8>>),
        Format::Bmp => ("image/bmp", Code::bmp as _),
    };
    // A hash: the code itself is worth something to whoever reads headers.
    let hash = digest(&SHA256, format!("{kind} {size} {address}").as_bytes());
    let tag = format!("\"{}\"", HEXLOWER.encode(&hash.as_ref()[..HASH_BYTES]));
    tagged(headers, &tag, kind, || draw(&code, size).unwrap_or_default())
}
