//! The hash itself: FNV-1a, and how numbers, texts and options are written into it.

/// FNV-1a, 64 bits (draft-eastlake-fnv). Texts and lists carry their length, so that no two different
/// requests write the same bytes.
pub(super) struct Fnv(pub(super) u64);

impl Fnv {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub(super) fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.bytes(&[u8::from(flag)]);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    pub(super) fn tagged(&mut self, tag: u8, text: &str) {
        self.bytes(&[tag]);
        self.text(text);
    }

    pub(super) fn option<T>(&mut self, option: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(option.is_some());
        if let Some(value) = option {
            write(self, value);
        }
    }

    /// A field that records had not from the beginning: no bytes unless it is set.
    pub(super) fn added<T>(&mut self, tag: u8, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            self.bytes(&[tag]);
            write(self, value);
        }
    }
}
