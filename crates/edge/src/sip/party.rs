//! Who is at the other end of a hop, and how a dialog finds them again.
//!
//! Our Record-Route carries a token that names the calling party. A request inside the dialog brings it back, and
//! the party is looked up anew: a phone that has moved to another connection meanwhile, or an edge that was
//! restarted, does not break the call (RFC 5626 §5.3 does the same with flows).

use hmac::{Hmac, Mac};
use hotdesk_sip::hop::{Hop, ListenerId};
use sha2::Sha256;
use smol_str::SmolStr;

/// Somebody to whom messages are sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// A phone of this office, reached by its registration.
    Phone(SmolStr),
    /// A trunk, by its id.
    Trunk(SmolStr),
    /// The edge of another office, by its id.
    Edge(SmolStr),
    /// Somebody known by address only.
    Address(Hop),
}

impl Party {
    /// The phone, if it is one.
    pub(crate) fn device(&self) -> Option<SmolStr> {
        match self {
            Self::Phone(device) => Some(device.clone()),
            Self::Trunk(_) | Self::Edge(_) | Self::Address(_) => None,
        }
    }
}

/// Makes and reads the tokens. Nobody else can make one: with a token of their own choice they could have the edge
/// send messages to any address.
pub(crate) struct Tokens {
    key: Hmac<Sha256>,
}

/// How much of the hash a token carries: enough that guessing takes 2^63 messages.
const MAC_BYTES: usize = 8;

impl Tokens {
    pub(crate) fn new(key: &[u8]) -> Self {
        // HMAC takes keys of any length.
        let key = Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("any length is fine"));
        Self { key }
    }

    /// A token for the user part of a URI, good for messages with this Call-ID only: a phone that keeps one cannot use
    /// it for anything but the call that it was given for.
    pub(crate) fn sign(&self, party: &Party, call_id: &[u8]) -> SmolStr {
        let text = match party {
            Party::Phone(device) => format!("p{device}"),
            Party::Trunk(trunk) => format!("t{trunk}"),
            Party::Edge(edge) => format!("e{edge}"),
            Party::Address(hop) => format!("a{} {} {}", hop.listener.0, hop.transport, hop.remote),
        };
        let mut bytes = self.mac(text.as_bytes(), call_id).to_vec();
        bytes.extend_from_slice(text.as_bytes());
        SmolStr::from(data_encoding::BASE32HEX_NOPAD.encode(&bytes).to_ascii_lowercase())
    }

    /// The party of a token that we made for this Call-ID; `None` for any other text.
    pub(crate) fn open(&self, token: &str, call_id: &[u8]) -> Option<Party> {
        let bytes = data_encoding::BASE32HEX_NOPAD
            .decode(token.to_ascii_uppercase().as_bytes())
            .ok()?;
        let (mac, text) = bytes.split_at_checked(MAC_BYTES)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(&self.mac(text, call_id)[..], mac)) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        let (kind, rest) = text.split_at_checked(1)?;
        match kind {
            "p" => Some(Party::Phone(rest.into())),
            "t" => Some(Party::Trunk(rest.into())),
            "e" => Some(Party::Edge(rest.into())),
            "a" => {
                let mut words = rest.split(' ');
                let listener = ListenerId(words.next()?.parse().ok()?);
                let transport = words.next()?.parse().ok()?;
                Some(Party::Address(Hop::to(
                    listener,
                    transport,
                    words.next()?.parse().ok()?,
                )))
            }
            _ => None,
        }
    }

    fn mac(&self, text: &[u8], call_id: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.key.clone();
        // The length first, so that no two pairs read alike.
        mac.update(&text.len().to_be_bytes());
        mac.update(text);
        mac.update(call_id);
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&mac.finalize().into_bytes()[..MAC_BYTES]);
        short
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::hop::Transport;

    use super::*;

    #[test]
    fn a_token_names_its_party_and_nobody_else_can_make_one() {
        let tokens = Tokens::new(b"key");
        let address = "[2001:db8::1]:5061".parse().unwrap();
        for party in [
            Party::Phone("chi-02".into()),
            Party::Trunk("carrier".into()),
            Party::Edge("new-york".into()),
            Party::Address(Hop::to(ListenerId(3), Transport::Tls, address)),
        ] {
            let token = tokens.sign(&party, b"call");
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
            assert_eq!(tokens.open(&token, b"call"), Some(party.clone()));
            assert_eq!(tokens.open(&token.to_uppercase(), b"call"), Some(party));
            assert_eq!(tokens.open(&token, b"another call"), None);
            assert_eq!(Tokens::new(b"other").open(&token, b"call"), None);
            assert_eq!(tokens.open(&token[..token.len() - 2], b"call"), None);
        }
        for junk in ["", "a", "00000000000000", "ü"] {
            assert_eq!(tokens.open(junk, b"call"), None, "{junk}");
        }
    }
}
