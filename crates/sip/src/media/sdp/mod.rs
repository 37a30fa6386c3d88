//! Session descriptions (RFC 8866), offer and answer (RFC 3264): one stream of G.711 with key events.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::net::SocketAddr;

use super::g711::Codec;
use read::Section;

/// Where we send and receive, and how the description is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Our RTP address as the phone reaches it.
    pub address: SocketAddr,
    /// Names the session for its whole life (`o=`).
    pub session: u32,
    /// Grows with each description sent (RFC 3264 §8).
    pub version: u32,
}

/// What both ends agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The codec.
    pub codec: Codec,
    /// Its payload type; the phone may have given another than the static one.
    pub payload_type: u8,
    /// The payload type of key events, when the phone sends any.
    pub key_events: Option<u8>,
    /// Where the phone receives; `None` while it holds the call the old way (address 0.0.0.0).
    pub remote: Option<SocketAddr>,
    /// Whether we may send.
    pub sends: bool,
    /// Whether the phone may send.
    pub receives: bool,
}

/// There is nothing in the description that we speak: answer 488 with this phrase (RFC 3261 §21.4.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAcceptable(pub &'static str);

impl NotAcceptable {
    /// The status to answer with.
    pub const STATUS: u16 = 488;
}

/// An offer that was read, and in which we found a stream.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    sections: Vec<Section<'a>>,
    chosen: usize,
    agreed: Agreed,
}

impl<'a> Offer<'a> {
    /// Reads an offer and chooses the first audio stream over plain RTP that has PCMU or PCMA, and of these the
    /// codec that stands first there.
    ///
    /// # Errors
    /// When it is no description, or has no such stream: encrypted media (SRTP), other codecs, names in place
    /// of addresses.
    pub fn read(description: &'a [u8]) -> Result<Self, NotAcceptable> {
        let sections = read::sections(description)?;
        let mut why = NotAcceptable("No audio offered");
        for (chosen, section) in sections.iter().enumerate() {
            match section.agree() {
                Ok(agreed) => {
                    return Ok(Self {
                        sections,
                        chosen,
                        agreed,
                    });
                }
                Err(problem) if section.is_audio() => why = problem,
                Err(_) => {}
            }
        }
        Err(why)
    }

    /// What it comes to when it is answered.
    #[must_use]
    pub const fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    /// The answer, as `application/sdp`: our stream in its place, all others refused.
    #[must_use]
    pub fn answer(&self, local: &Local) -> String {
        write::answer(self, local)
    }
}

/// An offer of our own, for an INVITE that came without one (RFC 3261 §13.2.1): both codecs and key events.
#[must_use]
pub fn offer(local: &Local) -> String {
    write::offer(local)
}

/// Reads the answer to our [`offer`], which comes with the ACK.
///
/// # Errors
/// As [`Offer::read`].
pub fn accept(description: &[u8]) -> Result<Agreed, NotAcceptable> {
    Ok(*Offer::read(description)?.agreed())
}
