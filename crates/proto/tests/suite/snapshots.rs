//! Snapshot files: complete, the same for the same state, in small records; damage is named.

use std::io::{self, Write};
use std::sync::Arc;

use hotdesk_core::command::{ImportRow, LogoutTarget};
use hotdesk_core::{Action, Actor, Batch, Command, Parts, RequestId, StagedImport, State, TimeMs, User};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::snapshot::{Error, FORMAT, Header, read, write};
use proptest::prelude::*;
use prost::Message;
use wire::snapshot_record::Record;

use crate::samples::{self, named};

pub(crate) fn membership() -> wire::Membership {
    let node = |id, site: &str| wire::membership::Node {
        id,
        address: format!("{site}:7400"),
        site: site.into(),
    };
    wire::Membership {
        configs: vec![wire::membership::Voters { node_ids: vec![1, 2] }],
        nodes: vec![node(1, "chicago"), node(2, "new-york"), node(3, "austin")],
    }
}

pub(crate) fn header() -> Header {
    let log_id = |index| wire::LogId {
        term: 3,
        leader: 1,
        index,
    };
    Header {
        cluster_id: "0191b2a4-7d1e-4c5f-9a3b-6e8d7c5b4a39".into(),
        last_log_id: Some(log_id(12)),
        membership_log_id: Some(log_id(4)),
        membership: membership(),
    }
}

pub(crate) fn written(header: &Header, state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, header, state).unwrap();
    bytes
}

/// The records of a file, without their prefixes.
pub(crate) fn records(mut file: &[u8]) -> Vec<Vec<u8>> {
    file = &file[12..];
    let mut records = Vec::new();
    while !file.is_empty() {
        let length = u32::from_be_bytes(file[..4].try_into().unwrap()) as usize;
        records.push(file[8..8 + length].to_vec());
        file = &file[8 + length..];
    }
    records
}

fn file(records: impl IntoIterator<Item = Record>) -> Vec<u8> {
    let mut file = b"HOTDESK\0".to_vec();
    file.extend(FORMAT.to_be_bytes());
    for record in records {
        let body = wire::SnapshotRecord { record: Some(record) }.encode_to_vec();
        file.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        file.extend(crc32fast::hash(&body).to_be_bytes());
        file.extend(body);
    }
    file
}

fn decoded(file: &[u8]) -> Vec<Record> {
    let records = records(file).into_iter();
    records
        .map(|body| {
            wire::SnapshotRecord::decode(body.as_slice())
                .unwrap()
                .record
                .unwrap()
        })
        .collect()
}

fn sample() -> Vec<u8> {
    written(&header(), &State::restore(samples::parts()).unwrap())
}

#[track_caller]
fn check_damaged(file: &[u8], record: u64, expected: &str) {
    match read(file) {
        Err(Error::Damaged {
            record: found,
            detail,
        }) => {
            assert_eq!(found, record, "{detail}");
            assert!(detail.contains(expected), "{detail}");
        }
        other => panic!("expected damage, got {other:?}"),
    }
}

#[test]
fn everything_comes_back() {
    let bytes = sample();
    let (header_back, state) = read(bytes.as_slice()).unwrap();
    assert_eq!(header_back, header());
    assert_eq!(state.parts(), samples::parts());
    assert_eq!(written(&header(), &state), bytes);
}

#[test]
fn an_empty_state_comes_back() {
    let bytes = written(&Header::default(), &State::new());
    let (header, state) = read(bytes.as_slice()).unwrap();
    assert_eq!(header, Header::default());
    assert_eq!(state.parts(), Parts::default());
}

#[test]
fn a_file_without_its_end_is_incomplete_wherever_it_was_cut() {
    let bytes = sample();
    for length in 0..bytes.len() {
        let result = read(&bytes[..length]);
        assert!(
            matches!(result, Err(Error::Incomplete { .. })),
            "{length}: {result:?}"
        );
    }
    let end = bytes.len() - 1;
    let whole = records(&bytes).len() as u64 - 1;
    assert!(matches!(read(&bytes[..end]), Err(Error::Incomplete { records }) if records == whole));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut bytes = sample();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            match (at, read(bytes.as_slice())) {
                (0..8, Err(Error::NotASnapshot)) => {}
                (8..12, Err(Error::NewerFormat { .. } | Error::NotASnapshot)) => {}
                (12.., Err(Error::Damaged { .. } | Error::Incomplete { .. })) => {}
                (_, result) => panic!("byte {at}, bit {bit}: {result:?}"),
            }
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn other_files_and_newer_formats_are_told_apart() {
    assert!(matches!(
        read(&b"user,extension\nada,2041\n"[..]),
        Err(Error::NotASnapshot)
    ));
    let mut newer = sample();
    newer[8..12].copy_from_slice(&(FORMAT + 1).to_be_bytes());
    let error = read(newer.as_slice()).unwrap_err();
    assert!(
        matches!(error, Error::NewerFormat { found, supported } if found == FORMAT + 1 && supported == FORMAT)
    );
    assert!(
        error.to_string().contains("format 2, this program reads up to 1"),
        "{error}"
    );
}

#[test]
fn a_damaged_length_is_not_believed() {
    let mut bytes = sample();
    bytes[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
    check_damaged(&bytes, 0, "a record of 4294967295 bytes");
    bytes[12..16].copy_from_slice(&(16 * 1024 * 1024_u32).to_be_bytes());
    assert!(matches!(
        read(bytes.as_slice()),
        Err(Error::Incomplete { records: 0 })
    ));
}

#[test]
fn records_must_make_a_whole() {
    let bytes = sample();
    let whole = decoded(&bytes);
    let last = whole.len() as u64 - 1;
    assert_eq!(file(whole.clone()), bytes);

    check_damaged(&[bytes.as_slice(), b"x"].concat(), last, "more bytes follow");
    check_damaged(&file(whole[1..].to_vec()), 0, "expected the header");
    let mut twice = whole.clone();
    twice.insert(1, whole[0].clone());
    check_damaged(&file(twice), 1, "header: stands twice");
    let mut fewer = whole;
    fewer.remove(1);
    check_damaged(&file(fewer), last - 1, "the end counts");
    let no_record = wire::SnapshotRecord { record: None }.encode_to_vec();
    let mut unknown = bytes[..12].to_vec();
    unknown.extend(0_u32.to_be_bytes());
    unknown.extend(crc32fast::hash(&no_record).to_be_bytes());
    check_damaged(&unknown, 0, "does not know");
}

#[test]
fn records_must_fit_together_and_be_valid() {
    let whole = decoded(&sample());
    let end = |count| Record::End(wire::SnapshotEnd { records: count });
    let without_devices: Vec<Record> = whole
        .iter()
        .filter(|record| !matches!(record, Record::Devices(_) | Record::End(_)))
        .cloned()
        .collect();
    let count = without_devices.len() as u64;
    let contradiction = file(without_devices.into_iter().chain([end(count)]));
    check_damaged(&contradiction, count, "device");

    let bad = Record::Sites(wire::Sites {
        items: vec![hotdesk_proto::v1::Site::default()],
    });
    check_damaged(&file([whole[0].clone(), bad, end(2)]), 1, "sites[0].id");
}

/// Counts bytes per write, and fails after some.
struct Pipe {
    writes: Vec<usize>,
    writes_max: usize,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.writes.len() == self.writes_max {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.writes.push(bytes.len());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn many_users() -> State {
    let users = (0..3000).map(|n| User {
        extension: None,
        aliases: vec![],
        email: None,
        group: None,
        ..samples::user(&format!("user-{n:05}"))
    });
    let rows: Vec<ImportRow> = (0..5000)
        .map(|n| ImportRow::Site(samples::site(&format!("site-{n}"))))
        .collect();
    let import = |rows: &[ImportRow]| {
        Arc::new(StagedImport {
            at: TimeMs(1),
            rows: rows.iter().cloned().map(Arc::new).collect(),
        })
    };
    let parts = Parts {
        users: users.map(Arc::new).collect(),
        imports: vec![
            (RequestId(1), import(&rows)),
            (RequestId(2), import(&rows[..1])),
            (RequestId(3), import(&[])),
        ],
        ..Parts::default()
    };
    State::restore(parts).unwrap()
}

#[test]
fn a_large_state_is_written_in_small_records() {
    let state = many_users();
    let mut pipe = Pipe {
        writes: vec![],
        writes_max: usize::MAX,
    };
    write(&mut pipe, &header(), &state).unwrap();
    let largest = *pipe.writes.iter().max().unwrap();
    assert!((32 * 1024..80 * 1024).contains(&largest), "{largest}");
    let bytes = written(&header(), &state);
    let (_, back) = read(bytes.as_slice()).unwrap();
    assert_eq!(back.parts(), state.parts());
    assert_eq!(written(&header(), &back), bytes);
}

#[test]
fn a_full_disk_is_reported() {
    let mut pipe = Pipe {
        writes: vec![],
        writes_max: 2,
    };
    let error = write(&mut pipe, &header(), &many_users()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

/// A small company that people log in and out of.
fn after(steps: &[(u8, u8, u8)]) -> State {
    let mut state = State::new();
    let mut index = 0;
    let mut run = |action| {
        index += 1;
        let command = Command {
            request_id: Some(RequestId(index.into())),
            actor: Actor::system(),
            action,
        };
        let batch = Batch {
            at: TimeMs(index * 1000),
            commands: vec![command],
        };
        let _ = state.apply(index, &batch);
    };
    run(Action::PutGroup(samples::group("staff")));
    run(Action::PutSite(samples::site("chicago")));
    for (kind, user, device) in steps {
        let (user, device) = (format!("user-{}", user % 6), format!("chi-{}", device % 6));
        run(match kind % 8 {
            0 => Action::PutUser(User {
                extension: None,
                aliases: vec![],
                email: None,
                ..samples::user(&user)
            }),
            1 => Action::PutDevice(samples::device(&device, "chicago")),
            2 | 3 => Action::Login {
                user: named(&user),
                device: named(&device),
                credential_version: None,
            },
            4 => Action::Logout {
                target: LogoutTarget::Device(named(&device)),
                epoch: None,
            },
            5 => Action::SetCredential {
                user: named(&user),
                verifier: Some("v".into()),
            },
            6 => Action::ReportFailedLogin {
                user: named(&user),
                device: named(&device),
            },
            _ => Action::ImportStage {
                import: RequestId((*kind % 3).into()),
                first_row: 0,
                rows: samples::import_rows(),
            },
        });
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_state_comes_back_and_is_written_the_same(steps in proptest::collection::vec(any::<(u8, u8, u8)>(), 0..80)) {
        let state = after(&steps);
        let bytes = written(&header(), &state);
        let (_, back) = read(bytes.as_slice()).unwrap();
        prop_assert_eq!(back.parts(), state.parts());
        prop_assert_eq!(written(&header(), &back), bytes);
    }

    #[test]
    fn nonsense_is_answered(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = b"HOTDESK\0\0\0\0\x01".to_vec();
        bytes.extend(tail);
        prop_assert!(read(bytes.as_slice()).is_err());
    }
}
