//! `application/reginfo+xml` (RFC 3680, GRUU elements of RFC 5628): who is registered, and what happened to it.

use bytes::Bytes;
use smol_str::SmolStr;

use super::xml::Xml;

mod of_bindings;

/// Its Content-Type.
pub const CONTENT_TYPE: &str = "application/reginfo+xml";

/// One address of record (RFC 3680 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The address of record, as a URI.
    pub aor: SmolStr,
    /// Names this registration in later documents to the same watcher; the same for the same AOR.
    pub id: SmolStr,
    /// Whether contacts are left.
    pub state: State,
    /// Its contacts: all of them in a full document, the changed ones in a partial one.
    pub contacts: Vec<Contact>,
}

/// The state of an address of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was ever registered.
    Init,
    /// At least one contact.
    Active,
    /// The last contact is gone.
    Terminated,
}

/// What happened to a contact last (RFC 3680 §5.3). The event decides the contact's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Made by an administrator.
    Registered,
    /// By a REGISTER.
    Created,
    /// By a REGISTER that prolonged it.
    Refreshed,
    /// The registrar cut the time left: register again soon.
    Shortened,
    /// Not refreshed in time.
    Expired,
    /// Taken away: register again at once (elsewhere, or with other credentials).
    Deactivated,
    /// Taken away: register again after this many seconds.
    Probation {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// Removed by the phone itself.
    Unregistered,
    /// Taken away, and it must not come back: the user is gone.
    Rejected,
}

/// One contact of an address of record (RFC 3680 §5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Names this contact in later documents; the same as long as the binding is the same.
    pub id: SmolStr,
    /// Its URI.
    pub uri: SmolStr,
    /// What happened last.
    pub happened: Happened,
    /// Seconds left. Left out of the document for contacts that are gone.
    pub expires_s: Option<u32>,
    /// Seconds since it was first registered.
    pub registered_s: Option<u64>,
    /// The q value, as it stands in the Contact ("0.7").
    pub q: Option<SmolStr>,
    /// Call-ID of the last REGISTER.
    pub call_id: Option<SmolStr>,
    /// CSeq of the last REGISTER.
    pub cseq: Option<u32>,
    /// The display name.
    pub display: Option<SmolStr>,
    /// Contact parameters that RFC 3680 has no attribute for, as name and value: `+sip.instance`, `reg-id`.
    pub params: Vec<(SmolStr, SmolStr)>,
    /// The public GRUU (RFC 5628 §5).
    pub pub_gruu: Option<SmolStr>,
    /// The newest temporary GRUU and the CSeq of the REGISTER that made the first of this instance.
    pub temp_gruu: Option<(SmolStr, u32)>,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Active => "active",
            Self::Terminated => "terminated",
        }
    }
}

impl Happened {
    /// The word in the document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Created => "created",
            Self::Refreshed => "refreshed",
            Self::Shortened => "shortened",
            Self::Expired => "expired",
            Self::Deactivated => "deactivated",
            Self::Probation { .. } => "probation",
            Self::Unregistered => "unregistered",
            Self::Rejected => "rejected",
        }
    }

    /// Whether the contact is still there after it.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(
            self,
            Self::Registered | Self::Created | Self::Refreshed | Self::Shortened
        )
    }
}

impl Contact {
    /// A contact with nothing but what every document needs.
    #[must_use]
    pub fn new(id: impl Into<SmolStr>, uri: impl Into<SmolStr>, happened: Happened) -> Self {
        Self {
            id: id.into(),
            uri: uri.into(),
            happened,
            expires_s: None,
            registered_s: None,
            q: None,
            call_id: None,
            cseq: None,
            display: None,
            params: Vec::new(),
            pub_gruu: None,
            temp_gruu: None,
        }
    }
}

/// Writes the document. `version` counts from 0, one more for each document to the same watcher; `full` says that
/// all there is is in it, otherwise only what changed.
#[must_use]
pub fn write(version: u32, full: bool, registrations: &[Registration]) -> Bytes {
    let version = version.to_string();
    let mut xml = Xml::document(
        "reginfo",
        &[
            ("xmlns", "urn:ietf:params:xml:ns:reginfo"),
            ("xmlns:gr", "urn:ietf:params:xml:ns:gruuinfo"),
            ("version", &version),
            ("state", if full { "full" } else { "partial" }),
        ],
    );
    for registration in registrations {
        let Registration { aor, id, state, .. } = registration;
        xml.open(
            "registration",
            &[("aor", aor), ("id", id), ("state", state.as_str())],
        );
        for contact in &registration.contacts {
            write_contact(&mut xml, contact);
        }
        xml.close("registration");
    }
    xml.finish("reginfo")
}

fn write_contact(xml: &mut Xml, contact: &Contact) {
    let active = contact.happened.is_active();
    let mut numbers = Vec::new();
    if let Some(seconds) = contact.registered_s {
        numbers.push(("duration-registered", seconds.to_string()));
    }
    if let Some(seconds) = contact.expires_s.filter(|_| active) {
        numbers.push(("expires", seconds.to_string()));
    }
    if let Happened::Probation { retry_after } = contact.happened {
        numbers.push(("retry-after", retry_after.to_string()));
    }
    if let Some(cseq) = contact.cseq {
        numbers.push(("cseq", cseq.to_string()));
    }
    let mut attributes = vec![
        ("id", contact.id.as_str()),
        ("state", if active { "active" } else { "terminated" }),
        ("event", contact.happened.as_str()),
    ];
    attributes.extend(numbers.iter().map(|(name, value)| (*name, value.as_str())));
    attributes.extend(contact.q.as_ref().map(|q| ("q", q.as_str())));
    attributes.extend(contact.call_id.as_ref().map(|id| ("callid", id.as_str())));
    xml.open("contact", &attributes);
    xml.leaf("uri", &[], &contact.uri);
    if let Some(display) = &contact.display {
        xml.leaf("display-name", &[], display);
    }
    for (name, value) in &contact.params {
        xml.leaf("unknown-param", &[("name", name)], value);
    }
    if let Some(uri) = &contact.pub_gruu {
        xml.leaf("gr:pub-gruu", &[("uri", uri)], "");
    }
    if let Some((uri, first_cseq)) = &contact.temp_gruu {
        let first_cseq = first_cseq.to_string();
        xml.leaf("gr:temp-gruu", &[("uri", uri), ("first-cseq", &first_cseq)], "");
    }
    xml.close("contact");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::xml::testing::outline;

    fn two_phones() -> Vec<Registration> {
        let mut here = Contact::new("c1", "sip:2041@192.0.2.7:5060", Happened::Refreshed);
        here.expires_s = Some(1800);
        here.registered_s = Some(7322);
        here.q = Some("0.7".into());
        here.call_id = Some("ab@192.0.2.7".into());
        here.cseq = Some(6);
        here.display = Some("Maria <reception> & co".into());
        here.params = vec![(
            "+sip.instance".into(),
            "\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"".into(),
        )];
        here.pub_gruu = Some("sip:2041@example.com;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128".into());
        here.temp_gruu = Some((
            "sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr".into(),
            5,
        ));
        let mut there = Contact::new("c2", "sip:2041@198.51.100.9", Happened::Deactivated);
        there.expires_s = Some(600);
        vec![Registration {
            aor: "sip:2041@example.com".into(),
            id: "2041".into(),
            state: State::Active,
            contacts: vec![here, there],
        }]
    }

    #[test]
    fn a_document_says_who_is_registered_and_who_was_deactivated() {
        let document = write(3, true, &two_phones());
        let gruu = "sip:2041@example.com;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128";
        let registration = "reginfo/registration";
        let contact = "reginfo/registration/contact";
        assert_eq!(
            outline(&document),
            [
                "reginfo xmlns=urn:ietf:params:xml:ns:reginfo xmlns:gr=urn:ietf:params:xml:ns:gruuinfo version=3 \
                 state=full|"
                    .to_owned(),
                format!("{registration} aor=sip:2041@example.com id=2041 state=active|"),
                format!(
                    "{contact} id=c1 state=active event=refreshed duration-registered=7322 expires=1800 cseq=6 \
                     q=0.7 callid=ab@192.0.2.7|"
                ),
                format!("{contact}/uri|sip:2041@192.0.2.7:5060"),
                format!("{contact}/display-name|Maria <reception> & co"),
                format!(
                    "{contact}/unknown-param name=+sip.instance|\
                     \"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""
                ),
                format!("{contact}/gr:pub-gruu uri={gruu}|"),
                format!(
                    "{contact}/gr:temp-gruu uri=sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr \
                     first-cseq=5|"
                ),
                format!("{contact} id=c2 state=terminated event=deactivated|"),
                format!("{contact}/uri|sip:2041@198.51.100.9"),
            ]
        );
    }

    #[test]
    fn the_bytes_are_the_golden_ones() {
        assert_eq!(
            write(3, true, &two_phones()),
            include_bytes!("../../../tests/golden/reginfo.xml").as_slice()
        );
    }

    #[test]
    fn the_event_decides_whether_a_contact_is_still_there() {
        let table = [
            (Happened::Registered, "registered", "active"),
            (Happened::Created, "created", "active"),
            (Happened::Refreshed, "refreshed", "active"),
            (Happened::Shortened, "shortened", "active"),
            (Happened::Expired, "expired", "terminated"),
            (Happened::Deactivated, "deactivated", "terminated"),
            (Happened::Probation { retry_after: 30 }, "probation", "terminated"),
            (Happened::Unregistered, "unregistered", "terminated"),
            (Happened::Rejected, "rejected", "terminated"),
        ];
        for (happened, event, state) in table {
            let registration = Registration {
                aor: "sip:a@example.com".into(),
                id: "a".into(),
                state: State::Terminated,
                contacts: vec![Contact::new("c", "sip:a@192.0.2.1", happened)],
            };
            let line = outline(&write(0, false, &[registration]))[2].clone();
            let retry = if event == "probation" {
                " retry-after=30"
            } else {
                ""
            };
            assert_eq!(
                line,
                format!("reginfo/registration/contact id=c state={state} event={event}{retry}|")
            );
        }
    }
}
