//! `GET /calls` and `GET /calls/{call_id}`, for `hotdesk calls`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::Traces;

/// How many calls are listed when nobody says how many.
const LIMIT: usize = 50;

/// The routes. `/calls` takes `?limit=`; a call that is not kept is a 404. Who calls whom is personal data: the listener
/// they are put on must be for operators only.
pub fn router(traces: Arc<Traces>) -> Router {
    Router::new()
        .route("/calls", get(list))
        .route("/calls/{call_id}", get(show))
        .with_state(traces)
}

#[derive(Deserialize)]
struct ListQuery {
    limit: Option<usize>,
}

async fn list(State(traces): State<Arc<Traces>>, Query(query): Query<ListQuery>) -> Response {
    Json(traces.list_json(query.limit.unwrap_or(LIMIT))).into_response()
}

async fn show(State(traces): State<Arc<Traces>>, Path(call_id): Path<String>) -> Response {
    match traces.ladder_json(&call_id) {
        Some(ladder) => Json(ladder).into_response(),
        None => {
            let body = Json(json!({"error": "this edge keeps no such call"}));
            (StatusCode::NOT_FOUND, body).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::message::{Header, Message, Method, Name};
    use hotdesk_sip::trace::{Bounds, Cdr, Detail, Ladder, Redactor, Way};
    use serde_json::Value;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn get_text(at: std::net::SocketAddr, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    #[tokio::test]
    async fn calls_are_listed_and_shown_and_no_pin_is_in_them() {
        let traces = Arc::new(Traces::new(Bounds::default(), Detail::Full, Redactor::default()));
        let mut invite = Message::request(Method::Invite, "sip:*11*2041*90817@example.com");
        invite.push(Header::new(Name::CallId, "a/b@[::1]"));
        invite.push(Header::new(Name::To, "<sip:*11*2041*90817@example.com>"));
        traces.message(&invite, 5, Way::Received, "chi-12", "edge");
        traces.message(
            &Message::reply(&invite, 100, "Trying", None),
            6,
            Way::Sent,
            "chi-12",
            "edge",
        );
        let (call_id, dialled) = ("a/b@[::1]".into(), "*11*2041*90817".into());
        traces.record(&Cdr {
            call_id,
            dialled,
            ..Cdr::default()
        });

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let server = tokio::spawn(axum::serve(listener, router(traces)).into_future());
        let (status, body) = get_text(at, "/calls?limit=3").await;
        assert_eq!(status, "HTTP/1.1 200 OK");
        let list: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(list["calls"][0]["messages"], 2);
        let (_, body) = get_text(at, "/calls/a%2Fb%40%5B%3A%3A1%5D").await;
        let ladder: Ladder = serde_json::from_str(&body).unwrap();
        let ends: Vec<_> = ladder
            .entries
            .iter()
            .map(|entry| (&*entry.from, &*entry.to))
            .collect();
        assert_eq!(ends, [("chi-12", "edge"), ("edge", "chi-12")]);
        assert!(ladder.record.is_some());
        assert!(
            !body.contains("9081") && !list.to_string().contains("9081"),
            "{body}"
        );
        assert_eq!(get_text(at, "/calls/other").await.0, "HTTP/1.1 404 Not Found");
        server.abort();
    }
}
