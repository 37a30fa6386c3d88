//! The envelope: a start line, header fields in their order, a body. Byte for byte what was received, but for
//! what was changed.

use bytes::Bytes;

pub mod build;
mod edit;
mod head;
mod header;
mod list;
mod method;
mod parse;
mod phrase;
mod start;
pub mod stream;
mod validate;
mod write;

pub use self::header::{Header, Name};
pub use self::list::split_list;
pub use self::method::Method;
pub use self::parse::{Limits, Malformed, is_keepalive};
pub use self::phrase::reason_phrase;
pub use self::validate::validate;

/// The first line.
#[derive(Clone, PartialEq, Eq)]
pub enum StartLine {
    /// `INVITE sip:2041@example.com SIP/2.0`
    Request {
        /// What is asked.
        method: Method,
        /// The Request-URI as it stands there.
        uri: Bytes,
        /// The whole line as received, without its end; `None` once the line was changed or built.
        line: Option<Bytes>,
    },
    /// `SIP/2.0 180 Ringing`
    Response {
        /// 100 to 699.
        status: u16,
        /// The phrase, any bytes.
        reason: Bytes,
        /// As in a request.
        line: Option<Bytes>,
    },
}

/// A SIP message. Shown by `Debug` as what it is and how large, for it may hold secrets: credentials, and the PIN in
/// a dialled number. [`trace`](crate::trace) shows what may be seen of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    start: StartLine,
    headers: Vec<Header>,
    body: Bytes,
}

/// === Building ===
impl Message {
    /// A request without header fields.
    #[must_use]
    pub fn request(method: Method, uri: impl AsRef<[u8]>) -> Self {
        let uri = Bytes::copy_from_slice(uri.as_ref());
        let start = StartLine::Request {
            method,
            uri,
            line: None,
        };
        Self {
            start,
            headers: Vec::with_capacity(16),
            body: Bytes::new(),
        }
    }

    /// A response without header fields.
    #[must_use]
    pub fn response(status: u16, reason: impl AsRef<[u8]>) -> Self {
        let reason = Bytes::copy_from_slice(reason.as_ref());
        let start = StartLine::Response {
            status,
            reason,
            line: None,
        };
        Self {
            start,
            headers: Vec::with_capacity(12),
            body: Bytes::new(),
        }
    }

    /// The response to a request with the header fields that RFC 3261 §8.2.6 has it copy: all Via, From, To,
    /// Call-ID, CSeq, and Timestamp into a 100. `to_tag` is added to To when it can be read and has none.
    #[must_use]
    pub fn reply(request: &Self, status: u16, reason: impl AsRef<[u8]>, to_tag: Option<&str>) -> Self {
        let mut response = Self::response(status, reason);
        for header in &request.headers {
            match header.name() {
                Name::Via | Name::From | Name::CallId | Name::CSeq => response.headers.push(header.clone()),
                Name::Timestamp if status == 100 => response.headers.push(header.clone()),
                Name::To => response.headers.push(tagged(header, to_tag)),
                _ => {}
            }
        }
        response
    }
}

/// To with a tag, if there is one to add and room for it.
fn tagged(to: &Header, tag: Option<&str>) -> Header {
    let takes_tag = || {
        let address = crate::value::NameAddr::from_bytes(&to.raw_bytes());
        address.is_ok_and(|address| address.params.get("tag").is_none())
    };
    match tag {
        Some(tag) if takes_tag() => {
            to.spliced(to.raw().len()..to.raw().len(), format!(";tag={tag}").as_bytes())
        }
        _ => to.clone(),
    }
}

/// === Reading ===
impl Message {
    /// The first line.
    #[must_use]
    pub const fn start(&self) -> &StartLine {
        &self.start
    }

    /// The method of a request; `None` for a response.
    #[must_use]
    pub const fn method(&self) -> Option<&Method> {
        match &self.start {
            StartLine::Request { method, .. } => Some(method),
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI as it stands there; `None` for a response.
    #[must_use]
    pub const fn uri(&self) -> Option<&Bytes> {
        match &self.start {
            StartLine::Request { uri, .. } => Some(uri),
            StartLine::Response { .. } => None,
        }
    }

    /// The status of a response; `None` for a request.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match &self.start {
            StartLine::Response { status, .. } => Some(*status),
            StartLine::Request { .. } => None,
        }
    }

    /// The phrase of a response.
    #[must_use]
    pub const fn reason(&self) -> Option<&Bytes> {
        match &self.start {
            StartLine::Response { reason, .. } => Some(reason),
            StartLine::Request { .. } => None,
        }
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        matches!(self.start, StartLine::Request { .. })
    }

    /// All header fields in their order.
    #[must_use]
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The first header field of this name.
    #[must_use]
    pub fn header(&self, name: &Name) -> Option<&Header> {
        self.headers.iter().find(|header| header.name() == name)
    }

    /// All header fields of this name.
    pub fn all<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Header> + 'a {
        self.headers.iter().filter(move |header| header.name() == name)
    }

    /// The single values of all header fields of this name: lists are taken apart at their commas.
    pub fn values<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.all(name).flat_map(|header| split_list(header.raw()))
    }

    /// The value of the first header field of this name as text.
    #[must_use]
    pub fn text(&self, name: &Name) -> Option<std::borrow::Cow<'_, str>> {
        self.header(name)?.text()
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }
}

impl std::fmt::Debug for StartLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request { method, uri, .. } => write!(f, "{method} to {} bytes", uri.len()),
            Self::Response { status, .. } => write!(f, "{status}"),
        }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("start", &self.start)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
