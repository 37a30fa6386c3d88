//! What the tests of the store share: opening, writing, reading back.

use std::path::Path;

use bytes::Bytes;
use hotdesk_core::command::ForceTarget;
use hotdesk_core::{Action, Actor, Batch, Command, RequestId, SiteId, TimeMs};
use hotdesk_store::types::{Entry, LogId, Proposed, Types, Vote};
use hotdesk_store::{DataDir, Expect, LogOptions, OpenError, SledLog};
use openraft::impls::TokioRuntime;
use openraft::impls::leader_id_adv::LeaderId;
use openraft::storage::{IOFlushed, RaftLogStorage};
use openraft::type_config::TypeConfigExt;
use openraft::{EntryPayload, RaftLogReader};

pub(crate) type Config = Types<TokioRuntime>;
pub(crate) type Log = SledLog<TokioRuntime>;

/// Runs a future to its end. The log needs no runtime; the tests take the product's.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) fn expect() -> Expect {
    Expect {
        node_id: 1,
        cluster_id: None,
    }
}

pub(crate) fn open(path: &Path) -> Result<Log, OpenError> {
    open_with(path, LogOptions::default())
}

pub(crate) fn open_with(path: &Path, options: LogOptions) -> Result<Log, OpenError> {
    SledLog::open(&DataDir::open(path, expect())?, options)
}

pub(crate) fn id(term: u64, index: u64) -> LogId {
    LogId::new(LeaderId { term, node_id: 1 }, index)
}

pub(crate) fn vote(term: u64) -> Vote {
    Vote::new_committed(term, 1)
}

pub(crate) fn blank(term: u64, index: u64) -> Entry {
    Entry {
        log_id: id(term, index),
        payload: EntryPayload::Blank,
    }
}

/// An entry of about `bytes` bytes, up to 250 kB, recognisable by its index: whoever reads it back can tell.
pub(crate) fn entry(term: u64, index: u64, bytes: usize) -> Entry {
    let mut commands = Vec::new();
    let mut encoded = 0;
    while commands.is_empty() || encoded < bytes {
        let salt = (u128::from(term) << 96) | (u128::from(index) << 32) | commands.len() as u128;
        let note = "n".repeat(bytes.saturating_sub(encoded + 60).min(200)).into();
        let target = ForceTarget::Site(SiteId::parse("chicago").unwrap());
        commands.push(Command {
            request_id: Some(RequestId(salt)),
            actor: Actor("a test of the log".into()),
            action: Action::ForceLogout { target, note },
        });
        encoded += 260;
    }
    let batch = Batch {
        at: TimeMs(index),
        commands,
    };
    Entry {
        log_id: id(term, index),
        payload: EntryPayload::Normal(Proposed::new(batch)),
    }
}

/// An append that was asked for.
pub(crate) struct Pending(tokio::sync::oneshot::Receiver<std::io::Result<()>>);

impl Pending {
    /// Waits for the acknowledgement.
    pub(crate) fn wait(self) -> std::io::Result<()> {
        block_on(self.0).expect("the log answers every append")
    }
}

/// Asks for an append without waiting.
pub(crate) fn append_begin(log: &mut Log, entries: Vec<Entry>) -> std::io::Result<Pending> {
    let (told, pending) = Config::oneshot();
    block_on(log.append(entries, IOFlushed::signal(told)))?;
    Ok(Pending(pending))
}

/// Appends and waits until it is acknowledged.
pub(crate) fn append(log: &mut Log, entries: Vec<Entry>) -> std::io::Result<()> {
    append_begin(log, entries)?.wait()
}

/// All that can be read.
pub(crate) fn read_all(log: &mut Log) -> Vec<Entry> {
    block_on(log.try_get_log_entries(..)).unwrap()
}

/// The bytes of an entry's commands, to compare by.
pub(crate) fn payload(entry: &Entry) -> Bytes {
    match &entry.payload {
        EntryPayload::Normal(proposed) => proposed.encoded.clone(),
        EntryPayload::Blank | EntryPayload::Membership(_) => Bytes::new(),
    }
}
