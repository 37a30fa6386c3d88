//! The first contact of a phone with a one-time token: it is put into the directory and given a password.

use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::{Action, Actor, Device, DeviceId, MacAddress, Refusal, RequestId, State};
use hotdesk_phone::{Recognised, Vendor};
use ring::digest::{SHA256, digest};
use smol_str::{SmolStr, format_smolstr};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::refused::{Refused, Result};
use crate::lines::token_hash;
use crate::phones::Phones;
use crate::services::{Error, new_request_id};

/// How long the two entries may take.
const WITHIN: Duration = Duration::from_secs(5);

/// One phone at a time: phones ask for several files at once, and each would begin the same.
#[derive(Default)]
pub(in crate::phones) struct Enrolments(Mutex<()>);

impl Phones {
    /// Puts the phone into the directory, at the token's site, and gives it a password; what was done before is not
    /// done again. Gives its record.
    pub(super) async fn enrol(
        &self,
        token: &str,
        mac: MacAddress,
        recognised: &Recognised,
    ) -> Result<Arc<Device>> {
        let _turn = self.enrolments.0.lock().await;
        let deadline = Instant::now() + WITHIN;
        let enrol = Action::EnrolDevice {
            token_hash: token_hash(token),
            mac,
            vendor_model: model(recognised),
        };
        let by = self.actor();
        match self
            .shared
            .propose(deadline, by, Some(new_request_id()), enrol)
            .await
        {
            Ok(_) => {}
            Err(Error::Refusal(
                refusal @ (Refusal::UnknownEnrolmentToken { .. } | Refusal::EnrolmentTokenExpired { .. }),
            )) => return Err(Refused::token_not_good(&refusal, mac)),
            Err(error) => return Err(not_done(&error)),
        }
        let state = self.caught_up(deadline).await?;
        let device = found(&state, mac)?;
        // A password that an administrator has set is nobody's to replace; that it is not a generated one is said when
        // the document is made.
        if device.secret.is_some() {
            return Ok(device);
        }
        let id = secret_id(&device, mac);
        let action = self.new_secret(&device.id, id)?;
        self.decide(deadline, id, action).await?;
        tracing::info!(
            device_id = device.id.as_str(),
            site_id = device.site.as_str(),
            vendor = recognised.vendor.name(),
            "phone put into the directory by an enrolment token"
        );
        found(&self.caught_up(deadline).await?, mac)
    }

    fn new_secret(&self, device: &DeviceId, id: RequestId) -> Result<Action> {
        let lines = self.shared.lines.as_ref();
        let lines = lines.ok_or_else(|| Refused::no_desk(crate::phones::desk::NoDesk::LineKey))?;
        Ok(Action::SetDeviceSecret {
            device: device.clone(),
            sealed: Some(lines.seal(device, &lines.generate(device, id))),
            seed: Some(id.0),
            keeps_former: false,
        })
    }

    async fn decide(&self, deadline: Instant, id: RequestId, action: Action) -> Result<()> {
        let proposed = self
            .shared
            .propose(deadline, self.actor(), Some(id), action)
            .await;
        proposed.map(drop).map_err(|error| not_done(&error))
    }

    fn actor(&self) -> Actor {
        Actor(format_smolstr!("node:{}", self.shared.node_id))
    }

    async fn caught_up(&self, deadline: Instant) -> Result<State> {
        self.shared
            .catch_up(deadline)
            .await
            .map_err(|error| unreachable(&error))
    }
}

/// The same at every node: two that are asked by one phone at the same time must not give it two passwords, of which
/// the one that it was told first is worth nothing. Another one each time the phone is put into the directory.
fn secret_id(device: &Device, mac: MacAddress) -> RequestId {
    let text = format!("enrol {mac} {}", device.enrolment.open_until.0);
    let hash = digest(&SHA256, text.as_bytes());
    let id = hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
    RequestId(u128::from_be_bytes(*id))
}

fn not_done(error: &Error) -> Box<Refused> {
    match error {
        Error::Refusal(refusal) => Refused::enrolment_refused(refusal.to_string()),
        Error::Failure(_) => unreachable(error),
    }
}

fn unreachable(error: &Error) -> Box<Refused> {
    Refused::try_again(format!(
        "the phone could not be put into the directory now ({})",
        error.name()
    ))
}

fn found(state: &State, mac: MacAddress) -> Result<Arc<Device>> {
    let device = state.device_by_mac(&mac).map(Arc::clone);
    device.ok_or_else(|| Refused::try_again("the phone was deleted in the meantime".into()))
}

/// "yealink-t54w": what the phone says it is, so that its maker can be told from it.
fn model(recognised: &Recognised) -> SmolStr {
    let vendor = recognised.vendor;
    let Some(model) = &recognised.model else {
        return vendor.name().into();
    };
    let plain: String = model
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    if Vendor::of_model(&plain) == vendor {
        return plain.into();
    }
    format_smolstr!("{}-{}", vendor.name(), plain.trim_matches('-'))
}
