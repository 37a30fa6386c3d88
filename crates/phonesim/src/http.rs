//! HTTP as phones speak it: one request per connection, no redirects.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a phone waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// The largest document that a phone takes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// How requests are made.
#[derive(Clone, Default)]
pub struct Http {
    /// Whom to trust, for https.
    pub tls: Option<Arc<ClientConfig>>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    /// The URL.
    pub url: &'a str,
    /// What to post, a form unless something else is said; `None`: GET.
    pub form: Option<String>,
    /// The media type of what is posted; empty: that of a form.
    pub content_type: &'static str,
    /// User name and password for Basic.
    pub basic: Option<(&'a str, &'a str)>,
    /// The User-Agent.
    pub user_agent: &'a str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Content-Type.
    pub content_type: String,
    /// Refresh, as phones understand it.
    pub refresh: Option<(u32, String)>,
    /// The body, as text.
    pub body: String,
    /// The same, where it is no text.
    pub bytes: Bytes,
}

impl Http {
    /// Asks.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, String> {
        timeout(PATIENCE, self.exchange(ask))
            .await
            .map_err(|_elapsed| format!("no answer within {} s", PATIENCE.as_secs()))?
    }

    async fn exchange(&self, ask: &Ask<'_>) -> Result<Answer, String> {
        let uri: Uri = ask.url.parse().map_err(|_| "this is no URL".to_owned())?;
        let host = uri.host().ok_or("a URL without a host")?.to_owned();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let request = request(ask, &uri)?;
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port))
            .await
            .map_err(text)?;
        if !secure {
            return send(stream, request).await;
        }
        let tls = self.tls.clone().ok_or("this phone trusts nobody's certificate")?;
        let name = ServerName::try_from(host).map_err(text)?;
        let stream = TlsConnector::from(tls)
            .connect(name, stream)
            .await
            .map_err(text)?;
        send(stream, request).await
    }
}

fn request(ask: &Ask<'_>, uri: &Uri) -> Result<Request<Full<Bytes>>, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let method = if ask.form.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("Host", authority)
        .header("User-Agent", ask.user_agent)
        .header("Connection", "close");
    if let Some((user, password)) = ask.basic {
        let pair = BASE64.encode(format!("{user}:{password}").as_bytes());
        request = request.header("Authorization", format!("Basic {pair}"));
    }
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    if ask.form.is_some() {
        let content_type = match ask.content_type {
            "" => "application/x-www-form-urlencoded",
            other => other,
        };
        request = request.header("Content-Type", content_type);
    }
    let body = ask.form.clone().unwrap_or_default();
    request.body(Full::new(Bytes::from(body))).map_err(text)
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, String> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(text)?;
    // Ends with the connection; what went wrong comes back through the sender.
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(text)?;
    let (head, body) = response.into_parts();
    let header = |name: &str| {
        let value = head.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let body = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await
        .map_err(text)?
        .to_bytes();
    driver.abort();
    Ok(Answer {
        status: head.status.as_u16(),
        content_type: header("content-type").unwrap_or_default(),
        refresh: header("refresh").as_deref().and_then(refresh),
        body: String::from_utf8_lossy(&body).into_owned(),
        bytes: body,
    })
}

/// `3; url=http://...`; without a URL the same page.
fn refresh(value: &str) -> Option<(u32, String)> {
    let (seconds, rest) = value.split_once(';').unwrap_or((value, ""));
    let seconds = seconds.trim().parse().ok().filter(|seconds| *seconds > 0)?;
    let url = rest.trim().trim_start_matches("url=").trim();
    Some((seconds, url.to_owned()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_has_seconds_and_perhaps_a_url() {
        assert_eq!(refresh("3; url=http://x/y"), Some((3, "http://x/y".into())));
        assert_eq!(refresh("3"), Some((3, String::new())));
        assert_eq!(refresh("0"), None);
        assert_eq!(refresh("soon"), None);
    }
}
