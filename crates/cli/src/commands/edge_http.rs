//! Asks an edge over HTTP.

use std::time::Duration;

use hotdesk_client::Token;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::exit::{Own, Problem};

/// A larger answer is not read: 200 messages of 16 KiB and some.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The address of an edge, and the token that it may want.
pub(super) struct Edge {
    token: Option<Token>,
    url: String,
    /// Host and port.
    authority: String,
}

impl Edge {
    /// Reads `http://host:port`; the scheme may be left out.
    ///
    /// # Errors
    /// When it is something else.
    pub(super) fn parse(url: &str, token: Option<Token>) -> Result<Self, Problem> {
        let bad = || {
            Problem::own(
                Own::BadArgument,
                format!("{url:?} is not the HTTP address of an edge"),
                "Give --edge (or HOTDESK_EDGE) as http://HOST:PORT.",
            )
        };
        let uri: Uri = url.parse().map_err(|_| bad())?;
        if !matches!(uri.scheme_str(), None | Some("http")) || !matches!(uri.path(), "" | "/") {
            return Err(bad());
        }
        let authority = uri.authority().ok_or_else(bad)?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self {
            token,
            url: url.to_owned(),
            authority: format!("{}:{port}", authority.host()),
        })
    }

    /// Asks for a path; `None` when there is no such thing.
    ///
    /// # Errors
    /// When the edge cannot be reached in time, or does not answer with JSON.
    pub(super) async fn get(&self, path: &str, within: Duration) -> Result<Option<Value>, Problem> {
        let answer = tokio::time::timeout(within, self.ask(path)).await;
        let (status, body) = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.unreachable(&error.to_string())),
            Err(_) => return Err(self.unreachable("no answer in time")),
        };
        match status {
            StatusCode::OK => serde_json::from_slice(&body)
                .map(Some)
                .map_err(|error| self.not_understood(&error.to_string())),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => Err(Problem::own(
                Own::BadArgument,
                format!("the edge at {} wants another token", self.url),
                "Give --edge-token-file with the token of the edge's HTTP listener, or ask at that machine by address.",
            )),
            status => Err(self.not_understood(&format!("status {status}"))),
        }
    }

    async fn ask(&self, path: &str) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender; what goes wrong there, the answer tells.
        tokio::spawn(connection);
        let mut request = Request::get(path).header(HOST, &self.authority);
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await?;
        Ok((status, body.to_bytes()))
    }

    fn unreachable(&self, why: &str) -> Problem {
        Problem::own(
            Own::Service,
            format!("the edge at {} cannot be asked: {why}", self.url),
            "Check --edge (or HOTDESK_EDGE), and that the edge runs and its HTTP listener is on.",
        )
    }

    /// It answered, but not as an edge does.
    pub(super) fn not_understood(&self, why: &str) -> Problem {
        Problem::own(
            Own::Service,
            format!("the answer of {} is not understood: {why}", self.url),
            "Check that an edge of this version listens there.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_a_plain_http_address() {
        for (url, authority) in [
            ("http://127.0.0.1:7380", "127.0.0.1:7380"),
            ("http://edge.example.com/", "edge.example.com:80"),
            ("localhost:7380", "localhost:7380"),
            ("http://[::1]:7380", "[::1]:7380"),
        ] {
            assert_eq!(
                Edge::parse(url, None).map(|edge| edge.authority).ok().as_deref(),
                Some(authority),
                "{url}"
            );
        }
        for url in ["", "https://a:1", "http://a:1/x", "ftp://a", "http://"] {
            assert!(Edge::parse(url, None).is_err(), "{url}");
        }
    }
}
