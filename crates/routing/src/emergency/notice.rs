//! Whom to tell of an emergency call (Kari's Law: 47 U.S.C. § 623, 47 CFR § 9.16).

use jiff::Timestamp;
use smol_str::SmolStr;

use crate::EmergencyCall;

/// An emergency call has been made from here. For people at the front desk, who meet the ambulance: log,
/// webhook, message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyNotice {
    /// When.
    pub at: Timestamp,
    /// What was dialled, without prefix.
    pub number: SmolStr,
    /// The phone.
    pub device: Option<SmolStr>,
    /// The desk at which it stands.
    pub desk: Option<SmolStr>,
    /// The site.
    pub site: SmolStr,
    /// The address that was sent.
    pub location: SmolStr,
    /// The user who was logged in there.
    pub user: Option<SmolStr>,
    /// The number that the emergency service calls back.
    pub call_back: Option<SmolStr>,
}

impl EmergencyNotice {
    /// Of a call at this edge; `None` for a test call.
    #[must_use]
    pub fn of(site: &str, call: &EmergencyCall, call_back: Option<&str>, at: Timestamp) -> Option<Self> {
        if call.test {
            return None;
        }
        let phone = call.phone.as_ref();
        Some(Self {
            at,
            number: call.number.clone(),
            device: phone.map(|phone| phone.device.clone()),
            desk: phone.map(|phone| phone.desk.clone()),
            site: phone.map_or_else(|| site.into(), |phone| phone.site.clone()),
            location: call.location.clone(),
            user: call.user.clone(),
            call_back: call_back.map(SmolStr::new),
        })
    }
}
