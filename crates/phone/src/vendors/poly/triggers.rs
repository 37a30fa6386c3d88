//! How the phone is told that its document has changed.

use std::sync::LazyLock;

use minijinja::context;

use crate::template::Format;
use crate::trigger::{Accepted, Aim, HttpAuth, HttpPush, Means, Notify, Trigger, Via};
use crate::vendors::templates::Templates;

/// Loads the document and takes over what changed, without a reboot: the document says so (`alwaysReboot="0"`).
const CHECK_SYNC: &str = "check-sync";
/// Sets the session's line at once; the document follows with the next check.
const CONFIG_SET: &str = "config-set";
/// Starts the phone's software anew once no call is left.
const SAFE_RESTART: &str = "safe-restart";

/// The one user that the phone's web interface knows for administration.
const REST_USER: &str = "Polycom";

/// What the phone answers when it did it.
const REST_DONE: &str = "2000";

pub(super) static MEANS: &[Means] = &[
    Means {
        name: CHECK_SYNC,
        via: Via::Sip,
    },
    Means {
        name: CONFIG_SET,
        via: Via::Http,
    },
    Means {
        name: SAFE_RESTART,
        via: Via::Http,
    },
];

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Json,
        &[(CONFIG_SET, include_str!("templates/config-set.json"))],
    )
});

pub(super) fn loads_document(means: &Means) -> bool {
    means.name != CONFIG_SET
}

pub(super) fn restarts(means: &Means) -> bool {
    means.name == SAFE_RESTART
}

/// See [`Adapter::trigger`](crate::Adapter::trigger).
pub(super) fn trigger(means: &Means, aim: &Aim<'_>) -> Option<Trigger> {
    match means.name {
        CHECK_SYNC => Some(Trigger::Notify(Notify {
            event: Some(CHECK_SYNC.into()),
            ..Notify::default()
        })),
        CONFIG_SET => Some(rest("/api/v1/mgmt/config/set", session_line(aim)?)),
        SAFE_RESTART => Some(rest("/api/v1/mgmt/safeRestart", String::new())),
        _ => None,
    }
}

fn rest(path: &str, body: String) -> Trigger {
    Trigger::Http(HttpPush {
        method: "POST",
        path: path.to_owned(),
        content_type: Some("application/json"),
        body: body.into_bytes(),
        auth: HttpAuth::BasicAs(REST_USER),
        accepted: Accepted::Contains(REST_DONE),
    })
}

/// The session's line, or what turns it off. Fewer than the 20 values that the phone takes at once.
fn session_line(aim: &Aim<'_>) -> Option<String> {
    let session = aim.session;
    let line = session.and_then(|session| session.line.as_ref());
    let values = context! {
        address => line.map_or_else(String::new, |line| format!("{}@{}", line.user, aim.domain)),
        auth_user => line.map_or("", |line| line.auth_user.as_str()),
        password => line.map_or("", |line| line.password.expose()),
        display_name => session.map_or("", |session| session.display_name.as_str()),
        label => session.map_or_else(String::new, |session| session.label().to_string()),
        server => line.map_or("", |_| aim.domain),
        registers => if line.is_some() { "1" } else { "0" },
        proxy => line.map_or("", |_| aim.registrar.host.as_str()),
    };
    TEMPLATES.render(CONFIG_SET, values).ok()
}
