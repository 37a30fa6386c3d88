//! Header fields: a name in one spelling, a line as it came.

use std::borrow::Cow;
use std::fmt;

use bytes::{Bytes, BytesMut};
use smol_str::SmolStr;

/// Declares the names we know, with their compact forms (RFC 3261 §7.3.3, and the registry for the newer ones).
macro_rules! names {
    ($($variant:ident $text:literal $(/ $compact:literal)?),+ $(,)?) => {
        /// The name of a header field. Names compare without regard to case, and compact names are the long ones.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
            /// Any other, in lower case.
            Other(SmolStr),
        }

        impl Name {
            /// As it is written, in the usual capitals.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(name) => name,
                }
            }

            /// Reads a name, long or compact, in any case.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                // Told apart by length first: the list is long, and this runs for each header of each message.
                match text.len() {
                    1 => {
                        let letter = text.as_bytes()[0].to_ascii_lowercase();
                        $($(if letter == $compact { return Self::$variant; })?)+
                    }
                    length => {
                        $(if length == $text.len() && text.eq_ignore_ascii_case($text) { return Self::$variant; })+
                    }
                }
                Self::Other(SmolStr::new(text.to_ascii_lowercase()))
            }
        }
    };
}

names! {
    Via "Via" / b'v', From "From" / b'f', To "To" / b't', CallId "Call-ID" / b'i', CSeq "CSeq",
    Contact "Contact" / b'm', MaxForwards "Max-Forwards", ContentLength "Content-Length" / b'l',
    ContentType "Content-Type" / b'c', ContentEncoding "Content-Encoding" / b'e', Route "Route",
    RecordRoute "Record-Route", Path "Path", Expires "Expires", MinExpires "Min-Expires", Allow "Allow",
    Supported "Supported" / b'k', Unsupported "Unsupported", Require "Require", ProxyRequire "Proxy-Require",
    Authorization "Authorization", ProxyAuthorization "Proxy-Authorization",
    WwwAuthenticate "WWW-Authenticate", ProxyAuthenticate "Proxy-Authenticate",
    Event "Event" / b'o', AllowEvents "Allow-Events" / b'u', SubscriptionState "Subscription-State",
    Accept "Accept", Subject "Subject" / b's', ReferTo "Refer-To" / b'r', ReferredBy "Referred-By" / b'b',
    SessionExpires "Session-Expires" / b'x', MinSe "Min-SE", RetryAfter "Retry-After", Reason "Reason",
    Warning "Warning", Date "Date", Timestamp "Timestamp", Server "Server", UserAgent "User-Agent", Organization "Organization",
    PAssertedIdentity "P-Asserted-Identity", PPreferredIdentity "P-Preferred-Identity",
    RemotePartyId "Remote-Party-ID", Privacy "Privacy", Geolocation "Geolocation",
    GeolocationRouting "Geolocation-Routing", HistoryInfo "History-Info", Diversion "Diversion",
    FlowTimer "Flow-Timer", CallInfo "Call-Info", AlertInfo "Alert-Info", Rack "RAck", Rseq "RSeq",
    Replaces "Replaces", MimeVersion "MIME-Version", ServiceRoute "Service-Route", Priority "Priority",
    RequestDisposition "Request-Disposition" / b'd', AcceptContact "Accept-Contact" / b'a',
    RejectContact "Reject-Contact" / b'j', Identity "Identity" / b'y', IdentityInfo "Identity-Info" / b'n',
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One header field, line ends included, exactly as it was received or built. Its value may be a secret, so `Debug`
/// shows how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    name: Name,
    line: Bytes,
    /// Where the value lies in `line`, white space around it left out.
    value: (u32, u32),
}

impl Header {
    /// A new header field. Line ends in the value are the caller's error: they are replaced by spaces, so that
    /// no value can smuggle a header in.
    #[must_use]
    pub fn new(name: Name, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        let text = name.as_str();
        let mut line = BytesMut::with_capacity(text.len() + value.len() + 4);
        line.extend_from_slice(text.as_bytes());
        line.extend_from_slice(b": ");
        let start = line.len();
        put_on_one_line(&mut line, value);
        let end = line.len();
        line.extend_from_slice(b"\r\n");
        let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            name,
            line: line.freeze(),
            value: (at(start), at(end)),
        }
    }

    /// A received line (or several, folded); `value` is the value's place in it.
    pub(super) fn received(name: Name, line: Bytes, value: std::ops::Range<usize>) -> Self {
        let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            name,
            line,
            value: (at(value.start), at(value.end)),
        }
    }

    /// The same header field with a part of its value replaced; name and all else stay as they came.
    pub(super) fn spliced(&self, part: std::ops::Range<usize>, new: &[u8]) -> Self {
        let (start, end) = (self.value.0 as usize, self.value.1 as usize);
        let mut line = BytesMut::with_capacity(self.line.len() + new.len());
        line.extend_from_slice(&self.line[..start + part.start]);
        put_on_one_line(&mut line, new);
        line.extend_from_slice(&self.line[start + part.end..]);
        let end = end - part.len() + new.len();
        Self::received(self.name.clone(), line.freeze(), start..end)
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The whole field as it goes on the wire, with its line end.
    #[must_use]
    pub const fn line(&self) -> &Bytes {
        &self.line
    }

    /// The value as it came: folded lines still folded, white space around it left out.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.line[self.value.0 as usize..self.value.1 as usize]
    }

    /// The value as bytes that share the message's memory.
    #[must_use]
    pub fn raw_bytes(&self) -> Bytes {
        self.line.slice(self.value.0 as usize..self.value.1 as usize)
    }

    /// The value on one line: each line end with the white space around it has become one space
    /// (RFC 3261 §7.3.1).
    #[must_use]
    pub fn value(&self) -> Cow<'_, [u8]> {
        let raw = self.raw();
        if memchr::memchr2(b'\r', b'\n', raw).is_none() {
            return Cow::Borrowed(raw);
        }
        let mut unfolded = Vec::with_capacity(raw.len());
        for line in raw.split(|byte| matches!(byte, b'\r' | b'\n')) {
            let line = line.trim_ascii();
            if !line.is_empty() {
                if !unfolded.is_empty() {
                    unfolded.push(b' ');
                }
                unfolded.extend_from_slice(line);
            }
        }
        Cow::Owned(unfolded)
    }

    /// The value on one line as text; `None` when it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self.value() {
            Cow::Borrowed(value) => std::str::from_utf8(value).ok().map(Cow::Borrowed),
            Cow::Owned(value) => String::from_utf8(value).ok().map(Cow::Owned),
        }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} bytes", self.name, self.raw().len())
    }
}

/// Writes a value, with spaces for line ends and zero bytes, so that no value can smuggle a header field in.
fn put_on_one_line(line: &mut BytesMut, value: &[u8]) {
    line.extend(value.iter().map(|byte| {
        if matches!(byte, b'\r' | b'\n' | 0) {
            b' '
        } else {
            *byte
        }
    }));
}
