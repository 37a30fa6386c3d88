//! A queue of sounds, taken out in frames of 20 ms.

use std::collections::VecDeque;
use std::time::Duration;

use super::g711::Codec;
use super::prompt::Prompt;
use super::tone::{Oscillator, Tone};

/// The samples of a frame.
pub const FRAME_SAMPLES: usize = 160;

/// The time of a frame.
pub const FRAME_TIME: Duration = Duration::from_millis(20);

/// How many clips wait at most; further ones are not taken. The longest thing that is said has an extension of
/// sixteen digits in it.
const CLIPS_MAX: usize = 64;

/// µ-law silence.
const SILENCE: u8 = 0xff;

/// Something to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clip {
    /// Speech.
    Say(Prompt),
    /// A tone.
    Tone(Tone),
    /// Nothing, this long in milliseconds.
    Pause(u16),
}

/// Plays clips one after the other. Time is counted in frames: who asks for one every 20 ms hears them at the
/// right speed. Between clips and after the last it makes silence.
#[derive(Debug)]
pub struct Player {
    codec: Codec,
    playing: Option<Source>,
    waiting: VecDeque<Clip>,
}

#[derive(Debug)]
enum Source {
    Sound(&'static [u8]),
    Tone(Oscillator),
    Pause(usize),
}

impl Player {
    /// Nothing to play yet.
    #[must_use]
    pub const fn new(codec: Codec) -> Self {
        Self {
            codec,
            playing: None,
            waiting: VecDeque::new(),
        }
    }

    /// Goes on in another codec.
    pub const fn set_codec(&mut self, codec: Codec) {
        self.codec = codec;
    }

    /// Puts clips behind those that wait.
    pub fn push(&mut self, clips: impl IntoIterator<Item = Clip>) {
        let room = CLIPS_MAX.saturating_sub(self.waiting.len());
        self.waiting.extend(clips.into_iter().take(room));
    }

    /// Stops at once: a key was pressed.
    pub fn clear(&mut self) {
        self.playing = None;
        self.waiting.clear();
    }

    /// Whether all has been played.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.playing.is_none() && self.waiting.is_empty()
    }

    /// The next 20 ms in the codec agreed on.
    pub fn next_frame(&mut self) -> [u8; FRAME_SAMPLES] {
        let mut frame = [SILENCE; FRAME_SAMPLES];
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            let Some(byte) = self.next_sample() else { break };
            frame[filled] = byte;
            filled += 1;
        }
        frame.map(|byte| self.codec.of_ulaw(byte))
    }

    fn next_sample(&mut self) -> Option<u8> {
        loop {
            let sample = match &mut self.playing {
                Some(Source::Sound(sound)) => sound.split_first().map(|(first, rest)| {
                    *sound = rest;
                    *first
                }),
                Some(Source::Tone(tone)) => tone.next(),
                Some(Source::Pause(left)) => left.checked_sub(1).map(|rest| {
                    *left = rest;
                    SILENCE
                }),
                None => None,
            };
            if sample.is_some() {
                return sample;
            }
            self.playing = None;
            self.playing = Some(match self.waiting.pop_front()? {
                Clip::Say(prompt) => Source::Sound(prompt.sound()),
                Clip::Tone(tone) => Source::Tone(Oscillator::new(tone)),
                Clip::Pause(ms) => Source::Pause(usize::from(ms) * 8),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{alaw_of_ulaw, ulaw_decode};

    fn frames_until_idle(player: &mut Player) -> Vec<u8> {
        let mut sound = Vec::new();
        while !player.is_idle() {
            sound.extend(player.next_frame());
            assert!(sound.len() < 1_000_000, "it never ends");
        }
        sound
    }

    #[test]
    fn clips_are_heard_one_after_the_other_without_a_gap() {
        let mut player = Player::new(Codec::Pcmu);
        player.push([Clip::Say(Prompt::Two), Clip::Pause(10), Clip::Say(Prompt::One)]);
        let heard = frames_until_idle(&mut player);
        let mut expected = Prompt::Two.sound().to_vec();
        expected.extend([SILENCE; 80]);
        expected.extend(Prompt::One.sound());
        assert_eq!(heard[..expected.len()], expected);
        assert!(heard[expected.len()..].iter().all(|byte| *byte == SILENCE));
        assert_eq!(heard.len() % FRAME_SAMPLES, 0);
    }

    #[test]
    fn the_other_codec_hears_the_same() {
        let (mut ulaw, mut alaw) = (Player::new(Codec::Pcmu), Player::new(Codec::Pcma));
        for player in [&mut ulaw, &mut alaw] {
            player.push([Clip::Say(Prompt::Nine)]);
        }
        let expected: Vec<_> = frames_until_idle(&mut ulaw)
            .into_iter()
            .map(alaw_of_ulaw)
            .collect();
        assert_eq!(frames_until_idle(&mut alaw), expected);
    }

    #[test]
    fn a_key_silences_what_is_playing() {
        let mut player = Player::new(Codec::Pcmu);
        player.push([Clip::Tone(Tone::Dial)]);
        player.next_frame();
        player.clear();
        assert!(player.is_idle());
        assert_eq!(player.next_frame(), [SILENCE; FRAME_SAMPLES]);
    }

    #[test]
    fn the_queue_has_a_bound() {
        let mut player = Player::new(Codec::Pcmu);
        player.push([Clip::Pause(20); 1000]);
        assert_eq!(
            frames_until_idle(&mut player).len(),
            (CLIPS_MAX + 1) * FRAME_SAMPLES
        );
    }

    #[test]
    fn tones_have_their_frequencies_and_their_length() {
        for (tone, expected_hertz) in [(Tone::Dial, [350.0, 440.0]), (Tone::Error, [480.0, 620.0])] {
            let mut player = Player::new(Codec::Pcmu);
            player.push([Clip::Tone(tone)]);
            let sound = frames_until_idle(&mut player);
            assert_eq!(
                sound.len(),
                tone.samples().next_multiple_of(FRAME_SAMPLES) + FRAME_SAMPLES
            );
            // The strength of a frequency in the first 100 ms.
            let strength = |hertz: f64| {
                let (mut re, mut im) = (0.0, 0.0);
                for (at, byte) in sound[..800].iter().enumerate() {
                    let (sine, cosine) = (std::f64::consts::TAU * hertz * at as f64 / 8000.0).sin_cos();
                    re += f64::from(ulaw_decode(*byte)) * cosine;
                    im += f64::from(ulaw_decode(*byte)) * sine;
                }
                re.hypot(im)
            };
            for hertz in expected_hertz {
                assert!(
                    strength(hertz) > 20.0 * strength(1_000.0),
                    "{tone:?} at {hertz} Hz"
                );
            }
        }
    }
}
