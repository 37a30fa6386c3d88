//! Our side of a dialog (RFC 3261 §12), as far as requests in it need it.

use bytes::Bytes;

use crate::message::{Header, Message, Method, Name};
use crate::uri::Uri;
use crate::value::NameAddr;

/// More proxies than this in one route set: the request is refused. Real ones have two or three.
pub(crate) const ROUTES_MAX: usize = 16;

/// What one dialog may weigh, in bytes: what an authenticated phone can make us remember per subscription.
pub(crate) const BYTES_MAX: usize = 4096;

/// A dialog, from the side that sends requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: Bytes,
    /// The value of From in requests that we send, with our tag.
    pub local: Bytes,
    /// The value of To in requests that we send, with the other's tag.
    pub remote: Bytes,
    /// The remote target: where requests go, a URI.
    pub target: Bytes,
    /// The route set, first hop first, as Route values.
    pub routes: Vec<Bytes>,
    /// The number of the last request that was sent.
    pub cseq: u32,
}

impl Dialog {
    /// The dialog that a request to us creates, we being asked: `local_tag` is the tag of our answer.
    ///
    /// # Errors
    /// A phrase for a 400 response.
    pub fn of_request(request: &Message, local_tag: &str) -> Result<Self, &'static str> {
        let to = request.header(&Name::To).ok_or("No To")?;
        let mut local = to.value().into_owned();
        local.extend_from_slice(b";tag=");
        local.extend_from_slice(local_tag.as_bytes());
        let from = request.header(&Name::From).ok_or("No From")?;
        if super::tag(request.from()).is_none() {
            return Err("No tag in From");
        }
        let dialog = Self {
            call_id: request.header(&Name::CallId).ok_or("No Call-ID")?.raw_bytes(),
            local: local.into(),
            remote: from.value().into_owned().into(),
            target: target(request)?,
            routes: routes(request, false),
            cseq: 0,
        };
        dialog.bounded()
    }

    /// Refuses what is too large to be kept; copies the rest, so that a kept dialog does not hold a whole datagram.
    pub(crate) fn bounded(mut self) -> Result<Self, &'static str> {
        let routes: usize = self.routes.iter().map(Bytes::len).sum();
        let bytes = self.call_id.len() + self.local.len() + self.remote.len() + self.target.len() + routes;
        if self.routes.len() > ROUTES_MAX || bytes > BYTES_MAX {
            return Err("Dialog state too large");
        }
        self.call_id = Bytes::copy_from_slice(&self.call_id);
        Ok(self)
    }

    /// The next request in the dialog, without Via and body, its number counted up. Strict routers are obeyed
    /// (RFC 3261 §12.2.1.1).
    pub fn request(&mut self, method: Method) -> Message {
        self.cseq += 1;
        let (uri, routes) = self.destination();
        let mut request = Message::request(method.clone(), uri);
        for route in routes {
            request.push(Header::new(Name::Route, route));
        }
        request.push(Header::new(Name::MaxForwards, "70"));
        request.push(Header::new(Name::From, &self.local));
        request.push(Header::new(Name::To, &self.remote));
        request.push(Header::new(Name::CallId, &self.call_id));
        request.push(Header::new(Name::CSeq, format!("{} {method}", self.cseq)));
        request
    }

    /// Request-URI and Route values.
    fn destination(&self) -> (Bytes, Vec<Bytes>) {
        let first = self.routes.first().and_then(|route| NameAddr::parse(route).ok());
        match first {
            Some(first) if first.uri.params.get("lr").is_none() => {
                let uri = Bytes::copy_from_slice(first.uri.as_bytes());
                let mut routes = self.routes[1..].to_vec();
                routes.push([b"<", &self.target[..], b">"].concat().into());
                (uri, routes)
            }
            _ => (self.target.clone(), self.routes.clone()),
        }
    }
}

/// The one Contact that names the remote target.
pub(crate) fn target(message: &Message) -> Result<Bytes, &'static str> {
    let contacts = message.contacts().map_err(|_| "Bad Contact")?;
    let contact = contacts.first().ok_or("No Contact")?;
    if contact.uri.as_bytes() == b"*" {
        return Err("Bad Contact");
    }
    Ok(Bytes::copy_from_slice(contact.uri.as_bytes()))
}

/// The route set that the Record-Route values give: in their order to who was asked, in reverse to who asked
/// (RFC 3261 §12.1).
pub(crate) fn routes(message: &Message, asked_by_us: bool) -> Vec<Bytes> {
    let mut routes: Vec<Bytes> = message
        .values(&Name::RecordRoute)
        .map(Bytes::copy_from_slice)
        .collect();
    if asked_by_us {
        routes.reverse();
    }
    routes
}

/// The URI in a Route or Record-Route value.
pub(crate) fn route_uri(value: &[u8]) -> Option<Uri> {
    NameAddr::parse(value).ok().map(|address| address.uri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Limits;

    fn dialog(routes: &[&str]) -> Dialog {
        Dialog {
            call_id: "c1".into(),
            local: "<sip:us@example.com>;tag=a".into(),
            remote: "<sip:them@example.com>;tag=b".into(),
            target: "sip:them@192.0.2.9".into(),
            routes: routes
                .iter()
                .map(|route| Bytes::copy_from_slice(route.as_bytes()))
                .collect(),
            cseq: 4,
        }
    }

    #[test]
    fn a_request_follows_the_route_set_strict_routers_included() {
        let table: &[(&[&str], &str, &[&str])] = &[
            (&[], "sip:them@192.0.2.9", &[]),
            (
                &["<sip:p1;lr>", "<sip:p2;lr>"],
                "sip:them@192.0.2.9",
                &["<sip:p1;lr>", "<sip:p2;lr>"],
            ),
            (
                &["<sip:p1>", "<sip:p2;lr>"],
                "sip:p1",
                &["<sip:p2;lr>", "<sip:them@192.0.2.9>"],
            ),
        ];
        for (routes, uri, sent) in table {
            let request = dialog(routes).request(Method::Notify);
            assert_eq!(request.uri().unwrap(), uri);
            let values: Vec<_> = request.values(&Name::Route).collect();
            assert_eq!(
                values,
                sent.iter().map(|route| route.as_bytes()).collect::<Vec<_>>()
            );
            assert_eq!(request.text(&Name::CSeq).unwrap(), "5 NOTIFY");
            assert!(Message::parse(&request.to_bytes(), &Limits::default()).is_ok());
        }
    }

    #[test]
    fn a_dialog_that_weighs_too_much_is_refused() {
        let mut large = dialog(&[]);
        large.target = vec![b'x'; BYTES_MAX].into();
        assert_eq!(large.bounded(), Err("Dialog state too large"));
        let many = vec!["<sip:p;lr>"; ROUTES_MAX + 1];
        assert_eq!(dialog(&many).bounded(), Err("Dialog state too large"));
    }
}
