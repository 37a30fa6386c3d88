//! An emergency call as SIP: never refused, with the phone's location and call-back number (RFC 6442, RFC 6881).

use std::sync::Arc;

use hotdesk_client::DeviceBinding;
use hotdesk_routing::identity::Towards;
use hotdesk_routing::{Decision as Way, EmergencyCall, EmergencyPlan, NumberPlan};
use hotdesk_sip::body::civic::CivicAddress;
use hotdesk_sip::body::pidf_lo::{Location, attach};
use hotdesk_sip::message::{Message, Name};
use hotdesk_sip::proxy::{Actions, Edit, Incoming};
use jiff::Timestamp;
use smol_str::SmolStr;

use super::app::App;
use super::calls::Setup;
use super::sender::{Line, Sender};
use super::targets::Aim;

impl App {
    /// Whether this is an emergency number here.
    pub(crate) fn is_emergency(&self, dialed: &str) -> bool {
        is_emergency_number(&self.plan.emergency, &self.plan.numbers, dialed)
    }

    /// Who makes an emergency call without having proved anything: the phone that From names if the edge knows it,
    /// else somebody at this address. Nobody is asked for a password before an ambulance is called.
    pub(crate) fn emergency_sender(
        &self,
        request: &Message,
        incoming: &Incoming<'_>,
        dialed: &str,
    ) -> Option<Sender> {
        if !self.is_emergency(dialed) {
            return None;
        }
        let from = request.from().ok();
        let name = from
            .as_ref()
            .and_then(|from| from.uri.user_text())
            .unwrap_or_default();
        let device = self.phone_there(incoming, &name);
        let peer = SmolStr::from(incoming.from.remote.ip().to_string());
        tracing::warn!(peer = %incoming.from, claimed = %name, "emergency call without a password");
        Some(match device {
            Some(device) => Sender::Phone(Line {
                device,
                session: None,
            }),
            None => Sender::Peer(peer),
        })
    }

    /// The phone that an unproved call seems to come from: the one whose registration came the same way, else the one
    /// that From names. A user's name says least: a phone that was evicted names its last user, who sits elsewhere
    /// by now, and the ambulance must not go there.
    fn phone_there(&self, incoming: &Incoming<'_>, name: &str) -> Option<Arc<DeviceBinding>> {
        let registered = self.locations.aor_of_flow(incoming.from);
        let registered = registered.and_then(|aor| self.device_of_aor(&aor));
        registered.or_else(|| self.table.by_device(name)).or_else(|| {
            let user = self.table.by_name(name)?;
            let mut here = user
                .bindings()
                .filter(|binding| binding.site == self.settings.site);
            self.table.by_device(&here.next()?.device)
        })
    }

    /// The call is remembered from its first attempt on, and its phone is left alone.
    pub(crate) fn emergency_begins(&self, setup: &Setup, out: &mut Actions<Self>) {
        if let Way::Emergency(call) = &setup.routed.decision {
            let call_id = String::from_utf8_lossy(&setup.call_id);
            if let Some(notice) = self.emergency.begin(call, &call_id) {
                self.metrics.emergency();
                self.tell_of_emergency(&notice, out);
            }
        }
    }

    /// The call by one trunk: to the number it knows, from the number under which the phone can be called back, with
    /// the place where the phone stands.
    pub(crate) fn emergency_aim(&self, setup: &Setup, call: &EmergencyCall, trunk: &SmolStr) -> Option<Aim> {
        let call_id = String::from_utf8_lossy(&setup.call_id);
        let call_back = self.emergency.call_back_of(&call_id);
        let towards = Towards::Emergency;
        let edits = self.identity_edits(&setup.dialled.caller, &setup.asked, towards, call_back.as_deref());
        let mut aim = self.trunk_aim(trunk, &call.number, edits)?;
        aim.target.edits.extend(self.location_edits(setup, call));
        Some(aim)
    }

    /// The location as a body beside the phone's own. What the phone says of its location itself is taken out: it
    /// may be where its user lives.
    fn location_edits(&self, setup: &Setup, call: &EmergencyCall) -> Vec<Edit> {
        let Some(request) = setup.request.as_ref().filter(|_| !call.location.is_empty()) else {
            return Vec::new();
        };
        let phone = call.phone.as_ref();
        let device = phone.map_or("edge", |phone| &phone.device);
        let uri = SmolStr::from(format!("sip:{device}@{}", self.settings.domain));
        let location = Location {
            entity: uri.clone(),
            device: uri,
            address: CivicAddress::parse(&call.location),
            desk: phone.map(|phone| phone.desk.clone()).unwrap_or_default(),
            timestamp: SmolStr::from(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        };
        let mut located = request.clone();
        let unique = format!("{:016x}@{}", fastrand::u64(..), self.settings.domain);
        attach(&mut located, &location, &unique, true);
        let mut edits = vec![
            Edit::Remove(Name::Geolocation),
            Edit::Remove(Name::GeolocationRouting),
        ];
        for name in [Name::Geolocation, Name::GeolocationRouting, Name::MimeVersion] {
            let header = located.header(&name);
            edits.extend(header.map(|header| Edit::Set(header.clone())));
        }
        let content_type = located.text(&Name::ContentType).unwrap_or_default();
        edits.push(Edit::Body {
            content_type: SmolStr::from(content_type.as_ref()),
            body: located.body().clone(),
        });
        edits
    }
}

/// Asks the routing table itself, with a caller of whom nothing is known.
pub(crate) fn is_emergency_number(plan: &EmergencyPlan, numbers: &NumberPlan, dialed: &str) -> bool {
    hotdesk_routing::emergency::is_emergency(plan, numbers, dialed)
}
