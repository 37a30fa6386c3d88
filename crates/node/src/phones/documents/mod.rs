//! Documents: who asks, for what, and the answer.
//!
//! A request goes through `recognise` (which family of phones, which file), `identify` (which phone of the directory, and
//! how it has shown to be that one), and for a document of a phone that nobody knows through `enrol`. What it gets is
//! rendered from this node's copy, however old that is: a phone that is cut off with its office still shows what it
//! should.

mod answer;
mod enrol;
mod identify;
mod recognise;
mod refused;
mod user;

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State as Extract};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use futures::StreamExt as _;
use hotdesk_cluster::Local;
use hotdesk_core::Device;
use hotdesk_phone::{Desk, File, Recognised, Vendor, adapter};

use self::identify::{Identified, Proof};
use self::refused::{Refused, Result};
use super::serve::masked;
use super::{Peer, Phones};

pub(super) use answer::tagged;
pub(super) use enrol::Enrolments;
pub(super) use identify::address;

/// The longest name of a file; no adapter gives one of more than a quarter of that.
const NAME_BYTES_MAX: usize = 256;
/// The longest User-Agent that is looked at.
const AGENT_BYTES_MAX: usize = 512;
/// What a phone may store, in bytes: the log of a phone is some hundred kilobytes. It is dropped.
const UPLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Where documents are.
pub(super) fn routes() -> Router<Arc<Phones>> {
    Router::new()
        .route("/p/{token}/{*file}", any(with_token))
        .route("/e/{token}/{*file}", any(with_enrolment_token))
        .route("/{*file}", any(without))
}

/// By which path a request came.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// `/p/<token>/`: the phone's own.
    Own(String),
    /// `/e/<token>/`: the first contact, with a token that an administrator gave out.
    Enrolment(String),
    /// Any other: the first contact.
    Bare,
}

/// A request for a file.
struct Asked<'a> {
    phones: &'a Phones,
    peer: &'a Peer,
    way: Way,
    name: &'a str,
    method: &'a Method,
    headers: &'a HeaderMap,
    at: Instant,
}

async fn with_token(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path((token, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(&phones, &peer, Way::Own(token), &name, request).await
}

async fn with_enrolment_token(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path((token, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer(&phones, &peer, Way::Enrolment(token), &name, request).await
}

async fn without(
    Extract(phones): Extract<Arc<Phones>>,
    Extension(peer): Extension<Peer>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    answer(&phones, &peer, Way::Bare, &name, request).await
}

async fn answer(phones: &Phones, peer: &Peer, way: Way, name: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // Phones that add "/<file>" to an address that ends with a slash.
    let name = name.trim_start_matches('/');
    let asked = Asked {
        phones,
        peer,
        way,
        name,
        method: &parts.method,
        headers: &parts.headers,
        at: Instant::now(),
    };
    let local = phones.shared.cluster.local();
    let recognised = if name.len() <= NAME_BYTES_MAX {
        asked.recognise(&local.state)
    } else {
        None
    };
    let vendor = recognised.as_ref().map(|recognised| recognised.vendor);
    let result = asked.decide(&local, recognised, body).await;
    let outcome = match &result {
        Ok(response) if response.status() == StatusCode::NOT_MODIFIED => "unchanged",
        Ok(_) => "served",
        Err(refused) => refused.outcome,
    };
    phones.shared.metrics.phones.document(vendor, outcome);
    result.unwrap_or_else(|refused| {
        asked.log(&refused, vendor);
        refused.into_response()
    })
}

impl Asked<'_> {
    async fn decide(&self, local: &Local, recognised: Option<Recognised>, body: Body) -> Result<Response> {
        if local.index == 0 {
            return Err(Refused::not_ready());
        }
        let stores = matches!(*self.method, Method::PUT | Method::POST);
        if !stores && !matches!(*self.method, Method::GET | Method::HEAD) {
            return Err(Refused::method());
        }
        let Some(recognised) = recognised else {
            self.is_stranger()?;
            return Err(self.unrecognised(&local.state));
        };
        match &recognised.file {
            File::Absent => Err(Refused::absent()),
            File::Upload => {
                if self.own_phone(&local.state).is_none() {
                    self.is_stranger()?;
                }
                drop_upload(body).await
            }
            _ if stores => Err(Refused::method()),
            File::Device { name, is_last } => {
                let phone = self.identify_or_enrol(local, &recognised).await?;
                let local = self.copy_with_phone(local, &phone);
                self.document(&local, &recognised, &phone, name, *is_last)
            }
            File::Common(name) => {
                let phone = self.identify_or_enrol(local, &recognised).await?;
                let local = self.copy_with_phone(local, &phone);
                self.document(&local, &recognised, &phone, name, false)
            }
            File::User { user, name } => {
                let phone = self.identify_or_enrol(local, &recognised).await?;
                self.vendor_fits(&phone.device, &recognised)?;
                let local = self.copy_with_phone(local, &phone);
                let fresh = self.log_in(&local, &phone, &recognised, (user, name)).await?;
                self.document(fresh.as_ref().unwrap_or(&local), &recognised, &phone, name, true)
            }
        }
    }

    /// What asks for a document's head only must change nothing (RFC 9110 §9.2.1): neither log anybody in nor put a phone
    /// into the directory.
    fn may_change(&self) -> Result<()> {
        match *self.method {
            Method::GET => Ok(()),
            _ => Err(Refused::only_get()),
        }
    }

    /// The copy to make the phone's document from: the one that the request found, or the present one when the phone was
    /// put into the directory in the meantime, which has been waited for.
    fn copy_with_phone(&self, local: &Local, phone: &Identified) -> Local {
        if phone.device.changed > local.index {
            return self.phones.shared.cluster.local();
        }
        local.clone()
    }

    /// Counts a request that has not shown whose phone it is.
    fn is_stranger(&self) -> Result<()> {
        let counted = self.phones.strangers.let_in(self.peer.address, self.at);
        counted.map_err(Refused::too_often)
    }

    /// The document of a phone, from the copy.
    fn document(
        &self,
        local: &Local,
        recognised: &Recognised,
        phone: &Identified,
        name: &str,
        is_last: bool,
    ) -> Result<Response> {
        self.vendor_fits(&phone.device, recognised)?;
        // The record may be older than the copy: a login may lie in between.
        let device = local.state.device(&phone.device.id).unwrap_or(&phone.device);
        let mut desk = self.phones.desk(&local.state, device).map_err(Refused::no_desk)?;
        if let Some(problem) = self.phones.settings.stands_in(&device.site) {
            tracing::warn!(
                device_id = device.id.as_str(),
                site_id = device.site.as_str(),
                problem,
                "a phone of another office gets this office's addresses"
            );
        }
        fill_in(&mut desk, recognised);
        let document = adapter(recognised.vendor)
            .render(name, &desk)
            .map_err(Refused::render)?;
        if local.cut_off {
            tracing::info!(
                device_id = device.id.as_str(),
                age_ms = u64::try_from(local.age.as_millis()).unwrap_or(u64::MAX),
                "document made from a copy that is cut off from the cluster"
            );
        }
        let response = answer::conditional(self.headers, &desk, document);
        if *self.method == Method::GET {
            // A phone that came in without proof is not known to have the document until it has come again with its
            // token: the edge tells it to, as soon as it registers, and that closes its window. A Cisco cannot keep
            // the token.
            let is_proven = phone.proof != Proof::Window;
            if is_last && (is_proven || recognised.vendor == Vendor::Cisco) {
                self.phones.fetched(&device.id, desk.stamp);
            }
            // As long as it comes with the former one, it may not know another.
            let has_newest = is_proven && phone.proof != Proof::FormerToken;
            if has_newest && (device.enrolment.open_until.0 > 0 || !device.former_seeds.is_empty()) {
                self.phones.reporter.enrolled(&device.id);
            }
        }
        tracing::debug!(
            device_id = device.id.as_str(),
            vendor = recognised.vendor.name(),
            file = name,
            stamp = desk.stamp,
            status = response.status().as_u16(),
            "document"
        );
        Ok(response)
    }

    /// A phone of another maker than the directory says would get what it cannot read.
    fn vendor_fits(&self, device: &Device, recognised: &Recognised) -> Result<()> {
        let known = Vendor::of_model(&device.model);
        if matches!(known, Vendor::Generic) || known == recognised.vendor {
            return Ok(());
        }
        Err(Refused::other_vendor(&device.id, known, recognised.vendor))
    }

    fn agent(&self) -> Option<&str> {
        let agent = self.headers.get(header::USER_AGENT)?.to_str().ok()?;
        Some(agent).filter(|agent| agent.len() <= AGENT_BYTES_MAX)
    }

    fn log(&self, refused: &Refused, vendor: Option<Vendor>) {
        let (address, file) = (self.peer.address, masked(self.name));
        let file = &*file;
        let vendor = vendor.map_or("unknown", Vendor::name);
        let (reason, why) = (refused.outcome, refused.sentence.as_str());
        let device_id = refused.device.as_ref().map(|device| device.as_str());
        if refused.is_suspicious {
            tracing::warn!(%address, vendor, file, device_id, reason, why, "phone turned away");
        } else if refused.is_quiet {
            tracing::debug!(%address, vendor, file, reason, "no document");
        } else {
            tracing::info!(%address, vendor, file, device_id, reason, why, "no document for a phone");
        }
    }
}

/// What the directory does not say of a phone, its request does.
fn fill_in(desk: &mut Desk, recognised: &Recognised) {
    if !matches!(desk.device.vendor, Vendor::Generic) {
        return;
    }
    desk.device.vendor = recognised.vendor;
    if let (true, Some(model)) = (desk.device.model.is_empty(), &recognised.model) {
        desk.device.model = model.clone();
    }
}

/// Takes what a phone stores, and drops it: nothing of one user is to reach the next.
async fn drop_upload(body: Body) -> Result<Response> {
    let mut stream = body.into_data_stream();
    let mut bytes = 0;
    while let Some(part) = stream.next().await {
        bytes += part.as_ref().map_or(0, Bytes::len);
        if part.is_err() || bytes > UPLOAD_BYTES_MAX {
            return Err(Refused::too_large(UPLOAD_BYTES_MAX));
        }
    }
    Ok(StatusCode::OK.into_response())
}
