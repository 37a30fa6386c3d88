//! How a Snom is told to load its settings, and what is pushed onto its screen.

use super::document::{CLEAR_CALLS, silent};
use super::page;
use crate::trigger::{Accepted, Aim, HttpAuth, HttpPush, Means, Notice, Notify, Trigger, Via};

const CHECK_SYNC: &str = "check-sync";
const XML: &str = "snomxml";
const MINIBROWSER: &str = "minibrowser";

/// The best first: the usual one; a silent page that loads the settings, and empties the call lists when somebody has
/// gone; the same page through the phone's web server.
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
        name: MINIBROWSER,
        via: Via::Http,
    },
];

/// Loads the settings from the server.
const RELOAD: &str = "snom://mb_nop#reloadset";

pub(super) fn trigger(means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
    match means.name {
        CHECK_SYNC => Some(Trigger::Notify(Notify::check_sync())),
        XML => Some(xml(silent(&reload(aim)).ok()?)),
        MINIBROWSER => Some(Trigger::Http(HttpPush {
            method: "GET",
            path: format!("/minibrowser.htm?url={}", page::in_query(&reload(aim))),
            content_type: None,
            body: Vec::new(),
            auth: HttpAuth::AsAsked,
            accepted: Accepted::Success,
        })),
        _ => None,
    }
}

fn reload(aim: &Aim<'_>) -> String {
    match aim.session {
        Some(_) => RELOAD.to_owned(),
        None => format!("{CLEAR_CALLS}&reloadset"),
    }
}

pub(super) fn notice(notice: &Notice<'_>) -> Option<Trigger> {
    page::body(notice.screen).map(xml)
}

fn xml(body: String) -> Trigger {
    Trigger::Notify(Notify {
        event: Some("xml".into()),
        subscription_state: Some("terminated"),
        content_type: Some("application/snomxml"),
        body: body.into_bytes(),
    })
}
