//! Writing: section after section, record after record.

use std::io::{self, Write};

use hotdesk_core::{Answered, RequestId, StagedImport, State};
use prost::Message;

use super::{FORMAT, Header, MAGIC, RECORD_BYTES, RECORD_BYTES_MAX};
use crate::internal::v1 as wire;
use crate::internal::v1::snapshot_record::Record;
use crate::log::{id_bytes, outcome_message};

/// Writes `state` and flushes `writer`. Makes one write of up to about 64 KiB per record, so the writer needs
/// no buffer of its own. The state is walked, never copied.
///
/// # Errors
/// Those of `writer`. What was written until then is no snapshot: [`read`](super::read) answers `Incomplete`.
pub fn write(mut writer: impl Write, header: &Header, state: &State) -> io::Result<()> {
    let mut start = MAGIC.to_vec();
    start.extend(FORMAT.to_be_bytes());
    writer.write_all(&start)?;

    let mut records = Records {
        writer,
        buffer: Vec::with_capacity(RECORD_BYTES + RECORD_BYTES / 4),
        written: 0,
    };
    records.put(Record::Header(header_message(header, state)))?;
    records.section(state.sites().map(|it| (&**it).into()), |items| {
        Record::Sites(wire::Sites { items })
    })?;
    records.section(state.groups().map(|it| (&**it).into()), |items| {
        Record::Groups(wire::Groups { items })
    })?;
    records.section(state.users().map(|it| (&**it).into()), |items| {
        Record::Users(wire::Users { items })
    })?;
    records.section(state.devices().map(|it| (&**it).into()), |items| {
        Record::Devices(wire::Devices { items })
    })?;
    records.section(state.edges().map(|it| (&**it).into()), |items| {
        Record::Edges(wire::Edges { items })
    })?;
    records.section(state.sessions().map(|it| (&**it).into()), |items| {
        Record::Sessions(wire::Sessions { items })
    })?;
    records.section(
        state
            .answered_in_order()
            .map(|(id, answered)| answered_message(id, answered)),
        |items| Record::Answered(wire::AnsweredRequests { items }),
    )?;
    records.section(state.audit().map(|it| (&**it).into()), |items| {
        Record::Audit(wire::Events { items })
    })?;
    for (id, import) in state.imports() {
        records.import(id, import)?;
    }
    records.section(state.waiting().map(|it| (&**it).into()), |items| {
        Record::Waiting(wire::WaitingPhones { items })
    })?;
    records.section(state.enrolment_tokens().map(|it| (&**it).into()), |items| {
        Record::EnrolmentTokens(wire::EnrolmentTokens { items })
    })?;
    let end = wire::SnapshotEnd {
        records: records.written,
    };
    records.put(Record::End(end))?;
    records.writer.flush()
}

struct Records<W> {
    writer: W,
    /// One record with its prefix, so that it is one write.
    buffer: Vec<u8>,
    written: u64,
}

impl<W: Write> Records<W> {
    /// Writes all items, as many to a record as fit.
    fn section<T: Message>(
        &mut self,
        items: impl Iterator<Item = T>,
        record: impl Fn(Vec<T>) -> Record,
    ) -> io::Result<()> {
        let mut part = Vec::new();
        let mut bytes = 0;
        for item in items {
            let item_bytes = item.encoded_len();
            if bytes + item_bytes > RECORD_BYTES && !part.is_empty() {
                self.put(record(std::mem::take(&mut part)))?;
                bytes = 0;
            }
            bytes += item_bytes;
            part.push(item);
        }
        if !part.is_empty() {
            self.put(record(part))?;
        }
        Ok(())
    }

    /// Writes a staged import in parts; one without rows has one empty part, so that it is not lost.
    fn import(&mut self, id: RequestId, import: &StagedImport) -> io::Result<()> {
        let part = |rows| {
            let part = wire::StagedImport {
                import: id_bytes(id),
                at_ms: import.at.0,
                rows,
            };
            Record::Imports(wire::Imports { items: vec![part] })
        };
        if import.rows.is_empty() {
            return self.put(part(Vec::new()));
        }
        self.section(import.rows.iter().map(|row| (&**row).into()), part)
    }

    fn put(&mut self, record: Record) -> io::Result<()> {
        const PREFIX: usize = 8;
        self.buffer.clear();
        self.buffer.resize(PREFIX, 0);
        let message = wire::SnapshotRecord { record: Some(record) };
        message.encode(&mut self.buffer).map_err(io::Error::other)?;

        let body = &self.buffer[PREFIX..];
        let length = u32::try_from(body.len())
            .ok()
            .filter(|length| *length <= RECORD_BYTES_MAX);
        let Some(length) = length else {
            let problem = format!("a record of {} bytes is too large for a snapshot", body.len());
            return Err(io::Error::other(problem));
        };
        let crc = crc32fast::hash(body);
        self.buffer[..4].copy_from_slice(&length.to_be_bytes());
        self.buffer[4..PREFIX].copy_from_slice(&crc.to_be_bytes());
        self.written += 1;
        self.writer.write_all(&self.buffer)
    }
}

fn header_message(header: &Header, state: &State) -> wire::SnapshotHeader {
    wire::SnapshotHeader {
        cluster_id: header.cluster_id.clone(),
        last_log_id: header.last_log_id,
        membership_log_id: header.membership_log_id,
        membership: Some(header.membership.clone()),
        clock_ms: state.clock().0,
        index: state.index(),
        defaults: Some(state.defaults().into()),
        written_by: env!("CARGO_PKG_VERSION").into(),
    }
}

fn answered_message(id: RequestId, answered: &Answered) -> wire::AnsweredRequest {
    wire::AnsweredRequest {
        request_id: id_bytes(id),
        outcome: Some(outcome_message(&answered.outcome)),
        fingerprint: answered.fingerprint,
        index: answered.index,
        at_ms: answered.at.0,
    }
}
