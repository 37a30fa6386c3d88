//! A request to a phone's own web server.
//!
//! To one address, that of the phone's registration, and nowhere else: no names are looked up, no redirect is followed,
//! and what comes back is looked at up to [`ANSWER_BYTES_MAX`].

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use hotdesk_phone::{Accepted, HttpAuth, HttpPush};
use hotdesk_sip::digest::{Secret, answer};
use hotdesk_sip::message::{Header, Method, Name};
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long all of it may take; less than the reconciler waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// So much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Whom to ask, and as whom.
pub(crate) struct Target {
    pub(crate) at: SocketAddr,
    pub(crate) user: String,
    pub(crate) password: Zeroizing<String>,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// The phone has understood it.
    Taken,
    /// It will not be otherwise next time.
    Refused(String),
    /// It may be.
    Lost(String),
}

/// What came back.
struct Answer {
    status: StatusCode,
    challenges: Vec<Header>,
    body: Bytes,
}

/// Whether a phone's web server may be asked at an address. The password goes there in the clear, so the address has to
/// be of a network of our own.
pub(crate) fn is_own_network(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// Asks, and asks once more with the password when the phone wants that.
pub(crate) async fn push(target: &Target, push: &HttpPush) -> Pushed {
    match timeout(PATIENCE, exchange(target, push)).await {
        Ok(pushed) => pushed,
        Err(_elapsed) => Pushed::Lost(format!("no answer within {PATIENCE:?}")),
    }
}

async fn exchange(target: &Target, push: &HttpPush) -> Pushed {
    let first = match push.auth {
        HttpAuth::None | HttpAuth::AsAsked => None,
        HttpAuth::Basic => Some(basic(&target.user, &target.password)),
        HttpAuth::BasicAs(user) => Some(basic(user, &target.password)),
    };
    let mut answered = ask(target, push, first).await;
    if let Ok(answer) = &answered
        && answer.status == StatusCode::UNAUTHORIZED
        && push.auth == HttpAuth::AsAsked
        && let Some(credentials) = credentials(target, push, &answer.challenges)
    {
        answered = ask(target, push, Some(credentials)).await;
    }
    match answered {
        Ok(answer) => judge(push.accepted, &answer),
        Err(pushed) => pushed,
    }
}

fn judge(accepted: Accepted, answer: &Answer) -> Pushed {
    let is_understood = match accepted {
        Accepted::Success => true,
        Accepted::Contains(text) => memchr::memmem::find(&answer.body, text.as_bytes()).is_some(),
    };
    match answer.status {
        status if status.is_success() && is_understood => Pushed::Taken,
        status if status.is_success() => {
            Pushed::Refused("it answered, but not that it has understood".into())
        }
        status if status.is_server_error() => Pushed::Lost(format!("the answer was {status}")),
        status => Pushed::Refused(format!("the answer was {status}")),
    }
}

fn basic(user: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())))
}

/// Digest where it is offered; else Basic, where that is.
fn credentials(target: &Target, push: &HttpPush, challenges: &[Header]) -> Option<Zeroizing<String>> {
    let digest = answer(
        challenges,
        &target.user,
        Secret::Password(&target.password),
        &Method::from_token(push.method),
        push.path.as_bytes(),
        &push.body,
    );
    if let Ok(header) = digest {
        return Some(Zeroizing::new(String::from_utf8(header.value().to_vec()).ok()?));
    }
    let mut schemes = challenges.iter().map(Header::value);
    let is_basic = schemes.any(|value| {
        value
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic"))
    });
    is_basic.then(|| basic(&target.user, &target.password))
}

async fn ask(
    target: &Target,
    push: &HttpPush,
    authorization: Option<Zeroizing<String>>,
) -> Result<Answer, Pushed> {
    let lost = |error: &dyn std::fmt::Display| Pushed::Lost(error.to_string());
    let stream = match TcpStream::connect(target.at).await {
        Ok(stream) => stream,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            return Err(Pushed::Refused("it has no web server there".into()));
        }
        Err(error) => return Err(lost(&error)),
    };
    let request = request(target, push, authorization).map_err(|error| Pushed::Refused(error.to_string()))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| lost(&error))?;
    let reading = async {
        let response = sender.send_request(request).await.map_err(|error| lost(&error))?;
        let (head, body) = response.into_parts();
        let challenges = head.headers.get_all(WWW_AUTHENTICATE);
        let challenges = challenges
            .iter()
            .map(|value| Header::new(Name::WwwAuthenticate, value.as_bytes()))
            .collect();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        Ok(Answer {
            status: head.status,
            challenges,
            body: body.map_err(|error| lost(&error))?.to_bytes(),
        })
    };
    let mut reading = pin!(reading);
    tokio::select! {
        answered = &mut reading => answered,
        // It drives the other. What it has read by its end is there to be read; or nothing is, which is said at once.
        _ended = connection => reading.await,
    }
}

fn request(
    target: &Target,
    push: &HttpPush,
    authorization: Option<Zeroizing<String>>,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let mut request = Request::builder()
        .method(push.method)
        .uri(push.path.as_str())
        .header(HOST, target.at.to_string());
    if let Some(content_type) = push.content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    if let Some(authorization) = authorization {
        let mut value = HeaderValue::from_str(&authorization)?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Full::new(Bytes::copy_from_slice(&push.body)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn sample(auth: HttpAuth, accepted: Accepted) -> HttpPush {
        HttpPush {
            method: "POST",
            path: "/xmlService?a=b".into(),
            content_type: Some("application/xml"),
            body: b"<a/>".to_vec(),
            auth,
            accepted,
        }
    }

    /// Pushes to a server that gives these answers, one after the other; what became of it, and what was asked.
    async fn check(push_: HttpPush, answers: &[&str]) -> (Pushed, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target {
            at: listener.local_addr().unwrap(),
            user: "hotdesk".into(),
            password: Zeroizing::new("secret".into()),
        };
        let serve = async {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut got = Vec::new();
                while !got.ends_with(b"<a/>") {
                    assert!(stream.read_buf(&mut got).await.unwrap() > 0);
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
                asked.push(String::from_utf8(got).unwrap());
            }
            asked
        };
        tokio::join!(push(&target, &push_), serve)
    }

    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<RetCode>0</RetCode>";
    const DIGEST: &str = "HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                          WWW-Authenticate: Digest realm=\"phone\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n\r\n";
    const BASIC: &str = "HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n";

    #[tokio::test]
    async fn what_the_phone_answers_decides() {
        use Accepted::{Contains, Success};
        let taken = Pushed::Taken;
        for (accepted, answer, expected) in [
            (Success, OK, Some(taken)),
            (Contains("<RetCode>0<"), OK, Some(Pushed::Taken)),
            (Contains("<RetCode>1<"), OK, None),
            (Success, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", None),
            (
                Success,
                "HTTP/1.1 302 No\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
                None,
            ),
        ] {
            let (pushed, asked) = check(sample(HttpAuth::None, accepted), &[answer]).await;
            match expected {
                Some(expected) => assert_eq!(pushed, expected),
                None => assert!(matches!(pushed, Pushed::Refused(_)), "{pushed:?}"),
            }
            assert!(
                asked[0].starts_with("POST /xmlService?a=b HTTP/1.1\r\n"),
                "{}",
                asked[0]
            );
            assert!(!asked[0].to_ascii_lowercase().contains("authorization"));
        }
        let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        let (pushed, _) = check(sample(HttpAuth::None, Success), &[busy]).await;
        assert!(matches!(pushed, Pushed::Lost(_)), "{pushed:?}");
    }

    #[tokio::test]
    async fn the_password_is_shown_as_the_phone_asks_for_it() {
        let success = Accepted::Success;
        for (auth, answers, part) in [
            (HttpAuth::Basic, &[OK][..], "Basic aG90ZGVzazpzZWNyZXQ="),
            (HttpAuth::BasicAs("Polycom"), &[OK], "Basic UG9seWNvbTpzZWNyZXQ="),
            (HttpAuth::AsAsked, &[BASIC, OK], "Basic aG90ZGVzazpzZWNyZXQ="),
            (HttpAuth::AsAsked, &[DIGEST, OK], "username=\"hotdesk\""),
        ] {
            let (pushed, asked) = check(sample(auth, success), answers).await;
            assert_eq!(pushed, Pushed::Taken);
            let last = asked.last().unwrap();
            assert!(last.contains(part), "{auth:?}: {last}");
            assert_eq!(last.contains("Digest "), part.starts_with("username"));
        }
        let (pushed, asked) = check(sample(HttpAuth::AsAsked, success), &[DIGEST, DIGEST]).await;
        assert!(matches!(pushed, Pushed::Refused(_)), "{pushed:?}");
        assert_eq!(asked.len(), 2);
    }

    #[tokio::test]
    async fn a_phone_without_a_web_server_is_not_asked_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target {
            at: listener.local_addr().unwrap(),
            user: String::new(),
            password: Zeroizing::default(),
        };
        drop(listener);
        let pushed = push(&target, &sample(HttpAuth::None, Accepted::Success)).await;
        assert!(matches!(pushed, Pushed::Refused(_)), "{pushed:?}");
    }

    #[test]
    fn only_addresses_of_our_own_networks_are_asked() {
        for (address, is_own) in [
            ("10.1.2.3", true),
            ("192.168.0.9", true),
            ("127.0.0.1", true),
            ("169.254.169.254", false),
            ("::1", true),
            ("fd00::1", true),
            ("fe80::1", false),
            ("::ffff:10.0.0.1", true),
            ("8.8.8.8", false),
            ("::ffff:8.8.8.8", false),
            ("2001:db8::1", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_own_network(address.parse().unwrap()), is_own, "{address}");
        }
    }
}
