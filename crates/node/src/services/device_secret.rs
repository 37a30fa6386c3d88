//! The password of a phone's own SIP account: set, generated, removed.

use hotdesk_core::{Action, DeviceId, Done};
use hotdesk_proto::convert::{name, required};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use hotdesk_proto::v1::set_device_secret_request::Secret;
use zeroize::Zeroizing;

use super::call::Call;
use super::request::{actor, request_id};
use super::{Error, Shared};
use crate::lines::check_password;
use crate::telemetry::{self, note};

pub(super) async fn set(
    shared: &Shared,
    call: Call,
    mut request: v1::SetDeviceSecretRequest,
) -> Result<v1::SetDeviceSecretResponse, Error> {
    // Taken out first of all, so that a password is wiped whatever happens next.
    let wish = match request.secret.take() {
        Some(Secret::Password(password)) => Some(Wish::Password(Zeroizing::new(password))),
        Some(Secret::Generate(_)) => Some(Wish::Generate),
        Some(Secret::Remove(_)) => Some(Wish::Remove),
        None => None,
    };
    let device: DeviceId = name("device", &request.device)?;
    note(telemetry::DEVICE_ID, &device);
    let id = request_id(&request.request_id)?;
    let wish = required("secret", wish, "a password, generate or remove")?;
    let lines = shared.lines.as_ref().ok_or(Failure::NoLineKey)?;
    // The seed of a generated password is kept: documents for the phone are made from it.
    let (sealed, seed, generated) = match wish {
        Wish::Remove => (None, None, None),
        Wish::Password(password) => {
            check_password(&password)?;
            (Some(lines.seal(&device, &password)), None, None)
        }
        Wish::Generate => {
            let password = lines.generate(&device, id);
            (Some(lines.seal(&device, &password)), Some(id.0), Some(password))
        }
    };
    let action = Action::SetDeviceSecret {
        device: device.clone(),
        sealed,
        keeps_former: seed.is_some() && !request.revoke,
        seed,
    };
    let by = actor(&request.by, shared.node_id);
    let decided = shared.propose(call.deadline, by, Some(id), action).await?;
    match decided.done {
        Done::Put { .. } => Ok(v1::SetDeviceSecretResponse {
            password: generated.map_or_else(String::new, |password| password.as_str().to_owned()),
            username: device.to_string(),
            domain: lines.domain.clone(),
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

/// What is to become of the password.
enum Wish {
    Password(Zeroizing<String>),
    Generate,
    Remove,
}
