//! The client's side: phones challenge our NOTIFY, trunks our INVITE.

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom, SystemRandom};

use super::compute::{self, Input};
use super::credentials::Fields;
use super::{Algorithm, Ha1s, Qop};
use crate::message::{Header, Method, Name};

/// What a client proves that it knows.
#[derive(Clone, Copy)]
pub enum Secret<'a> {
    /// The password.
    Password(&'a str),
    /// The HA1s for the realm of the challenge. A phone that challenges with the credentials of its line
    /// has the same realm as its registrar, as a rule.
    Ha1s(&'a Ha1s),
}

/// A challenge that cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotAnswer(pub &'static str);

/// Answers the topmost challenge that we can (RFC 8760 §2.4), for a request with this method, Request-URI and
/// body. Give it the WWW-Authenticate fields of a 401, or the Proxy-Authenticate fields of a 407; those of
/// another kind than the first are passed over. The returned header is Authorization or Proxy-Authorization.
/// A nonce is used once: each request begins with a challenge.
///
/// # Errors
/// When there is none that we can answer: other schemes, unknown algorithms, no HA1 for the algorithm.
pub fn answer<'a>(
    challenges: impl IntoIterator<Item = &'a Header>,
    username: &str,
    secret: Secret<'_>,
    method: &Method,
    uri: &[u8],
    body: &[u8],
) -> Result<Header, CannotAnswer> {
    let mut random = [0; 12];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| CannotAnswer("No random bytes"))?;
    let request = Request {
        username,
        secret,
        method,
        uri,
        body,
        cnonce: &BASE64URL_NOPAD.encode(&random),
    };
    let mut why = CannotAnswer("No challenge");
    let mut kind = None;
    for challenge in challenges {
        let name = match challenge.name() {
            Name::WwwAuthenticate => Name::Authorization,
            Name::ProxyAuthenticate => Name::ProxyAuthorization,
            _ => continue,
        };
        if *kind.get_or_insert_with(|| name.clone()) != name {
            continue;
        }
        match request.answer(&challenge.value()) {
            Ok(value) => return Ok(Header::new(name, value)),
            Err(problem) => why = problem,
        }
    }
    Err(why)
}

struct Request<'a> {
    username: &'a str,
    secret: Secret<'a>,
    method: &'a Method,
    uri: &'a [u8],
    body: &'a [u8],
    cnonce: &'a str,
}

impl Request<'_> {
    fn answer(&self, challenge: &[u8]) -> Result<Vec<u8>, CannotAnswer> {
        let fields = Fields::parse(challenge).map_err(CannotAnswer)?;
        let realm = fields
            .get("realm")
            .ok_or(CannotAnswer("Challenge without realm"))?;
        let nonce = fields
            .get("nonce")
            .ok_or(CannotAnswer("Challenge without nonce"))?;
        let algorithm = fields
            .text("algorithm")
            .unwrap_or(std::borrow::Cow::Borrowed("MD5"));
        let (algorithm, sess) =
            Algorithm::parse(&algorithm).ok_or(CannotAnswer("Unknown digest algorithm"))?;
        let qop = choose_qop(fields.get("qop"))?;
        if sess && qop.is_none() {
            return Err(CannotAnswer("Session digest without qop"));
        }
        let computed;
        let ha1s = match self.secret {
            Secret::Ha1s(ha1s) => ha1s,
            Secret::Password(password) => {
                let realm = fields.text("realm").ok_or(CannotAnswer("Realm is not text"))?;
                computed = Ha1s::of(self.username, &realm, password);
                &computed
            }
        };
        let ha1 = ha1s
            .get(algorithm)
            .ok_or(CannotAnswer("No secret for the algorithm"))?;
        let input = Input {
            algorithm,
            sess,
            qop,
            nonce,
            nc: FIRST.as_bytes(),
            cnonce: self.cnonce.as_bytes(),
            method: self.method.as_str(),
            uri: self.uri,
            body: self.body,
        };
        let response = compute::hex(&compute::response(&input, ha1));

        let mut value = Vec::with_capacity(400);
        value.extend_from_slice(b"Digest username=\"");
        value.extend(self.username.bytes().flat_map(escaped));
        // As it came: escapes in it stay escapes.
        quoted(&mut value, "realm", realm);
        quoted(&mut value, "nonce", nonce);
        quoted(&mut value, "uri", self.uri);
        quoted(&mut value, "response", &response);
        let token = algorithm.token();
        let sess = if sess { "-sess" } else { "" };
        value.extend_from_slice(format!("\", algorithm={token}{sess}").as_bytes());
        if let Some(qop) = qop {
            let (qop, cnonce) = (qop.token(), self.cnonce);
            value.extend_from_slice(format!(", qop={qop}, nc={FIRST}, cnonce=\"{cnonce}\"").as_bytes());
        }
        if let Some(opaque) = fields.get("opaque") {
            value.extend_from_slice(b", opaque=\"");
            value.extend_from_slice(opaque);
            value.push(b'"');
        }
        Ok(value)
    }
}

/// `auth` where it is offered, for a body may be changed on its way.
fn choose_qop(offered: Option<&[u8]>) -> Result<Option<Qop>, CannotAnswer> {
    let Some(offered) = offered else { return Ok(None) };
    let has = |qop: Qop| {
        offered
            .split(|byte| *byte == b',')
            .any(|token| token.trim_ascii().eq_ignore_ascii_case(qop.token().as_bytes()))
    };
    let choice = [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| has(*qop));
    choice.map(Some).ok_or(CannotAnswer("Unknown digest qop"))
}

/// Closes the quotes of the parameter before and opens this one's.
fn quoted(value: &mut Vec<u8>, name: &str, content: &[u8]) {
    value.extend_from_slice(format!("\", {name}=\"").as_bytes());
    value.extend_from_slice(content);
}

fn escaped(byte: u8) -> impl Iterator<Item = u8> {
    matches!(byte, b'"' | b'\\')
        .then_some(b'\\')
        .into_iter()
        .chain(Some(byte))
}

/// The count: each nonce is used once.
const FIRST: &str = "00000001";
