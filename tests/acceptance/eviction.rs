//! Somebody logs in at one office while still logged in at another.

use hotdesk_proto::v1;
use hotdesk_tests::offices::{NAMES, Offices, phone};
use v1::end_reason::Reason;
use v1::event::Kind;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_chicago_ends_the_session_in_new_york_in_the_same_entry() {
    let offices = Offices::with_people().await;
    let first = offices
        .login(1, "ada", phone(1, 1), "1234")
        .await
        .expect("logs in");
    assert!(first.ended.is_empty() && !first.already);
    let second = offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let (old, new) = (
        first.session.expect("a session"),
        second.session.expect("a session"),
    );
    assert!(new.epoch > old.epoch, "epochs rise");
    assert_eq!(second.ended.len(), 1);
    let ended = &second.ended[0];
    assert_eq!(ended.session.as_ref(), Some(&old), "the session as it was");
    let reason = ended.reason.as_ref().and_then(|r| r.reason.clone());
    let expected = v1::end_reason::LoggedInElsewhere {
        device: phone(0, 1).into(),
        site: "chicago".into(),
        epoch: new.epoch,
    };
    assert_eq!(reason, Some(Reason::LoggedInElsewhere(expected)));

    offices.settled().await;
    for (office, name) in NAMES.iter().enumerate() {
        assert_eq!(
            offices.devices_of(office, "2001").await,
            [phone(0, 1)],
            "as {name} sees it"
        );
        // Both changes came with one log entry.
        let request = v1::WatchRequest {
            after_index: first.index,
            once: true,
            ..Default::default()
        };
        let mut stream = offices
            .sessions(office)
            .watch(request)
            .await
            .expect("watch")
            .into_inner();
        let mut entries = Vec::new();
        while let Some(answer) = stream.message().await.expect("the stream goes on") {
            if let Some(v1::watch_response::Item::Events(events)) = answer.item {
                entries.push(events);
            }
        }
        let entry = entries
            .iter()
            .find(|entry| entry.index == second.index)
            .expect("the entry of the login");
        let kinds: Vec<_> = entry
            .events
            .iter()
            .filter_map(|event| event.kind.as_ref())
            .collect();
        assert!(
            matches!(kinds[..], [Kind::SessionEnded(_), Kind::SessionStarted(_)]),
            "{name} saw {kinds:?} in entry {}",
            entry.index
        );
        assert!(
            entry
                .events
                .iter()
                .all(|event| event.index == second.index && event.by == "edge:chicago")
        );
    }
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_in_where_one_is_logged_in_changes_nothing() {
    let offices = Offices::with_people().await;
    let first = offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let again = offices
        .login(2, "2001", phone(0, 1), "1234")
        .await
        .expect("logs in");
    assert!(again.already);
    assert_eq!(first.session.map(|s| s.epoch), again.session.map(|s| s.epoch));
    offices.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_takes_over_a_forgotten_phone() {
    let offices = Offices::with_people().await;
    offices
        .login(0, "ada", phone(0, 1), "1234")
        .await
        .expect("logs in");
    let taken = offices
        .login(0, "bob", phone(0, 1), "1234")
        .await
        .expect("takes over");
    let reason = taken.ended[0].reason.clone().and_then(|r| r.reason);
    assert!(
        matches!(reason, Some(Reason::DeviceTakenOver(ref by)) if by.user == "bob"),
        "{reason:?}"
    );
    offices.settled().await;
    for office in 0..3 {
        assert!(offices.devices_of(office, "ada").await.is_empty());
        assert_eq!(offices.devices_of(office, "bob").await, [phone(0, 1)]);
    }
    offices.shutdown().await;
}
