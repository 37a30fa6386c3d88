//! What a phone asks for.

use smol_str::SmolStr;

use crate::mac::Mac;
use crate::vendor::Vendor;

/// A request for a file, as far as recognising the phone needs it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// "GET", "HEAD", "PUT" or "POST".
    pub method: &'a str,
    /// The decoded path below the provisioning root, without a slash at the front ("001565a0b1c2.cfg").
    pub path: &'a str,
    /// The User-Agent.
    pub user_agent: Option<&'a str>,
}

/// A phone recognised by what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The family of phones.
    pub vendor: Vendor,
    /// The MAC address in the path.
    pub mac: Option<Mac>,
    /// The MAC address in the User-Agent. Another one than in the path is a wrong phone, or a lie.
    pub agent_mac: Option<Mac>,
    /// The model in the User-Agent.
    pub model: Option<SmolStr>,
    /// The firmware in the User-Agent.
    pub firmware: Option<SmolStr>,
    /// What it wants.
    pub file: File,
}

/// A kind of file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// The phone's own document, by the name asked for. Fetching the one for which [`is_last`](Self::Device::is_last)
    /// is set means that the phone has it all.
    Device {
        /// The name asked for.
        name: SmolStr,
        /// The document that carries accounts and keys, not a boot file that leads to it.
        is_last: bool,
    },
    /// The same for all phones of a model; leads to the phone's own.
    Common(SmolStr),
    /// A user's document, named by the user, for phones with a login of their own: the credentials that come with the
    /// request are user id and PIN.
    User {
        /// Who; empty where the name of the file does not say it: the user that the credentials name.
        user: SmolStr,
        /// The name asked for.
        name: SmolStr,
    },
    /// A log or override that the phone stores: taken and dropped, so that nothing of one user reaches the next.
    Upload,
    /// Phones ask for it and do without: a quiet 404.
    Absent,
}
