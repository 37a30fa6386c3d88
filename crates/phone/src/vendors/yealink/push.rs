//! How a Yealink is told to load its document, and what is pushed onto its screen.

use std::sync::LazyLock;

use minijinja::context;

use super::document::{set, transport};
use crate::desk::Session;
use crate::screen::{Page, Screen};
use crate::template::Format;
use crate::trigger::{Accepted, Aim, HttpAuth, HttpPush, Means, Notice, Notify, Trigger, Via};
use crate::vendors::fit::room;
use crate::vendors::screens;
use crate::vendors::templates::Templates;

const CHECK_SYNC: &str = "check-sync";
const XML: &str = "yealink-xml";
const ACTION_URI: &str = "action-uri";
const SERVLET: &str = "servlet";

/// The best first: the first loads the whole document; the second gives the account at once but no keys, for phones
/// that do not answer the first; the others ask for the document by other ways.
pub(super) const MEANS: &[Means] = &[
    Means {
        name: CHECK_SYNC,
        via: Via::Sip,
    },
    Means {
        name: XML,
        via: Via::Sip,
    },
    Means {
        name: ACTION_URI,
        via: Via::Sip,
    },
    Means {
        name: SERVLET,
        via: Via::Http,
    },
];

/// What asks the phone to load its documents.
const AUTO_PROVISION: &str = "key=AutoP";

static XML_TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[
            ("configuration.xml", include_str!("templates/configuration.xml")),
            ("page.xml", include_str!("templates/page.xml")),
        ],
    )
    .with_filter("set", set)
});

pub(super) fn loads_document(means: &Means) -> bool {
    means.name != XML
}

pub(super) fn trigger(means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
    match means.name {
        // Only with `sip.notify_reboot_enable = 0` does the phone read "reboot=false" and not restart.
        CHECK_SYNC => Some(Trigger::Notify(Notify::check_sync())),
        XML => Some(xml(configuration(aim)?)),
        ACTION_URI => Some(Trigger::Notify(Notify {
            event: Some("ACTION-URI".into()),
            subscription_state: Some("terminated"),
            content_type: Some("message/sipfrag"),
            body: AUTO_PROVISION.into(),
        })),
        SERVLET => Some(Trigger::Http(HttpPush {
            method: "GET",
            path: format!("/servlet?{AUTO_PROVISION}"),
            content_type: None,
            body: Vec::new(),
            auth: HttpAuth::AsAsked,
            accepted: Accepted::Success,
        })),
        _ => None,
    }
}

/// The room for a picture by model, in pixels: less than the display, which keeps its soft keys. The models with a grey
/// display take no PNG.
const DISPLAYS: [(&str, u16, u16); 10] = [
    ("T29G", 480, 200),
    ("T33G", 320, 168),
    ("T34W", 320, 168),
    ("T44", 320, 168),
    ("T46", 480, 200),
    ("T48", 800, 400),
    ("T49G", 800, 400),
    ("T52S", 320, 168),
    ("T54", 480, 200),
    ("T57W", 800, 400),
];

pub(super) fn page(screen: &Screen, user_agent: &str) -> Option<Page> {
    screens::page(&XML_TEMPLATES, screen, room(user_agent, &DISPLAYS))
}

pub(super) fn notice(notice: &Notice<'_>) -> Option<Trigger> {
    screens::body(&XML_TEMPLATES, notice.screen).map(xml)
}

fn xml(body: String) -> Trigger {
    Trigger::Notify(Notify {
        event: Some("Yealink-xml".into()),
        subscription_state: Some("active"),
        content_type: Some("application/xml"),
        body: body.into_bytes(),
    })
}

/// Account 1 as it should be, setting by setting. Switched off first and on last: the phone takes them one by one.
fn configuration(aim: &Aim<'_>) -> Option<String> {
    let line = aim.session.and_then(|session| session.line.as_ref());
    let session = aim.session.filter(|_| line.is_some());
    let label = session.map(label).unwrap_or_default();
    let mut items = vec![("account.1.enable", "0".to_owned())];
    let mut item = |name, value: &str| items.push((name, value.to_owned()));
    item("account.1.label", &label);
    item(
        "account.1.display_name",
        session.map_or("", |session| &session.display_name),
    );
    item("account.1.user_name", line.map_or("", |line| &line.user));
    item("account.1.auth_name", line.map_or("", |line| &line.auth_user));
    item(
        "account.1.password",
        line.map_or("", |line| line.password.expose()),
    );
    if line.is_some() {
        item("account.1.sip_server.1.address", aim.domain);
        item("account.1.sip_server.1.port", &aim.registrar.port.to_string());
        let transport = transport(aim.registrar.transport).to_string();
        item("account.1.sip_server.1.transport_type", &transport);
        item("account.1.outbound_proxy_enable", "1");
        item("account.1.outbound_proxy.1.address", &aim.registrar.host);
        item("account.1.outbound_proxy.1.port", &aim.registrar.port.to_string());
        item("account.1.enable", "1");
    }
    XML_TEMPLATES.render("configuration.xml", context! { items }).ok()
}

fn label(session: &Session) -> String {
    match session.profile.line_label.as_str() {
        "" => format!("{} {}", session.extension, session.display_name)
            .trim()
            .to_owned(),
        own => own.to_owned(),
    }
}
