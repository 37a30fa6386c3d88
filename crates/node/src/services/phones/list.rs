//! All phones, with what they show.

use hotdesk_core::{Device, DeviceId, Refusal, SiteId, State};
use hotdesk_phone::Vendor;
use hotdesk_proto::convert::optional_name;
use hotdesk_proto::v1;
use hotdesk_proto::v1::PhoneState;

use crate::services::call::Call;
use crate::services::lookup::shown_device;
use crate::services::page::page;
use crate::services::request::consistency;
use crate::services::{Error, Shared};

pub(super) async fn phones(
    shared: &Shared,
    call: Call,
    request: v1::ListPhonesRequest,
) -> Result<v1::ListPhonesResponse, Error> {
    let after: Option<DeviceId> = optional_name("after", &request.after)?;
    let site: Option<SiteId> = optional_name("site", &request.site)?;
    let states = request
        .states
        .iter()
        .map(|number| state_of_number(*number))
        .collect::<Result<Vec<_>, _>>()?;
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    if let Some(site) = site.as_ref().filter(|site| state.site(site).is_none()) {
        return Err(Refusal::UnknownSite { site: site.clone() }.into());
    }
    let wanted = state
        .devices_after(after.as_ref())
        .filter(|device| site.as_ref().is_none_or(|site| device.site == *site))
        .map(|device| phone(&state, device))
        .filter(|phone| states.is_empty() || states.contains(&phone.state()));
    let (phones, more) = page(wanted, request.limit);
    Ok(v1::ListPhonesResponse {
        phones,
        more,
        freshness: Some(freshness),
    })
}

fn state_of_number(number: i32) -> Result<PhoneState, Error> {
    match PhoneState::try_from(number) {
        Ok(PhoneState::Unspecified) | Err(_) => Err(Error::invalid(
            "states",
            format!("must be states of phones (1 to 5), got {number}"),
        )),
        Ok(state) => Ok(state),
    }
}

/// A phone as it is now.
fn phone(state: &State, device: &Device) -> v1::Phone {
    let wanted = state.wanted_stamp(&device.id);
    v1::Phone {
        device: Some(shown_device(device)),
        vendor: Vendor::of_model(&device.model).name().into(),
        session: state.session_at(&device.id).map(|session| (&**session).into()),
        wanted_stamp: wanted,
        state: how_far(device, wanted).into(),
    }
}

/// How far a phone is that should show what was wanted last.
fn how_far(device: &Device, wanted: u64) -> PhoneState {
    match (device.shown, &device.trouble) {
        _ if device.secret_seed.is_none() => PhoneState::NotEnrolled,
        (Some(shown), _) if shown.stamp >= wanted => PhoneState::Shown,
        (_, Some(_)) => PhoneState::GaveUp,
        (None, None) => PhoneState::WaitingForFirstContact,
        (Some(_), None) => PhoneState::Loading,
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::{Shown, ShownBy, TimeMs};

    use super::*;

    #[test]
    fn how_far_a_phone_is_follows_from_what_it_shows_and_what_it_should() {
        let shown = |stamp| {
            Some(Shown {
                stamp,
                at: TimeMs(1),
                how: ShownBy::Document,
            })
        };
        for (seed, shown, trouble, expected) in [
            (None, shown(7), None, PhoneState::NotEnrolled),
            (Some(1), None, None, PhoneState::WaitingForFirstContact),
            (Some(1), None, Some("tried"), PhoneState::GaveUp),
            (Some(1), shown(6), None, PhoneState::Loading),
            (Some(1), shown(6), Some("tried"), PhoneState::GaveUp),
            (Some(1), shown(7), None, PhoneState::Shown),
            (Some(1), shown(8), Some("an old one"), PhoneState::Shown),
        ] {
            let device = Device {
                secret_seed: seed,
                shown,
                trouble: trouble.map(Into::into),
                ..Device::new("chi-1".parse().unwrap(), "chicago".parse().unwrap())
            };
            assert_eq!(how_far(&device, 7), expected, "{seed:?} {shown:?} {trouble:?}");
        }
    }
}
