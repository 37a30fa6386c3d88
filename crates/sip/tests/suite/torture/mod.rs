//! The test messages of RFC 4475 and RFC 5118, each with the treatment that its section asks for.
//!
//! `tests/data/README.md` says where the bytes come from.

use std::path::PathBuf;

use bytes::Bytes;
use hotdesk_sip::message::{Limits, Malformed, Message, validate};

mod rfc4475;
mod rfc5118;
mod values;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// It is passed on byte for byte. What else is to be said of it is the application's to say.
    Pass,
    /// It cannot be taken apart, and the sender is told so.
    Refuse(u16),
    /// It can be taken apart and would be written back byte for byte, but its values do not hold; the sender is
    /// told so.
    Invalid(u16),
    /// It cannot be taken apart, and nobody is told.
    Drop,
    /// It can be taken apart, its values do not hold, and nobody is told.
    DropInvalid,
}

/// One message of an RFC.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) section: &'static str,
    pub(crate) treatment: Treatment,
    /// What the RFC is after, and what is left to the application.
    pub(crate) why: &'static str,
}

/// Reads a data file.
pub(crate) fn bytes(folder: &str, name: &str) -> Bytes {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests/data",
        folder,
        &format!("{name}.dat"),
    ]
    .iter()
    .collect();
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .into()
}

/// Reads a data file as a message that can be taken apart.
pub(crate) fn message(name: &str) -> Message {
    Message::parse(&bytes("rfc4475", name), &Limits::default())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn treatment(bytes: &Bytes) -> (Treatment, Option<Malformed>) {
    let told = |malformed: &Malformed| malformed.request.is_some().then_some(malformed.status);
    let message = match Message::parse(bytes, &Limits::default()) {
        Err(malformed) => {
            let treatment = told(&malformed).map_or(Treatment::Drop, Treatment::Refuse);
            return (treatment, Some(malformed));
        }
        Ok(message) => message,
    };
    // dblreq is the one that is longer than its message.
    let written = message.to_datagram();
    assert_eq!(written, bytes[..written.len()]);
    match validate(&message) {
        Ok(()) => (Treatment::Pass, None),
        Err(malformed) => {
            let treatment = told(&malformed).map_or(Treatment::DropInvalid, Treatment::Invalid);
            (treatment, Some(malformed))
        }
    }
}

/// Checks all rows against their treatment, and that what is answered can be.
pub(crate) fn check(rows: &[Row], bytes: impl Fn(&str) -> Bytes) {
    for Row {
        name,
        section,
        treatment: expected,
        why,
    } in rows
    {
        let (found, malformed) = treatment(&bytes(name));
        let problem = malformed.as_ref().map(|malformed| malformed.problem);
        assert_eq!(found, *expected, "{name} ({section}: {why}) {problem:?}");
        let (Treatment::Refuse(status) | Treatment::Invalid(status)) = found else {
            continue;
        };
        let response = malformed
            .and_then(|malformed| malformed.response())
            .expect("is answerable");
        let answer = Message::parse(&response.to_bytes(), &Limits::default());
        assert_eq!(answer.map(|answer| answer.status()), Ok(Some(status)), "{name}");
    }
}
