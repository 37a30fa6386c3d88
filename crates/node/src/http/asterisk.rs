//! Asterisk's realtime tables, as `res_config_curl` asks for them: `POST {url}/{table}/{verb}` with the wanted columns
//! as form fields, answered by url-encoded rows, one a line; an empty answer is "no such row".
//!
//! As far as a look-up needs: `single` and `multi` of `ps_endpoints` and `ps_aors` by `id` (`Dial(PJSIP/2041)`), and of
//! `sipusers` and `sippeers` by `name` (`Dial(SIP/2041)`). The address of record has one permanent contact for each
//! phone where the user sits, and none when that is nowhere, so the dial fails at once and the dial plan goes on.
//! Nothing is written: `require` is answered as fulfilled, the rest as "no rows changed".

use std::sync::Arc;

use axum::extract::{Path, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hotdesk_core::{State, User, UserName};

use super::form::{decode, encode, field};
use super::lookup::targets;
use super::{Http, NOT_READY};

/// The context in which calls of such an endpoint would arrive; none do, as phones register elsewhere.
const CONTEXT: &str = "hotdesk";

/// `/asterisk/{table}/{verb}`
pub(super) async fn realtime(
    Extract(http): Extract<Arc<Http>>,
    Path((table, verb)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    match verb.as_str() {
        "single" | "multi" => {}
        "require" | "update" | "store" | "destroy" => return text("0".to_owned()),
        _ => return (StatusCode::NOT_FOUND, "no such verb\n").into_response(),
    }
    let form = decode(&body);
    let (key, row): (&str, Row) = match table.as_str() {
        "ps_endpoints" => ("id", endpoint),
        "ps_aors" => ("id", aor),
        "sipusers" | "sippeers" => ("name", peer),
        // Tables that Asterisk may ask for as well have no rows here.
        _ => return text(String::new()),
    };
    // "id LIKE" and the like ask for lists, which nobody needs for a call.
    let Ok(name) = UserName::parse(field(&form, key)) else {
        return text(String::new());
    };
    let Some(local) = http.known() else {
        http.shared.metrics.lookup("asterisk", "unavailable");
        return NOT_READY.into_response();
    };
    let user = local.state.find_user(&name);
    let outcome = match user {
        None => "unknown",
        Some(user) if local.state.sessions_of(&user.id).next().is_none() => "logged_out",
        Some(_) => "found",
    };
    http.shared.metrics.lookup("asterisk", outcome);
    text(user.map_or_else(String::new, |user| row(&local.state, field(&form, key), user)))
}

/// A row, given the state, the name that was asked for, and whose it is.
type Row = fn(&State, &str, &User) -> String;

fn endpoint(_: &State, asked: &str, user: &User) -> String {
    encode([
        ("id", asked.to_owned()),
        ("aors", asked.to_owned()),
        ("context", CONTEXT.to_owned()),
        ("disallow", "all".to_owned()),
        ("allow", "!all,opus,g722,alaw,ulaw".to_owned()),
        ("direct_media", "no".to_owned()),
        ("callerid", caller_id(user)),
    ])
}

fn aor(state: &State, asked: &str, user: &User) -> String {
    let targets = targets(state, user);
    let contacts: Vec<_> = targets.iter().filter_map(super::lookup::Target::uri).collect();
    let mut row = vec![
        ("id", asked.to_owned()),
        ("max_contacts", "0".to_owned()),
        ("qualify_frequency", "0".to_owned()),
    ];
    if !contacts.is_empty() {
        row.push(("contact", contacts.join(",")));
    }
    encode(row)
}

/// Of several phones the newest: such a peer has one host.
fn peer(state: &State, asked: &str, user: &User) -> String {
    let targets = targets(state, user);
    let newest = targets
        .iter()
        .rev()
        .find_map(|target| Some((target, target.edge?)));
    let Some((target, edge)) = newest else {
        return String::new();
    };
    let (host, port) = host_and_port(&edge.uri);
    encode([
        ("name", asked.to_owned()),
        ("type", "peer".to_owned()),
        ("host", host),
        ("port", port),
        ("defaultuser", target.session.device.to_string()),
        ("context", CONTEXT.to_owned()),
        ("callerid", caller_id(user)),
    ])
}

fn host_and_port(uri: &str) -> (String, String) {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("sip", uri));
    let host = rest.split([';', '?']).next().unwrap_or_default();
    let default = if scheme == "sips" { "5061" } else { "5060" };
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => {
            (name.to_owned(), port.to_owned())
        }
        _ => (host.to_owned(), default.to_owned()),
    }
}

/// `"Name" <2041>`; quotes inside a name would end it.
fn caller_id(user: &User) -> String {
    let number = user.extension.as_ref().map_or("", |extension| extension.as_str());
    format!("\"{}\" <{number}>", user.display_name.replace(['"', '\\'], " "))
}

fn text(row: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], row).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edges_host_and_port_are_found() {
        for (uri, expected) in [
            ("sip:192.0.2.7", ("192.0.2.7", "5060")),
            ("sips:edge.example.com;lr", ("edge.example.com", "5061")),
            ("sip:[2001:db8::7]:5080", ("[2001:db8::7]", "5080")),
            ("sip:[2001:db8::7]", ("[2001:db8::7]", "5060")),
        ] {
            let (host, port) = host_and_port(uri);
            assert_eq!((host.as_str(), port.as_str()), expected, "{uri}");
        }
    }
}
