//! Two offices and a third site, 40 ms from each other, with desk phones to log in at.
//!
//! | part | what it does |
//! |---|---|
//! | `offices` | three nodes and two edges as processes, relays between them, the directory |
//! | `scripted` | a phone that sends the form over HTTP and is busy: for when calls arrive |
//! | `moves` | people who move from one office to the other, and when calls follow them |
//! | `pins` | what a PIN costs to check |
//! | `screen` | a phone of `hotdesk-phonesim`, by its keys: for what its screen shows |
//! | `seen` | when each session was in the table that the other office's node feeds |
//! | `storm` | many phones' logins in a given time |
//!
//! ```text
//!  office 1                      third site                     office 2
//!  phones ── node 1 ═══ 20 ms ═══ node 3 ═══ 20 ms ═══ node 2 ── phones
//!     │        │ ╚══════════════ 20 ms ══════════════════╝ │        │
//!     └───── edge 1 ════════════ 20 ms ════════════════ edge 2 ─────┘
//! ```
//!
//! Double lines are relays (`wan`): nodes know each other, and edges each other, by relays' addresses only.
//! Single ones are direct: an office's phones use their own node's pages and register at their own edge,
//! which is fed by that node.

pub mod moves;
pub mod offices;
pub mod pins;
pub mod screen;
pub mod scripted;
pub mod seen;
pub mod storm;

use hotdesk_phone::Vendor;

/// Offices with phones; the third node stands elsewhere.
pub const OFFICES: usize = 2;
/// Everybody's PIN.
pub const PIN: &str = "13579";

/// Somebody with a phone.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Number of the user.
    pub number: u64,
    /// Whose phones.
    pub vendor: Vendor,
    /// The only office with a phone for that person; `None`: one in each.
    pub office: Option<usize>,
}

impl Person {
    /// Offices with a phone for that person.
    pub fn offices(self) -> impl Iterator<Item = usize> {
        (0..OFFICES).filter(move |office| self.office.is_none_or(|only| only == *office))
    }

    /// The MAC address and id of that person's phone in an office.
    #[must_use]
    pub fn device(self, office: usize) -> String {
        crate::hotdesk::device(self.number, office as u64)
    }

    /// What that person types, and what is dialled to reach them.
    #[must_use]
    pub fn extension(self) -> String {
        crate::hotdesk::extension(self.number)
    }
}
