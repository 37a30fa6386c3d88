//! RTP packets (RFC 3550 §5.1).

use super::player::FRAME_SAMPLES;

/// A packet received. Extensions, contributing sources and padding are left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What the payload is.
    pub payload_type: u8,
    /// The first of a talk spurt or of a key event.
    pub marker: bool,
    /// Counts packets, wraps.
    pub sequence: u16,
    /// Counts samples, wraps.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
    /// The sound, or a key event.
    pub payload: &'a [u8],
}

/// Not an RTP packet; to be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RTP packet")]
pub struct BadPacket;

const HEADER: usize = 12;

impl<'a> Packet<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// When it is no RTP of version 2, or shorter than it says.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, BadPacket> {
        let (header, rest) = datagram.split_first_chunk::<HEADER>().ok_or(BadPacket)?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *header;
        if first >> 6 != 2 {
            return Err(BadPacket);
        }
        // RTCP on the same port (RFC 5761 §4): its packet types would be payload types 64 to 95.
        if (64..96).contains(&(second & 0x7f)) {
            return Err(BadPacket);
        }
        let mut payload = rest.get(usize::from(first & 0x0f) * 4..).ok_or(BadPacket)?;
        if first & 0x10 != 0 {
            let (extension, rest) = payload.split_first_chunk::<4>().ok_or(BadPacket)?;
            let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
            payload = rest.get(words * 4..).ok_or(BadPacket)?;
        }
        if first & 0x20 != 0 {
            let padding = usize::from(*payload.last().ok_or(BadPacket)?);
            let end = payload.len().checked_sub(padding).filter(|_| padding > 0);
            payload = &payload[..end.ok_or(BadPacket)?];
        }
        Ok(Self {
            payload_type: second & 0x7f,
            marker: second & 0x80 != 0,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            payload,
        })
    }

    /// As it goes on the wire.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len());
        bytes.extend([0x80, self.payload_type | u8::from(self.marker) << 7]);
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(self.payload);
        bytes
    }
}

impl std::fmt::Debug for Packet<'_> {
    /// Without the payload: it may be a key of a PIN.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packet")
            .field("payload_type", &self.payload_type)
            .field("sequence", &self.sequence)
            .field("timestamp", &self.timestamp)
            .field("ssrc", &self.ssrc)
            .field("payload_bytes", &self.payload.len())
            .finish()
    }
}

/// The stream that we send: numbers its packets.
#[derive(Clone, Debug)]
pub struct Outgoing {
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    started: bool,
}

impl Outgoing {
    /// A new stream; `seed` is random, for RFC 3550 §5.1 wants the first numbers to be.
    #[must_use]
    pub const fn new(payload_type: u8, seed: u64) -> Self {
        Self {
            payload_type,
            sequence: (seed >> 48) as u16,
            timestamp: (seed >> 24) as u32,
            ssrc: seed as u32,
            started: false,
        }
    }

    /// Goes on with another payload type (RFC 3264 §8.3.2).
    pub const fn set_payload_type(&mut self, payload_type: u8) {
        self.payload_type = payload_type;
    }

    /// The packet with the next frame.
    pub fn packet(&mut self, frame: &[u8; FRAME_SAMPLES]) -> Vec<u8> {
        let packet = Packet {
            payload_type: self.payload_type,
            marker: !self.started,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            payload: frame,
        };
        self.started = true;
        self.sequence = self.sequence.wrapping_add(1);
        self.skip();
        packet.to_vec()
    }

    /// A frame's time passes without a packet: the phone asked us not to send.
    pub const fn skip(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_read_as_it_was_written() {
        let packet = Packet {
            payload_type: 101,
            marker: true,
            sequence: 65_535,
            timestamp: 4_000_000_000,
            ssrc: 7,
            payload: b"abc",
        };
        assert_eq!(Packet::parse(&packet.to_vec()), Ok(packet));
    }

    #[test]
    fn sources_extension_and_padding_are_left_out() {
        // Version 2 with padding and extension, two contributing sources.
        let mut bytes = vec![0xb2, 0x00, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([1; 8]);
        bytes.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
        bytes.extend(b"sound");
        bytes.extend([0, 0, 3]);
        assert_eq!(
            Packet::parse(&bytes).map(|packet| packet.payload),
            Ok(&b"sound"[..])
        );
    }

    #[test]
    fn no_datagram_is_too_strange_to_be_refused() {
        let rtcp = [0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let stun = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0];
        let padded_too_much = [0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 200];
        let sources_missing = [0x8f, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        let long_extension = [0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 255, 255];
        let all: [&[u8]; 7] = [
            b"",
            b"short",
            &rtcp,
            &stun,
            &padded_too_much,
            &sources_missing,
            &long_extension,
        ];
        for bytes in all {
            assert_eq!(Packet::parse(bytes), Err(BadPacket), "{bytes:?}");
        }
    }

    #[test]
    fn a_stream_counts_packets_and_samples_and_marks_the_first() {
        let mut stream = Outgoing::new(8, u64::MAX);
        let frames = [
            stream.packet(&[0; FRAME_SAMPLES]),
            stream.packet(&[0; FRAME_SAMPLES]),
        ];
        let [first, second] = frames.each_ref().map(|bytes| Packet::parse(bytes).unwrap());
        assert!(first.marker && !second.marker);
        assert_eq!(second.sequence, first.sequence.wrapping_add(1));
        assert_eq!(second.timestamp, first.timestamp.wrapping_add(160));
        assert_eq!((first.ssrc, first.payload_type), (second.ssrc, 8));
    }
}
