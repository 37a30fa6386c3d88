//! What happens to a request before the application sees it (RFC 3261 §16.3, §16.4, §18.2.1).

use super::build::{Branch, is_loose};
use super::{Application, Settings};
use crate::hop::Hop;
use crate::message::{Header, Message, Name, split_list};
use crate::transaction::wire::{TopVia, params_of, uri_of};
use crate::uri::{Scheme, Uri, split_host_port};

/// Max-Forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Max {
    /// Not there, or not a number.
    Missing,
    /// So many more hops.
    Hops(u32),
}

impl Max {
    pub(super) fn of(request: &Message) -> Self {
        let value = request.text(&Name::MaxForwards);
        let hops = value.and_then(|value| value.parse::<u32>().ok());
        hops.map_or(Self::Missing, Self::Hops)
    }
}

/// A request that is refused before anybody decides about it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) header: Option<Header>,
}

impl Refusal {
    pub(super) const fn new(status: u16) -> Self {
        Self { status, header: None }
    }
}

/// Where responses go (RFC 3261 §18.2.2, RFC 3581 §4): back over the connection, or to where the datagram came
/// from, at the port that the sender asks for. `maddr` is not followed: it would let anybody send our responses
/// to anybody.
pub(super) fn reply_hop(from: &Hop, via: &TopVia<'_>) -> Hop {
    let mut hop = from.clone();
    if via.rport.is_some() && !from.transport.is_reliable() {
        return hop;
    }
    let port = std::str::from_utf8(via.sent_by)
        .ok()
        .and_then(split_host_port)
        .and_then(|(_, port)| port);
    // On a stream this is for a new connection, in case that the sender has closed this one.
    hop.remote
        .set_port(port.unwrap_or_else(|| from.transport.default_port()));
    hop
}

/// Writes into the top Via where the request really came from: `received` when it differs from sent-by or when
/// `rport` is asked for, and the port then (RFC 3261 §18.2.1, RFC 3581 §4). What the sender wrote there itself is
/// replaced.
pub(super) fn mark_source(request: &mut Message, from: &Hop) {
    let Some(via) = request.values(&Name::Via).next().and_then(TopVia::parse) else {
        return;
    };
    let host = std::str::from_utf8(via.sent_by)
        .ok()
        .and_then(split_host_port)
        .map(|(host, _)| host);
    let address = host.and_then(|host| host.trim_matches(['[', ']']).parse().ok());
    let told = address == Some(from.remote.ip());
    if told && via.rport.is_none() && memchr::memmem::find(via.value, b"received").is_none() {
        return;
    }
    let start = memchr::memchr(b';', via.value).unwrap_or(via.value.len());
    let mut value = Vec::with_capacity(via.value.len() + 48);
    value.extend_from_slice(&via.value[..start]);
    for (name, text) in params_of(&via.value[start..]) {
        if name.eq_ignore_ascii_case(b"received") {
            continue;
        }
        value.push(b';');
        value.extend_from_slice(name);
        if name.eq_ignore_ascii_case(b"rport") {
            value.extend_from_slice(format!("={}", from.remote.port()).as_bytes());
        } else if let Some(text) = text {
            value.push(b'=');
            value.extend_from_slice(text);
        }
    }
    if !told || via.rport.is_some() {
        value.extend_from_slice(format!(";received={}", from.remote.ip()).as_bytes());
    }
    request.set_first_value(&Name::Via, value);
}

/// The checks of §16.3 that follow those of [`validate`](crate::message::validate) and Max-Forwards: loop,
/// Proxy-Require.
pub(super) fn check(settings: &Settings, request: &Message, loop_part: u64) -> Result<(), Refusal> {
    if is_loop(request, loop_part) {
        return Err(Refusal::new(482));
    }
    let unknown: Vec<&[u8]> = request
        .all(&Name::ProxyRequire)
        .flat_map(|header| split_list(header.raw()))
        .filter(|tag| {
            let known = |known: &smol_str::SmolStr| known.as_bytes().eq_ignore_ascii_case(tag);
            !settings.proxy_require.iter().any(known)
        })
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Refusal {
        status: 420,
        header: Some(Header::new(Name::Unsupported, unknown.join(&b", "[..]))),
    })
}

/// Did we forward this very request before?
pub(super) fn is_loop(request: &Message, loop_part: u64) -> bool {
    request.values(&Name::Via).any(|via| {
        let branch = TopVia::parse(via)
            .and_then(|via| via.branch)
            .and_then(Branch::parse);
        branch.is_some_and(|branch| branch.loop_part == loop_part)
    })
}

/// Route preprocessing (§16.4): what a strict router moved is moved back, our own Route values are taken out.
/// Returns the one that tells the most: the first with a user part, else the first.
///
/// Two of ours in a row are taken out together when they have the same user part (a pair of RFC 5658) or the
/// second has none (an outbound proxy set beside a route of ours); otherwise the request spirals through us, and
/// the second is left for its next visit.
pub(super) fn own_routes<A: Application>(settings: &Settings, app: &A, request: &mut Message) -> Option<Uri> {
    undo_strict_routing(app, request);
    drop_own_maddr(settings, request);
    let mut own: Option<Uri> = None;
    while let Some(uri) = first_route(request) {
        if !app.is_own(&uri) {
            break;
        }
        match &own {
            Some(first) if first.user.is_some() && uri.user.is_some() && first.user != uri.user => break,
            Some(first) if first.user.is_some() || uri.user.is_none() => {}
            _ => own = Some(uri),
        }
        request.pop_value(&Name::Route);
    }
    own
}

fn first_route(request: &Message) -> Option<Uri> {
    Uri::parse(uri_of(request.values(&Name::Route).next()?)).ok()
}

/// A strict router before us made our Record-Route value the Request-URI and put the real one last in Route.
fn undo_strict_routing<A: Application>(app: &A, request: &mut Message) {
    let Some(uri) = request.uri().filter(|uri| is_loose(uri)) else {
        return;
    };
    if request.header(&Name::Route).is_none() || !Uri::parse(uri).is_ok_and(|uri| app.is_own(&uri)) {
        return;
    }
    let ours = [b"<", &uri[..], b">"].concat();
    let routes: Vec<Vec<u8>> = request.values(&Name::Route).map(<[u8]>::to_vec).collect();
    let Some((last, rest)) = routes.split_last() else {
        return;
    };
    let target = uri_of(last).to_vec();
    let rest: Vec<&[u8]> = std::iter::once(&ours[..])
        .chain(rest.iter().map(|route| &route[..]))
        .collect();
    // Ours goes on top again, so that it is taken out, and its token read, like any other.
    request.set(Header::new(Name::Route, rest.join(&b", "[..])));
    request.set_uri(target);
}

/// A maddr that names us only says that the request should come here (§16.4). Any other is left alone.
fn drop_own_maddr(settings: &Settings, request: &mut Message) {
    let Some(uri) = request
        .uri()
        .filter(|uri| memchr::memmem::find(uri, b"maddr").is_some())
    else {
        return;
    };
    let Ok(parsed) = Uri::parse(uri) else {
        return;
    };
    let Some(maddr) = parsed.params.text("maddr") else {
        return;
    };
    let ours = settings.listeners.iter().any(|listener| {
        let host = split_host_port(&listener.sent_by).map(|(host, _)| host);
        host == Some(maddr) || maddr.trim_matches(['[', ']']).parse() == Ok(listener.local.ip())
    });
    if !ours || !matches!(parsed.scheme, Scheme::Sip | Scheme::Sips) {
        return;
    }
    let at = memchr::memrchr(b'@', uri).unwrap_or(0);
    let Some(start) = memchr::memchr(b';', &uri[at..]).map(|start| at + start) else {
        return;
    };
    let mut new = uri[..start].to_vec();
    for (name, value) in params_of(&uri[start..]) {
        if name.eq_ignore_ascii_case(b"maddr") {
            continue;
        }
        new.push(b';');
        new.extend_from_slice(name);
        if let Some(value) = value {
            new.push(b'=');
            new.extend_from_slice(value);
        }
    }
    request.set_uri(new);
}
