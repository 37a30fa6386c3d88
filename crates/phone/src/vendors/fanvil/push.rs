//! How a Fanvil is told to load its document, and what is pushed onto its screen.

use std::sync::LazyLock;

use minijinja::context;

use super::document::transport;
use crate::desk::Session;
use crate::screen::{Page, Screen};
use crate::template::Format;
use crate::trigger::{Accepted, Aim, HttpAuth, HttpPush, Means, Notice, Notify, Trigger, Via};
use crate::vendors::screens;
use crate::vendors::templates::Templates;

const CHECK_SYNC: &str = "check-sync";
const XML_SERVICE: &str = "xml-service";

/// The best first: the first loads the whole document; the second sets the account at once, and the phone says that it
/// did, but needs a way to its web server.
pub(super) const MEANS: &[Means] = &[
    Means {
        name: CHECK_SYNC,
        via: Via::Sip,
    },
    Means {
        name: XML_SERVICE,
        via: Via::Http,
    },
];

/// What the phone answers when it has done what it was told.
const DONE: &str = "<RetCode>0</RetCode>";

static XML: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[
            ("configuration.xml", include_str!("templates/configuration.xml")),
            ("page.xml", include_str!("templates/page.xml")),
        ],
    )
    .with_filter("line", |value| Format::Lines.escape(value))
});

pub(super) fn loads_document(means: &Means) -> bool {
    means.name != XML_SERVICE
}

pub(super) fn trigger(means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
    match means.name {
        // Only with "NotifyReboot" 0 does the phone not restart.
        CHECK_SYNC => Some(Trigger::Notify(Notify::check_sync())),
        XML_SERVICE => Some(post(configuration(aim)?, Accepted::Contains(DONE))),
        _ => None,
    }
}

pub(super) fn page(screen: &Screen) -> Option<Page> {
    screens::page(&XML, screen, None)
}

pub(super) fn notice(notice: &Notice<'_>) -> Option<Trigger> {
    let body = screens::body(&XML, notice.screen)?;
    Some(post(body, Accepted::Success))
}

fn post(body: String, accepted: Accepted) -> Trigger {
    Trigger::Http(HttpPush {
        method: "POST",
        path: "/xmlService".to_owned(),
        content_type: Some("text/xml"),
        body: body.into_bytes(),
        auth: HttpAuth::AsAsked,
        accepted,
    })
}

/// Account 1 as it should be, setting by setting; off first and on last.
fn configuration(aim: &Aim<'_>) -> Option<String> {
    let line = aim.session.and_then(|session| session.line.as_ref());
    let session: Option<&Session> = aim.session.filter(|_| line.is_some());
    let mut items = vec![("sip.line.1.EnableReg", "0".to_owned())];
    let mut item = |name, value: &str| items.push((name, value.to_owned()));
    item("sip.line.1.PhoneNumber", line.map_or("", |line| &line.user));
    item(
        "sip.line.1.DisplayName",
        session.map_or("", |session| &session.display_name),
    );
    item("sip.line.1.RegisterUser", line.map_or("", |line| &line.auth_user));
    item(
        "sip.line.1.RegisterPswd",
        line.map_or("", |line| line.password.expose()),
    );
    if line.is_some() {
        let port = aim.registrar.port.to_string();
        item("sip.line.1.RegisterAddr", aim.domain);
        item("sip.line.1.RegisterPort", &port);
        item("sip.line.1.ProxyAddr", &aim.registrar.host);
        item("sip.line.1.ProxyPort", &port);
        item(
            "sip.line.1.Transport",
            &transport(aim.registrar.transport).to_string(),
        );
        item("sip.line.1.EnableReg", "1");
    }
    XML.render("configuration.xml", context! { items }).ok()
}
