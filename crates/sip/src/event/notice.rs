//! A NOTIFY that belongs to no subscription: "load your profile", and the waiting-messages lamp of phones that never
//! subscribe.

use bytes::Bytes;

use crate::message::{Header, Message, Method, Name};

/// An unsolicited NOTIFY, complete but for Via. RFC 6665 does not know these, phones do.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    /// The Request-URI: the contact that the phone registered.
    pub target: &'a [u8],
    /// Route values, first hop first: the Path of the registration.
    pub routes: &'a [Bytes],
    /// From, a URI: the domain, or the same as `to` where a phone wants to see its own account.
    pub from: &'a str,
    /// To, a URI: the phone's address of record.
    pub to: &'a str,
    /// Our Contact, a URI.
    pub contact: &'a str,
    /// Our From tag, unique.
    pub tag: &'a str,
    /// Unique.
    pub call_id: &'a str,
    /// 1, and one more when it is sent again with credentials.
    pub cseq: u32,
    /// The whole value of Event: "check-sync;reboot=false", "message-summary".
    pub event: &'a str,
    /// Type and bytes; `None`: no body.
    pub body: Option<(&'a str, Bytes)>,
}

impl Notice<'_> {
    /// Builds it. Subscription-State is "terminated": nothing follows, and no phone minds.
    #[must_use]
    pub fn build(&self) -> Message {
        let mut notify = Message::request(Method::Notify, self.target);
        for route in self.routes {
            notify.push(Header::new(Name::Route, route));
        }
        notify.push(Header::new(Name::MaxForwards, "70"));
        notify.push(Header::new(
            Name::From,
            format!("<{}>;tag={}", self.from, self.tag),
        ));
        notify.push(Header::new(Name::To, format!("<{}>", self.to)));
        notify.push(Header::new(Name::CallId, self.call_id));
        notify.push(Header::new(Name::CSeq, format!("{} NOTIFY", self.cseq)));
        notify.push(Header::new(Name::Contact, format!("<{}>", self.contact)));
        notify.push(Header::new(Name::Event, self.event));
        notify.push(Header::new(
            Name::SubscriptionState,
            "terminated;reason=noresource",
        ));
        match &self.body {
            Some((content_type, body)) => notify.set_body(Some(content_type), body.clone()),
            None => notify.set_body(None, Bytes::new()),
        }
        notify
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::message_summary::{self, MessageSummary};

    fn notice() -> Notice<'static> {
        Notice {
            target: b"sip:phone-17@192.0.2.7:5060;line=1",
            routes: &[],
            from: "sip:example.com",
            to: "sip:phone-17@example.com",
            contact: "sip:192.0.2.1:5060",
            tag: "t1",
            call_id: "c1",
            cseq: 1,
            event: "check-sync;reboot=false",
            body: None,
        }
    }

    #[test]
    fn a_phone_is_told_to_load_its_profile() {
        let bytes = notice().build().to_bytes();
        let expected = "NOTIFY sip:phone-17@192.0.2.7:5060;line=1 SIP/2.0\r\n\
                        Max-Forwards: 70\r\n\
                        From: <sip:example.com>;tag=t1\r\n\
                        To: <sip:phone-17@example.com>\r\n\
                        Call-ID: c1\r\n\
                        CSeq: 1 NOTIFY\r\n\
                        Contact: <sip:192.0.2.1:5060>\r\n\
                        Event: check-sync;reboot=false\r\n\
                        Subscription-State: terminated;reason=noresource\r\n\
                        Content-Length: 0\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }

    #[test]
    fn a_lamp_is_switched_off_along_the_path() {
        let summary = MessageSummary::nothing(None).write();
        let routes = [Bytes::from_static(b"<sip:edge2.example.com;lr>")];
        let notify = Notice {
            routes: &routes,
            event: "message-summary",
            body: Some((message_summary::CONTENT_TYPE, summary.clone())),
            ..notice()
        }
        .build();
        assert_eq!(notify.values(&Name::Route).collect::<Vec<_>>(), [&routes[0][..]]);
        assert_eq!(
            notify.text(&Name::ContentType).unwrap(),
            message_summary::CONTENT_TYPE
        );
        assert_eq!(notify.body(), &summary);
    }
}
