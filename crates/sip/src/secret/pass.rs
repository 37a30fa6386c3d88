//! How one edge knows a request of another: a pass in a header field of its own, made with the key that all edges
//! share. It works over every transport and behind every address; what it does not do is hide anything, so edges
//! of different offices still talk over TLS or a private network.

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use smol_str::SmolStr;

use crate::message::Name;

/// For how long a pass is good, in seconds, to both sides: clocks of offices differ, and a request is on its way for
/// a second at most.
const GOOD_FOR_S: u64 = 120;

/// Makes and checks passes. Without `Debug`.
pub struct EdgePasses(hmac::Key);

impl EdgePasses {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The header field that carries a pass.
    #[must_use]
    pub fn name() -> Name {
        Name::parse("Hotdesk-Edge")
    }

    /// A pass for one request: this edge sends it, now, with this Call-ID to this Request-URI. `edge` must be an id of
    /// the directory.
    #[must_use]
    pub fn make(&self, edge: &str, now_s: u64, call_id: &[u8], uri: &[u8]) -> String {
        format!("{edge};t={now_s};mac={}", self.mac(edge, now_s, call_id, uri))
    }

    /// The edge that made this pass for this request; `None` when it is no pass, another request's, or too old.
    #[must_use]
    pub fn open(&self, pass: &str, now_s: u64, call_id: &[u8], uri: &[u8]) -> Option<SmolStr> {
        let mut parts = pass.split(';').map(str::trim);
        let edge = parts.next()?;
        let made_s: u64 = parts.next()?.strip_prefix("t=")?.parse().ok()?;
        let mac = parts.next()?.strip_prefix("mac=")?;
        if now_s.abs_diff(made_s) > GOOD_FOR_S {
            return None;
        }
        let right = self.mac(edge, made_s, call_id, uri);
        let same = subtle::ConstantTimeEq::ct_eq(right.as_bytes(), mac.as_bytes());
        bool::from(same).then(|| edge.into())
    }

    fn mac(&self, edge: &str, at_s: u64, call_id: &[u8], uri: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        // Each part with its length, so that no two requests read alike.
        for part in [edge.as_bytes(), &at_s.to_be_bytes(), call_id, uri] {
            context.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            context.update(part);
        }
        let mut text = BASE32_NOPAD.encode(&context.sign().as_ref()[..16]);
        text.make_ascii_lowercase();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_good_for_one_request_and_a_while() {
        let passes = EdgePasses::new(&[7; 32]);
        let pass = passes.make("new-york", 1000, b"abc@host", b"sip:chi-02@example.com");
        let open = |pass: &str, now, call_id: &[u8], uri: &[u8]| passes.open(pass, now, call_id, uri);
        let (call_id, uri): (&[u8], &[u8]) = (b"abc@host", b"sip:chi-02@example.com");
        assert_eq!(open(&pass, 1000, call_id, uri).as_deref(), Some("new-york"));
        assert_eq!(
            open(&pass, 1000 + GOOD_FOR_S, call_id, uri).as_deref(),
            Some("new-york")
        );
        assert_eq!(
            open(&pass, 1000 - GOOD_FOR_S, call_id, uri).as_deref(),
            Some("new-york")
        );
        for (what, pass, now, call_id, uri) in [
            ("too old", pass.clone(), 1001 + GOOD_FOR_S, call_id, uri),
            ("another call", pass.clone(), 1000, &b"abd@host"[..], uri),
            (
                "another target",
                pass.clone(),
                1000,
                call_id,
                &b"sip:chi-03@example.com"[..],
            ),
            (
                "another edge",
                pass.replace("new-york", "austin"),
                1000,
                call_id,
                uri,
            ),
            ("another time", pass.replace("1000", "1001"), 1000, call_id, uri),
            ("no pass", "new-york".into(), 1000, call_id, uri),
            ("nothing", String::new(), 1000, call_id, uri),
        ] {
            assert_eq!(open(&pass, now, call_id, uri), None, "{what}");
        }
        assert_eq!(EdgePasses::new(&[8; 32]).open(&pass, 1000, call_id, uri), None);
    }
}
