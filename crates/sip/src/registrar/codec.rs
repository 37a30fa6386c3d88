//! Bindings as bytes, for the store.
//!
//! ```text
//! version 1 (1 byte) | next id | number of contacts | contacts
//! contact: flags (1 byte: 1 instance, 2 reg-id, 4 epoch) | id | uri | params | instance? | reg-id? | q
//!          | number of path values | path values | hop (as in a flow token, never with a connection)
//!          | expires at | created | received | Call-ID | CSeq | User-Agent | epoch?
//! ```
//! Numbers are in groups of seven bits, the lowest first; texts have their length before them.

use bytes::Bytes;
use smol_str::SmolStr;

use super::bindings::{Bindings, Contact};
use crate::secret::{read_hop, write_hop};

/// Bytes that are not bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// Written by a later version of the program.
    #[error("bindings are in format {0}; this version reads format {VERSION}")]
    Version(u8),
    /// Cut off, or not ours.
    #[error("bindings cannot be read")]
    Damaged,
}

impl Bindings {
    /// As bytes. Connections are left out: they do not outlive the process.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + 300 * self.contacts.len());
        out.push(VERSION);
        write_number(&mut out, self.next_id.into());
        write_number(&mut out, self.contacts.len() as u64);
        for contact in &self.contacts {
            write_contact(&mut out, contact);
        }
        out
    }

    /// Reads what [`encode`](Self::encode) wrote. Contacts that came over streams have lost their flow until the
    /// phone comes back.
    ///
    /// # Errors
    /// See [`BadRecord`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => read(rest).ok_or(BadRecord::Damaged),
            Some((version, _)) => Err(BadRecord::Version(*version)),
            None => Err(BadRecord::Damaged),
        }
    }
}

fn write_contact(out: &mut Vec<u8>, contact: &Contact) {
    let flag = |has: bool, bit: u8| if has { bit } else { 0 };
    out.push(
        flag(contact.instance.is_some(), INSTANCE)
            | flag(contact.reg_id.is_some(), REG_ID)
            | flag(contact.epoch.is_some(), EPOCH),
    );
    write_number(out, contact.id.into());
    write_bytes(out, &contact.uri);
    write_bytes(out, &contact.params);
    if let Some(instance) = &contact.instance {
        write_bytes(out, instance.as_bytes());
    }
    if let Some(reg_id) = contact.reg_id {
        write_number(out, reg_id.into());
    }
    write_number(out, contact.q.into());
    write_number(out, contact.path.len() as u64);
    for path in &contact.path {
        write_bytes(out, path);
    }
    write_hop(out, &contact.hop, None);
    write_number(out, contact.expires_at_ms);
    write_number(out, contact.created_ms);
    write_number(out, contact.received_ms);
    write_bytes(out, &contact.call_id);
    write_number(out, contact.cseq.into());
    write_bytes(out, contact.user_agent.as_bytes());
    if let Some(epoch) = contact.epoch {
        write_number(out, epoch);
    }
}

fn read(mut bytes: &[u8]) -> Option<Bindings> {
    let bytes = &mut bytes;
    let next_id = read_small(bytes)?;
    let count = read_number(bytes)?;
    let mut bindings = Bindings {
        contacts: Vec::new(),
        next_id,
    };
    for _ in 0..count {
        // Fails at the end of the bytes at the latest, whatever the count says.
        bindings.contacts.push(read_contact(bytes)?);
    }
    bytes.is_empty().then_some(bindings)
}

fn read_contact(bytes: &mut &[u8]) -> Option<Contact> {
    let (flags, rest) = bytes.split_first()?;
    *bytes = rest;
    let has = |bit: u8| flags & bit != 0;
    if has(!(INSTANCE | REG_ID | EPOCH)) {
        return None;
    }
    Some(Contact {
        id: read_small(bytes)?,
        uri: read_bytes(bytes)?,
        params: read_bytes(bytes)?,
        instance: if has(INSTANCE) {
            Some(read_text(bytes)?)
        } else {
            None
        },
        reg_id: if has(REG_ID) {
            Some(read_small(bytes)?)
        } else {
            None
        },
        q: u16::try_from(read_number(bytes)?).ok()?,
        path: {
            let count = read_number(bytes)?;
            (0..count).map(|_| read_bytes(bytes)).collect::<Option<_>>()?
        },
        hop: read_hop(bytes)?,
        expires_at_ms: read_number(bytes)?,
        created_ms: read_number(bytes)?,
        received_ms: read_number(bytes)?,
        call_id: read_bytes(bytes)?,
        cseq: read_small(bytes)?,
        user_agent: read_text(bytes)?,
        epoch: if has(EPOCH) {
            Some(read_number(bytes)?)
        } else {
            None
        },
    })
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return None;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn read_small(bytes: &mut &[u8]) -> Option<u32> {
    u32::try_from(read_number(bytes)?).ok()
}

fn read_bytes(bytes: &mut &[u8]) -> Option<Bytes> {
    let length = usize::try_from(read_number(bytes)?).ok()?;
    let (found, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(Bytes::copy_from_slice(found))
}

fn read_text(bytes: &mut &[u8]) -> Option<SmolStr> {
    let found = read_bytes(bytes)?;
    std::str::from_utf8(&found).ok().map(SmolStr::new)
}

const VERSION: u8 = 1;
const INSTANCE: u8 = 1;
const REG_ID: u8 = 2;
const EPOCH: u8 = 4;
