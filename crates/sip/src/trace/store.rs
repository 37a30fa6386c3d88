//! The ladders of the last calls.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Cdr, Entry, Redactor};

/// How much is kept. Whatever is reached first pushes out the oldest call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many calls. Default 1000; 0 keeps none.
    pub calls: usize,
    /// How many messages of one call; later ones are counted, not kept. Default 200.
    pub messages: usize,
    /// How many bytes altogether. Default 32 MiB.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            calls: 1000,
            messages: 200,
            bytes: 32 * 1024 * 1024,
        }
    }
}

/// Ladders by Call-ID.
#[derive(Debug)]
pub struct Store {
    bounds: Bounds,
    redactor: Redactor,
    calls: HashMap<Box<str>, Call>,
    /// Call-IDs, the oldest call first.
    order: VecDeque<Box<str>>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Call {
    entries: Vec<Entry>,
    dropped: u32,
    record: Option<Box<Cdr>>,
    bytes: usize,
}

/// All that is kept of a call. Also the form in which an edge tells of it (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// The Call-ID.
    pub call_id: Box<str>,
    /// The messages in their order.
    pub entries: Vec<Entry>,
    /// How many more there were.
    #[serde(default)]
    pub dropped: u32,
    /// The record of the call, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<Cdr>>,
}

/// A call in a list. Also the form in which an edge tells of it (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The Call-ID.
    pub call_id: Box<str>,
    /// The first message, milliseconds since the Unix epoch.
    pub first_ms: u64,
    /// The last message.
    pub last_ms: u64,
    /// Who sent the first message.
    pub from: Box<str>,
    /// The first line of the first message.
    pub line: Box<str>,
    /// How many messages, those not kept included.
    pub messages: u64,
    /// The record of the call, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<Cdr>>,
}

/// A longer Call-ID is cut; it is a label for people here.
const CALL_ID_BYTES_MAX: usize = 256;

impl Store {
    /// Empty.
    #[must_use]
    pub fn new(bounds: Bounds, redactor: Redactor) -> Self {
        Self {
            bounds,
            redactor,
            calls: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Adds a message to the ladder of its call.
    pub fn add(&mut self, call_id: &[u8], entry: Entry) {
        let messages_max = self.bounds.messages;
        let Some((call, bytes)) = self.call(call_id) else {
            return;
        };
        if call.entries.len() >= messages_max {
            call.dropped = call.dropped.saturating_add(1);
            return;
        }
        let weight = entry.weight();
        call.entries.push(entry);
        call.bytes += weight;
        *bytes += weight;
        self.make_room();
    }

    /// Puts the record beside the ladder of its call.
    pub fn close(&mut self, record: &Cdr) {
        let Some((call, bytes)) = self.call(record.call_id.as_bytes()) else {
            return;
        };
        // The strings of a record are short and few; counted as a fixed sum.
        if call.record.is_none() {
            call.bytes += RECORD_WEIGHT;
            *bytes += RECORD_WEIGHT;
        }
        call.record = Some(Box::new(record.clone()));
        self.make_room();
    }

    /// The ladder of a call.
    #[must_use]
    pub fn ladder(&self, call_id: &str) -> Option<Ladder> {
        let (call_id, call) = self.calls.get_key_value(&*self.key(call_id.as_bytes()))?;
        Some(Ladder {
            call_id: call_id.clone(),
            entries: call.entries.clone(),
            dropped: call.dropped,
            record: call.record.clone(),
        })
    }

    /// The calls, the newest first, at most so many.
    #[must_use]
    pub fn list(&self, limit: usize) -> Vec<Summary> {
        let newest = self.order.iter().rev().take(limit);
        newest
            .filter_map(|call_id| Some(self.calls.get(call_id)?.summary(call_id)))
            .collect()
    }

    /// How many bytes are kept, about.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The call, a new one when it is not known; and the sum of bytes.
    fn call(&mut self, call_id: &[u8]) -> Option<(&mut Call, &mut usize)> {
        if self.bounds.calls == 0 {
            return None;
        }
        let key = self.key(call_id);
        if !self.calls.contains_key(&key) {
            let bytes = 2 * key.len() + size_of::<Call>();
            self.order.push_back(key.clone());
            self.bytes += bytes;
            let call = Call {
                bytes,
                ..Call::default()
            };
            self.calls.insert(key.clone(), call);
        }
        Some((self.calls.get_mut(&key)?, &mut self.bytes))
    }

    fn make_room(&mut self) {
        while self.order.len() > self.bounds.calls || self.bytes > self.bounds.bytes {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            if let Some(call) = self.calls.remove(&oldest) {
                self.bytes -= call.bytes;
            }
        }
    }

    /// A Call-ID as it is kept: some phones make it of what was dialled.
    fn key(&self, call_id: &[u8]) -> Box<str> {
        let text = self.redactor.text(call_id);
        text[..text.floor_char_boundary(CALL_ID_BYTES_MAX)].into()
    }
}

/// About how much a record takes.
const RECORD_WEIGHT: usize = 768;

impl Call {
    fn summary(&self, call_id: &str) -> Summary {
        let (first, last) = (self.entries.first(), self.entries.last());
        let record = self.record.as_deref();
        Summary {
            call_id: call_id.into(),
            first_ms: first.map_or_else(|| record.map_or(0, |record| record.start_ms), |entry| entry.at_ms),
            last_ms: last.map_or_else(|| record.map_or(0, |record| record.end_ms), |entry| entry.at_ms),
            from: first.map(|entry| entry.from.clone()).unwrap_or_default(),
            line: first.map(|entry| entry.line.clone()).unwrap_or_default(),
            messages: self.entries.len() as u64 + u64::from(self.dropped),
            record: self.record.clone(),
        }
    }
}
