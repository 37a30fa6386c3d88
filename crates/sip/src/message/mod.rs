//! The envelope: a start line, header fields in their order, a body. Byte for byte what was received, but for
//! what was changed.

use bytes::{BufMut, Bytes, BytesMut};
use smol_str::SmolStr;

mod header;
mod list;
mod parse;

pub use self::header::{Header, Name};
pub use self::list::split_list;
pub use self::parse::{Limits, Malformed};

/// A request method. Open: a proxy forwards methods that it does not know (RFC 3261 §16.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3261.
    Register,
    /// RFC 3261.
    Options,
    /// RFC 3262.
    Prack,
    /// RFC 6665.
    Subscribe,
    /// RFC 6665.
    Notify,
    /// RFC 3903.
    Publish,
    /// RFC 6086.
    Info,
    /// RFC 3515.
    Refer,
    /// RFC 3428.
    Message,
    /// RFC 3311.
    Update,
    /// Any other token. Methods differ by case.
    Other(SmolStr),
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// A SIP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    start: StartLine,
    headers: Vec<Header>,
    body: Bytes,
}

impl Method {
    /// As it stands in a request line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Subscribe => "SUBSCRIBE",
            Self::Notify => "NOTIFY",
            Self::Publish => "PUBLISH",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Message => "MESSAGE",
            Self::Update => "UPDATE",
            Self::Other(token) => token,
        }
    }

    /// Reads a method, which must be a token; the caller has checked that.
    #[must_use]
    pub fn from_token(token: &str) -> Self {
        match token {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "REGISTER" => Self::Register,
            "OPTIONS" => Self::Options,
            "PRACK" => Self::Prack,
            "SUBSCRIBE" => Self::Subscribe,
            "NOTIFY" => Self::Notify,
            "PUBLISH" => Self::Publish,
            "INFO" => Self::Info,
            "REFER" => Self::Refer,
            "MESSAGE" => Self::Message,
            "UPDATE" => Self::Update,
            other => Self::Other(SmolStr::new(other)),
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
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
    /// Call-ID, CSeq. `to_tag` is added to To when it has none.
    #[must_use]
    pub fn reply(request: &Self, status: u16, reason: impl AsRef<[u8]>, to_tag: Option<&str>) -> Self {
        let mut response = Self::response(status, reason);
        for header in &request.headers {
            match header.name() {
                Name::Via | Name::From | Name::CallId | Name::CSeq => response.headers.push(header.clone()),
                Name::To => {
                    let tagged = crate::value::NameAddr::parse(&header.value())
                        .is_ok_and(|to| to.params.get("tag").is_some());
                    match to_tag.filter(|_| !tagged) {
                        Some(tag) => {
                            let mut value = header.value().into_owned();
                            value.extend_from_slice(b";tag=");
                            value.extend_from_slice(tag.as_bytes());
                            response.headers.push(Header::new(Name::To, value));
                        }
                        None => response.headers.push(header.clone()),
                    }
                }
                _ => {}
            }
        }
        response
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

/// === Changing ===
impl Message {
    /// Replaces the Request-URI. Nothing for a response.
    pub fn set_uri(&mut self, new: impl AsRef<[u8]>) {
        if let StartLine::Request { uri, line, .. } = &mut self.start {
            *uri = Bytes::copy_from_slice(new.as_ref());
            *line = None;
        }
    }

    /// Adds a header field after all others.
    pub fn push(&mut self, header: Header) {
        self.headers.push(header);
    }

    /// Adds a header field before the first one of its name, or before all others when there is none: how Via,
    /// Record-Route and Route are added.
    pub fn push_front(&mut self, header: Header) {
        let first = self
            .headers
            .iter()
            .position(|other| other.name() == header.name());
        self.headers.insert(first.unwrap_or(0), header);
    }

    /// Removes all header fields of this name. Returns whether there were any.
    pub fn remove(&mut self, name: &Name) -> bool {
        let before = self.headers.len();
        self.headers.retain(|header| header.name() != name);
        self.headers.len() != before
    }

    /// Puts one header field in place of all of its name: where the first stood, or at the end.
    pub fn set(&mut self, header: Header) {
        let first = self
            .headers
            .iter()
            .position(|other| other.name() == header.name());
        let Some(first) = first else {
            self.headers.push(header);
            return;
        };
        let name = header.name().clone();
        self.headers[first] = header;
        let mut at = 0;
        self.headers.retain(|other| {
            at += 1;
            at - 1 <= first || *other.name() != name
        });
    }

    /// Removes the first value of a list header (the top Via, the first Route) and returns it; what stands after
    /// it stays as it came.
    pub fn pop_value(&mut self, name: &Name) -> Option<Bytes> {
        let at = self.headers.iter().position(|header| header.name() == name)?;
        let raw = self.headers[at].raw_bytes();
        let mut values = split_list(&raw);
        let first = raw.slice_ref(values.next()?);
        match values.next() {
            None => {
                self.headers.remove(at);
            }
            Some(second) => {
                let start = second.as_ptr() as usize - raw.as_ptr() as usize;
                self.headers[at] = Header::new(name.clone(), &raw[start..]);
            }
        }
        Some(first)
    }

    /// Replaces the first value of a list header; what stands after it stays as it came.
    pub fn set_first_value(&mut self, name: &Name, value: impl AsRef<[u8]>) {
        let Some(at) = self.headers.iter().position(|header| header.name() == name) else {
            self.push_front(Header::new(name.clone(), value));
            return;
        };
        let raw = self.headers[at].raw_bytes();
        let mut new = value.as_ref().to_vec();
        if let Some(first) = split_list(&raw).next() {
            let end = first.as_ptr() as usize - raw.as_ptr() as usize + first.len();
            new.extend_from_slice(&raw[end..]);
        }
        self.headers[at] = Header::new(name.clone(), new);
    }

    /// Replaces the body and says what it is; an empty body has no type.
    pub fn set_body(&mut self, content_type: Option<&str>, body: impl Into<Bytes>) {
        self.body = body.into();
        match content_type {
            Some(content_type) => self.set(Header::new(Name::ContentType, content_type)),
            None => {
                self.remove(&Name::ContentType);
            }
        }
        self.set(Header::new(Name::ContentLength, self.body.len().to_string()));
    }
}

/// === Writing ===
impl Message {
    /// As it goes on the wire. Content-Length is added when it is missing (streams cannot do without,
    /// RFC 3261 §18.3).
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let headers: usize = self.headers.iter().map(|header| header.line().len()).sum();
        let mut bytes = BytesMut::with_capacity(headers + self.body.len() + 160);
        self.write_start(&mut bytes);
        let mut sized = false;
        for header in &self.headers {
            sized |= *header.name() == Name::ContentLength;
            bytes.put_slice(header.line());
        }
        if !sized {
            bytes.put_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.put_slice(b"\r\n");
        bytes.put_slice(&self.body);
        bytes.freeze()
    }

    fn write_start(&self, bytes: &mut BytesMut) {
        match &self.start {
            StartLine::Request { line: Some(line), .. } | StartLine::Response { line: Some(line), .. } => {
                bytes.put_slice(line);
            }
            StartLine::Request {
                method,
                uri,
                line: None,
            } => {
                bytes.put_slice(method.as_str().as_bytes());
                bytes.put_u8(b' ');
                bytes.put_slice(uri);
                bytes.put_slice(b" SIP/2.0");
            }
            StartLine::Response {
                status,
                reason,
                line: None,
            } => {
                bytes.put_slice(b"SIP/2.0 ");
                bytes.put_slice(status.to_string().as_bytes());
                bytes.put_u8(b' ');
                bytes.put_slice(reason);
            }
        }
        bytes.put_slice(b"\r\n");
    }
}
