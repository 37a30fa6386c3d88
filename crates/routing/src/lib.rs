//! Where a call goes and who may make it. Pure.
//!
//! [`route`](route()) takes what was dialled, who dials and the office's [`DialPlan`], asks a [`Directory`], and
//! answers with a [`Decision`]; [`on_failure`] goes on from there when nobody has taken the call. Beside them:
//! [`EmergencyCalls`] remembers which phones are in an emergency, [`TrunkHealth`] which lines are usable, and
//! [`identity`] decides whose name and number the called party sees.
//!
//! What this crate never does: look at a SIP message, open a socket, read a clock, or draw a random number.
//! Time and chance are arguments.
//!
//! Start reading in `route/mod.rs`, whose table says in which order a call is decided.

#![warn(missing_docs)]

mod call;
mod decision;
pub mod emergency;
mod hours;
pub mod identity;
pub mod number;
mod person;
mod pin;
mod plan;
mod rights;
mod route;
pub mod trunk;

pub use call::{Call, Caller, HISTORY_MAX, History, Turn, Why};
pub use decision::{
    Decision, EmergencyCall, MailboxUse, Outward, Refusal, Ring, RingGroup, RingPlace, Routed, StarCode,
    VoicemailCall, Whom,
};
pub use emergency::{EmergencyCalls, EmergencyPlan};
pub use hours::{Days, Hours, HoursError};
pub use identity::{Identity, IdentityPolicy};
pub use number::{Class, ClassRule, ClassSet, NumberPlan, Pattern, PatternError};
pub use person::{CallSettings, Directory, Person, Phone, Place, RingOrder, ScheduledForward};
pub use pin::Pin;
pub use plan::{DialPlan, Hunt, NeutralPhones, Rule, StarCodes, Voicemail};
pub use rights::{OutsideHours, Rights};
pub use route::{is_star_code, on_failure, route};
pub use trunk::{Cidr, Trunk, TrunkHealth};
