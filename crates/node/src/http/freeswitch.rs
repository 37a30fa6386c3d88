//! FreeSWITCH's directory, as `mod_xml_curl` asks for it.
//!
//! Asked for a user (`section=directory`, `user=2041`), the answer is a user whose `dial-string` leads to the phones
//! where that user sits: `bridge user/2041@domain` then rings there, all at once when there are several. A phone that
//! no edge of ours serves is looked for in FreeSWITCH's own registrations, under its device id. A user who is logged in
//! nowhere gets `error/user_not_registered`, so that the dial plan can go on. Passwords are not told: phones that
//! register at FreeSWITCH are authenticated by another directory.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Query, State as Extract};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hotdesk_core::{User, UserName};

use super::form::{decode, field};
use super::lookup::{Target, targets};
use super::{Http, NOT_READY};

/// The Sofia profile that calls leave by, unless the URL says `?profile=...`.
const PROFILE: &str = "external";

/// What FreeSWITCH takes as "nobody": it then asks its next directory.
const NOT_FOUND: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
    "<document type=\"freeswitch/xml\">\n",
    "  <section name=\"result\">\n",
    "    <result status=\"not found\"/>\n",
    "  </section>\n",
    "</document>\n",
);

/// `POST /freeswitch/directory`
pub(super) async fn directory(
    Extract(http): Extract<Arc<Http>>,
    Query(query): Query<Vec<(String, String)>>,
    body: Bytes,
) -> Response {
    let form = decode(&body);
    let asked = asked_user(&form);
    let Some(name) = asked.and_then(|name| UserName::parse(name).ok()) else {
        return xml(NOT_FOUND.to_owned());
    };
    let Some(local) = http.known() else {
        http.shared.metrics.lookup("freeswitch", "unavailable");
        return NOT_READY.into_response();
    };
    let Some(user) = local.state.find_user(&name) else {
        http.shared.metrics.lookup("freeswitch", "unknown");
        return xml(NOT_FOUND.to_owned());
    };
    let targets = targets(&local.state, user);
    let outcome = if targets.is_empty() { "logged_out" } else { "found" };
    http.shared.metrics.lookup("freeswitch", outcome);
    let profile = match field(&query, "profile") {
        name if !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) =>
        {
            name
        }
        _ => PROFILE,
    };
    xml(user_xml(
        name.as_str(),
        user,
        field(&form, "domain"),
        &dial_string(&targets, profile),
    ))
}

/// The user whose entry is wanted; `None` for other sections, for registrations, and for whole domains.
fn asked_user(form: &[(String, String)]) -> Option<&str> {
    let is_directory = matches!(field(form, "section"), "" | "directory");
    let is_registration = matches!(field(form, "action"), "sip_auth" | "reverse-auth-lookup");
    let user = match field(form, "user") {
        "" if field(form, "key_name") == "id" => field(form, "key_value"),
        user => user,
    };
    (is_directory && !is_registration && !user.is_empty()).then_some(user)
}

fn dial_string(targets: &[Target<'_>], profile: &str) -> String {
    if targets.is_empty() {
        return "error/user_not_registered".to_owned();
    }
    let phone = |target: &Target<'_>| match target.uri() {
        Some(uri) => format!("sofia/{profile}/{uri}"),
        None => format!(
            "${{sofia_contact(*/{}@${{dialed_domain}})}}",
            target.session.device
        ),
    };
    targets.iter().map(phone).collect::<Vec<_>>().join(",")
}

fn user_xml(id: &str, user: &User, domain: &str, dial_string: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n");
    let number = user
        .extension
        .as_ref()
        .map_or(user.id.as_str(), |extension| extension.as_str());
    let (id, domain) = (escape(id), escape(domain));
    let _ = write!(
        text,
        "<document type=\"freeswitch/xml\">\n  \
           <section name=\"directory\">\n    \
             <domain name=\"{domain}\">\n      \
               <user id=\"{id}\">\n        \
                 <params>\n          \
                   <param name=\"dial-string\" value=\"{}\"/>\n        \
                 </params>\n        \
                 <variables>\n          \
                   <variable name=\"effective_caller_id_name\" value=\"{}\"/>\n          \
                   <variable name=\"effective_caller_id_number\" value=\"{}\"/>\n          \
                   <variable name=\"hotdesk_user\" value=\"{}\"/>\n        \
                 </variables>\n      \
               </user>\n    \
             </domain>\n  \
           </section>\n\
         </document>\n",
        escape(dial_string),
        escape(&user.display_name),
        escape(number),
        escape(user.id.as_str()),
    );
    text
}

fn xml(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

/// A text inside an attribute. Control characters cannot be in XML at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
