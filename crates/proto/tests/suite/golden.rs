//! Bytes that were once on somebody's disk stay readable and, where nothing was added, stay the same.
//!
//! `tests/golden/` holds one file per kind. An existing file is never changed: when a format grows, a new file
//! is added beside it. `HOTDESK_GOLDEN=write cargo test -p hotdesk-proto golden` writes the files that are
//! missing.

use std::path::PathBuf;

use hotdesk_core::{Event, State};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::log::{decode_batch, encode_batch, outcome_from, outcome_message};
use hotdesk_proto::{snapshot, v1};
use prost::Message;

use crate::{samples, snapshots};

fn golden(name: &str, now: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if !path.exists() && std::env::var_os("HOTDESK_GOLDEN").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

#[track_caller]
fn check<M: Message + Default + PartialEq + std::fmt::Debug>(name: &str, now: &M) -> M {
    let bytes = now.encode_to_vec();
    let kept = golden(name, &bytes);
    let message = M::decode(kept.as_slice()).unwrap();
    assert!(
        message == *now,
        "{name} reads differently: {message:?}, expected {now:?}"
    );
    assert!(kept == bytes, "{name} would be written differently");
    message
}

fn log_id(index: u64) -> wire::LogId {
    wire::LogId {
        term: 3,
        leader: 1,
        index,
    }
}

#[test]
fn votes_and_marks() {
    check(
        "vote.bin",
        &wire::Vote {
            term: 3,
            node: 1,
            committed: true,
        },
    );
    check("log_id.bin", &log_id(42));
}

#[test]
fn log_entries() {
    use wire::log_entry::Payload;
    let entry = |payload| wire::LogEntry {
        id: Some(log_id(42)),
        payload: Some(payload),
    };
    check("entry_blank.bin", &entry(Payload::Blank(true)));
    check(
        "entry_membership.bin",
        &entry(Payload::Membership(snapshots::membership())),
    );
    check(
        "entry_batch.bin",
        &entry(Payload::Batch(encode_batch(&samples::batch()))),
    );
}

#[test]
fn batches_of_every_action() {
    for (name, batch) in [
        ("batch.bin", samples::batch()),
        ("batch_calls.bin", samples::calls_batch()),
        ("batch_phones.bin", samples::phones_batch()),
        ("batch_reload.bin", samples::reload_batch()),
        ("batch_visits.bin", samples::visits_batch()),
        ("batch_former.bin", samples::former_batch()),
    ] {
        let now = encode_batch(&batch);
        let kept = golden(name, &now);
        assert_eq!(decode_batch(&kept).unwrap(), batch);
        assert!(kept == now, "{name} would be written differently");
    }
}

#[test]
fn outcomes_of_every_kind() {
    for (name, outcomes) in [
        ("outcomes.bin", samples::outcomes()),
        ("outcomes_calls.bin", samples::calls_outcomes()),
        ("outcomes_phones.bin", samples::phones_outcomes()),
    ] {
        let items = outcomes.iter().map(|outcome| wire::AnsweredRequest {
            outcome: Some(outcome_message(outcome)),
            ..wire::AnsweredRequest::default()
        });
        let now = wire::AnsweredRequests {
            items: items.collect(),
        };
        let kept = check(name, &now);
        let kept = kept
            .items
            .into_iter()
            .map(|item| outcome_from(item.outcome.unwrap()).unwrap());
        assert_eq!(kept.collect::<Vec<_>>(), outcomes);
    }
}

#[test]
fn events_of_every_kind() {
    for (name, events) in [
        ("events.bin", samples::events()),
        ("events_calls.bin", samples::calls_events()),
        ("events_phones.bin", samples::phones_events()),
        ("events_former.bin", samples::former_events()),
    ] {
        let now = wire::Events {
            items: events.iter().map(v1::Event::from).collect(),
        };
        let kept = check(name, &now);
        let kept = kept
            .items
            .into_iter()
            .map(|event| Event::try_from(event).unwrap());
        assert_eq!(kept.collect::<Vec<_>>(), events);
    }
}

/// The header names the version that wrote it, so it is compared by what it says.
#[test]
fn snapshots_of_every_part() {
    for (name, parts) in [
        ("snapshot.bin", samples::parts()),
        ("snapshot_calls.bin", samples::calls_parts()),
        ("snapshot_phones.bin", samples::phones_parts()),
        ("snapshot_visits.bin", samples::visits_parts()),
    ] {
        let state = State::restore(parts.clone()).unwrap();
        let now = snapshots::written(&snapshots::header(), &state);
        let kept = golden(name, &now);
        let (header, kept_state) = snapshot::read(kept.as_slice()).unwrap();
        assert_eq!(header, snapshots::header());
        assert_eq!(kept_state.parts(), parts);
        let (now, kept) = (snapshots::records(&now), snapshots::records(&kept));
        assert!(now[1..] == kept[1..], "{name} would be written differently");
    }
}
