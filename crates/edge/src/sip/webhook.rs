//! Posting a JSON document to a URL: the notice of an emergency call.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is tried; the pause doubles from one second.
const TRIES: u32 = 5;

/// Posts until somebody answers with a 2xx, or the tries are over. `tls`: whom to trust, for `https://`.
///
/// # Errors
/// What was wrong with the last try.
pub(crate) async fn post(url: &str, body: Value, tls: Option<Arc<ClientConfig>>) -> Result<(), String> {
    let target = Target::parse(url)?;
    let mut pause = Duration::from_secs(1);
    let mut problem = String::new();
    for attempt in 1..=TRIES {
        match timeout(PATIENCE, target.post(&body, tls.clone())).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => problem = error,
            Err(_elapsed) => problem = format!("no answer within {PATIENCE:?}"),
        }
        tracing::warn!(attempt, problem, "a notice could not be posted");
        if attempt < TRIES {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
    Err(problem)
}

/// Where a URL leads.
#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    tls: bool,
    /// As in the URL, for Host.
    authority: &'a str,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Target<'a> {
    fn parse(url: &'a str) -> Result<Self, String> {
        let (tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err("the URL must begin with https:// or http://".into()),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let port = authority
            .rsplit_once(':')
            .filter(|(_, port)| !port.ends_with(']'));
        let (host, port) = match port {
            Some((host, port)) => (host, port.parse().map_err(|_| format!("{port:?} is no port"))?),
            None => (authority, if tls { 443 } else { 80 }),
        };
        Ok(Self {
            tls,
            authority,
            host: host.trim_matches(['[', ']']),
            port,
            path: if path.is_empty() { "/" } else { path },
        })
    }

    async fn post(&self, body: &Value, tls: Option<Arc<ClientConfig>>) -> Result<(), String> {
        let stream = TcpStream::connect((self.host, self.port)).await.map_err(text)?;
        if !self.tls {
            return self.exchange(stream, body).await;
        }
        let config = tls.ok_or("no authority is trusted: set sip.tls_outgoing.ca_file")?;
        let name = ServerName::try_from(self.host.to_owned()).map_err(text)?;
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(text)?;
        self.exchange(stream, body).await
    }

    async fn exchange(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        body: &Value,
    ) -> Result<(), String> {
        let body = body.to_string();
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.path,
            self.authority,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.map_err(text)?;
        stream.flush().await.map_err(text)?;
        let mut answer = Vec::new();
        // The status line is all that is looked at; some servers end the connection without a farewell after it.
        let mut head = (&mut stream).take(1024);
        while !answer.contains(&b'\n') && head.read_buf(&mut answer).await.map_err(text)? > 0 {}
        let first = String::from_utf8_lossy(&answer);
        let status = first.split_whitespace().nth(1).unwrap_or_default();
        if status.starts_with('2') {
            Ok(())
        } else {
            Err(format!("the answer was {status:?}"))
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_url_says_where_to_post() {
        let target = |url| Target::parse(url).map(|it| (it.tls, it.host, it.port, it.path));
        for (url, expected) in [
            ("http://a.example", (false, "a.example", 80, "/")),
            ("https://a.example/911", (true, "a.example", 443, "/911")),
            ("http://10.0.0.1:8080/a/b?c", (false, "10.0.0.1", 8080, "/a/b?c")),
            ("https://[2001:db8::1]:444/x", (true, "2001:db8::1", 444, "/x")),
            ("https://[2001:db8::1]/x", (true, "2001:db8::1", 443, "/x")),
        ] {
            assert_eq!(target(url), Ok(expected), "{url}");
        }
        for url in ["ftp://a", "a.example", "http://a:port/"] {
            assert!(target(url).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn the_document_arrives_and_the_status_decides() {
        for (status, good) in [("200 OK", true), ("204 No Content", true), ("500 Oh", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/911", listener.local_addr().unwrap());
            let body = serde_json::json!({"event": "emergency_call"});
            let target = Target::parse(&url).unwrap();
            let serve = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut got = Vec::new();
                while !got.ends_with(b"}") {
                    assert!(stream.read_buf(&mut got).await.unwrap() > 0);
                }
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                String::from_utf8(got).unwrap()
            };
            let (posted, got) = tokio::join!(target.post(&body, None), serve);
            assert_eq!(posted.is_ok(), good, "{posted:?}");
            assert!(got.starts_with("POST /911 HTTP/1.1\r\n"), "{got}");
            assert!(got.ends_with(r#"{"event":"emergency_call"}"#), "{got}");
        }
    }
}
