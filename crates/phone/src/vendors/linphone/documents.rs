//! The one document.

use std::sync::LazyLock;

use minijinja::context;
use smol_str::SmolStr;

use crate::desk::{Desk, Line, Registrar};
use crate::document::{Document, RenderError};
use crate::template::Format;
use crate::vendor::Vendor;
use crate::vendors::templates::Templates;
use crate::vendors::values::{transport, values};

/// Its name.
pub(super) const FILE: &str = "linphone.xml";

/// Who an account without a user is: a valid address, so that reading it cannot fail.
const NOBODY: &str = "nobody";

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::new(Format::Xml, &[(FILE, include_str!("templates/linphone.xml"))]));

/// See [`Adapter::render`](crate::Adapter::render).
pub(super) fn render(name: &str, desk: &Desk) -> Result<Document, RenderError> {
    if name != FILE {
        return Err(RenderError::NoSuchFile {
            vendor: Vendor::Linphone.name(),
            file: name.to_owned(),
        });
    }
    let session = desk.session.as_ref();
    let line = session.and_then(|session| session.line.as_ref());
    let voicemail = session.map_or("", |session| session.profile.voicemail_number.as_str());
    let values = context! {
        own_identity => identity(desk, &desk.device.label, &desk.line),
        session_identity => match line {
            Some(line) => identity(desk, &desk.label(), line),
            None => format!("sip:{NOBODY}@{}", desk.service.domain),
        },
        // Not the domain: whatever the route says, a REGISTER goes to this host, and the domain need not be one.
        proxy => proxy(desk),
        route => route(desk),
        voicemail => if voicemail.is_empty() {
            String::new()
        } else {
            format!("sip:{}@{}", uri_user(voicemail), desk.service.domain)
        },
        ..values(desk)
    };
    let body = TEMPLATES.render(FILE, values)?;
    Ok(Document {
        content_type: "application/xml; charset=utf-8",
        body: body.into_bytes(),
    })
}

/// `"label" <sip:user@domain>` (RFC 3261 §20.10): quotation marks and backslashes of the label with a backslash, line
/// ends as spaces.
fn identity(desk: &Desk, label: &str, line: &Line) -> String {
    let mut quoted = String::with_capacity(label.len());
    for c in label.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    format!(
        "\"{quoted}\" <sip:{}@{}>",
        uri_user(&line.user),
        desk.service.domain
    )
}

/// A user part (RFC 3261 §25.1): whatever may not stand there as it is becomes `%` and two hex digits.
fn uri_user(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where it registers.
fn proxy(desk: &Desk) -> String {
    let Registrar {
        host,
        port,
        transport: by,
    } = &desk.service.registrar;
    format!("<sip:{host}:{port};transport={}>", transport(*by))
}

fn route(desk: &Desk) -> String {
    let registrar = &desk.service.registrar;
    format!(
        "<sip:{}:{};transport={};lr>",
        registrar.host,
        registrar.port,
        transport(desk.service.registrar.transport)
    )
}

/// The version in "Linphone-Desktop/5.2.6 (desk-12) …"; `None` for another program.
pub(super) fn version(agent: &str) -> Option<SmolStr> {
    let product = agent.strip_prefix("Linphone")?.split(' ').next()?;
    let (_, version) = product.split_once('/')?;
    (!version.is_empty()).then(|| version.into())
}
