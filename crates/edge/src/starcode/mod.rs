//! Star codes over the air: an RTP socket for each call, and the dialogue that it carries.
//!
//! Whoever handles the INVITE reserves a socket at the [`Voice`], answers the offer with it, and starts the call when
//! the answer is on its way. From then on a task of its own sends a frame every 20 ms, listens for keys, and asks the
//! [`Cluster`] what the person wants. Nothing here speaks SIP: key presses in INFO requests and the BYE are handed in
//! through the [`Call`], and when it [`ends`](Ended) the caller of this module hangs up.

mod ports;
mod session;
#[cfg(test)]
mod tests;

use std::future::Future;

use hotdesk_sip::starcode::{Answer, Pin};
use smol_str::SmolStr;

pub use self::ports::{NoVoice, Place, Reserved, Settings, Voice};
pub use self::session::{Accepted, Call, Ended};

/// What star codes ask of the cluster, for the phone that calls. Each answers in its own time; after twelve seconds the
/// person hears that the service cannot be reached, and a later answer is heard by nobody.
pub trait Cluster: Send + Sync + 'static {
    /// Logs this user in at the phone.
    fn login(&self, device: SmolStr, extension: SmolStr, pin: Pin) -> impl Future<Output = Answer> + Send;

    /// Logs out whoever uses the phone.
    fn logout(&self, device: SmolStr) -> impl Future<Output = Answer> + Send;

    /// Who uses the phone?
    fn who_am_i(&self, device: SmolStr) -> impl Future<Output = Answer> + Send;
}
