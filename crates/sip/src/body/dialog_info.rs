//! `application/dialog-info+xml` (RFC 4235): the calls of one user, for the lamps at other phones.

use bytes::Bytes;
use smol_str::SmolStr;

use super::xml::Xml;

/// Its Content-Type.
pub const CONTENT_TYPE: &str = "application/dialog-info+xml";

/// Where a call stands (RFC 4235 §3.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Asked, nothing heard.
    Trying,
    /// Heard of, but no dialog yet.
    Proceeding,
    /// Ringing.
    Early,
    /// Talking.
    Confirmed,
    /// Over.
    Terminated,
}

/// Who began the call, seen from the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The user calls.
    Initiator,
    /// The user is called.
    Recipient,
}

/// One side of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// The identity, as a URI; empty: nothing is told of this side.
    pub identity: SmolStr,
    /// The display name; may be empty.
    pub display: SmolStr,
    /// Where to send a pick-up (with Replaces); `None`: not told.
    pub target: Option<SmolStr>,
}

/// Call-ID and tags. Who knows them can pick a call up or end it, so they are told only to those who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// Call-ID.
    pub call_id: SmolStr,
    /// The user's tag.
    pub local_tag: SmolStr,
    /// The other's tag; empty as long as there is none.
    pub remote_tag: SmolStr,
}

/// One call of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Names this call in later documents; must not be the Call-ID.
    pub id: SmolStr,
    /// Where it stands.
    pub state: State,
    /// Who began it.
    pub direction: Direction,
    /// Call-ID and tags; `None`: hidden.
    pub identifiers: Option<Identifiers>,
    /// Seconds since it began; `None`: not told.
    pub duration_s: Option<u64>,
    /// The user.
    pub local: Side,
    /// The other.
    pub remote: Side,
}

impl State {
    /// The word in the document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Proceeding => "proceeding",
            Self::Early => "early",
            Self::Confirmed => "confirmed",
            Self::Terminated => "terminated",
        }
    }
}

impl Direction {
    /// The word in the document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Recipient => "recipient",
        }
    }
}

/// Writes a full-state document about `entity`, a URI. `version` counts from 0, one more for each document to the
/// same watcher.
#[must_use]
pub fn write(version: u32, entity: &str, dialogs: &[Dialog]) -> Bytes {
    let version = version.to_string();
    let mut xml = Xml::document(
        "dialog-info",
        &[
            ("xmlns", "urn:ietf:params:xml:ns:dialog-info"),
            ("version", &version),
            ("state", "full"),
            ("entity", entity),
        ],
    );
    for dialog in dialogs {
        write_dialog(&mut xml, dialog);
    }
    xml.finish("dialog-info")
}

fn write_dialog(xml: &mut Xml, dialog: &Dialog) {
    let mut attributes = vec![("id", dialog.id.as_str())];
    if let Some(identifiers) = &dialog.identifiers {
        attributes.push(("call-id", &identifiers.call_id));
        attributes.push(("local-tag", &identifiers.local_tag));
        if !identifiers.remote_tag.is_empty() {
            attributes.push(("remote-tag", &identifiers.remote_tag));
        }
    }
    attributes.push(("direction", dialog.direction.as_str()));
    xml.open("dialog", &attributes);
    xml.leaf("state", &[], dialog.state.as_str());
    if let Some(seconds) = dialog.duration_s {
        xml.leaf("duration", &[], &seconds.to_string());
    }
    write_side(xml, "local", &dialog.local);
    write_side(xml, "remote", &dialog.remote);
    xml.close("dialog");
}

fn write_side(xml: &mut Xml, element: &str, side: &Side) {
    if side.identity.is_empty() && side.target.is_none() {
        return;
    }
    xml.open(element, &[]);
    if !side.identity.is_empty() {
        let display = [("display", side.display.as_str())];
        let attributes = if side.display.is_empty() {
            &[][..]
        } else {
            &display
        };
        xml.leaf("identity", attributes, &side.identity);
    }
    if let Some(target) = &side.target {
        xml.leaf("target", &[("uri", target)], "");
    }
    xml.close(element);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::xml::testing::outline;

    fn talking() -> Dialog {
        Dialog {
            id: "as7d900as8".into(),
            state: State::Confirmed,
            direction: Direction::Recipient,
            identifiers: None,
            duration_s: Some(274),
            local: Side {
                identity: "sip:2041@example.com".into(),
                display: "Maria Silva".into(),
                target: None,
            },
            remote: Side {
                identity: "sip:+13125550100@example.com;user=phone".into(),
                ..Side::default()
            },
        }
    }

    #[test]
    fn a_call_is_told_without_its_call_id() {
        let document = write(1, "sip:2041@example.com", &[talking()]);
        assert_eq!(
            outline(&document),
            [
                "dialog-info xmlns=urn:ietf:params:xml:ns:dialog-info version=1 state=full \
                 entity=sip:2041@example.com|",
                "dialog-info/dialog id=as7d900as8 direction=recipient|",
                "dialog-info/dialog/state|confirmed",
                "dialog-info/dialog/duration|274",
                "dialog-info/dialog/local|",
                "dialog-info/dialog/local/identity display=Maria Silva|sip:2041@example.com",
                "dialog-info/dialog/remote|",
                "dialog-info/dialog/remote/identity|sip:+13125550100@example.com;user=phone",
            ]
        );
    }

    #[test]
    fn who_may_pick_up_gets_call_id_tags_and_target() {
        let mut dialog = talking();
        dialog.state = State::Early;
        dialog.direction = Direction::Initiator;
        dialog.identifiers = Some(Identifiers {
            call_id: "a<84b4c76e66710".into(),
            local_tag: "1928301774".into(),
            remote_tag: SmolStr::default(),
        });
        dialog.local.target = Some("sip:2041@192.0.2.7;line=\"a\"".into());
        let lines = outline(&write(0, "sip:2041@example.com", &[dialog]));
        assert_eq!(
            lines[1],
            "dialog-info/dialog id=as7d900as8 call-id=a<84b4c76e66710 local-tag=1928301774 direction=initiator|"
        );
        assert_eq!(lines[2], "dialog-info/dialog/state|early");
        assert_eq!(
            lines[6],
            "dialog-info/dialog/local/target uri=sip:2041@192.0.2.7;line=\"a\"|"
        );
    }

    #[test]
    fn each_state_has_its_word() {
        let table = [
            (State::Trying, "trying"),
            (State::Proceeding, "proceeding"),
            (State::Early, "early"),
            (State::Confirmed, "confirmed"),
            (State::Terminated, "terminated"),
        ];
        for (state, word) in table {
            let dialog = Dialog { state, ..talking() };
            let lines = outline(&write(0, "sip:a@example.com", &[dialog]));
            assert_eq!(lines[2], format!("dialog-info/dialog/state|{word}"));
        }
    }

    #[test]
    fn a_user_without_calls_has_an_empty_document() {
        assert_eq!(outline(&write(7, "sip:a@example.com", &[])).len(), 1);
    }

    #[test]
    fn the_bytes_are_the_golden_ones() {
        assert_eq!(
            write(1, "sip:2041@example.com", &[talking()]),
            include_bytes!("../../tests/golden/dialog-info.xml").as_slice()
        );
    }
}
