//! Identity headers: from what routing decided to changes of a message (RFC 3325, RFC 3323).

use hotdesk_routing::Caller;
use hotdesk_routing::identity::{Asked, Identity, Shown, Towards, identity};
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::proxy::Edit;
use hotdesk_sip::secret::EdgePasses;
use hotdesk_sip::value::NameAddr;
use smol_str::SmolStr;

use super::app::App;

impl App {
    /// What has to be changed so that a request shows its caller as the office's rules say. From is left alone:
    /// it belongs to the dialog.
    pub(crate) fn identity_edits(
        &self,
        caller: &Caller,
        asked: &Asked,
        towards: Towards,
        call_back: Option<&str>,
    ) -> Vec<Edit> {
        let Identity {
            assert,
            privacy_id,
            remote_party_id,
        } = identity(&self.plan.identity, caller, towards, asked, call_back);
        let mut edits = vec![
            Edit::Remove(Name::PAssertedIdentity),
            Edit::Remove(Name::PPreferredIdentity),
            Edit::Remove(Name::RemotePartyId),
            // Proved to this edge; nobody further on needs it (RFC 3261 §22.3).
            Edit::Remove(Name::ProxyAuthorization),
            Edit::Remove(EdgePasses::name()),
        ];
        if towards != Towards::Peer {
            // Some phones put the answer to their registrar's challenge into everything; a callee could try passwords
            // on it. A PBX of the company may be whom it is for.
            edits.push(Edit::Remove(Name::Authorization));
        }
        if let Some(shown) = &assert {
            let address = self.address_of(shown);
            if remote_party_id {
                let privacy = if privacy_id {
                    ";privacy=full"
                } else {
                    ";privacy=off"
                };
                let mut value = address.clone();
                value.extend_from_slice(b";party=calling;screen=yes");
                value.extend_from_slice(privacy.as_bytes());
                edits.push(Edit::Push(Header::new(Name::RemotePartyId, value)));
            }
            edits.push(Edit::Push(Header::new(Name::PAssertedIdentity, address)));
        }
        if privacy_id && !asked.privacy.iter().any(|value| value == "id") {
            edits.push(Edit::Remove(Name::Privacy));
            let mut values: Vec<&str> = asked.privacy.iter().map(SmolStr::as_str).collect();
            values.push("id");
            edits.push(Edit::Push(Header::new(Name::Privacy, values.join(";"))));
        }
        edits
    }

    /// `"Maria Silva" <sip:2041@example.com>`.
    pub(crate) fn address_of(&self, shown: &Shown) -> Vec<u8> {
        let mut value = Vec::with_capacity(64);
        if !shown.name.is_empty() {
            value.push(b'"');
            for byte in shown.name.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    value.push(b'\\');
                }
                value.push(byte);
            }
            value.extend_from_slice(b"\" ");
        }
        value.extend_from_slice(format!("<sip:{}@{}>", shown.number, self.settings.domain).as_bytes());
        value
    }
}

/// What a request says of its caller. `believed`: the sender may assert identities.
pub(crate) fn asked(request: &Message, hide: Option<bool>, believed: bool) -> Asked {
    let privacy = request.text(&Name::Privacy).unwrap_or_default();
    let privacy = privacy
        .split(';')
        .map(str::trim)
        .filter(|value| !value.is_empty());
    Asked {
        privacy: privacy
            .map(|value| SmolStr::from(value.to_ascii_lowercase()))
            .collect(),
        hide,
        asserted: if believed { asserted(request) } else { None },
    }
}

/// The identity that a trusted peer asserts.
fn asserted(request: &Message) -> Option<Shown> {
    let value = request.values(&Name::PAssertedIdentity).next()?;
    let address = NameAddr::parse(value).ok()?;
    Some(Shown {
        name: std::str::from_utf8(&address.display).unwrap_or_default().into(),
        number: SmolStr::new(address.uri.user_text()?),
    })
}

/// The number of a caller outside: what is asserted, else From.
pub(crate) fn outside_number(request: &Message, believed: bool) -> Option<SmolStr> {
    let shown = if believed { asserted(request) } else { None };
    shown.map(|shown| shown.number).or_else(|| {
        let from = request.from().ok()?;
        from.uri.user_text().map(SmolStr::new)
    })
}
