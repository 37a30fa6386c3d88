//! PIDF-LO: the location of a phone for an emergency call (RFC 4119, RFC 5139, RFC 5491, RFC 6442).

use bytes::Bytes;
use smol_str::SmolStr;

use super::civic::CivicAddress;
use super::multipart::{self, Part};
use super::xml::Xml;
use crate::message::{Header, Message, Name};

/// Its Content-Type.
pub const CONTENT_TYPE: &str = "application/pidf+xml";

/// Where a phone stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Whom it is about, as a URI: the phone's permanent address, never the user's.
    pub entity: SmolStr,
    /// The device's id, as a URI.
    pub device: SmolStr,
    /// The address of the site.
    pub address: CivicAddress,
    /// The desk, which becomes SEAT; empty: not known.
    pub desk: SmolStr,
    /// When it was determined, RFC 3339 ("2026-05-01T08:00:00Z"). RFC 5491 wants it.
    pub timestamp: SmolStr,
}

impl Location {
    /// Writes the document: one device, a civic address, method "Manual", no retransmission beyond the emergency
    /// service (RFC 4119's default), kept for a day.
    #[must_use]
    pub fn write(&self) -> Bytes {
        let mut xml = Xml::document(
            "presence",
            &[
                ("xmlns", "urn:ietf:params:xml:ns:pidf"),
                ("xmlns:dm", "urn:ietf:params:xml:ns:pidf:data-model"),
                ("xmlns:gp", "urn:ietf:params:xml:ns:pidf:geopriv10"),
                ("xmlns:ca", "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"),
                ("xmlns:gbp", "urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy"),
                ("entity", &self.entity),
            ],
        );
        xml.open("dm:device", &[("id", "phone")]);
        xml.open("gp:geopriv", &[]);
        xml.open("gp:location-info", &[]);
        xml.open("ca:civicAddress", &[("xml:lang", "en")]);
        let mut address = self.address.clone();
        if !self.desk.is_empty() {
            address.set("SEAT", &self.desk);
        }
        for (name, value) in address.iter() {
            xml.leaf(&format!("ca:{name}"), &[], value);
        }
        xml.close("ca:civicAddress");
        xml.close("gp:location-info");
        xml.open("gp:usage-rules", &[]);
        xml.leaf("gbp:retransmission-allowed", &[], "no");
        xml.close("gp:usage-rules");
        xml.leaf("gp:method", &[], "Manual");
        xml.close("gp:geopriv");
        xml.leaf("dm:deviceID", &[], &self.device);
        xml.leaf("dm:timestamp", &[], &self.timestamp);
        xml.close("dm:device");
        xml.finish("presence")
    }
}

/// Puts a location into a request: as its body, or as one more part beside the body that it has, with
/// `Geolocation: <cid:content_id>` pointing there and `Geolocation-Routing: yes` (RFC 6442 §4). A Geolocation that
/// the phone sent itself is taken out first when `replace`: it may be the user's home.
///
/// `content_id` must be of the form `unique@host`, without brackets.
pub fn attach(request: &mut Message, location: &Location, content_id: &str, replace: bool) {
    let part = Part {
        content_type: CONTENT_TYPE,
        content_id: Some(content_id),
        // Who does not know the header must not fail over the body (RFC 5621 §7).
        disposition: Some("by-reference;handling=optional"),
        body: location.write(),
    };
    multipart::add(request, &part, content_id);
    if replace {
        request.remove(&Name::Geolocation);
        request.remove(&Name::GeolocationRouting);
    }
    request.push(Header::new(Name::Geolocation, format!("<cid:{content_id}>")));
    request.set(Header::new(Name::GeolocationRouting, "yes"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::xml::testing::outline;
    use crate::message::Method;

    fn desk() -> Location {
        Location {
            entity: "sip:phone-17@example.com".into(),
            device: "urn:uuid:00000000-0000-1000-8000-000a95a0e128".into(),
            address: CivicAddress::parse("country=US;A1=IL;A3=Chicago;RD=Wacker;STS=Drive;HNO=233;FLR=12"),
            desk: "12-A <window>".into(),
            timestamp: "2026-05-01T08:00:00Z".into(),
        }
    }

    #[test]
    fn a_location_names_the_desk() {
        let lines = outline(&desk().write());
        let civic = "presence/dm:device/gp:geopriv/gp:location-info/ca:civicAddress";
        assert_eq!(
            lines[5..12],
            [
                format!("{civic}/ca:country|US"),
                format!("{civic}/ca:A1|IL"),
                format!("{civic}/ca:A3|Chicago"),
                format!("{civic}/ca:RD|Wacker"),
                format!("{civic}/ca:STS|Drive"),
                format!("{civic}/ca:HNO|233"),
                format!("{civic}/ca:FLR|12"),
            ]
        );
        assert_eq!(lines[12], format!("{civic}/ca:SEAT|12-A <window>"));
        assert_eq!(
            lines[16..],
            [
                "presence/dm:device/dm:deviceID|urn:uuid:00000000-0000-1000-8000-000a95a0e128",
                "presence/dm:device/dm:timestamp|2026-05-01T08:00:00Z",
            ]
        );
    }

    #[test]
    fn the_bytes_are_the_golden_ones() {
        assert_eq!(
            desk().write(),
            include_bytes!("../../tests/golden/pidf-lo.xml").as_slice()
        );
    }

    #[test]
    fn an_emergency_call_carries_the_desk_and_not_what_the_phone_claims() {
        let mut invite = Message::request(Method::Invite, "urn:service:sos");
        invite.push(Header::new(Name::Geolocation, "<https://example.net/home>"));
        invite.set_body(Some("application/sdp"), "v=0\r\n");
        attach(&mut invite, &desk(), "desk17@edge.example.com", true);
        let headers: Vec<_> = invite
            .all(&Name::Geolocation)
            .map(|header| header.raw().to_vec())
            .collect();
        assert_eq!(headers, [b"<cid:desk17@edge.example.com>".to_vec()]);
        assert_eq!(invite.text(&Name::GeolocationRouting).as_deref(), Some("yes"));
        let body = String::from_utf8(invite.body().to_vec()).unwrap();
        assert!(
            body.contains("Content-ID: <desk17@edge.example.com>\r\n"),
            "{body}"
        );
        assert!(body.contains("\r\n\r\nv=0\r\n\r\n--"), "{body}");
    }

    #[test]
    fn what_the_phone_says_stays_beside_ours_when_asked() {
        let mut invite = Message::request(Method::Invite, "urn:service:sos");
        invite.push(Header::new(Name::Geolocation, "<https://example.net/home>"));
        attach(&mut invite, &desk(), "desk17@edge.example.com", false);
        assert_eq!(invite.all(&Name::Geolocation).count(), 2);
        assert_eq!(invite.text(&Name::ContentType).as_deref(), Some(CONTENT_TYPE));
        assert_eq!(invite.body(), &desk().write());
    }
}
