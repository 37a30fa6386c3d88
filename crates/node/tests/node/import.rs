//! Imports: all or none.

use hotdesk_proto::v1;
use hotdesk_proto::v1::import_response::Item;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;

use crate::world::{PATIENCE, World, device, office_rows, row, site, user};

fn done(answers: &[Item]) -> (u64, u64, u64) {
    match answers.last() {
        Some(Item::Done(done)) => (done.created, done.changed, done.unchanged),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn thousands_of_rows_come_in_with_progress_and_again_change_nothing() {
    let mut world = World::empty().await;
    let mut rows = office_rows();
    rows.extend((0..1500).map(|n| user(&format!("u{n}"), &format!("{}", 30_000 + n), "2468")));
    let answers = world.import(rows.clone(), false).await.unwrap();
    let staged: Vec<u64> = answers
        .iter()
        .filter_map(|it| {
            if let Item::RowsStaged(rows) = it {
                Some(*rows)
            } else {
                None
            }
        })
        .collect();
    assert!(staged.len() >= 5 && staged.is_sorted(), "{staged:?}");
    assert_eq!(staged.last(), Some(&1507));
    assert_eq!(done(&answers), (1507, 0, 0));
    world.login("u77", "chi-1", "2468").await.unwrap();

    // The same file again leaves everything as it is, the PINs and who is logged in too.
    assert_eq!(done(&world.import(rows, false).await.unwrap()), (0, 0, 1507));
    assert_eq!(world.device_of("u77").await.as_deref(), Some("chi-1"));
    // Another PIN is a change.
    let answers = world
        .import(vec![user("ada", "2001", "1111"), user("bob", "2002", "")], false)
        .await
        .unwrap();
    assert_eq!(done(&answers), (0, 1, 1));
    assert_eq!(
        world.login("ada", "chi-2", "1234").await.unwrap_err().reason,
        "WRONG_PIN"
    );
    world.login("ada", "chi-2", "1111").await.unwrap();
    world.login("bob", "ny-1", "9876").await.unwrap();
}

#[tokio::test]
async fn bad_rows_are_all_told_with_their_numbers_and_nothing_is_put() {
    let mut world = World::office().await;
    let rows = vec![
        site("austin"),
        user("eve", "20x1", ""),
        user("fay", "2001", ""),
        device("aus-1", "boston"),
        user("gus", "2009", "12"),
        v1::ImportRow::default(),
        row(
            v1::import_row::Record::Site(v1::Site {
                id: "dallas".into(),
                ..Default::default()
            }),
            "1234",
        ),
        device("aus-2", "austin"),
        device("no phone", "austin"),
        user("hal", "2002", "1234"),
        row(
            v1::import_row::Record::Device(v1::Device {
                id: "aus-3".into(),
                site: "austin".into(),
                number: "<sip:x>".into(),
                ..Default::default()
            }),
            "",
        ),
    ];
    let answers = world.import(rows, false).await.unwrap();
    let Some(Item::Rejected(rejected)) = answers.last() else {
        panic!("{answers:?}")
    };
    let told: Vec<(u64, &str)> = rejected
        .rows
        .iter()
        .map(|it| (it.row, it.field.as_str()))
        .collect();
    let expected = [
        (1, "extension"),
        (2, "extension"),
        (3, "site"),
        (4, "pin"),
        (5, ""),
        (6, "pin"),
        (8, "id"),
        (9, "extension"),
        (10, "number"),
    ];
    assert_eq!(told, expected, "{rejected:?}");
    assert!(rejected.rows[2].problem.contains("boston"), "{rejected:?}");
    let sites = world
        .directory
        .list_sites(v1::ListRequest::default())
        .await
        .unwrap()
        .into_inner()
        .sites;
    assert_eq!(sites.len(), 2);
}

#[tokio::test]
async fn a_dry_run_tells_what_would_happen_and_changes_nothing() {
    let mut world = World::office().await;
    let rows = vec![site("austin"), device("aus-1", "austin"), site("chicago")];
    assert_eq!(done(&world.import(rows, true).await.unwrap()), (2, 0, 1));
    let sites = world
        .directory
        .list_sites(v1::ListRequest::default())
        .await
        .unwrap()
        .into_inner()
        .sites;
    assert_eq!(sites.len(), 2);
}

#[tokio::test]
async fn messages_out_of_order_are_refused() {
    use v1::import_request::Item as Ask;
    let mut world = World::empty().await;
    let header = || Ask::Header(v1::ImportHeader::default());
    let rows = || {
        Ask::Rows(v1::ImportRows {
            rows: vec![site("austin")],
        })
    };
    let commit = |rows| Ask::Commit(v1::ImportCommit { rows, dry_run: false });
    let short = v1::ImportHeader {
        import_id: vec![1; 3],
        ..Default::default()
    };
    for (items, field) in [
        (vec![], "header"),
        (vec![rows()], "header"),
        (vec![header(), header()], "header"),
        (vec![Ask::Header(short)], "header.import_id"),
        (vec![header(), rows()], "commit"),
        (vec![header(), rows(), commit(2)], "commit.rows"),
        (
            vec![
                header(),
                Ask::Rows(v1::ImportRows {
                    rows: vec![site("a"); 1001],
                }),
            ],
            "rows",
        ),
    ] {
        let error = world.import_items(items).await.unwrap_err();
        assert_eq!(error.values["field"], field, "{error}");
    }
    assert_eq!(world.node.cluster().local().state.counts().sites, 0);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_nothing_behind() {
    let mut world = World::empty().await;
    let (sender, receiver) = mpsc::channel(4);
    let send = async |item| sender.send(v1::ImportRequest { item: Some(item) }).await.unwrap();
    send(v1::import_request::Item::Header(v1::ImportHeader::default())).await;
    let rows = (0..250).map(|n| site(&format!("s{n}"))).collect();
    send(v1::import_request::Item::Rows(v1::ImportRows { rows })).await;
    let mut answers = world
        .directory
        .import(ReceiverStream::new(receiver))
        .await
        .unwrap()
        .into_inner();
    let first = timeout(PATIENCE, answers.message())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(first.item, Some(Item::RowsStaged(200)));
    let staged = |world: &World| world.node.cluster().local().state.imports().count();
    assert_eq!(staged(&world), 1);
    drop(answers);
    drop(sender);
    let forgotten = async {
        let mut watching = world.node.cluster().watch(None);
        while staged(&world) > 0 {
            watching.next().await;
        }
    };
    timeout(PATIENCE, forgotten)
        .await
        .expect("the import is forgotten when its caller goes away");
}
