//! Reading: nothing is believed before its checksum was seen, and no length before its bytes have come.

use std::io::{self, Read};
use std::sync::Arc;

use hotdesk_core::{Answered, Parts, Policy, RequestId, StagedImport, State, TimeMs};
use prost::Message;

use super::{Error, FORMAT, Header, MAGIC, RECORD_BYTES_MAX};
use crate::convert::{Invalid, part, request_id, required};
use crate::internal::v1 as wire;
use crate::internal::v1::snapshot_record::Record;
use crate::log::outcome_from;

/// Reads a snapshot to its end. Makes two reads per record of about 64 KiB, so the reader needs no buffer of
/// its own; what is wrong with the file costs no more memory than the file is long.
///
/// # Errors
/// See [`Error`]: each says what is wrong with the file.
pub fn read(mut reader: impl Read) -> Result<(Header, State), Error> {
    read_start(&mut reader)?;
    let mut records = Records {
        reader,
        buffer: Vec::new(),
        whole: 0,
    };
    let mut parts = Parts::default();
    let header = match records.next()? {
        Record::Header(header) => {
            header_from(header, &mut parts).map_err(|invalid| records.damaged(invalid))?
        }
        _ => return Err(records.damaged("expected the header")),
    };
    loop {
        match records.next()? {
            Record::End(end) => {
                records.check_end(&end)?;
                let state = State::restore(parts).map_err(|violation| records.damaged(violation))?;
                return Ok((header, state));
            }
            record => add(record, &mut parts).map_err(|invalid| records.damaged(invalid))?,
        }
    }
}

fn read_start(reader: &mut impl Read) -> Result<(), Error> {
    let mut magic = Vec::with_capacity(MAGIC.len());
    reader.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    if !MAGIC.starts_with(&magic) {
        return Err(Error::NotASnapshot);
    }
    let mut format = [0; 4];
    match reader.read_exact(&mut format) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(Error::Incomplete { records: 0 });
        }
        Err(error) => return Err(error.into()),
    }
    match u32::from_be_bytes(format) {
        FORMAT => Ok(()),
        0 => Err(Error::NotASnapshot),
        found => Err(Error::NewerFormat {
            found,
            supported: FORMAT,
        }),
    }
}

struct Records<R> {
    reader: R,
    buffer: Vec<u8>,
    /// How many records were read whole.
    whole: u64,
}

impl<R: Read> Records<R> {
    fn next(&mut self) -> Result<Record, Error> {
        self.fill(8)?;
        let (length, crc) = self.buffer.split_at(4);
        let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
        let crc = u32::from_be_bytes(crc.try_into().expect("four bytes"));
        if length > RECORD_BYTES_MAX {
            let detail = format!("a record of {length} bytes, where the most is {RECORD_BYTES_MAX}");
            return Err(self.damaged_next(detail));
        }
        self.fill(length.into())?;
        let found = crc32fast::hash(&self.buffer);
        if found != crc {
            return Err(self.damaged_next(format!("the checksum is {found:08x}, expected {crc:08x}")));
        }
        let message = wire::SnapshotRecord::decode(self.buffer.as_slice());
        let message = message.map_err(|error| self.damaged_next(error))?;
        let Some(record) = message.record else {
            return Err(self.damaged_next("a record that this version does not know"));
        };
        self.whole += 1;
        Ok(record)
    }

    /// Reads exactly `length` bytes; the buffer grows as they come, whatever a damaged length says.
    fn fill(&mut self, length: u64) -> Result<(), Error> {
        self.buffer.clear();
        let got = self.reader.by_ref().take(length).read_to_end(&mut self.buffer)?;
        if (got as u64) < length {
            return Err(Error::Incomplete { records: self.whole });
        }
        Ok(())
    }

    fn check_end(&mut self, end: &wire::SnapshotEnd) -> Result<(), Error> {
        let before = self.whole - 1;
        if end.records != before {
            let detail = format!("the end counts {} records, there are {before}", end.records);
            return Err(self.damaged(detail));
        }
        match self.fill(1) {
            Err(Error::Incomplete { .. }) => Ok(()),
            Ok(()) => Err(self.damaged("more bytes follow the end")),
            Err(error) => Err(error),
        }
    }

    /// Something is wrong with the record that was read last.
    fn damaged(&self, detail: impl ToString) -> Error {
        Error::Damaged {
            record: self.whole.saturating_sub(1),
            detail: detail.to_string(),
        }
    }

    /// Something is wrong with the record that is being read.
    fn damaged_next(&self, detail: impl ToString) -> Error {
        Error::Damaged {
            record: self.whole,
            detail: detail.to_string(),
        }
    }
}

fn header_from(header: wire::SnapshotHeader, parts: &mut Parts) -> Result<Header, Invalid> {
    parts.clock = TimeMs(header.clock_ms);
    parts.index = header.index;
    parts.defaults = part::<_, Policy>("header.defaults", header.defaults, "the default policy")?;
    Ok(Header {
        cluster_id: header.cluster_id,
        last_log_id: header.last_log_id,
        membership_log_id: header.membership_log_id,
        membership: required("header.membership", header.membership, "the membership")?,
    })
}

fn add(record: Record, parts: &mut Parts) -> Result<(), Invalid> {
    match record {
        Record::Header(_) => Err(Invalid::new("header", "stands twice in the file")),
        Record::End(_) => Err(Invalid::new("end", "stands in the middle of the file")),
        Record::Sites(sites) => add_all("sites", sites.items, &mut parts.sites),
        Record::Groups(groups) => add_all("groups", groups.items, &mut parts.groups),
        Record::Users(users) => add_all("users", users.items, &mut parts.users),
        Record::Devices(devices) => add_all("devices", devices.items, &mut parts.devices),
        Record::Edges(edges) => add_all("edges", edges.items, &mut parts.edges),
        Record::Sessions(sessions) => add_all("sessions", sessions.items, &mut parts.sessions),
        Record::Audit(events) => add_all("audit", events.items, &mut parts.audit),
        Record::Waiting(waiting) => add_all("waiting", waiting.items, &mut parts.waiting),
        Record::EnrolmentTokens(tokens) => {
            add_all("enrolment_tokens", tokens.items, &mut parts.enrolment_tokens)
        }
        Record::Answered(answered) => {
            for (at, item) in answered.items.into_iter().enumerate() {
                let item = answered_from(item);
                parts
                    .answered
                    .push(item.map_err(|invalid| invalid.within(format_args!("answered[{at}]")))?);
            }
            Ok(())
        }
        Record::Imports(imports) => imports
            .items
            .into_iter()
            .try_for_each(|part| add_import(part, parts)),
    }
}

fn add_all<W, T>(field: &str, items: Vec<W>, to: &mut Vec<Arc<T>>) -> Result<(), Invalid>
where
    T: TryFrom<W, Error = Invalid>,
{
    to.reserve(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let item = T::try_from(item).map_err(|invalid| invalid.within(format_args!("{field}[{at}]")))?;
        to.push(Arc::new(item));
    }
    Ok(())
}

fn answered_from(message: wire::AnsweredRequest) -> Result<(RequestId, Arc<Answered>), Invalid> {
    let outcome = required("outcome", message.outcome, "the answer")?;
    let answered = Answered {
        outcome: Arc::new(outcome_from(outcome)?),
        fingerprint: message.fingerprint,
        index: message.index,
        at: TimeMs(message.at_ms),
    };
    Ok((request_id("request_id", &message.request_id)?, Arc::new(answered)))
}

/// Parts of one import follow each other.
fn add_import(message: wire::StagedImport, parts: &mut Parts) -> Result<(), Invalid> {
    let id = request_id("imports.import", &message.import)?;
    let rows = message.rows.into_iter().map(|row| row.try_into().map(Arc::new));
    let rows: Vec<_> = rows
        .collect::<Result<_, Invalid>>()
        .map_err(|invalid| invalid.within("imports.rows"))?;
    match parts.imports.last_mut() {
        Some((last, import)) if *last == id => Arc::make_mut(import).rows.extend(rows),
        _ => {
            let import = StagedImport {
                at: TimeMs(message.at_ms),
                rows: rows.into(),
            };
            parts.imports.push((id, Arc::new(import)));
        }
    }
    Ok(())
}
