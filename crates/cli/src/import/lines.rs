//! Which line of a file a byte is in.

/// Counts lines forward through a file: "\n", "\r\n" and a lone "\r" each end one. (The csv crate's own line
/// numbers are of where the previous record ended, so that blank lines and "\r\n" put them off.)
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// The 1-based line of the first byte from `offset` on that does not end a line. Offsets must not fall.
    pub(super) fn at(&mut self, offset: u64) -> u64 {
        let mut end = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.bytes.len());
        while self
            .bytes
            .get(end)
            .is_some_and(|byte| matches!(byte, b'\r' | b'\n'))
        {
            end += 1;
        }
        while self.at < end {
            let byte = self.bytes[self.at];
            let next = self.bytes.get(self.at + 1);
            if byte == b'\n' || (byte == b'\r' && next != Some(&b'\n')) {
                self.line += 1;
            }
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_all_line_ends_are_counted() {
        let bytes = b"a\r\n\r\nb\n\nc\rd";
        let mut lines = Lines::new(bytes);
        assert_eq!(lines.at(0), 1);
        assert_eq!(lines.at(1), 3, "skips to b");
        assert_eq!(lines.at(6), 5, "skips to c");
        assert_eq!(lines.at(9), 6);
    }
}
