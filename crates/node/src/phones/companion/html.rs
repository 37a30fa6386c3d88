//! Web pages: templates that escape everything, and headers that allow nothing.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hotdesk_phone::Language;
use hotdesk_phone::template::{Format, environment};
use minijinja::{Environment, Value, context};

/// Nothing is loaded but our own style sheet and images; nobody frames us; forms go to us only.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = environment(Format::Xml);
    for (name, text) in [
        ("layout", include_str!("templates/layout.html")),
        ("sign_in", include_str!("templates/sign_in.html")),
        ("me", include_str!("templates/me.html")),
        ("device", include_str!("templates/device.html")),
        ("message", include_str!("templates/message.html")),
    ] {
        templates
            .add_template(name, text)
            .expect("a template of ours parses; every test renders it");
    }
    templates
});

/// A page of the template `name` in the layout of all pages.
pub(super) fn page(
    status: StatusCode,
    language: Language,
    title: &str,
    name: &str,
    values: Value,
) -> Response {
    let html = render(name, values).and_then(|content| {
        let content = Value::from_safe_string(content);
        render(
            "layout",
            context! { lang => language.tag(), title => title, content => content },
        )
    });
    let html = match html {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(template = name, %error, "a page cannot be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, html).into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Not "no-referrer": browsers would then send "Origin: null" with our own forms too (Fetch, "append a request
        // Origin header"), and those without Sec-Fetch-Site could send none that we take.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Sets a cookie with a page.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// To another page, by GET.
pub(super) fn see(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}

fn render(name: &str, values: Value) -> Result<String, minijinja::Error> {
    TEMPLATES.get_template(name)?.render(values)
}

pub(super) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("templates/style.css")).into_response()
}
