//! The session state machine of Hotdesk: who is logged in at which phone, and why.
//!
//! Everything a cluster of session nodes must agree on is decided here, by one pure function:
//! [`apply`](State::apply) takes the state and one log entry (a [`Batch`] of commands) and gives each
//! command its [`Outcome`] and the [`Event`]s that happened. The same entries give the same state on every
//! replica, to the byte.
//!
//! What this crate never does: read a clock, draw a random number, open a file or a socket, iterate over a
//! map whose order depends on anything but its content. Time comes in with the entry.
//!
//! Three types to know: [`State`] (the replicated state), [`Command`] (what may be asked of it) and
//! [`Outcome`] (the answer, of which a [`Refusal`] is one). Words are those of the glossary in
//! `ARCHITECTURE.md`. Start reading in [`command`], then `apply/login.rs`.

#![warn(missing_docs)]

pub mod calls;
pub mod command;
pub mod directory;
pub mod event;
pub mod id;
pub mod mac;
pub mod outcome;
pub mod phones;
pub mod policy;
pub mod profile;
pub mod refusal;
pub mod session;
pub mod time;

mod apply;
mod invariants;
mod parts;
mod recent;
mod state;

pub use apply::Applied;
pub use calls::{CallClasses, CallRights, CallSettings, Days, Hours, OutsideHours, Ring, ScheduledForward};
pub use command::{Action, Actor, Batch, Command, RequestId};
pub use directory::{Credential, Device, Edge, Group, Hold, LoginFailures, SealedSecret, Site, User};
pub use event::{Event, EventKind};
pub use id::{
    Alias, DeviceId, DeviceNumber, EdgeId, Email, Extension, GroupId, InvalidName, Number, SiteId, UserId,
    UserName,
};
pub use invariants::Violation;
pub use mac::MacAddress;
pub use outcome::{Done, EndedSession, Outcome};
pub use phones::{
    Enrolment, EnrolmentToken, FormerSeed, SeenPhone, Shown, ShownBy, ShownReport, TokenHash, WaitingPhone,
};
pub use policy::{BusyDevice, Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};
pub use profile::{Lamp, Profile, SoftFunction, SpeedDial};
pub use recent::RecentAt;
pub use refusal::{Refusal, RowProblem};
pub use session::{EndReason, Epoch, Session};
pub use state::{ANSWERED_KEPT_MS, ANSWERED_MAX, AUDIT_MAX, Answered, Counts, Parts, StagedImport, State};
pub use time::TimeMs;
