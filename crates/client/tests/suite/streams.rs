//! Calls that are streams: lists, import, backup.

use futures::TryStreamExt as _;

use hotdesk_client::{Client, Error, Imported, Options, v1};
use hotdesk_proto::error::Failure;

use super::fake::{Fake, Reply};

fn client(fakes: &[&Fake]) -> Client {
    Client::new(Options::new(fakes.iter().map(|fake| fake.address.clone()))).expect("good options")
}

fn site(id: &str) -> v1::ImportRow {
    v1::ImportRow {
        record: Some(v1::import_row::Record::Site(v1::Site {
            id: id.into(),
            ..v1::Site::default()
        })),
        pin: String::new(),
    }
}

#[tokio::test]
async fn a_list_joins_its_pages() {
    let fake = Fake::start();
    let users: Vec<v1::User> = client(&[&fake]).users().try_collect().await.unwrap();
    let ids: Vec<String> = users.into_iter().map(|user| user.id).collect();
    let expected: Vec<String> = (0..25).map(|number| format!("user{number:02}")).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_import_goes_in_parts_and_tells_its_progress() {
    let fake = Fake::start();
    let rows: Vec<v1::ImportRow> = (0..450).map(|number| site(&format!("s{number}"))).collect();
    let mut progress = Vec::new();
    let imported = client(&[&fake])
        .import(&rows, false, |rows| progress.push(rows))
        .await
        .unwrap();
    assert!(matches!(imported, Imported::Done(done) if done.created == 450));
    assert_eq!(progress, [200, 400, 450]);

    let sent = &fake.imports()[0];
    let Some(v1::import_request::Item::Header(header)) = &sent[0].item else {
        panic!("{:?}", sent[0]);
    };
    assert_eq!(header.import_id.len(), 16);
    let Some(v1::import_request::Item::Commit(commit)) = &sent[4].item else {
        panic!("{:?}", sent[4]);
    };
    assert_eq!((commit.rows, commit.dry_run), (450, false));
}

#[tokio::test]
async fn bad_rows_of_an_import_are_named() {
    let fake = Fake::start();
    let rows = [site("a"), site("bad")];
    let imported = client(&[&fake]).import(&rows, true, |_| ()).await.unwrap();
    assert!(
        matches!(&imported, Imported::Rejected(rows) if rows[0].row == 1),
        "{imported:?}"
    );
}

#[tokio::test]
async fn an_import_begins_again_at_the_next_node_under_the_same_id() {
    let (first, second) = (Fake::start(), Fake::start());
    first.will([Reply::Refuse(Failure::ShuttingDown.into())]);
    let imported = client(&[&first, &second])
        .import(&[site("a")], false, |_| ())
        .await
        .unwrap();
    assert!(matches!(imported, Imported::Done(_)));
    assert_eq!(second.imports().len(), 1);
}

fn chunk(bytes: &[u8], last: Option<u32>) -> v1::BackupResponse {
    v1::BackupResponse {
        chunk: bytes.to_vec(),
        index: 9,
        crc32: last.unwrap_or(0),
        last: last.is_some(),
    }
}

async fn receive(fake: &Fake) -> Result<(Vec<u8>, u64), Error> {
    let mut backup = client(&[fake]).backup().await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = backup.next_chunk().await? {
        bytes.extend(chunk);
    }
    let summary = backup.summary().expect("complete");
    assert_eq!(summary.bytes, bytes.len() as u64);
    Ok((bytes, summary.index))
}

#[tokio::test]
async fn a_backup_is_complete_and_right_or_an_error() {
    let fake = Fake::start();
    let crc = crc32fast::hash(b"onetwo");
    for end in [
        vec![chunk(b"two", Some(crc))],
        vec![chunk(b"two", None), chunk(b"", Some(crc))],
    ] {
        fake.has_backup([vec![chunk(b"one", None)], end].concat());
        assert_eq!(receive(&fake).await.unwrap(), (b"onetwo".to_vec(), 9));
    }
    for (damaged, says) in [
        (vec![chunk(b"one", None)], "ended it early"),
        (vec![chunk(b"one", None), chunk(b"twO", Some(crc))], "checksum"),
    ] {
        fake.has_backup(damaged);
        let error = receive(&fake).await.unwrap_err();
        assert!(
            matches!(error, Error::Incomplete { .. }) && error.to_string().contains(says),
            "{error}"
        );
    }
}
