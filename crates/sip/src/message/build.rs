//! Requests and responses of our own, their header fields written by rsip's typed values.
//!
//! Where rsip cannot hold a value (see `value::typed`), our own value writes it, so that a phone with an IPv6
//! address gets its NOTIFY like any other.

use rsip::headers::{MaxForwards, Server, UntypedHeader, UserAgent};

use super::{Header, Message, Method, Name, reason_phrase};
use crate::hop::Transport;
use crate::value::{BadValue, CSeq, NameAddr, Params, Via};

/// What a request of ours says. Via is not part of it: the transaction that sends it adds its own.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// What is asked.
    pub method: Method,
    /// The Request-URI; a remote target as it was learned, byte for byte.
    pub uri: &'a [u8],
    /// From, with its tag.
    pub from: &'a NameAddr,
    /// To, with its tag within a dialog.
    pub to: &'a NameAddr,
    /// Call-ID.
    pub call_id: &'a str,
    /// The number of CSeq, below 2^31.
    pub cseq: u32,
    /// Where we are reached.
    pub contact: Option<&'a NameAddr>,
    /// Max-Forwards, 70 as a rule (RFC 3261 §8.1.1.6).
    pub max_forwards: u8,
    /// What we are; `None`: nothing is said.
    pub user_agent: Option<&'a str>,
}

/// A request with Max-Forwards, From, To, Call-ID, CSeq, and Contact and User-Agent where they are given.
#[must_use]
pub fn request(draft: &Draft<'_>) -> Message {
    let mut message = Message::request(draft.method.clone(), draft.uri);
    let max_forwards = MaxForwards::from(u32::from(draft.max_forwards));
    message.push(Header::new(Name::MaxForwards, max_forwards.value()));
    message.push(from(draft.from));
    message.push(to(draft.to));
    message.push(Header::new(Name::CallId, draft.call_id));
    message.push(cseq(draft.cseq, &draft.method));
    message.extend(draft.contact.map(contact));
    message.extend(draft.user_agent.map(user_agent));
    message
}

/// A response with the standard phrase and the header fields of [`Message::reply`].
#[must_use]
pub fn response(request: &Message, status: u16, to_tag: Option<&str>) -> Message {
    Message::reply(request, status, reason_phrase(status), to_tag)
}

/// From.
#[must_use]
pub fn from(address: &NameAddr) -> Header {
    let typed: Result<rsip::typed::From, _> = address.try_into();
    written(Name::From, typed, || address.to_vec())
}

/// To.
#[must_use]
pub fn to(address: &NameAddr) -> Header {
    let typed: Result<rsip::typed::To, _> = address.try_into();
    written(Name::To, typed, || address.to_vec())
}

/// Contact.
#[must_use]
pub fn contact(address: &NameAddr) -> Header {
    let typed: Result<rsip::typed::Contact, _> = address.try_into();
    written(Name::Contact, typed, || address.to_vec())
}

/// CSeq.
#[must_use]
pub fn cseq(number: u32, method: &Method) -> Header {
    let typed = rsip::Method::try_from(method).map(|method| rsip::typed::CSeq::from((number, method)));
    let own = CSeq {
        number,
        method: method.clone(),
    };
    written(Name::CSeq, typed, || own.to_string().into_bytes())
}

/// Via of a request that leaves through one of our listeners. `sent_by` is host and port as others reach it; `rport`
/// is asked for (RFC 3581).
#[must_use]
pub fn via(transport: Transport, sent_by: &str, branch: &str) -> Header {
    let mut params = Params::default();
    params.set("branch", Some(branch));
    params.set("rport", None);
    let (host, port) = crate::uri::split_host_port(sent_by).unwrap_or((sent_by, None));
    let via = Via {
        transport: transport.via_token().into(),
        host: host.into(),
        port,
        params,
    };
    let typed: Result<rsip::typed::Via, _> = (&via).try_into();
    written(Name::Via, typed, || via.to_vec())
}

/// User-Agent, for requests.
#[must_use]
pub fn user_agent(text: &str) -> Header {
    Header::new(Name::UserAgent, UserAgent::new(text).value())
}

/// Server, for responses.
#[must_use]
pub fn server(text: &str) -> Header {
    Header::new(Name::Server, Server::new(text).value())
}

fn written(name: Name, typed: Result<impl ToString, BadValue>, own: impl FnOnce() -> Vec<u8>) -> Header {
    match typed {
        Ok(typed) => Header::new(name, typed.to_string()),
        Err(_) => Header::new(name, own()),
    }
}
