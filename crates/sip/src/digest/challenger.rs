//! The server's side: challenges, and judging what comes back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smol_str::SmolStr;
use subtle::ConstantTimeEq;

use super::compute::{self, Input};
use super::credentials::{Credentials, Fields};
use super::nonce::{NonceKey, Nonces};
use super::replay::{Count, Replays};
use super::{Algorithm, Ha1s};
use crate::message::{Header, Message, Name};
use crate::uri::{Scheme, Uri};

/// Who asks: decides the names of the header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A registrar or user agent: 401, WWW-Authenticate, Authorization.
    Www,
    /// A proxy: 407, Proxy-Authenticate, Proxy-Authorization.
    Proxy,
}

impl Kind {
    /// The header field of a challenge.
    #[must_use]
    pub const fn challenge(self) -> Name {
        match self {
            Self::Www => Name::WwwAuthenticate,
            Self::Proxy => Name::ProxyAuthenticate,
        }
    }

    /// The header field of an answer.
    #[must_use]
    pub const fn answer(self) -> Name {
        match self {
            Self::Www => Name::Authorization,
            Self::Proxy => Name::ProxyAuthorization,
        }
    }

    /// 401 or 407.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Www => 401,
            Self::Proxy => 407,
        }
    }
}

/// How the `uri` parameter is compared with the Request-URI (RFC 7616 §3.4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UriCheck {
    /// Byte for byte.
    Exact,
    /// The same place as far as a phone can be trusted to say so: `sip:` and `sips:` are alike, user and host are
    /// the same (the host in any case), a port only counts when both have one, parameters do not count. Phones
    /// leave parameters out, and add the default port. Other schemes: byte for byte.
    #[default]
    SamePlace,
    /// Not compared: for phones behind a box that rewrites the Request-URI. A captured response can then be
    /// used for another target of the same method, once, within the nonce's lifetime.
    None,
}

/// What a [`Challenger`] is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The realm, the same at every edge: HA1s hold it.
    pub realm: SmolStr,
    /// How long a nonce is good. Longer: fewer challenges, more to remember. Default 300 s.
    pub nonce_lifetime: Duration,
    /// How many nonces are remembered with their counts, about 60 bytes each. When there are more, the oldest
    /// become stale: phones are challenged once more, nothing else. Default 65,536.
    pub nonces_max: usize,
    /// Nonces made before this Unix time are stale. 0 (the default) keeps those from before a restart valid,
    /// and then one captured before the restart may be used once more after it, within its lifetime. Set
    /// it to the start time to close that, at the price of one more challenge per phone.
    pub not_before_ms: u64,
    /// Accept answers without qop, as RFC 2069 has them, with MD5 only. Each nonce is then good for one request.
    /// Default true: RFC 3261 §22.4 wants it.
    pub without_qop: bool,
    /// Offer `auth-int` next to `auth`. Some phones stumble over the list, so the default is false; it is
    /// accepted in any case.
    pub offer_auth_int: bool,
    /// How strictly the `uri` parameter is compared.
    pub uri_check: UriCheck,
}

impl Settings {
    /// The defaults for a realm.
    #[must_use]
    pub fn new(realm: impl Into<SmolStr>) -> Self {
        Self {
            realm: realm.into(),
            nonce_lifetime: Duration::from_secs(300),
            nonces_max: 65_536,
            not_before_ms: 0,
            without_qop: true,
            offer_auth_int: false,
            uri_check: UriCheck::default(),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is this account.
    Ok {
        /// Its name.
        username: SmolStr,
        /// Proved with this.
        algorithm: Algorithm,
    },
    /// No credentials, or none for our realm: challenge.
    Missing,
    /// The response is right but the nonce is not good any more, or none of ours: challenge with `stale=true`.
    Stale,
    /// No such account, or a wrong response: challenge, and count a failure.
    Wrong,
    /// The response is right but was used before: challenge with `stale=true`. A phone that lost count goes on
    /// without asking its user; who copied a request gets nothing.
    Replayed,
    /// Not to be understood: 400 with this phrase.
    Malformed(&'static str),
}

impl Verdict {
    /// A name for logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ok { .. } => "ok",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Wrong => "wrong",
            Self::Replayed => "replayed",
            Self::Malformed(_) => "malformed",
        }
    }
}

/// Challenges and judges. Shared by all threads of an edge; the locks in it are held for a look into a table.
pub struct Challenger {
    settings: Settings,
    nonces: Nonces,
    replays: Vec<Mutex<Replays>>,
    /// Used for accounts that do not exist, so that they cost what others do. Nobody knows their password.
    nobody: Ha1s,
}

impl Challenger {
    /// With its key, which no other edge may have: the counts are remembered here only.
    #[must_use]
    pub fn new(settings: Settings, key: NonceKey) -> Self {
        let nonces = Nonces::new(key, &settings.realm);
        let per_shard = settings.nonces_max.div_ceil(SHARDS).max(1);
        Self {
            // A nonce cannot be guessed, so nobody has the response to it with this account.
            nobody: Ha1s::of("", &settings.realm, &nonces.make(0)),
            replays: (0..SHARDS).map(|_| Mutex::new(Replays::new(per_shard))).collect(),
            nonces,
            settings,
        }
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.settings.realm
    }

    /// One challenge for each algorithm in the given order, which is the order of preference (RFC 8760 §2.3): the
    /// strongest first, or MD5 first and alone for phones that take the first they see without looking.
    #[must_use]
    pub fn challenge_headers(
        &self,
        now_unix_ms: u64,
        kind: Kind,
        algorithms: &[Algorithm],
        stale: bool,
    ) -> Vec<Header> {
        let nonce = self.nonces.make(now_unix_ms);
        let realm = self.settings.realm.replace('\\', "\\\\").replace('"', "\\\"");
        let qop = if self.settings.offer_auth_int {
            "auth,auth-int"
        } else {
            "auth"
        };
        let stale = if stale { ", stale=true" } else { "" };
        let challenge = |algorithm: &Algorithm| {
            let algorithm = algorithm.token();
            let value = format!(
                "Digest realm=\"{realm}\", nonce=\"{nonce}\"{stale}, algorithm={algorithm}, qop=\"{qop}\""
            );
            Header::new(kind.challenge(), value)
        };
        algorithms.iter().map(challenge).collect()
    }

    /// Judges a request by the credentials it carries for our realm. Those for other realms are not ours to
    /// look at.
    pub fn check_message(
        &self,
        now_unix_ms: u64,
        kind: Kind,
        request: &Message,
        lookup: impl FnOnce(&Credentials) -> Option<Ha1s>,
    ) -> Verdict {
        let (Some(method), Some(uri)) = (request.method(), request.uri()) else {
            return Verdict::Missing;
        };
        let name = kind.answer();
        let mut values = request.all(&name).map(Header::value);
        let ours = values.find(|value| {
            // What cannot be read may be meant for us; the check says what is wrong with it.
            Fields::parse(value).map_or_else(
                |_| {
                    value
                        .get(..6)
                        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Digest"))
                },
                |fields| {
                    fields
                        .text("realm")
                        .is_none_or(|realm| *realm == *self.settings.realm)
                },
            )
        });
        match ours {
            Some(value) => self.check(
                now_unix_ms,
                method.as_str(),
                uri,
                Some(&value),
                request.body(),
                lookup,
            ),
            None => Verdict::Missing,
        }
    }

    /// Judges one value of Authorization or Proxy-Authorization.
    ///
    /// `lookup` finds the account's HA1s. When there is none, or none for the algorithm in use, the same work is
    /// done with HA1s of nobody, and the verdict is the same as for a wrong password.
    pub fn check(
        &self,
        now_unix_ms: u64,
        method: &str,
        uri: &[u8],
        header_value: Option<&[u8]>,
        body: &[u8],
        lookup: impl FnOnce(&Credentials) -> Option<Ha1s>,
    ) -> Verdict {
        let Some(value) = header_value else {
            return Verdict::Missing;
        };
        let credentials = match Credentials::parse(value) {
            Ok(credentials) => credentials,
            Err(problem) => return Verdict::Malformed(problem),
        };
        if credentials.realm != self.settings.realm {
            return Verdict::Missing;
        }
        let rfc2069 = credentials.qop.is_none();
        if rfc2069 && !(self.settings.without_qop && credentials.algorithm == Algorithm::Md5) {
            return Verdict::Malformed("Digest without qop");
        }
        if !self.settings.uri_check.passes(&credentials.uri, uri) {
            return Verdict::Malformed("Digest uri is not the Request-URI");
        }
        if !self.is_right(&credentials, method, body, lookup(&credentials)) {
            return Verdict::Wrong;
        }
        self.judge_nonce(now_unix_ms, credentials)
    }

    fn is_right(&self, credentials: &Credentials, method: &str, body: &[u8], found: Option<Ha1s>) -> bool {
        let found = found.unwrap_or_default();
        let known = found.get(credentials.algorithm);
        let nobody = self.nobody.get(credentials.algorithm);
        let ha1 = known.or(nobody).expect("nobody has an HA1 for each algorithm");
        let input = Input {
            algorithm: credentials.algorithm,
            sess: credentials.sess,
            qop: credentials.qop,
            nonce: &credentials.nonce,
            nc: &credentials.nc_text,
            cnonce: &credentials.cnonce,
            method,
            uri: &credentials.uri,
            body,
        };
        let same = compute::response(&input, ha1).ct_eq(&credentials.response);
        bool::from(same) & known.is_some()
    }

    /// The response is right. Is the nonce?
    fn judge_nonce(&self, now_ms: u64, credentials: Credentials) -> Verdict {
        let Some(nonce) = self.nonces.read(&credentials.nonce) else {
            // Another edge's, or from before a change of the key. The phone shall simply try again.
            return Verdict::Stale;
        };
        let lifetime = u64::try_from(self.settings.nonce_lifetime.as_millis()).unwrap_or(u64::MAX);
        let valid_from = now_ms.saturating_sub(lifetime).max(self.settings.not_before_ms);
        // From the future: our clock was set back. To be on the safe side, it is not good either.
        if nonce.made_ms < valid_from || nonce.made_ms > now_ms.saturating_add(CLOCK_SLACK_MS) {
            return Verdict::Stale;
        }
        let shard = usize::try_from(nonce.serial % SHARDS as u64).expect("below the number of shards");
        let mut replays = self.replays[shard].lock().unwrap_or_else(PoisonError::into_inner);
        match replays.see(nonce, credentials.nc, valid_from) {
            Count::Fresh => Verdict::Ok {
                username: credentials.username,
                algorithm: credentials.algorithm,
            },
            Count::Replayed => Verdict::Replayed,
            Count::Forgotten => Verdict::Stale,
        }
    }
}

impl UriCheck {
    fn passes(self, said: &[u8], request: &[u8]) -> bool {
        said == request
            || match self {
                Self::Exact => false,
                Self::SamePlace => same_place(said, request),
                Self::None => true,
            }
    }
}

fn same_place(said: &[u8], request: &[u8]) -> bool {
    let (Ok(said), Ok(request)) = (Uri::parse(said), Uri::parse(request)) else {
        return false;
    };
    let is_sip = |uri: &Uri| matches!(uri.scheme, Scheme::Sip | Scheme::Sips);
    // Escapes may be written in different ways; what is no text must be the same bytes.
    let same_user =
        said.user == request.user || (said.user_text().is_some() && said.user_text() == request.user_text());
    let ports_differ = matches!((said.port, request.port), (Some(one), Some(other)) if one != other);
    is_sip(&said)
        && is_sip(&request)
        && same_user
        && said.host.eq_ignore_ascii_case(&request.host)
        && !ports_differ
}

/// Threads rarely meet at one lock then.
const SHARDS: usize = 16;

/// Two readings of one clock may be this far apart: threads read it at different moments.
const CLOCK_SLACK_MS: u64 = 5_000;
