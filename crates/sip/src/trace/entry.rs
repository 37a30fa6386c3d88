//! One message of a ladder.

use serde::{Deserialize, Serialize};

use super::Redactor;
use crate::message::{Message, Name, StartLine};

/// Longer texts are cut: one message must not push out a hundred calls.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Longer first lines are cut.
const LINE_BYTES_MAX: usize = 512;

/// One message, redacted. Also the form in which an edge tells of it (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Who sent it: a phone, another edge, a trunk, or this edge.
    pub from: Box<str>,
    /// Who got it.
    pub to: Box<str>,
    /// Seen from this edge.
    pub way: Way,
    /// "INVITE sip:2041@example.com SIP/2.0".
    pub line: Box<str>,
    /// "1 INVITE"; empty when it cannot be read.
    #[serde(default)]
    pub cseq: Box<str>,
    /// What was asked to be kept of the rest, see [`Detail`]; lines end with a line feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
}

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// This edge received it.
    Received,
    /// This edge sent it.
    Sent,
}

/// How much of a message is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The first line and CSeq.
    Line,
    /// And the header fields that say who, where and why.
    #[default]
    Headers,
    /// All header fields, and bodies of known kinds.
    Full,
}

impl Entry {
    /// From a message. `from` and `to` are labels for people ("chi-12", "edge new-york").
    #[must_use]
    pub fn new(
        message: &Message,
        at_ms: u64,
        (from, to): (&str, &str),
        way: Way,
        detail: Detail,
        redactor: &Redactor,
    ) -> Self {
        let line = match message.start() {
            StartLine::Request { method, uri, .. } => {
                format!("{method} {} SIP/2.0", redactor.text(uri))
            }
            StartLine::Response { status, reason, .. } => {
                format!("SIP/2.0 {status} {}", redactor.text(reason))
            }
        };
        Self {
            at_ms,
            from: from.into(),
            to: to.into(),
            way,
            line: cut(line, LINE_BYTES_MAX),
            cseq: message
                .cseq()
                .map(|cseq| cseq.to_string())
                .unwrap_or_default()
                .into(),
            text: text(message, detail, redactor).map(|text| cut(text, TEXT_BYTES_MAX)),
        }
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        let strings = [&self.from, &self.to, &self.line, &self.cseq];
        let text = self.text.as_ref().map_or(0, |text| text.len());
        size_of::<Self>() + strings.iter().map(|string| string.len()).sum::<usize>() + text
    }
}

fn text(message: &Message, detail: Detail, redactor: &Redactor) -> Option<String> {
    let all = match detail {
        Detail::Line => return None,
        Detail::Headers => false,
        Detail::Full => true,
    };
    let mut text = String::new();
    for header in message.headers() {
        if all || SELECTED.contains(header.name()) {
            text.push_str(&redactor.header(header));
            text.push('\n');
        }
    }
    if all && !message.body().is_empty() {
        text.push('\n');
        if is_kept(message) {
            text.push_str(&redactor.body(message.body()).replace("\r\n", "\n"));
        } else {
            text.push_str("(body not kept)\n");
        }
    }
    Some(text)
}

/// Whether the body is of a kind that we know how to redact. All others are left out: digits of a PIN come in several
/// (`application/dtmf-relay`, KPML), words of people in others.
fn is_kept(message: &Message) -> bool {
    const KINDS: [&str; 5] = [
        "application/sdp",
        "message/sipfrag",
        "application/dialog-info+xml",
        "application/reginfo+xml",
        "application/simple-message-summary",
    ];
    if message.header(&Name::ContentEncoding).is_some() || message.all(&Name::ContentType).count() != 1 {
        return false;
    }
    let content_type = message.text(&Name::ContentType).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind))
}

fn cut(mut text: String, bytes_max: usize) -> Box<str> {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push_str("...");
    }
    text.into()
}

const SELECTED: [Name; 16] = [
    Name::Via,
    Name::From,
    Name::To,
    Name::Contact,
    Name::Route,
    Name::RecordRoute,
    Name::PAssertedIdentity,
    Name::Privacy,
    Name::Reason,
    Name::RetryAfter,
    Name::Warning,
    Name::Expires,
    Name::Event,
    Name::ReferTo,
    Name::UserAgent,
    Name::Server,
];
