//! Vectors: RFC 2617 §3.5, RFC 7616 §3.9.1, and our own, computed with Python's hashlib.

mod challenger;
mod client;
mod vectors;

use std::time::Duration;

use super::compute::{self, Input};
use super::*;
use crate::message::{Header, Message, Method, Name};

const REALM: &str = "example.com";
const URI: &str = "sip:example.com";
const NOW: u64 = 1_790_000_000_000;

fn challenger_with(change: impl FnOnce(&mut Settings)) -> Challenger {
    let mut settings = Settings::new(REALM);
    change(&mut settings);
    Challenger::new(settings, NonceKey::new(&[3; 32]))
}

fn challenger() -> Challenger {
    challenger_with(|_| ())
}

fn account(credentials: &Credentials) -> Option<Ha1s> {
    (credentials.username == "phone-1").then(|| Ha1s::of("phone-1", REALM, "swordfish"))
}

/// A client that can count, and be told to do anything wrong.
struct Client {
    nonce: String,
    algorithm: Algorithm,
    sess: bool,
    qop: Option<Qop>,
    username: &'static str,
    password: &'static str,
    uri: &'static str,
}

impl Client {
    fn new(challenger: &Challenger, now: u64) -> Self {
        let challenges = challenger.challenge_headers(now, Kind::Www, &[Algorithm::Md5], false);
        let value = challenges[0].text().unwrap().into_owned();
        let (_, rest) = value.split_once("nonce=\"").unwrap();
        Self {
            nonce: rest.split_once('"').unwrap().0.to_owned(),
            algorithm: Algorithm::Md5,
            sess: false,
            qop: Some(Qop::Auth),
            username: "phone-1",
            password: "swordfish",
            uri: URI,
        }
    }

    fn header(&self, count: u32, method: &str, body: &[u8]) -> String {
        let nc = format!("{count:08x}");
        let input = Input {
            algorithm: self.algorithm,
            sess: self.sess,
            qop: self.qop,
            nonce: self.nonce.as_bytes(),
            nc: nc.as_bytes(),
            cnonce: b"c0ffee",
            method,
            uri: self.uri.as_bytes(),
            body,
        };
        let ha1s = Ha1s::of(self.username, REALM, self.password);
        let response = compute::response(&input, ha1s.get(self.algorithm).unwrap());
        let response = data_encoding::HEXLOWER.encode(&response);
        let (token, sess) = (self.algorithm.token(), if self.sess { "-sess" } else { "" });
        let Self {
            username, nonce, uri, ..
        } = self;
        let head = format!(
            "Digest username=\"{username}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={token}{sess}"
        );
        match self.qop {
            Some(qop) => format!("{head}, cnonce=\"c0ffee\", qop={}, nc={nc}", qop.token()),
            None => head,
        }
    }
}

fn check(challenger: &Challenger, now: u64, header: &str) -> Verdict {
    challenger.check(
        now,
        "REGISTER",
        URI.as_bytes(),
        Some(header.as_bytes()),
        b"",
        account,
    )
}

fn ok(algorithm: Algorithm) -> Verdict {
    Verdict::Ok {
        username: "phone-1".into(),
        algorithm,
    }
}
