//! Where a user is, and who is at a phone, as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hotdesk_cluster::Local;
use hotdesk_core::{Device, DeviceId, Edge, Session, State, User, UserName};
use serde_json::{Value, json};

use super::{Http, NOT_READY};

/// `GET /v1/resolve/{name}`: where a call to an extension, a number or another name of a user goes.
pub(super) async fn resolve(Extract(http): Extract<Arc<Http>>, Path(typed): Path<String>) -> Response {
    let Ok(name) = UserName::parse(&typed) else {
        return bad_request("a user id, an alias, an e-mail address, an extension or a number");
    };
    let Some(local) = http.known() else {
        return count(&http, "resolve", "unavailable", NOT_READY.into_response());
    };
    let Some(user) = local.state.find_user(&name) else {
        return count(&http, "resolve", "unknown", not_found());
    };
    let targets = targets(&local.state, user);
    let outcome = if targets.is_empty() { "logged_out" } else { "found" };
    let answer = json!({
        "user": user.id.as_str(),
        "display_name": user.display_name.as_str(),
        "extension": user.extension.as_ref().map(|extension| extension.as_str()),
        "logged_in": !targets.is_empty(),
        "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
        "freshness": freshness(&local),
    });
    count(&http, "resolve", outcome, Json(answer).into_response())
}

/// `GET /v1/who/{device}`: who is logged in at a phone.
pub(super) async fn who(Extract(http): Extract<Arc<Http>>, Path(typed): Path<String>) -> Response {
    let Ok(id) = DeviceId::parse(&typed) else {
        return bad_request("a MAC address or another phone's id");
    };
    let Some(local) = http.known() else {
        return count(&http, "who", "unavailable", NOT_READY.into_response());
    };
    let Some(device) = local.state.device(&id) else {
        return count(&http, "who", "unknown", not_found());
    };
    let session = local.state.session_at(&id);
    let user = session.and_then(|session| local.state.user(&session.user));
    let outcome = if session.is_some() { "found" } else { "logged_out" };
    let answer = json!({
        "device": id.as_str(),
        "site": device.site.as_str(),
        "desk": device.desk.as_str(),
        "edge": device.serving.as_ref().map(|edge| edge.as_str()),
        "logged_in": session.is_some(),
        "user": user.map(|user| user.id.as_str()),
        "display_name": user.map(|user| user.display_name.as_str()),
        "extension": user.and_then(|user| Some(user.extension.as_ref()?.as_str())),
        "epoch": session.map(|session| session.epoch.0),
        "since_ms": session.map(|session| session.since.0),
        "held_until_ms": device.held(local.state.clock()).map(|hold| hold.until.0),
        "freshness": freshness(&local),
    });
    count(&http, "who", outcome, Json(answer).into_response())
}

/// A place where a user can be reached.
pub(super) struct Target<'a> {
    pub(super) session: &'a Session,
    pub(super) device: Option<&'a Device>,
    pub(super) edge: Option<&'a Edge>,
}

/// Where a user is logged in, the oldest session first.
pub(super) fn targets<'a>(state: &'a State, user: &User) -> Vec<Target<'a>> {
    let target = |session: &'a Arc<Session>| {
        let device = state.device(&session.device).map(|device| &**device);
        let edge = device.and_then(|device| state.edge(device.serving.as_ref()?));
        Target {
            session,
            device,
            edge: edge.map(|edge| &**edge),
        }
    };
    state.sessions_of(&user.id).map(target).collect()
}

impl Target<'_> {
    /// Where to send a request for the phone: its id at the edge that serves it. `None` while none does.
    pub(super) fn uri(&self) -> Option<String> {
        Some(uri_at(&self.edge?.uri, self.session.device.as_str()))
    }

    fn json(&self) -> Value {
        json!({
            "device": self.session.device.as_str(),
            "desk": self.device.map_or("", |device| device.desk.as_str()),
            "site": self.session.site.as_str(),
            "epoch": self.session.epoch.0,
            "since_ms": self.session.since.0,
            "edge": self.edge.map(|edge| edge.id.as_str()),
            "uri": self.uri(),
        })
    }
}

/// The edge's URI with a user in it. Of its parameters only the transport says where to; `lr` is for routes.
fn uri_at(edge: &str, device: &str) -> String {
    let (scheme, rest) = edge.split_once(':').unwrap_or(("sip", edge));
    let mut parts = rest.split(['?', ';']);
    let host = parts.next().unwrap_or_default();
    let transport = parts
        .find(|part| part.to_ascii_lowercase().starts_with("transport="))
        .map_or_else(String::new, |part| format!(";{part}"));
    format!("{scheme}:{device}@{host}{transport}")
}

fn freshness(local: &Local) -> Value {
    json!({
        "index": local.index,
        "age_ms": u64::try_from(local.age.as_millis()).unwrap_or(u64::MAX),
        "cut_off": local.cut_off,
    })
}

fn count(http: &Http, what: &'static str, outcome: &'static str, response: Response) -> Response {
    http.shared.metrics.lookup(what, outcome);
    response
}

fn bad_request(expected: &str) -> Response {
    let problem = json!({"error": format!("expected {expected}")});
    (StatusCode::BAD_REQUEST, Json(problem)).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "not known"}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phones_uri_is_its_id_at_its_edge() {
        for (edge, expected) in [
            ("sip:192.0.2.7", "sip:chi-1@192.0.2.7"),
            ("sip:[2001:db8::7]:5060", "sip:chi-1@[2001:db8::7]:5060"),
            (
                "sips:edge.example.com:5061;lr;Transport=tls",
                "sips:chi-1@edge.example.com:5061;Transport=tls",
            ),
            ("sip:edge;lr?x=y", "sip:chi-1@edge"),
        ] {
            assert_eq!(uri_at(edge, "chi-1"), expected);
        }
    }
}
