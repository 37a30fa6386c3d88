//! Telephones that other people have made, without sound cards: what they agree on, the edge has to speak.

pub mod baresip;
pub mod linphone;

use std::net::SocketAddr;
use std::path::Path;

/// What is typed into a phone.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user part of its address.
    pub user: String,
    /// The user name for digest.
    pub auth_user: String,
    /// The password.
    pub password: String,
    /// The SIP domain.
    pub domain: String,
    /// The edge.
    pub proxy: SocketAddr,
    /// By TCP rather than UDP.
    pub tcp: bool,
}

/// Writes a minute of a tone, 8,000 samples per second: what a phone plays into a call. baresip hangs
/// up at its end.
fn write_tone(file: &Path) {
    const RATE: u32 = 8_000;
    let samples: Vec<u8> = (0..RATE * 60)
        .flat_map(|i| {
            // A square wave of 400 Hz.
            let value: i16 = if (i / 10) % 2 == 0 { 8_000 } else { -8_000 };
            value.to_le_bytes()
        })
        .collect();
    let length = u32::try_from(samples.len()).expect("a short file");
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + length).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    wav.extend_from_slice(&[1, 0, 1, 0]);
    wav.extend_from_slice(&RATE.to_le_bytes());
    wav.extend_from_slice(&(RATE * 2).to_le_bytes());
    wav.extend_from_slice(&[2, 0, 16, 0]);
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&length.to_le_bytes());
    wav.extend_from_slice(&samples);
    std::fs::write(file, wav).expect("write the tone");
}
