mod redaction;
mod shown;
mod store;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::message::{Header, Limits, Message, Method, Name};

fn text(input: &str) -> String {
    Redactor::default().text(input.as_bytes()).into_owned()
}

fn entry(message: &Message, detail: Detail) -> Entry {
    Entry::new(
        message,
        1_000,
        ("chi-12", "edge"),
        Way::Received,
        detail,
        &Redactor::default(),
    )
}

/// All that is kept of a message in full.
fn kept(message: &Message) -> String {
    let entry = entry(message, Detail::Full);
    format!("{entry:?} {}", serde_json::to_string(&entry).unwrap())
}

fn numbered(at_ms: u64, line: &str, from: &str, to: &str) -> Entry {
    let cseq = "1 INVITE".into();
    let (line, way) = (line.into(), if to == "edge" { Way::Received } else { Way::Sent });
    Entry {
        at_ms,
        from: from.into(),
        to: to.into(),
        way,
        line,
        cseq,
        text: None,
    }
}
