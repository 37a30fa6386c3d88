//! RTP sockets: a bounded number of calls, a range of ports.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_sip::media::sdp::{self, Agreed, Local, NotAcceptable, Offer};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Accepted;

/// How many ports are tried before we say that there is none.
const TRIES_MAX: u32 = 64;

/// Bounds of the star codes' media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The ports, of which the even ones are used (RFC 3550 §11); `0..=0` lets the system choose.
    pub ports: RangeInclusive<u16>,
    /// How many calls at once. Default 64: further ones get 503.
    pub calls_max: usize,
    /// How long a call may last; then it is ended. Default 60 s.
    pub duration_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ports: 20_000..=20_255,
            calls_max: 64,
            duration_max: Duration::from_secs(60),
        }
    }
}

/// Where RTP of a call arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address to bind; unspecified for any.
    pub bind: IpAddr,
    /// The address that phones are told.
    pub advertise: IpAddr,
    /// Where the INVITE came from. A phone behind a NAT tells an address that is no good, so keys are taken from here too.
    pub signalling: IpAddr,
}

/// The sockets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Voice {
    settings: Arc<Settings>,
    free: Arc<Semaphore>,
    runtime: Handle,
}

/// There is no socket for the call.
#[derive(Debug, thiserror::Error)]
pub enum NoVoice {
    /// As many calls as may be: answer 503 with Retry-After.
    #[error("all lines of the star codes are in use")]
    Busy,
    /// No port of the range can be had: answer 500.
    #[error("no RTP port can be opened")]
    Port(#[source] io::Error),
}

/// A socket for a call that is not answered yet. Dropped, it is given back.
#[derive(Debug)]
pub struct Reserved {
    pub(super) socket: UdpSocket,
    pub(super) permit: OwnedSemaphorePermit,
    pub(super) local: Local,
    pub(super) signalling: IpAddr,
    pub(super) runtime: Handle,
    pub(super) duration_max: Duration,
}

impl Voice {
    /// The calls run on this runtime.
    #[must_use]
    pub fn new(settings: Settings, runtime: Handle) -> Self {
        let free = Arc::new(Semaphore::new(settings.calls_max));
        Self {
            settings: Arc::new(settings),
            free,
            runtime,
        }
    }

    /// A socket for a call. Does not block.
    ///
    /// # Errors
    /// When all are in use.
    pub fn reserve(&self, place: Place) -> Result<Reserved, NoVoice> {
        let permit = Arc::clone(&self.free)
            .try_acquire_owned()
            .map_err(|_| NoVoice::Busy)?;
        let socket = bind(place.bind, &self.settings.ports).map_err(NoVoice::Port)?;
        let port = socket.local_addr().map_err(NoVoice::Port)?.port();
        let local = Local {
            address: SocketAddr::new(place.advertise, port),
            session: fastrand::u32(..),
            version: 1,
        };
        Ok(Reserved {
            socket,
            permit,
            local,
            signalling: place.signalling,
            runtime: self.runtime.clone(),
            duration_max: self.settings.duration_max,
        })
    }

    /// How many calls there are.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.settings.calls_max - self.free.available_permits()
    }
}

impl Reserved {
    /// Answers the phone's offer. The answer belongs into the 200.
    ///
    /// # Errors
    /// When nothing in the offer is spoken here: 488.
    pub fn answer(self, offer: &[u8]) -> Result<(Accepted, String), NotAcceptable> {
        let offer = Offer::read(offer)?;
        let agreed = *offer.agreed();
        self.reachable(&agreed)?;
        let answer = offer.answer(&self.local);
        Ok((Accepted::new(self, agreed), answer))
    }

    /// Our own offer, for an INVITE without one; the answer comes in the ACK.
    #[must_use]
    pub fn offer(&self) -> String {
        sdp::offer(&self.local)
    }

    /// Takes the answer to our [`offer`](Self::offer).
    ///
    /// # Errors
    /// As [`Self::answer`]; the call is to be ended.
    pub fn accept(self, answer: &[u8]) -> Result<Accepted, NotAcceptable> {
        let agreed = sdp::accept(answer)?;
        self.reachable(&agreed)?;
        Ok(Accepted::new(self, agreed))
    }

    fn reachable(&self, agreed: &Agreed) -> Result<(), NotAcceptable> {
        let ours = self.local.address.is_ipv4();
        match agreed.remote {
            Some(remote) if remote.is_ipv4() != ours => Err(NotAcceptable("Address of another family")),
            _ => Ok(()),
        }
    }
}

/// Binds an even port of the range, beginning anywhere: one that has just been left may still get the last call's
/// packets.
fn bind(address: IpAddr, ports: &RangeInclusive<u16>) -> io::Result<UdpSocket> {
    let even = u32::from(*ports.start()).div_ceil(2)..=u32::from(*ports.end()) / 2;
    let count = (even.end() + 1).saturating_sub(*even.start());
    if count == 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "no even port in the range",
        ));
    }
    let first = fastrand::u32(..count);
    let mut problem = None;
    for n in 0..count.min(TRIES_MAX) {
        let half = even.start() + (first + n) % count;
        let port = u16::try_from(half * 2).expect("half of a port was halved from one");
        match UdpSocket::bind((address, port)) {
            Ok(socket) => {
                socket.set_nonblocking(true)?;
                return Ok(socket);
            }
            Err(error) => problem = Some(error),
        }
    }
    Err(problem.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}
