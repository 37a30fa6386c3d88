//! Cisco's Extension Mobility interface: a service for programs, and an application for phones. Off unless configured.
//!
//! | path | what |
//! |---|---|
//! | `/emservice/EMServiceServlet` | programs log people in and out and ask who is where; `xml` as form field (POST) or in the query (GET) |
//! | `/emapp/EMAppServlet` | the login pages of Cisco phones that name themselves by `device=SEP<MAC>` |
//!
//! Both end in the same login as every other surface, so PINs are counted on one lockout, and by address. Nobody gets further than
//! their address allows (`phones.em.allow`), and a request through a proxy is refused unless `phones.em.allow_via`
//! says otherwise: the address would be the proxy's.
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
//! | 3 | user id or password is wrong |
//! | 4 | the user is disabled or locked or may not use this phone, or an emergency call holds it |
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
//! | 26 | more requests at a time than `phones.em.concurrent_max`, the node is overloaded, or too many wrong PINs or 20 wrong passwords of applications came from the address within a minute |
//! | 28 | the address, or the one that a trusted application passes on, is not in `phones.em.allow`; or a browser says that a page asks |
//! | 30 | the request, or the phone's own as a trusted application says, came through a proxy |
//! | 41 | the end user has no PIN yet |
//!
//! These cannot occur: 20, 21 (a phone's state is never unreadable), 27 (PINs do not expire), 29 (registrations are at
//! the edge), 31 to 33, 35 to 38 and 42 to 46 (offices are one cluster; nobody roams between several), 39, 40 (inside
//! the application only), 47 (an extension belongs to one user).
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
mod operate;
mod service;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::get;
use hotdesk_core::{Device, DeviceId, MacAddress, State, User, UserName};
use hotdesk_phone::em::Code;
use smol_str::SmolStr;
use tokio::sync::Semaphore;

use self::applications::Applications;
use super::networks::Networks;
use super::strangers::Strangers;
use super::{Peer, Phones};
use crate::config::{ConfigError, EmSection};

/// Where logins come from, for the log.
const SURFACE: &str = "em";
/// Wrong passwords of applications a minute from one source; then it is answered code 26 for the rest of the minute.
/// PINs of end users are counted on the lockout instead.
const WRONG_PER_MINUTE_MAX: u32 = 20;
/// The largest body of a request.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Where it is served.
pub(super) fn routes() -> Router<Arc<Phones>> {
    Router::new()
        .route(
            "/emservice/EMServiceServlet",
            get(service::get).post(service::post),
        )
        .route(
            "/emapp/EMAppServlet",
            get(application::get).post(application::post),
        )
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What is configured.
pub(crate) struct Em {
    applications: Applications,
    networks: Networks,
    allow_via: bool,
    refuse_exclusive: bool,
    check_profile: bool,
    places: Arc<Semaphore>,
    wrong: Strangers,
}

impl Em {
    /// `None` where the interface is off.
    pub(super) fn new(section: &EmSection) -> Result<Option<Arc<Self>>, ConfigError> {
        if !section.enabled {
            return Ok(None);
        }
        let of = |key: &'static str| move |problem: String| ConfigError::of_key(key, problem);
        let applications = Applications::read(section.applications_file.as_deref());
        Ok(Some(Arc::new(Self {
            applications: applications.map_err(of("phones.em.applications_file"))?,
            networks: Networks::parse(&section.allow).map_err(of("phones.em.allow"))?,
            allow_via: section.allow_via,
            refuse_exclusive: section.refuse_exclusive_duration,
            check_profile: section.check_device_profile,
            places: Arc::new(Semaphore::new(section.concurrent_max as usize)),
            wrong: Strangers::new(WRONG_PER_MINUTE_MAX),
        })))
    }

    /// Whether a request from there is looked at.
    fn admit(&self, peer: &Peer, headers: &HeaderMap) -> Result<(), Code> {
        // A page of another site must not have a browser in one of our networks log people out. No page of ours asks
        // here, so one that seems to be ours has had its site's name point to us.
        if !self.networks.contain(peer.address) || is_of_a_page(headers) {
            return Err(Code::UntrustedAddress);
        }
        if !self.allow_via && headers.contains_key("via") {
            return Err(Code::Proxy);
        }
        Ok(())
    }
}

/// Whether a browser says that a page asks, and not somebody who typed the address. Browsers say nothing of a GET over
/// plain HTTP.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    headers.contains_key(header::ORIGIN) || site.is_some_and(|site| site != b"none")
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

/// The user of any name.
fn user_of<'a>(state: &'a State, name: &str) -> Option<&'a Arc<User>> {
    state.find_user(&UserName::parse(name).ok()?)
}

/// The name of a phone for Cisco's tools.
fn name_of(device: &Device) -> SmolStr {
    match &device.mac {
        Some(mac) => SmolStr::from(format!("SEP{}", mac.to_string().to_ascii_uppercase())),
        None => device.id.as_smol().clone(),
    }
}
