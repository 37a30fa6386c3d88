//! Who is where, event by event.

use super::*;

#[test]
fn a_login_elsewhere_moves_the_user_in_one_step() {
    let table = table();
    table.apply(&[ended("ada", "p1", 1), started("ada", "p2", 2)]);
    assert_eq!(who_is_where(&table), "p1:- p2:ada");
    table.apply(&[ended("ada", "p2", 2)]);
    assert_eq!(who_is_where(&table), "p1:- p2:-");
}

#[test]
fn a_phone_is_taken_over() {
    let table = table();
    table.apply(&[ended("ada", "p1", 1), started("bob", "p1", 2)]);
    assert_eq!(who_is_where(&table), "p1:bob p2:-");
    assert!(table.by_user("ada").unwrap().is_empty());
}

#[test]
fn several_sessions_are_listed_the_oldest_first() {
    let table = table();
    table.apply(&[started("ada", "p2", 2)]);
    let ada = table.by_extension("2001").unwrap();
    let devices: Vec<&str> = ada.bindings().map(|binding| binding.device.as_str()).collect();
    assert_eq!(devices, ["p1", "p2"]);
    assert_eq!((ada.len(), ada.newest().unwrap().device.as_str()), (2, "p2"));
}

#[test]
fn an_end_that_is_late_does_not_end_a_newer_session() {
    let table = table();
    table.apply(&[ended("ada", "p1", 1), started("ada", "p1", 5)]);
    table.apply(&[ended("ada", "p1", 1)]);
    assert_eq!(who_is_where(&table), "p1:ada p2:-");
}

#[test]
fn a_change_of_a_record_shows_in_the_session() {
    let table = table();
    let mut ada = user("ada", "3001");
    ada.display_name = "Ada L.".into();
    ada.aliases.clear();
    let mut phone = device("p1", "chicago");
    phone.desk = "12".into();
    table.apply(&[event(Kind::UserPut(ada)), event(Kind::DevicePut(phone))]);
    let phone = table.by_device("p1").unwrap();
    let binding = phone.binding().unwrap();
    assert_eq!(
        (
            &*binding.display_name,
            binding.extension.as_deref(),
            &*binding.desk
        ),
        ("Ada L.", Some("3001"), "12")
    );
    assert_eq!(table.by_extension("3001").unwrap().newest(), Some(binding));
    assert!(table.by_extension("2001").is_none());
    assert!(table.by_name("ada-alias").is_none());
}

#[test]
fn a_session_of_unknown_records_is_shown_by_its_ids() {
    let table = Bindings::new();
    table.apply(&[started("ada", "p1", 1)]);
    assert_eq!(who_is_where(&table), "p1:ada");
    table.apply(&[event(Kind::UserPut(user("ada", "2001")))]);
    assert_eq!(table.by_extension("2001").unwrap().newest().unwrap().device, "p1");
}

#[test]
fn a_snapshot_replaces_everything() {
    let table = table();
    table.replace([
        v1::SnapshotPart {
            users: vec![user("bob", "2002"), user("eve", "2001")],
            devices: vec![device("p2", "austin")],
            ..v1::SnapshotPart::default()
        },
        v1::SnapshotPart {
            sessions: vec![session("bob", "p2", 9)],
            ..v1::SnapshotPart::default()
        },
    ]);
    assert_eq!(who_is_where(&table), "p2:bob");
    assert_eq!(table.by_extension("2001").unwrap().user(), "eve");
    assert!(table.by_name("ada").is_none());
    assert_eq!(table.sessions(Some("austin")).len(), 1);
    assert!(table.sessions(Some("chicago")).is_empty());
}

#[test]
fn a_snapshot_says_the_same_as_the_events_that_led_to_it() {
    let followed = table();
    followed.apply(&[started("bob", "p2", 2)]);
    followed.apply(&[
        ended("bob", "p2", 2),
        ended("ada", "p1", 1),
        started("bob", "p1", 3),
    ]);
    followed.apply(&[
        started("ada", "p2", 4),
        event(Kind::DevicePut(device("p3", "austin"))),
    ]);

    let replaced = table();
    let mut part = snapshot("p2", 4);
    part.sessions.push(session("bob", "p1", 3));
    part.devices.push(device("p3", "austin"));
    replaced.replace([part]);
    for table in [&followed, &replaced] {
        assert_eq!(who_is_where(table), "p1:bob p2:ada p3:-");
    }
    for name in ["2001", "2002", "ada", "bob"] {
        assert_eq!(followed.by_name(name), replaced.by_name(name));
    }
    for phone in ["p1", "p2", "p3"] {
        assert_eq!(followed.by_device(phone), replaced.by_device(phone));
    }
}

#[test]
fn a_snapshot_with_sessions_of_unknown_records_shows_their_ids() {
    let table = table();
    table.replace([v1::SnapshotPart {
        sessions: vec![session("eve", "p9", 7)],
        ..v1::SnapshotPart::default()
    }]);
    assert_eq!(who_is_where(&table), "p9:eve");
    assert_eq!(table.by_user("eve").unwrap().display_name(), "eve");
    assert!(table.by_user("ada").is_none());
}
