//! Tones made of two sines, without tables: two rotating pointers.

use super::g711::ulaw_encode;

/// A tone of a phone, as in North America (they are understood everywhere).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Dial tone, 350 and 440 Hz: keys are expected.
    Dial,
    /// Confirmation: three short bursts of dial tone.
    Confirmation,
    /// Error: 480 and 620 Hz, four times on and off.
    Error,
}

impl Tone {
    /// The two frequencies in Hz, milliseconds on, milliseconds off, how many times.
    const fn shape(self) -> (f64, f64, usize, usize, usize) {
        match self {
            // Not endless: the clip's bound is its own end, and the dialogue asks again by then.
            Self::Dial => (350.0, 440.0, 10_000, 0, 1),
            Self::Confirmation => (350.0, 440.0, 100, 100, 3),
            Self::Error => (480.0, 620.0, 250, 250, 4),
        }
    }

    /// How many samples it lasts, at 8 kHz.
    #[must_use]
    pub const fn samples(self) -> usize {
        let (_, _, on, off, times) = self.shape();
        (on + off) * times * 8
    }
}

/// A tone being played.
#[derive(Clone, Debug)]
pub(super) struct Oscillator {
    tone: Tone,
    at: usize,
    /// Two unit pointers (cosine, sine) and the two rotations for one sample.
    pointers: [(f64, f64); 2],
    steps: [(f64, f64); 2],
}

impl Oscillator {
    pub(super) fn new(tone: Tone) -> Self {
        let (low, high, ..) = tone.shape();
        let step = |hertz: f64| {
            let (sine, cosine) = (std::f64::consts::TAU * hertz / 8000.0).sin_cos();
            (cosine, sine)
        };
        Self {
            tone,
            at: 0,
            pointers: [(1.0, 0.0); 2],
            steps: [step(low), step(high)],
        }
    }

    /// The next sample as µ-law; `None` at the end.
    pub(super) fn next(&mut self) -> Option<u8> {
        /// Each of the two sines, about -19 dBm0: a usual level for dial tone.
        const AMPLITUDE: f64 = 2600.0;
        let (_, _, on, off, _) = self.tone.shape();
        if self.at >= self.tone.samples() {
            return None;
        }
        let sounding = self.at % ((on + off) * 8) < on * 8;
        self.at += 1;
        let mut sum = 0.0;
        for (pointer, step) in self.pointers.iter_mut().zip(self.steps) {
            sum += pointer.1;
            *pointer = (
                pointer.0 * step.0 - pointer.1 * step.1,
                pointer.1 * step.0 + pointer.0 * step.1,
            );
        }
        let sample = if sounding { sum * AMPLITUDE } else { 0.0 };
        Some(ulaw_encode(sample as i16))
    }
}
