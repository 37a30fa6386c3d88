//! A page as the phone gets it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use hotdesk_phone::{Body, Browser, Screen, Vendor, adapter};

use super::visit::Visit;

/// Writes a page in the phone's own format. Phones that show no pages get its text, for people who look.
pub(super) fn page(visit: &Visit<'_>, headers: &HeaderMap, screen: &Screen) -> Response {
    write(Vendor::of_model(&visit.device.model), headers, screen)
}

/// The same for a phone of a vendor.
pub(in crate::phones) fn write(vendor: Vendor, headers: &HeaderMap, screen: &Screen) -> Response {
    let Some(page) = adapter(vendor).page(screen, &browser(headers)) else {
        return unstored(plain(screen).into_response());
    };
    let mut response = page.body.into_response();
    set(&mut response, header::CONTENT_TYPE, page.content_type);
    for (name, value) in &page.headers {
        if let Ok(name) = HeaderName::try_from(*name) {
            set(&mut response, name, value);
        }
    }
    unstored(response)
}

/// Whatever the adapter says: forms, names and tokens are for nobody's cache and nobody's list of visited
/// pages.
fn unstored(mut response: Response) -> Response {
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::PRAGMA, "no-cache");
    set(&mut response, header::REFERRER_POLICY, "no-referrer");
    response
}

/// A value that no header can hold is left out: it would have come from a URL in the configuration.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

fn browser(headers: &HeaderMap) -> Browser {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Browser {
        user_agent: text("user-agent").unwrap_or_default().into(),
        model: text("x-ciscoipphonemodelname").unwrap_or_default().into(),
        display: text("x-ciscoipphonedisplay").and_then(size),
    }
}

/// "298, 168, 12, C" begins with width and height.
fn size(text: &str) -> Option<(u16, u16)> {
    let mut numbers = text.split(',').map(|part| part.trim().parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn plain(screen: &Screen) -> String {
    let body = match &screen.body {
        Body::Text(text) => text.clone(),
        Body::Picture(picture) => picture.instead.clone(),
        Body::Menu(items) => items.iter().map(|item| format!("{}\n", item.label)).collect(),
        Body::Input { fields, .. } => fields.iter().map(|field| format!("{}\n", field.label)).collect(),
    };
    format!("{}\n{}\n{body}\n", screen.title, screen.prompt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_says_how_large_its_screen_is() {
        for (text, expected) in [
            ("298, 168, 12, C", Some((298, 168))),
            ("800,480", Some((800, 480))),
            ("298", None),
            ("a,b", None),
            ("", None),
        ] {
            assert_eq!(size(text), expected, "{text}");
        }
    }
}
