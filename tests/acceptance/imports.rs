//! An import puts all rows or none.

use hotdesk_proto::v1;
use hotdesk_tests::offices::{Offices, fresh_id, linearizable_list};
use v1::import_request::Item;
use v1::import_response::Item as Answer;
use v1::import_row::Record;

fn row(record: Record) -> v1::ImportRow {
    v1::ImportRow {
        record: Some(record),
        pin: String::new(),
    }
}

async fn import(offices: &Offices, office: usize, rows: Vec<v1::ImportRow>, dry_run: bool) -> Answer {
    let count = rows.len() as u64;
    let mut items = vec![Item::Header(v1::ImportHeader {
        import_id: fresh_id(),
        by: "admin:jo".into(),
    })];
    items.extend(
        rows.chunks(700)
            .map(|rows| Item::Rows(v1::ImportRows { rows: rows.to_vec() })),
    );
    items.push(Item::Commit(v1::ImportCommit { rows: count, dry_run }));
    let requests = tokio_stream::iter(
        items
            .into_iter()
            .map(|item| v1::ImportRequest { item: Some(item) }),
    );
    let mut answers = offices
        .directory(office)
        .import(requests)
        .await
        .expect("import")
        .into_inner();
    let mut last = None;
    while let Some(answer) = answers.message().await.expect("the stream goes on") {
        last = answer.item;
    }
    last.expect("an answer")
}

fn many(users: usize) -> Vec<v1::ImportRow> {
    let mut rows = vec![row(Record::Site(v1::Site {
        id: "denver".into(),
        name: "Denver".into(),
        ..Default::default()
    }))];
    for i in 0..users {
        let user = v1::User {
            id: format!("u{i}"),
            extension: format!("5{i:05}"),
            ..Default::default()
        };
        rows.push(row(Record::User(user)));
        let device = v1::Device {
            id: format!("04{i:010x}"),
            site: "denver".into(),
            ..Default::default()
        };
        rows.push(row(Record::Device(device)));
    }
    rows
}

async fn user_count(offices: &Offices, office: usize) -> u64 {
    offices
        .directory(office)
        .list_users(linearizable_list())
        .await
        .expect("list");
    offices.status(office).await.users
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_rows_arrive_together() {
    let offices = Offices::with_people().await;
    let answer = import(&offices, 1, many(1500), false).await;
    assert!(
        matches!(&answer, Answer::Done(done) if done.created == 3001 && done.changed == 0),
        "{answer:?}"
    );
    assert_eq!(user_count(&offices, 2).await, 1503);
    // Again: nothing is new, nothing changes.
    let answer = import(&offices, 0, many(1500), false).await;
    assert!(
        matches!(&answer, Answer::Done(done) if done.created == 0 && done.unchanged == 3001),
        "{answer:?}"
    );
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_all_reported_and_nothing_is_imported() {
    let offices = Offices::with_people().await;
    let mut rows = many(300);
    // Row 5: an extension of somebody else's; row 6: an unknown site; row 7: no valid id; row 600: twice the same.
    rows[5] = row(Record::User(v1::User {
        id: "thief".into(),
        extension: "2001".into(),
        ..Default::default()
    }));
    rows[6] = row(Record::Device(v1::Device {
        id: "040000000fff".into(),
        site: "atlantis".into(),
        ..Default::default()
    }));
    rows[7] = row(Record::User(v1::User {
        id: "not an id".into(),
        ..Default::default()
    }));
    rows[599] = rows[1].clone();
    let answer = import(&offices, 2, rows, false).await;
    let Answer::Rejected(rejected) = answer else {
        panic!("{answer:?}")
    };
    let numbers: Vec<u64> = rejected.rows.iter().map(|problem| problem.row).collect();
    assert_eq!(numbers, [5, 6, 7, 599], "{:?}", rejected.rows);
    for (problem, said) in rejected.rows.iter().zip(["2001", "atlantis", "not an id", "u0"]) {
        assert!(problem.problem.contains(said), "{problem:?} should name {said}");
    }
    assert_eq!(user_count(&offices, 0).await, 3, "nothing was imported");
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_only_checks() {
    let offices = Offices::with_people().await;
    let answer = import(&offices, 0, many(10), true).await;
    assert!(
        matches!(&answer, Answer::Done(done) if done.created == 21),
        "{answer:?}"
    );
    assert_eq!(user_count(&offices, 0).await, 3);
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_pins_work_at_every_office() {
    let offices = Offices::with_people().await;
    let user = v1::User {
        id: "dan".into(),
        extension: "2009".into(),
        ..Default::default()
    };
    let with_pin = v1::ImportRow {
        record: Some(Record::User(user)),
        pin: "4711".into(),
    };
    let answer = import(&offices, 0, vec![with_pin], false).await;
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    for office in 0..3 {
        offices
            .login(office, "2009", hotdesk_tests::offices::phone(office, 1), "4711")
            .await
            .expect("logs in");
    }
    offices.shutdown().await;
}
