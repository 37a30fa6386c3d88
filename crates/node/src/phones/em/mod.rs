//! Cisco's Extension Mobility interface: a service for programs, and an application for phones. Off unless configured.
//!
//! | path | what |
//! |---|---|
//! | `/emservice/EMServiceServlet` | programs log people in and out and ask who is where; `xml` as form field (POST) or in the query (GET) |
//! | `/emapp/EMAppServlet` | the login pages of Cisco phones that name themselves by `device=SEP<MAC>` |
//!
//! Both end in the same login as every other surface, so PINs are counted on one lockout, and by address. Nobody gets further than
//! their address allows (`phones.em.allow`), and a request through a proxy is refused unless `phones.em.allow_via`
//! says otherwise: the address would be the proxy's. Pages of other sites in somebody's browser are refused as well
//! (`guard.rs`).
//!
//! # Who may ask
//!
//! - An **application** of the file `phones.em.applications_file`, for what its rights and offices allow, for anybody.
//! - An **end user**, with user id as `appID` and PIN as `appCertificate`, for himself only.
//!
//! What an application does is written down as done by "em:" and its id, what an end user ends as by "user:" and the
//! id, everything else as by "phone:em"; the line in the log about each request has the address, the user and the phone.
//!
//! # Codes of the service
//!
//! | code | when |
//! |---|---|
//! | 0 | no answer came in time: it may have been done; or a failure without a code of its own |
//! | 1 | the document is not of the grammar, declares entities, or is not there |
//! | 2 | user id or password is missing, or the certificate is encrypted: only the maker's servers can read that |
//! | 3 | user id or password is wrong; an end user is locked, or has no PIN yet: before the PIN is right nobody learns who exists |
//! | 4 | the user is disabled or may not use this phone, or an emergency call holds it |
//! | 5, 22 | the phone is disabled: at a logout, at a login |
//! | 6 | no leader, or the cluster does not answer |
//! | 7 | `exclusiveDuration` asks for a time and `phones.em.refuse_exclusive_duration` is set |
//! | 8 | there is no such query |
//! | 9 | this node cannot check PINs: another pepper, or the file of applications cannot be read |
//! | 10 | the application lacks the right, or the office is not its own; an end user asks about somebody else |
//! | 11 | there is no such phone |
//! | 12 | `phones.em.check_device_profile` is set and the profile's name is none of the user's |
//! | 18 | somebody else is logged in, and the rules do not let them be sent away; an end user logs somebody else out |
//! | 19 | a logout where nobody is logged in |
//! | 23 | there is no such user |
//! | 25 | the user is logged in elsewhere, and the rules forbid a second phone |
//! | 26 | more logins and logouts at a time than `phones.em.concurrent_max`, or so many queries that one has waited for 2 s; the node is overloaded, or too many wrong PINs or 20 wrong passwords of applications came from the address within a minute |
//! | 28 | the address, or the one that a trusted application passes on, is not in `phones.em.allow`; a page asks in a browser; or, without TLS, the node was asked under a name that is not its own (`phones.em.hosts`) |
//! | 30 | the request, or the phone's own as a trusted application says, came through a proxy: it has `Via`, `Forwarded`, `X-Forwarded-...` or `X-Real-IP` |
//!
//! These cannot occur: 20, 21 (a phone's state is never unreadable), 27 (PINs do not expire), 29 (registrations are at
//! the edge), 31 to 33, 35 to 38 and 42 to 46 (offices are one cluster; nobody roams between several), 39, 40 (inside
//! the application only), 41 (it would tell who exists), 47 (an extension belongs to one user).
//!
//! # What is different
//!
//! - **`exclusiveDuration`** sets no time of its own: a session ends by the rules of the user's group. Tools send it as
//!   a matter of course, so it is taken and written to the log, unless `phones.em.refuse_exclusive_duration` is set.
//! - **`deviceProfile`**: everybody has one profile, called like the user id. Programs name it as it was called in the
//!   system before, so any name is taken, unless `phones.em.check_device_profile` is set.
//! - **A login elsewhere** evicts the session there where the rules say so, and answers success.
//! - **`logoutAll`** has no user in it: of an end user it ends all sessions, of an application all that it may.
//! - **The name of a phone** is `SEP` and its MAC address in upper case, whoever made it; one without an address goes by
//!   its id. Users go by their id, and are found by any of their names.

mod application;
mod applications;
mod caller;
mod codes;
mod guard;
mod operate;
mod service;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use data_encoding::HEXUPPER_PERMISSIVE;
use hotdesk_core::{Device, DeviceId, MacAddress, State, User, UserName};
use smol_str::SmolStr;
use tokio::sync::Semaphore;

pub(crate) use self::applications::check as check_applications;

use self::applications::Applications;
use self::guard::Guard;
use super::app::no_head;
use super::networks::Networks;
use super::strangers::Strangers;
use super::{Peer, Phones, Settings};
use crate::config::{ConfigError, EmSection};

/// Where logins come from, for the log.
const SURFACE: &str = "em";
/// Wrong passwords of applications a minute from one source; then it is answered code 26 for the rest of the minute.
/// PINs of end users are counted on the lockout instead.
const WRONG_PER_MINUTE_MAX: u32 = 20;
/// So long after its request a program has its answer, but for half a second: many wait five seconds and would never see
/// that the cluster does not answer.
const PATIENCE: Duration = Duration::from_millis(3500);
/// So long a query waits until one before it is done.
const QUEUE: Duration = Duration::from_secs(2);
/// The largest body of a request.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Where it is served; nowhere when it is off, so that nothing tells that there could be something.
pub(super) fn routes(settings: &Settings) -> Router<Arc<Phones>> {
    if settings.em.is_none() {
        return Router::new();
    }
    let service = get(service::get).post(service::post).head(no_head);
    let application = get(application::get).post(application::post).head(no_head);
    Router::new()
        .route("/emservice/EMServiceServlet", service)
        .route("/emapp/EMAppServlet", application)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What is configured.
pub(crate) struct Em {
    applications: Applications,
    guard: Guard,
    refuse_exclusive: bool,
    check_profile: bool,
    /// For logins and logouts, which are refused when there is none.
    places: Semaphore,
    /// For queries, which wait.
    queries: Semaphore,
    wrong: Strangers,
}

impl Em {
    /// `None` where the interface is off.
    /// `base` is the URL that phones are given.
    pub(super) fn new(section: &EmSection, base: &str) -> Result<Option<Arc<Self>>, ConfigError> {
        if !section.enabled {
            return Ok(None);
        }
        let of = |key: &'static str| move |problem: String| ConfigError::of_key(key, problem);
        let applications = Applications::read(section.applications_file.as_deref());
        Ok(Some(Arc::new(Self {
            applications: applications.map_err(of("phones.em.applications_file"))?,
            guard: Guard {
                networks: Networks::parse(&section.allow).map_err(of("phones.em.allow"))?,
                allow_via: section.allow_via,
                hosts: hosts(section, base),
            },
            refuse_exclusive: section.refuse_exclusive_duration,
            check_profile: section.check_device_profile,
            places: Semaphore::new(section.concurrent_max as usize),
            queries: Semaphore::new(section.concurrent_max as usize),
            wrong: Strangers::new(WRONG_PER_MINUTE_MAX),
        })))
    }
}

/// The names under which nodes are asked: the URL's, and those of the configuration.
fn hosts(section: &EmSection, base: &str) -> Vec<String> {
    let own = base.split_once("://").map_or(base, |(_, rest)| rest);
    let all = section
        .hosts
        .iter()
        .map(String::as_str)
        .chain([guard::host_of(own)]);
    all.map(str::to_ascii_lowercase).collect()
}

/// Whether the names are names; says what is wrong.
pub(crate) fn check_hosts(section: &EmSection) -> Result<(), String> {
    if section.hosts.len() > guard::HOSTS_MAX {
        return Err(format!(
            "names {}, expected at most {}",
            section.hosts.len(),
            guard::HOSTS_MAX
        ));
    }
    let is_wrong = |host: &&String| host.is_empty() || host.contains(['/', ':', '*']);
    if let Some(host) = section.hosts.iter().find(is_wrong) {
        return Err(format!(
            "expected a name such as em.example.com, without scheme and port, found {host:?}"
        ));
    }
    Ok(())
}

/// Nothing of the applications is for a log.
impl std::fmt::Debug for Em {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Em").finish_non_exhaustive()
    }
}

/// The phone of a name as Cisco's tools have it ("SEP00562B04A1B2"), or of an id.
fn device_of<'a>(state: &'a State, name: &str) -> Option<&'a Arc<Device>> {
    let by_mac = name
        .strip_prefix("SEP")
        .and_then(|digits| MacAddress::parse(digits).ok())
        .and_then(|mac| state.device_by_mac(&mac));
    by_mac.or_else(|| state.device(&DeviceId::parse(name).ok()?))
}

/// The user of any name, as it is or percent-encoded: in answers this field is, and programs send back what they were
/// told.
fn user_of<'a>(state: &'a State, name: &str) -> Option<&'a Arc<User>> {
    let find = |name: &str| state.find_user(&UserName::parse(name).ok()?);
    find(name).or_else(|| find(&percent_decoded(name)?))
}

/// `None` when nothing is encoded, or not rightly.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    let plain = bytes.len();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(HEXUPPER_PERMISSIVE.decode(digits.as_bytes()).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    (plain < text.len()).then(|| String::from_utf8(bytes).ok())?
}

/// The name of a phone for Cisco's tools.
fn name_of(device: &Device) -> SmolStr {
    match &device.mac {
        Some(mac) => SmolStr::from(format!("SEP{}", mac.to_string().to_ascii_uppercase())),
        None => device.id.as_smol().clone(),
    }
}
