//! The record as bytes, for the edge's disk.
//!
//! Version 1: `1`, then for each record: call id, device and call-back number (each its length as u16 and the
//! bytes; a missing number has length 0), flags (1: own number, 2: over), began and until as u64. All numbers
//! big-endian.

use smol_str::SmolStr;

use super::calls::{CALLS_MAX, EmergencyCalls, Record};

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer version.
    #[error("the record of emergency calls has version {got}, and only 1 is known")]
    Version {
        /// Its version.
        got: u8,
    },
    /// Damaged.
    #[error("the record of emergency calls is damaged at byte {at}")]
    Damaged {
        /// Where.
        at: usize,
    },
}

const VERSION: u8 = 1;
const OWN_NUMBER: u8 = 1;
const OVER: u8 = 2;

impl EmergencyCalls {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for record in &self.records {
            put_text(&mut bytes, &record.call_id);
            put_text(&mut bytes, &record.device);
            put_text(&mut bytes, record.call_back.as_deref().unwrap_or(""));
            let own_number = if record.own_number { OWN_NUMBER } else { 0 };
            let over = if record.over { OVER } else { 0 };
            bytes.push(own_number | over);
            bytes.extend(record.began_ms.to_be_bytes());
            bytes.extend(record.until_ms.to_be_bytes());
        }
        bytes
    }

    /// From bytes. What is over by now is there until the next [`expire`](Self::expire), so the caller learns
    /// which phones to release.
    ///
    /// # Errors
    /// Bytes of a newer version, or damaged ones.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader { bytes, at: 0 };
        match reader.take(1)? {
            [VERSION] => {}
            other => return Err(DecodeError::Version { got: other[0] }),
        }
        let mut records = Vec::new();
        while reader.at < bytes.len() && records.len() < CALLS_MAX {
            records.push(reader.record()?);
        }
        Ok(Self { records })
    }
}

/// Longer texts are cut: a Call-ID that long only fails to be recognised at the end of its call.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(usize::from(u16::MAX));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let length = u16::try_from(end).unwrap_or(u16::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(&text.as_bytes()[..end]);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.saturating_add(length);
        let taken = self.bytes.get(self.at..end);
        let taken = taken.ok_or(DecodeError::Damaged { at: self.at })?;
        self.at = end;
        Ok(taken)
    }

    fn text(&mut self) -> Result<SmolStr, DecodeError> {
        let at = self.at;
        let length = self.take(2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let text = std::str::from_utf8(self.take(length)?);
        text.map(SmolStr::new).map_err(|_| DecodeError::Damaged { at })
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        let bytes = self.take(8)?.try_into().expect("eight were taken");
        Ok(u64::from_be_bytes(bytes))
    }

    fn record(&mut self) -> Result<Record, DecodeError> {
        let (call_id, device, call_back) = (self.text()?, self.text()?, self.text()?);
        let flags = self.take(1)?[0];
        Ok(Record {
            call_id,
            device,
            call_back: (!call_back.is_empty()).then_some(call_back),
            own_number: flags & OWN_NUMBER != 0,
            began_ms: self.number()?,
            until_ms: self.number()?,
            over: flags & OVER != 0,
        })
    }
}
