//! The messages that the core makes: forwarded requests, ACK, CANCEL, its own responses.

use bytes::Bytes;

use super::prepare::Max;
use super::{Edit, ListenerInfo, RecordRoute, Settings, Target};
use crate::hop::{ListenerId, Transport};
use crate::message::{Header, Limits, Message, Method, Name};
use crate::transaction::wire::{TopVia, cseq_of, params_of, tag_of, uri_of};
use crate::transaction::{Id, Keyed};

/// What our branches begin with: the magic cookie and a mark of our own.
const MARK: &[u8] = b"z9hG4bKhd";
/// Max-Forwards of requests that have none (RFC 3261 §16.6 item 3).
const MAX_FORWARDS: u32 = 70;

/// A branch of ours.
///
/// Its text names the client transaction, so that a response finds it without a table; holds a hash of what the
/// forwarding was decided by, so that a loop is recognised (RFC 3261 §16.3 item 4); and a hash over the upstream
/// Via, so that a response is forwarded statelessly only to where its request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    /// The client transaction; 0 for what is forwarded statelessly.
    pub(super) id: Id,
    /// See [`loop_part`].
    pub(super) loop_part: u64,
    /// See [`origin_part`].
    pub(super) origin: u32,
}

impl Branch {
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text.strip_prefix(MARK)?).ok()?;
        if text.len() != 40 || !text.is_ascii() {
            return None;
        }
        Some(Self {
            id: Id(u64::from_str_radix(&text[..16], 16).ok()?),
            loop_part: u64::from_str_radix(&text[16..32], 16).ok()?,
            origin: u32::from_str_radix(&text[32..], 16).ok()?,
        })
    }

    /// The Via value with this branch.
    fn via(&self, listener: &ListenerInfo) -> String {
        // rport: we may sit behind a NAT that our advertised address does not tell of (RFC 3581 §3).
        let rport = match listener.transport {
            Transport::Udp => ";rport",
            _ => "",
        };
        format!(
            "SIP/2.0/{} {};branch=z9hG4bKhd{:016x}{:016x}{:08x}{rport}",
            listener.transport.via_token(),
            listener.sent_by,
            self.id.0,
            self.loop_part,
            self.origin
        )
    }
}

/// What is the same when a request comes by a second time unchanged (RFC 3261 §16.6 item 8; Via is left out, as
/// RFC 5393 §4.2 demands). A spiral, which comes back with another Request-URI or Route, differs.
pub(super) fn loop_part(settings: &Settings, request: &Message) -> u64 {
    let mut hash = Keyed::new(&settings.loop_key, b'l');
    hash.part(request.uri().map_or(&[], |uri| uri));
    for header in request.headers() {
        let part = match header.name() {
            Name::From | Name::To => tag_of(header.raw()).unwrap_or_default(),
            Name::CSeq => cseq_of(header.raw()).unwrap_or_default().0,
            Name::CallId | Name::Route | Name::ProxyRequire | Name::ProxyAuthorization => header.raw(),
            _ => continue,
        };
        hash.part(part);
    }
    hash.short()
}

/// Binds a branch to the hop that its request came from.
pub(super) fn origin_part(settings: &Settings, branch: (Id, u64), message: &Message, upstream: &[u8]) -> u32 {
    let mut hash = Keyed::new(&settings.loop_key, b'o');
    hash.part(&branch.0.0.to_be_bytes())
        .part(&branch.1.to_be_bytes())
        .part(message.call_id().unwrap_or_default())
        .part(upstream);
    // The upper half: as good as any other.
    (hash.short() >> 32) as u32
}

/// The branch for a request that is forwarded (or, without Via, our own).
pub(super) fn branch(settings: &Settings, id: Id, loop_part: u64, request: &Message) -> Branch {
    let upstream = request.values(&Name::Via).next().unwrap_or_default();
    Branch {
        id,
        loop_part,
        origin: origin_part(settings, (id, loop_part), request, upstream),
    }
}

/// The branch for an ACK that is forwarded without a transaction: the same for the same ACK (§16.11).
pub(super) fn stateless_branch(settings: &Settings, loop_part: u64, request: &Message) -> Branch {
    branch(settings, Id(0), loop_part, request)
}

/// The tag of To in our own responses: the same for a request and its retransmission, without being remembered
/// (RFC 3261 §8.2.7).
pub(super) fn own_tag(settings: &Settings, request: &Message) -> String {
    let mut hash = Keyed::new(&settings.loop_key, b't');
    let via = request.values(&Name::Via).next().and_then(TopVia::parse);
    let from = request.header(&Name::From).map(Header::raw);
    hash.part(via.and_then(|via| via.branch).unwrap_or_default())
        .part(from.and_then(tag_of).unwrap_or_default())
        .part(request.call_id().unwrap_or_default());
    format!("{:016x}", hash.short())
}

/// A response of our own.
pub(super) fn response(settings: &Settings, request: &Message, status: u16, reason: &str) -> Message {
    let tag = own_tag(settings, request);
    let mut response = Message::reply(request, status, reason, (status > 100).then_some(&tag));
    if !settings.server.is_empty() {
        response.push(Header::new(Name::Server, settings.server.as_str()));
    }
    response
}

/// The phrase for a status that we answer with.
pub(super) const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        200 => "OK",
        400 => "Bad Request",
        408 => "Request Timeout",
        420 => "Bad Extension",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        487 => "Request Terminated",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        _ => "Failed",
    }
}

/// A request as it leaves us (RFC 3261 §16.6). `from` is the listener that it came in at.
pub(super) fn forwarded(
    settings: &Settings,
    request: &Message,
    target: &Target,
    record_route: Option<&RecordRoute>,
    from: ListenerId,
    branch: &Branch,
) -> Option<Message> {
    let listener = settings.listener(target.hop.listener)?;
    let mut message = request.clone();
    if request.uri() != Some(&target.uri) {
        message.set_uri(&target.uri);
    }
    for edit in &target.edits {
        apply(&mut message, edit);
    }
    let hops = match Max::of(&message) {
        Max::Missing => MAX_FORWARDS,
        Max::Hops(hops) => hops.saturating_sub(1),
    };
    message.set(Header::new(Name::MaxForwards, hops.to_string()));
    if let Some(record_route) = record_route {
        let secure = target
            .uri
            .get(..5)
            .is_some_and(|uri| uri.eq_ignore_ascii_case(b"sips:"));
        // Two when we are crossed from one listener to another: each side gets the one that it can reach, the
        // side that gets the request on top (RFC 5658 §6).
        if from != target.hop.listener {
            let from = settings.listener(from)?;
            message.push_front(record_route_header(record_route, from, secure));
        }
        message.push_front(record_route_header(record_route, listener, secure));
    }
    for route in target.routes.iter().rev() {
        message.push_front(Header::new(Name::Route, route));
    }
    suit_strict_router(&mut message);
    message.push_front(Header::new(Name::Via, branch.via(listener)));
    Some(message)
}

/// A request of our own as it leaves us.
pub(super) fn originated(
    settings: &Settings,
    mut message: Message,
    to: ListenerId,
    branch: &Branch,
) -> Option<Message> {
    let listener = settings.listener(to)?;
    if message.header(&Name::MaxForwards).is_none() {
        message.push_front(Header::new(Name::MaxForwards, MAX_FORWARDS.to_string()));
    }
    message.push_front(Header::new(Name::Via, branch.via(listener)));
    Some(message)
}

fn apply(message: &mut Message, edit: &Edit) {
    match edit {
        Edit::Remove(name) => {
            message.remove(name);
        }
        Edit::Set(header) => message.set(header.clone()),
        Edit::Push(header) => message.push(header.clone()),
        Edit::Front(header) => message.push_front(header.clone()),
        Edit::Body { content_type, body } => message.set_body(Some(content_type), body.clone()),
    }
}

fn record_route_header(record_route: &RecordRoute, listener: &ListenerInfo, secure: bool) -> Header {
    let mut value = String::with_capacity(96);
    value.push_str(if secure { "<sips:" } else { "<sip:" });
    if !record_route.user.is_empty() {
        value.push_str(&record_route.user);
        value.push('@');
    }
    value.push_str(&listener.sent_by);
    // sips says TLS already, and UDP is what sip means.
    let told = listener.transport == Transport::Udp || (secure && listener.transport == Transport::Tls);
    if !told {
        value.push_str(";transport=");
        value.push_str(listener.transport.parameter());
    }
    value.push_str(";lr");
    value.push_str(&record_route.params);
    value.push('>');
    Header::new(Name::RecordRoute, value)
}

/// A next hop that does not know loose routing wants to be the Request-URI (RFC 3261 §16.6 item 6).
fn suit_strict_router(message: &mut Message) {
    let Some(first) = message.values(&Name::Route).next() else {
        return;
    };
    if is_loose(uri_of(first)) {
        return;
    }
    let Some(first) = message.pop_value(&Name::Route) else {
        return;
    };
    let last = [b"<", &message.uri().cloned().unwrap_or_default()[..], b">"].concat();
    message.push(Header::new(Name::Route, last));
    message.set_uri(uri_of(&first));
}

/// Whether a URI has the `lr` parameter.
pub(super) fn is_loose(uri: &[u8]) -> bool {
    let host = memchr::memrchr(b'@', uri).map_or(uri, |at| &uri[at..]);
    let end = memchr::memchr(b'?', host).unwrap_or(host.len());
    let start = memchr::memchr(b';', host).unwrap_or(end).min(end);
    params_of(&host[start..end]).any(|(name, _)| name.eq_ignore_ascii_case(b"lr"))
}

/// The CANCEL of a forwarded INVITE (RFC 3261 §9.1).
pub(super) fn cancel(invite: &Message, reason: &Bytes) -> Option<Message> {
    let mut cancel = companion(invite, Method::Cancel, invite.header(&Name::To)?)?;
    if !reason.is_empty() {
        cancel.push(Header::new(Name::Reason, reason));
    }
    Some(cancel)
}

/// The ACK of a refusal of a forwarded INVITE (RFC 3261 §17.1.1.3).
pub(super) fn ack(invite: &Message, refusal: &Message) -> Option<Message> {
    companion(invite, Method::Ack, refusal.header(&Name::To)?)
}

/// A request that goes the INVITE's way with the INVITE's branch.
fn companion(invite: &Message, method: Method, to: &Header) -> Option<Message> {
    let mut message = Message::request(method.clone(), invite.uri()?);
    message.push(Header::new(Name::Via, invite.values(&Name::Via).next()?));
    for header in invite.headers() {
        match header.name() {
            Name::Route | Name::From | Name::CallId | Name::MaxForwards => message.push(header.clone()),
            Name::To => message.push(to.clone()),
            Name::CSeq => {
                let mut value = cseq_of(header.raw())?.0.to_vec();
                value.push(b' ');
                value.extend_from_slice(method.as_str().as_bytes());
                message.push(Header::new(Name::CSeq, value));
            }
            _ => {}
        }
    }
    Some(message)
}

/// Reads back what we sent.
pub(super) fn sent(bytes: &Bytes) -> Option<Message> {
    let limits = Limits {
        head_bytes: usize::MAX,
        headers: usize::MAX,
        body_bytes: usize::MAX,
        line_bytes: usize::MAX,
    };
    Message::parse(bytes, &limits).ok()
}
