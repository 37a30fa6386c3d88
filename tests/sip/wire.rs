//! Messages written by hand: for what no phone would send.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use hotdesk_sip::digest::{Secret, answer};
use hotdesk_sip::message::{Header, Limits, Message, Method, Name};
use hotdesk_tests::company::{Company, DOMAIN};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// A socket at an address of an office, and the edge it talks to.
pub(crate) struct Wire {
    socket: UdpSocket,
    edge: SocketAddr,
}

impl Wire {
    /// At an address of an office, any port.
    pub(crate) fn open(company: &Company, office: usize, host: u8) -> Self {
        let place = company.office(office);
        let address = SocketAddr::new(place.ip(host), 0);
        let socket = place.within_async(|| UdpSocket::bind(address)).expect("bind");
        Self {
            socket,
            edge: company.sip(office),
        }
    }

    /// Its address.
    pub(crate) fn local(&self) -> SocketAddr {
        self.socket.local_addr().expect("an address")
    }

    /// Sends bytes.
    pub(crate) async fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.edge).await.expect("send");
    }

    /// The next message that comes, if one comes within `patience`.
    pub(crate) async fn receive(&self, patience: Duration) -> Option<Message> {
        let mut buffer = vec![0; 65_536];
        let length = timeout(patience, self.socket.recv(&mut buffer))
            .await
            .ok()?
            .ok()?;
        Message::parse(&Bytes::copy_from_slice(&buffer[..length]), &Limits::default()).ok()
    }

    /// Sends a request and returns its final response; it is sent once.
    pub(crate) async fn ask(&self, request: &Message) -> Message {
        self.send(&request.to_bytes()).await;
        loop {
            let message = self.receive(Duration::from_secs(10)).await.expect("an answer");
            let same = message.call_id() == request.call_id();
            if same && message.status().is_some_and(|status| status >= 200) {
                return message;
            }
        }
    }

    /// A request from here outside of any dialog, with a new Call-ID and branch.
    pub(crate) fn request(&self, method: Method, uri: &str, from: &str, to: &str) -> Message {
        let mut request = Message::request(method.clone(), uri);
        let id = fastrand::u64(..);
        let via = format!("SIP/2.0/UDP {};rport;branch=z9hG4bK{id:x}", self.local());
        request.push(Header::new(Name::Via, via));
        request.push(Header::new(Name::MaxForwards, "70"));
        request.push(Header::new(
            Name::From,
            format!("<sip:{from}@{DOMAIN}>;tag={id:x}"),
        ));
        request.push(Header::new(Name::To, format!("<sip:{to}@{DOMAIN}>")));
        request.push(Header::new(Name::CallId, format!("{id:x}@wire")));
        request.push(Header::new(Name::CSeq, format!("1 {method}")));
        request.push(Header::new(
            Name::Contact,
            format!("<sip:{from}@{}>", self.local()),
        ));
        request
    }

    /// A REGISTER of an account.
    pub(crate) fn register(&self, account: &str) -> Message {
        let mut request = self.request(Method::Register, &format!("sip:{DOMAIN}"), account, account);
        request.push(Header::new(Name::Expires, "600"));
        request
    }
}

/// The same request once more: with another branch and the next CSeq, as after a challenge.
pub(crate) fn again(request: &Message) -> Message {
    let mut next = request.clone();
    let number = request.cseq().map_or(1, |cseq| cseq.number) + 1;
    let method = request.method().expect("a request").clone();
    next.set(Header::new(Name::CSeq, format!("{number} {method}")));
    let via = String::from_utf8_lossy(&request.header(&Name::Via).expect("a Via").value()).into_owned();
    next.set(Header::new(Name::Via, format!("{via}{number}")));
    next
}

/// The request once more, with the answer to a challenge.
pub(crate) fn answered(request: &Message, challenge: &Message, username: &str, password: &str) -> Message {
    let uri = request.uri().expect("a URI");
    answered_for(request, challenge, username, password, uri)
}

/// The same with a `uri` of its own in the digest.
pub(crate) fn answered_for(
    request: &Message,
    challenge: &Message,
    username: &str,
    password: &str,
    uri: &[u8],
) -> Message {
    let mut next = again(request);
    let method = request.method().expect("a method");
    let secret = Secret::Password(password);
    let header = answer(challenge.headers(), username, secret, method, uri, request.body());
    next.set(header.expect("a challenge that can be answered"));
    next
}
