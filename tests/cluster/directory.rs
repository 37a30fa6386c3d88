//! A small directory for these tests: one site, users u0.. with extensions 2000.., phones for them.

use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_tests::processes::Cluster;
use v1::import_request::Item;
use v1::import_row::Record;

/// How many users there are.
pub(crate) const USERS: u64 = 24;
/// How many phones there are.
pub(crate) const PHONES: u64 = 40;

/// The extension of user `i`.
pub(crate) fn extension(i: u64) -> String {
    format!("{}", 2000 + i)
}

/// Phone `i`.
pub(crate) fn phone(i: u64) -> String {
    format!("02{i:010x}")
}

/// Imports the directory through the leader.
pub(crate) async fn fill(cluster: &Cluster) {
    let leader = cluster.leader().await;
    let row = |record| v1::ImportRow {
        record: Some(record),
        pin: String::new(),
    };
    let site = v1::Site {
        id: "hq".into(),
        name: "HQ".into(),
        ..Default::default()
    };
    let mut rows = vec![row(Record::Site(site))];
    for i in 0..USERS {
        rows.push(row(Record::User(v1::User {
            id: format!("u{i}"),
            extension: extension(i),
            ..Default::default()
        })));
    }
    for i in 0..PHONES {
        rows.push(row(Record::Device(v1::Device {
            id: phone(i),
            site: "hq".into(),
            ..Default::default()
        })));
    }
    let count = rows.len() as u64;
    let import_id = uuid::Uuid::new_v4().into_bytes().to_vec();
    let items = [
        Item::Header(v1::ImportHeader {
            import_id,
            by: "test".into(),
        }),
        Item::Rows(v1::ImportRows { rows }),
        Item::Commit(v1::ImportCommit {
            rows: count,
            dry_run: false,
        }),
    ];
    let requests = tokio_stream::iter(items.map(|item| v1::ImportRequest { item: Some(item) }));
    let mut directory = DirectoryClient::new(cluster.channel(leader));
    let mut answers = directory.import(requests).await.expect("import").into_inner();
    let mut last = None;
    while let Some(answer) = answers.message().await.expect("the stream goes on") {
        last = answer.item;
    }
    assert!(
        matches!(last, Some(v1::import_response::Item::Done(_))),
        "{last:?}"
    );
    cluster.settled().await;
}
