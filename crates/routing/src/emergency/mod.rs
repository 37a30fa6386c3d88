//! Emergency calls: which numbers, which way, and what is remembered of them.

mod calls;
mod codec;
mod notice;

use std::time::Duration;

use smol_str::SmolStr;

use crate::number::Dialed;
use crate::{NumberPlan, Pattern, StarCodes};

pub use calls::{Begun, CALLS_MAX, EmergencyCalls, Hold};
pub use codec::DecodeError;
pub use notice::EmergencyNotice;

/// Whether what was dialled is an emergency number of the office, a test number too. The same look that
/// [`route`](crate::route()) takes, for those who must know before they know who calls.
#[must_use]
pub fn is_emergency(plan: &EmergencyPlan, numbers: &NumberPlan, dialed: &str) -> bool {
    let dialed = Dialed::read(numbers, &StarCodes::default(), dialed);
    dialed.emergency(plan, numbers).is_some()
}

/// An office's emergency numbers and routes. They are in the edge's configuration, so they work without a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyPlan {
    /// Numbers: "911", "112".
    pub numbers: Vec<SmolStr>,
    /// Test numbers ("933"): routed like the others, but they open no window and warn nobody.
    pub test_numbers: Vec<SmolStr>,
    /// What is sent for `urn:service:sos` and services below it.
    pub sos_number: SmolStr,
    /// The trunks, in order; empty: all trunks that there are, in the order of the configuration.
    pub trunks: Vec<SmolStr>,
    /// The address where the directory has none for phone and site.
    pub location: SmolStr,
    /// The number that the emergency service calls back where the phone has none of its own and no other is free; E.164 with `+`.
    pub main_number: Option<SmolStr>,
    /// Which callers' calls to the main number are taken for a call-back; `None`: everybody's, for as long as a
    /// window is open.
    pub main_number_callers: Option<Pattern>,
    /// Numbers that lead to one phone, beside those that phones have by the directory ([`Phone::number`](crate::Phone)).
    pub call_back: Vec<CallBackNumber>,
    /// For so long after the call its phone is held and called back.
    pub window: Duration,
}

/// A number under which the emergency service reaches a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallBackNumber {
    /// E.164 with `+`.
    pub number: SmolStr,
    /// The phone whose number it always is; `None`: it is lent to whichever phone without a number makes an emergency
    /// call.
    pub device: Option<SmolStr>,
}

impl Default for EmergencyPlan {
    fn default() -> Self {
        Self {
            numbers: vec!["911".into(), "112".into()],
            test_numbers: vec!["933".into()],
            sos_number: "911".into(),
            trunks: Vec::new(),
            location: SmolStr::default(),
            main_number: None,
            main_number_callers: None,
            call_back: Vec::new(),
            window: Duration::from_secs(30 * 60),
        }
    }
}
