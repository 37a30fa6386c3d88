//! The bytes on the disk stay what they are: a log written by an older version is opened by a newer one.
//! The messages inside are kept by `hotdesk-proto`; here are the keys, the frames and the pieces.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use hotdesk_core::{Action, Actor, Batch, Command, RequestId, TimeMs};
use hotdesk_store::key_spaces::{self, EntryKey};
use hotdesk_store::types::{Entry, Membership, NodeInfo, Proposed};
use hotdesk_store::wire;
use openraft::EntryPayload;

use crate::harness::{append, blank, entry, id, open, read_all, vote};

#[test]
fn keys() {
    assert_eq!(hex(&key_spaces::VOTE), "00");
    assert_eq!(hex(&key_spaces::PURGED), "01");
    assert_eq!(hex(&key_spaces::COMMITTED), "02");
    assert_eq!(hex(&key_spaces::PROBE), "03");
    assert_eq!(hex(&key_spaces::entry(0)), "100000000000000000");
    assert_eq!(hex(&key_spaces::entry(0x0102_0304)), "100000000001020304");
    assert_eq!(
        hex(&key_spaces::piece(0x0102_0304, 258)),
        "1000000000010203040102"
    );
}

#[test]
fn keys_are_read_back() {
    for index in [0, 1, 255, 1 << 40, u64::MAX] {
        assert_eq!(
            key_spaces::read_entry_key(&key_spaces::entry(index)),
            Some(EntryKey::First(index))
        );
        let key = key_spaces::piece(index, 7);
        assert_eq!(
            key_spaces::read_entry_key(&key),
            Some(EntryKey::Further(index, 7))
        );
    }
    for other in [&[][..], &key_spaces::VOTE, &[0x10, 1], &[0x10; 10], &[0x10; 12]] {
        assert_eq!(key_spaces::read_entry_key(other), None, "{other:?}");
    }
}

#[test]
fn keys_sort_as_entries_do() {
    let in_order = [
        key_spaces::entry(1).to_vec(),
        key_spaces::piece(1, 1).to_vec(),
        key_spaces::piece(1, 256).to_vec(),
        key_spaces::entry(2).to_vec(),
        key_spaces::entry(256).to_vec(),
    ];
    assert!(in_order.is_sorted());
}

#[test]
fn frames() {
    let check = |message: Vec<u8>, kept: &str| assert_eq!(hex(&message), kept);
    check(frame(&wire::vote_to(&vote(300))), VOTE);
    check(frame(&wire::log_id_to(&id(5, 77))), LOG_ID);
    check(frame(&wire::entry_to(&blank(5, 77))), BLANK);
    check(frame(&wire::entry_to(&commands())), COMMANDS);
    check(frame(&wire::entry_to(&members())), MEMBERS);
}

/// What the log really writes is these keys and frames: sled's tree, read behind its back.
#[test]
fn the_tree_holds_these_keys_and_frames() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path()).unwrap();
    let large = entry(5, 2, 9_000);
    append(&mut log, vec![blank(5, 0), commands(), large.clone()]).unwrap();
    drop(log);

    let tree = sled::open(folder.path().join("log")).unwrap();
    let rows: Vec<_> = tree
        .iter()
        .map(|row| row.map(|(key, value)| (hex(&key), value)).unwrap())
        .collect();
    let keys: Vec<&str> = rows.iter().map(|(key, _)| key.as_str()).collect();
    let probe = "03";
    let first = "100000000000000002";
    assert_eq!(
        keys,
        [
            probe,
            "100000000000000000",
            "100000000000000001",
            first,
            &format!("{first}0001"),
            &format!("{first}0002"),
        ]
    );
    assert_eq!(hex(&rows[2].1), COMMANDS);
    let pieces: Vec<u8> = rows[3..].iter().flat_map(|(_, value)| value.to_vec()).collect();
    assert_eq!(pieces, frame(&wire::entry_to(&large)));
    assert!(
        rows.iter()
            .all(|(_, value)| value.len() <= key_spaces::PIECE_BYTES_MAX)
    );
}

/// And a tree that holds exactly them is a log.
#[test]
fn a_tree_with_these_keys_and_frames_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let tree = sled::open(folder.path().join("log")).unwrap();
    for (key, value) in [
        ("00", VOTE),
        ("100000000000000000", BLANK_0),
        ("100000000000000001", COMMANDS),
    ] {
        tree.insert(unhex(key), unhex(value)).unwrap();
    }
    drop(tree);
    let mut log = open(folder.path()).unwrap();
    assert_eq!(read_all(&mut log), [blank(5, 0), commands()]);
}

fn commands() -> Entry {
    let command = Command {
        request_id: Some(RequestId(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)),
        actor: Actor("admin".into()),
        action: Action::Expire,
    };
    let batch = Batch {
        at: TimeMs(1_700_000_000_000),
        commands: vec![command],
    };
    Entry {
        log_id: id(5, 1),
        payload: EntryPayload::Normal(Proposed::new(batch)),
    }
}

fn members() -> Entry {
    let info = |address: &str, site: &str| NodeInfo {
        address: address.into(),
        site: site.into(),
    };
    let nodes = BTreeMap::from([(1, info("a:1", "chicago")), (2, info("b:1", "austin"))]);
    let membership = Membership::new(vec![BTreeSet::from([1]), BTreeSet::from([1, 2])], nodes).unwrap();
    Entry {
        log_id: id(5, 2),
        payload: EntryPayload::Membership(membership),
    }
}

fn frame(message: &impl prost::Message) -> Vec<u8> {
    let mut frame = Vec::new();
    key_spaces::frame_into(&mut frame, message);
    frame
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

const VOTE: &str = "1e5a868b0000000708ac0210011801";
const LOG_ID: &str = "4edc34620000000608051001184d";
const BLANK: &str = "e8f3dd280000000a0a0608051001184d1001";
const BLANK_0: &str = "4800f5c0000000080a04080510011001";
const COMMANDS: &str = "5fae7db10000002e0a060805100118011a240880d095ffbc31121b0a100102030405060708090a0b0c0d0e0f10120561646d696e6801";
const MEMBERS: &str = "295a877b000000380a06080510011802222e0a030a01010a040a020102121008011203613a311a076368696361676f120f08021203623a311a0661757374696e";
