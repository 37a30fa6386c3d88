//! G.711: eight bits a sample, µ-law (North America) and A-law (elsewhere).

/// A codec that we speak. Both are 8 kHz, one byte a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// µ-law, payload type 0.
    Pcmu,
    /// A-law, payload type 8.
    Pcma,
}

impl Codec {
    /// The static payload type (RFC 3551 §6).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The encoding name of rtpmap.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// The byte for a µ-law byte.
    #[must_use]
    pub const fn of_ulaw(self, byte: u8) -> u8 {
        match self {
            Self::Pcmu => byte,
            Self::Pcma => alaw_of_ulaw(byte),
        }
    }
}

/// A 16-bit sample as µ-law (ITU-T G.711, table 2a): the sign, the segment and the step, all inverted.
#[must_use]
pub const fn ulaw_encode(sample: i16) -> u8 {
    const BIAS: u16 = 132;
    const CLIP: u16 = 32_635;
    let magnitude = sample.unsigned_abs();
    let magnitude = if magnitude > CLIP { CLIP } else { magnitude } + BIAS;
    // With the bias, the highest bit is one of 7 to 14.
    let segment = 8 - magnitude.leading_zeros() as u16;
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !((sign | segment << 4 | step) as u8)
}

/// The sample of a µ-law byte.
#[must_use]
pub const fn ulaw_decode(byte: u8) -> i16 {
    let byte = !byte;
    let segment = (byte >> 4) & 7;
    let magnitude = ((((byte & 0x0f) as i16) << 3) + 132) << segment;
    if byte & 0x80 == 0 {
        magnitude - 132
    } else {
        132 - magnitude
    }
}

/// A 16-bit sample as A-law (ITU-T G.711, table 1a): every second bit inverted.
#[must_use]
pub const fn alaw_encode(sample: i16) -> u8 {
    // Thirteen bits; a negative value is the complement, so that -1 and 0 lie on either side of nothing.
    let scaled = sample >> 3;
    let (sign, magnitude) = if scaled >= 0 { (0x80, scaled) } else { (0, !scaled) };
    let magnitude = magnitude as u16;
    let code = if magnitude < 32 {
        magnitude >> 1
    } else {
        let segment = 11 - magnitude.leading_zeros() as u16;
        segment << 4 | (magnitude >> segment) & 0x0f
    };
    (sign | code as u8) ^ 0x55
}

/// The A-law byte nearest to a µ-law byte.
#[must_use]
pub const fn alaw_of_ulaw(byte: u8) -> u8 {
    alaw_encode(ulaw_decode(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The usual decoding of A-law, written independently of the encoder.
    fn alaw_decode(byte: u8) -> i16 {
        let byte = byte ^ 0x55;
        let (segment, step) = ((byte >> 4) & 7, i16::from(byte & 0x0f) << 4);
        let magnitude = match segment {
            0 => step + 8,
            _ => (step + 0x108) << (segment - 1),
        };
        if byte & 0x80 == 0 { -magnitude } else { magnitude }
    }

    #[test]
    fn samples_known_from_the_standard_encode_as_it_says() {
        for (sample, ulaw) in [
            (0, 0xff),
            (-1, 0x7f),
            (32_767, 0x80),
            (-32_768, 0x00),
            (8, 0xfe),
            (1000, 0xce),
        ] {
            assert_eq!(ulaw_encode(sample), ulaw, "µ-law of {sample}");
        }
        for (sample, alaw) in [
            (0, 0xd5),
            (-1, 0x55),
            (32_767, 0xaa),
            (-32_768, 0x2a),
            (1000, 0xfa),
        ] {
            assert_eq!(alaw_encode(sample), alaw, "A-law of {sample}");
        }
    }

    #[test]
    fn every_ulaw_byte_survives_decoding_and_encoding() {
        for byte in 0..=255 {
            // 0x7f is the second zero.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(ulaw_encode(ulaw_decode(byte)), expected);
        }
    }

    #[test]
    fn what_is_decoded_is_near_to_what_was_encoded() {
        for sample in (-32_600..32_600_i16).step_by(7) {
            let allowed = i32::from(sample.unsigned_abs()) / 16 + 16;
            for decoded in [ulaw_decode(ulaw_encode(sample)), alaw_decode(alaw_encode(sample))] {
                let wrong = (i32::from(decoded) - i32::from(sample)).abs();
                assert!(wrong <= allowed, "{sample} became {decoded}");
            }
        }
    }
}
