//! SIP plug-and-play: a phone fresh from its box asks by multicast where its documents are (the `ua-profile` event of
//! RFC 6080, as far as phones do it), and is told.
//!
//! ```text
//! phone ── SUBSCRIBE to 224.0.1.75, Event: ua-profile ──► node
//!       ◄── 200 OK ──
//!       ◄── NOTIFY, Content-Type: application/url, the address of its document ──
//! ```
//! Anybody on the network can ask in any phone's name, so the address never has a phone's token in it. A phone that is
//! enrolled already is not answered: it has its own address, and would leave it for this one. Nothing is sent again: a
//! phone that misses the answer asks again when it starts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as StdSocket};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hotdesk_core::State;
use hotdesk_phone::{Mac, Vendor, adapter};
use hotdesk_sip::hop::Transport;
use hotdesk_sip::message::{Header, Limits, Message, Method, Name, build};
use hotdesk_sip::value::{NameAddr, Params, Via};
use tokio::net::UdpSocket;
use uuid::Uuid;

use super::Phones;
use super::desk::blank;
use super::documents::address;
use crate::config::{ConfigError, PhonesSection};
use crate::error::StartError;

/// Where phones ask (registered for SIP by IANA).
pub(crate) const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 75);
/// The largest question; a phone's is below 1 KiB.
const DATAGRAM_BYTES_MAX: usize = 8 * 1024;

/// A question, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    mac: Mac,
    /// By the Event header.
    vendor: Vendor,
}

/// Binds the socket, and joins the group where the address is the group's or everybody's.
pub(super) fn bind(section: &PhonesSection) -> Result<StdSocket, StartError> {
    use socket2::{Domain, Protocol, Socket, Type};
    let listen = &section.plug_and_play_listen;
    let of = |problem: String| ConfigError::of_key("phones.plug_and_play_listen", problem);
    let socket_address: SocketAddr = listen.parse().map_err(|_| {
        of(format!(
            "expected an IPv4 address and a port such as {GROUP}:5060, found {listen:?}"
        ))
    })?;
    let interface = section.plug_and_play_interface.as_ref();
    let interface = interface
        .and_then(|text| text.parse().ok())
        .unwrap_or(Ipv4Addr::UNSPECIFIED);
    let bound = || -> std::io::Result<StdSocket> {
        let socket = Socket::new(
            Domain::for_address(socket_address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        // Others on this machine may listen for the same group.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&socket_address.into())?;
        let ip = socket_address.ip();
        if ip.is_unspecified() || ip.is_multicast() {
            socket.join_multicast_v4(&GROUP, &interface)?;
            socket.set_multicast_if_v4(&interface)?;
        }
        Ok(socket.into())
    };
    bound().map_err(|source| StartError::Listen {
        listen: listen.clone(),
        source,
    })
}

/// Answers until it is dropped.
pub(super) async fn run(phones: Arc<Phones>, socket: StdSocket, answers_unknown: bool) {
    let socket = match UdpSocket::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => return tracing::error!(%error, "plug-and-play cannot be served"),
    };
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let (length, source) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // As when an earlier answer could not be delivered.
            Err(error) => {
                tracing::debug!(%error, "receive a plug-and-play question");
                continue;
            }
        };
        let Ok(request) = Message::parse(&Bytes::copy_from_slice(&buffer[..length]), &Limits::default())
        else {
            continue;
        };
        let Some(question) = question(&request) else {
            continue;
        };
        if phones.strangers.let_in(source.ip(), Instant::now()).is_err() {
            continue;
        }
        let state = phones.shared.cluster.local().state;
        let Some(url) = phones.first_address(&state, &question, answers_unknown) else {
            continue;
        };
        let Some(answers) = answers(&request, source, own_address(&socket, source), &url) else {
            continue;
        };
        tracing::info!(mac = %question.mac, vendor = question.vendor.name(), address = %source.ip(), "phone told by plug-and-play where its documents are");
        for answer in answers {
            if let Err(error) = socket.send_to(&answer, source).await {
                tracing::info!(%error, address = %source, "a plug-and-play answer could not be sent");
            }
        }
    }
}

impl Phones {
    /// Where the phone begins; `None` for one that is not to be told.
    fn first_address(&self, state: &State, question: &Question, answers_unknown: bool) -> Option<String> {
        let known = state.device_by_mac(&address(question.mac));
        let addresses = known.map_or(&self.settings.own, |device| self.settings.of_site(&device.site));
        let desk = match known {
            Some(device) if device.enrolment.is_open(self.now(state)) => {
                let mut desk = self.desk(state, device).ok()?;
                if matches!(desk.device.vendor, Vendor::Generic) {
                    desk.device.vendor = question.vendor;
                }
                desk
            }
            Some(_) => return None,
            None if answers_unknown => blank(question.mac, question.vendor),
            None => return None,
        };
        let name = adapter(desk.device.vendor).file_name(&desk)?;
        Some(format!("{}/{name}", addresses.base))
    }
}

/// Which phone asks for its own profile; `None` for any other message.
fn question(request: &Message) -> Option<Question> {
    if request.method() != Some(&Method::Subscribe) {
        return None;
    }
    let event = request.text(&Name::Event)?;
    let (package, parameters) = event.split_once(';').unwrap_or((&event, ""));
    if !package.trim().eq_ignore_ascii_case("ua-profile") {
        return None;
    }
    let parameters = Params::parse(format!(";{parameters}").as_bytes());
    let unquoted = |name: &str| {
        parameters
            .text(name)
            .map(|value| value.trim_matches('"').to_owned())
    };
    let mac = [Name::From, Name::To]
        .iter()
        .find_map(|name| mac_in(&request.text(name)?))?;
    // Some put the model into the vendor's place.
    let vendor = [unquoted("vendor"), unquoted("model")]
        .into_iter()
        .flatten()
        .map(|text| Vendor::of_model(&text))
        .find(|vendor| !matches!(vendor, Vendor::Generic));
    Some(Question {
        mac,
        vendor: vendor.unwrap_or(Vendor::Generic),
    })
}

/// The address in `<sip:MAC%3a001565a0b1c2@224.0.1.75>`.
fn mac_in(text: &str) -> Option<Mac> {
    let folded = text.to_ascii_lowercase();
    let (_, rest) = folded
        .split_once("mac%3a")
        .or_else(|| folded.split_once("mac:"))?;
    rest.get(..12)?.parse().ok()
}

/// The response and the NOTIFY.
fn answers(request: &Message, source: SocketAddr, own: SocketAddr, url: &str) -> Option<[Bytes; 2]> {
    let tag = Uuid::new_v4().simple().to_string();
    let mut via = Via::parse(request.values(&Name::Via).next()?).ok()?;
    via.note_source(source);
    let contact = NameAddr::parse(format!("<sip:{own}>").as_bytes()).ok()?;

    let mut response = build::response(request, 200, Some(&tag));
    response.set_first_value(&Name::Via, via.to_vec());
    response.push(build::contact(&contact));
    response.push(Header::new(Name::Expires, "0"));

    let target = NameAddr::parse(request.values(&Name::Contact).next()?).ok()?;
    let mut from = NameAddr::parse(request.header(&Name::To)?.raw()).ok()?;
    from.params.set("tag", Some(&tag));
    let to = NameAddr::parse(request.header(&Name::From)?.raw()).ok()?;
    let call_id = request.text(&Name::CallId)?;
    let mut notify = build::request(&build::Draft {
        method: Method::Notify,
        uri: target.uri.as_bytes(),
        from: &from,
        to: &to,
        call_id: &call_id,
        cseq: 1,
        contact: Some(&contact),
        max_forwards: 20,
        user_agent: None,
    });
    let branch = format!("z9hG4bK{}", Uuid::new_v4().simple());
    notify.push_front(build::via(Transport::Udp, &own.to_string(), &branch));
    notify.push(Header::new(Name::Event, "ua-profile"));
    notify.push(Header::new(Name::SubscriptionState, "terminated;reason=timeout"));
    notify.set_body(Some("application/url"), url.to_owned());
    Some([response.to_datagram(), notify.to_datagram()])
}

/// The address at which the phone reaches this machine.
fn own_address(socket: &UdpSocket, to: SocketAddr) -> SocketAddr {
    let bound = socket.local_addr().ok();
    let port = bound.map_or(5060, |bound| bound.port());
    let is_own = |ip: &IpAddr| !ip.is_unspecified() && !ip.is_multicast();
    let ip = bound.map(|bound| bound.ip()).filter(is_own).or_else(|| {
        // Nothing is sent: the system only says which address it would use.
        let probe = StdSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        probe.connect(to).ok()?;
        Some(probe.local_addr().ok()?.ip())
    });
    SocketAddr::new(ip.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscribe(event: &str, from: &str) -> Message {
        let text = format!(
            "SUBSCRIBE sip:MAC%3a000413A0B1C2@224.0.1.75 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 10.1.0.77:5060;branch=z9hG4bKabc;rport\r\n\
             From: {from};tag=a\r\n\
             To: <sip:MAC%3a000413A0B1C2@224.0.1.75>\r\n\
             Call-ID: c1@10.1.0.77\r\nCSeq: 1 SUBSCRIBE\r\nMax-Forwards: 70\r\n\
             Contact: <sip:10.1.0.77:5060>\r\nEvent: {event}\r\nExpires: 0\r\n\
             Accept: application/url\r\nContent-Length: 0\r\n\r\n"
        );
        Message::parse(&Bytes::from(text), &Limits::default()).unwrap()
    }

    const PHONE: &str = "<sip:MAC%3a000413A0B1C2@224.0.1.75>";

    #[test]
    fn a_question_names_phone_and_maker() {
        for (event, from, expected) in [
            (
                "ua-profile;profile-type=\"device\";vendor=\"snom\";model=\"snomD785\";version=\"10.1\"",
                PHONE,
                Some(Vendor::Snom),
            ),
            (
                "ua-profile;vendor=\"OEM\";model=\"Yealink T54W\"",
                "\"x\" <sip:MAC:000413a0b1c2@224.0.1.75>",
                Some(Vendor::Yealink),
            ),
            ("ua-profile", PHONE, Some(Vendor::Generic)),
            ("message-summary", PHONE, None),
        ] {
            let question = question(&subscribe(event, from));
            assert_eq!(
                question.as_ref().map(|question| question.vendor),
                expected,
                "{event}"
            );
            if let Some(question) = question {
                assert_eq!(question.mac.to_string(), "000413a0b1c2");
            }
        }
        let multicast = "<sip:MAC%3a010413A0B1C2@224.0.1.75>";
        let mut odd = subscribe("ua-profile", multicast);
        odd.set(Header::new(Name::To, multicast));
        assert_eq!(question(&odd), None);
    }

    #[test]
    fn the_answer_is_a_200_and_a_notify_with_the_address() {
        let request = subscribe("ua-profile;profile-type=\"device\"", PHONE);
        let source = "10.1.0.77:5061".parse().unwrap();
        let own = "10.1.0.6:5060".parse().unwrap();
        let [response, notify] = answers(&request, source, own, "https://x:8443/000413a0b1c2.xml").unwrap();
        let read = |bytes: &Bytes| Message::parse(bytes, &Limits::default()).unwrap();
        let (response, notify) = (read(&response), read(&notify));
        assert_eq!(response.status(), Some(200));
        assert!(response.text(&Name::Via).unwrap().contains("rport=5061"));
        assert_eq!(notify.method(), Some(&Method::Notify));
        assert_eq!(notify.uri().unwrap().as_ref(), b"sip:10.1.0.77:5060");
        assert_eq!(notify.text(&Name::ContentType).unwrap(), "application/url");
        assert_eq!(notify.body().as_ref(), b"https://x:8443/000413a0b1c2.xml");
        assert_eq!(notify.text(&Name::CallId).unwrap(), "c1@10.1.0.77");
        assert!(notify.text(&Name::To).unwrap().contains("tag=a"));
        let tag = |message: &Message, name: &Name| {
            let address = NameAddr::parse(message.header(name).unwrap().raw()).unwrap();
            address.tag().unwrap().to_owned()
        };
        assert_eq!(tag(&response, &Name::To), tag(&notify, &Name::From));
        hotdesk_sip::message::validate(&notify).unwrap();
    }
}
