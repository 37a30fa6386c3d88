//! As much media as a spoken dialogue with a phone needs: SDP, RTP, key tones, prompts. No sockets, no clock.
//!
//! The edge relays no media of calls between people. Only when a phone calls a star code does it speak itself:
//! [`sdp`] agrees on G.711 and key events, [`Player`] makes a frame every 20 ms, [`Outgoing`] puts it into a
//! packet, and [`KeyDecoder`] reads the keys pressed.
//!
//! What is missing on purpose: SRTP, ICE, other codecs, echo cancelling, and key tones inside the sound; phones that send
//! keys neither as RFC 4733 events nor as SIP INFO cannot use the dialogue (they can dial `*11*EXTENSION*PIN`).

mod digit;
mod g711;
mod info;
mod keys;
mod player;
mod prompt;
mod rtp;
pub mod sdp;
mod tone;

pub use self::digit::Digit;
pub use self::g711::{Codec, alaw_encode, alaw_of_ulaw, ulaw_decode, ulaw_encode};
pub use self::info::info_digit;
pub use self::keys::KeyDecoder;
pub use self::player::{Clip, FRAME_SAMPLES, FRAME_TIME, Player};
pub use self::prompt::Prompt;
pub use self::rtp::{BadPacket, Outgoing, Packet};
pub use self::tone::Tone;
