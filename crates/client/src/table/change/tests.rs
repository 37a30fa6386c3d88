use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use hotdesk_core::{CallClasses, CallRights};

fn user(id: &str, extension: &str) -> v1::User {
    v1::User {
        id: id.into(),
        display_name: format!("Name of {id}"),
        extension: extension.into(),
        aliases: vec![format!("{id}-alias")],
        email: format!("{id}@example.com"),
        ..v1::User::default()
    }
}

fn device(id: &str, site: &str) -> v1::Device {
    v1::Device {
        id: id.into(),
        site: site.into(),
        desk: format!("desk of {id}"),
        ..v1::Device::default()
    }
}

fn session(user: &str, device: &str, epoch: u64) -> v1::Session {
    v1::Session {
        user: user.into(),
        device: device.into(),
        site: "chicago".into(),
        epoch,
        since_ms: epoch * 10,
        ..v1::Session::default()
    }
}

fn event(kind: Kind) -> v1::Event {
    v1::Event {
        kind: Some(kind),
        ..v1::Event::default()
    }
}

fn started(user: &str, device: &str, epoch: u64) -> v1::Event {
    event(Kind::SessionStarted(session(user, device, epoch)))
}

fn ended(user: &str, device: &str, epoch: u64) -> v1::Event {
    event(Kind::SessionEnded(v1::EndedSession {
        session: Some(session(user, device, epoch)),
        reason: None,
    }))
}

/// Users ada (2001) and bob (2002), phones p1 and p2 in chicago, ada logged in at this one.
fn snapshot(phone: &str, epoch: u64) -> v1::SnapshotPart {
    v1::SnapshotPart {
        sessions: vec![session("ada", phone, epoch)],
        users: vec![user("ada", "2001"), user("bob", "2002")],
        devices: vec![device("p1", "chicago"), device("p2", "chicago")],
        ..v1::SnapshotPart::default()
    }
}

/// The table after a snapshot: ada at p1.
fn table() -> Bindings {
    let table = Bindings::new();
    table.replace([snapshot("p1", 1)]);
    table
}

/// "p1:ada p2:-" and so on; and that users and phones tell the same story.
fn who_is_where(table: &Bindings) -> String {
    let mut phones: Vec<String> = table
        .devices(None)
        .iter()
        .map(|device| {
            let Some(binding) = device.binding() else {
                return format!("{}:-", device.device());
            };
            assert_eq!(binding.device, device.device());
            let user = table.by_user(&binding.user).expect("its user is known");
            assert!(
                user.bindings().any(|known| known == binding),
                "{binding:?} {user:?}"
            );
            format!("{}:{}", device.device(), binding.user)
        })
        .collect();
    phones.sort();
    phones.join(" ")
}

#[test]
fn every_name_finds_the_user_and_the_phone() {
    let table = table();
    for name in [
        "ada",
        "2001",
        "ada-alias",
        "ada@example.com",
        "ADA",
        " Ada@Example.COM",
    ] {
        let found = table.by_name(name).expect(name);
        let binding = found.newest().expect("ada is logged in");
        let shown = (
            &*binding.display_name,
            binding.extension.as_deref(),
            &*binding.desk,
        );
        assert_eq!(shown, ("Name of ada", Some("2001"), "desk of p1"));
        assert_eq!(
            (binding.epoch, binding.since_ms, &*binding.site),
            (1, 10, "chicago")
        );
    }
    assert!(table.by_extension("ada").is_none());
    assert!(table.by_user("2001").is_none());
    assert!(table.by_name("nobody").is_none());
    assert!(table.by_extension("2002").unwrap().is_empty());
    assert_eq!(table.counts(), (2, 2));
}

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
fn a_number_that_passes_between_users_is_never_lost() {
    for order in [["ada", "bob"], ["bob", "ada"]] {
        let table = table();
        let events =
            order.map(|id| event(Kind::UserPut(user(id, if id == "bob" { "2001" } else { "2009" }))));
        table.apply(&events);
        assert_eq!(table.by_extension("2001").unwrap().user(), "bob", "{order:?}");
        assert_eq!(table.by_extension("2009").unwrap().user(), "ada", "{order:?}");
        assert!(table.by_extension("2002").is_none(), "{order:?}");
    }
}

#[test]
fn what_is_deleted_is_gone_under_all_its_names() {
    let table = table();
    table.apply(&[ended("ada", "p1", 1), event(Kind::UserDeleted("ada".into()))]);
    for name in ["ada", "2001", "ada-alias", "ada@example.com"] {
        assert!(table.by_name(name).is_none(), "{name}");
    }
    table.apply(&[event(Kind::DeviceDeleted("p2".into()))]);
    assert_eq!(who_is_where(&table), "p1:-");
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

#[test]
fn a_mac_address_is_found_in_any_spelling() {
    let table = Bindings::new();
    table.apply(&[event(Kind::DevicePut(device("001a2b3c4d5e", "chicago")))]);
    assert!(table.by_device("00:1A:2B:3C:4D:5E").is_some());
}

/// Goal: no order of look-ups shows a user at two phones. Method: one thread moves ada to and fro, and while
/// it does, readers look at the phones in both orders and at the user. Reading the old phone after the new one
/// must not find her at both, and her extension must find her all the while.
fn check_readers_while(moves: impl Fn(&Bindings, (&str, u64), (&str, u64)), times: u64) {
    let table = Arc::new(table());
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = [["p1", "p2"], ["p2", "p1"]]
        .into_iter()
        .map(|order| {
            let (table, done) = (Arc::clone(&table), Arc::clone(&done));
            std::thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let epochs = order.map(|phone| {
                        let phone = table.by_device(phone).unwrap();
                        phone.binding().map(|binding| binding.epoch)
                    });
                    // The second look-up is later: a newer session is fine, the same or an older one is not.
                    if let [Some(first), Some(second)] = epochs {
                        assert!(second > first, "at {order:?} in sessions {epochs:?}");
                    }
                    assert_eq!(table.by_extension("2001").unwrap().len(), 1);
                }
            })
        })
        .collect();
    for epoch in 2..times {
        let (old, new) = if epoch % 2 == 0 {
            ("p1", "p2")
        } else {
            ("p2", "p1")
        };
        moves(&table, (old, epoch - 1), (new, epoch));
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
}

#[test]
fn a_reader_never_sees_one_user_at_two_phones() {
    check_readers_while(
        |table, old, new| table.apply(&[ended("ada", old.0, old.1), started("ada", new.0, new.1)]),
        5_000,
    );
}

#[test]
fn not_even_while_a_snapshot_is_worked_in() {
    check_readers_while(|table, _, new| table.replace([snapshot(new.0, new.1)]), 2_000);
}

fn with_settings() -> v1::User {
    v1::User {
        group: "staff".into(),
        numbers: vec!["13125550142".into()],
        calls: Some(v1::CallSettings {
            forward_busy: "2002".into(),
            ..v1::CallSettings::default()
        }),
        rights: Some(v1::CallRights::default()),
        ..user("ada", "2001")
    }
}

fn group(rights: Option<v1::CallRights>) -> v1::Group {
    v1::Group {
        id: "staff".into(),
        policy: None,
        rights,
    }
}

fn edge(id: &str) -> v1::Edge {
    v1::Edge {
        id: id.into(),
        site: "chicago".into(),
        uri: "sip:192.0.2.7".into(),
    }
}

fn served(device: &str, edge: &str) -> v1::Event {
    event(Kind::DeviceServed(v1::DeviceServed {
        device: device.into(),
        edge: edge.into(),
    }))
}

/// A million users are kept, nearly all of them without anything of their own.
#[test]
fn a_user_and_a_phone_without_settings_cost_what_their_names_cost() {
    let texts = |count: usize| count * size_of::<SmolStr>();
    let (list, pointer, marks) = (16, 8, 8);
    assert!(size_of::<UserRecord>() <= texts(4) + list + pointer + marks);
    assert!(size_of::<DeviceRecord>() <= texts(4) + pointer + marks);
}

#[test]
fn numbers_and_settings_go_with_the_user() {
    let table = table();
    assert!(table.by_user("ada").unwrap().calls().is_none());
    table.apply(&[event(Kind::UserPut(with_settings()))]);
    for found in [
        table.by_number("+13125550142"),
        table.by_number("13125550142"),
        table.by_name("+1 312 555 0142"),
        table.by_name("13125550142"),
    ] {
        let ada = found.expect("by number");
        assert_eq!((ada.user(), ada.group()), ("ada", Some("staff")));
        assert_eq!(ada.numbers(), ["13125550142"]);
        assert_eq!(ada.calls().unwrap().forward_busy.as_deref(), Some("2002"));
        assert_eq!(ada.rights().unwrap().classes, CallClasses::NONE);
    }
    assert!(table.by_extension("13125550142").is_none());
    table.apply(&[event(Kind::UserPut(user("ada", "2001")))]);
    assert!(table.by_number("13125550142").is_none());
    assert!(table.by_user("ada").unwrap().numbers().is_empty());
}

#[test]
fn a_number_may_pass_between_users_in_either_order() {
    for order in [["ada", "bob"], ["bob", "ada"]] {
        let table = table();
        table.apply(&[event(Kind::UserPut(with_settings()))]);
        let events = order.map(|id| {
            event(Kind::UserPut(v1::User {
                numbers: (id == "bob").then(|| "13125550142".into()).into_iter().collect(),
                ..user(id, if id == "bob" { "2002" } else { "2001" })
            }))
        });
        table.apply(&events);
        assert_eq!(table.by_number("13125550142").unwrap().user(), "bob", "{order:?}");
    }
}

#[test]
fn rights_are_the_users_the_groups_or_the_usual_ones() {
    let table = table();
    let rights = |table: &Bindings| table.rights_of(&table.by_user("ada").unwrap()).classes;
    assert_eq!(rights(&table), CallRights::default().classes);
    let premium = v1::CallRights {
        classes: vec![5],
        outside_hours: None,
    };
    let member = v1::User {
        rights: None,
        ..with_settings()
    };
    table.apply(&[
        event(Kind::GroupPut(group(Some(premium)))),
        event(Kind::UserPut(member)),
    ]);
    assert_eq!(rights(&table), CallClasses::PREMIUM);
    table.apply(&[event(Kind::GroupPut(group(None)))]);
    assert_eq!(rights(&table), CallRights::default().classes);
    table.apply(&[event(Kind::UserPut(with_settings()))]);
    assert_eq!(rights(&table), CallClasses::NONE);
}

#[test]
fn a_phone_is_served_held_and_has_a_secret_while_somebody_is_logged_in() {
    let table = table();
    let secret = v1::Device {
        sealed_secret: b"sealed".to_vec(),
        allowed_groups: vec!["staff".into()],
        ..device("p1", "chicago")
    };
    let held = |until_ms| {
        event(Kind::DeviceHeld(v1::DeviceHeld {
            device: "p1".into(),
            until_ms,
            reason: "emergency call".into(),
        }))
    };
    table.apply(&[event(Kind::DevicePut(secret)), held(99), served("p1", "chi-edge")]);
    let phone = table.by_device("p1").unwrap();
    assert_eq!(phone.sealed_secret(), Some(&b"sealed"[..]));
    assert_eq!(
        (phone.serving(), phone.held_until()),
        (Some("chi-edge"), Some(99))
    );
    assert_eq!(phone.allowed_groups(), ["staff"]);
    assert!(
        !format!("{phone:?}").contains("115, 101"),
        "no secret in {phone:?}"
    );
    assert_eq!(who_is_where(&table), "p1:ada p2:-");
    table.apply(&[held(0), served("p1", "")]);
    let phone = table.by_device("p1").unwrap();
    assert_eq!((phone.serving(), phone.held_until()), (None, None));
    assert!(phone.sealed_secret().is_some());
}

#[test]
fn a_deleted_edge_serves_nobody() {
    let table = table();
    table.apply(&[
        event(Kind::EdgePut(edge("chi-edge"))),
        event(Kind::EdgePut(edge("ny-edge"))),
        served("p1", "chi-edge"),
        served("p2", "ny-edge"),
    ]);
    assert_eq!(table.edge("chi-edge").unwrap().uri, "sip:192.0.2.7");
    // One of the two is served by the edge only since an event of the same entry.
    table.apply(&[
        served("p2", "chi-edge"),
        event(Kind::EdgeDeleted("chi-edge".into())),
    ]);
    for phone in ["p1", "p2"] {
        assert_eq!(table.by_device(phone).unwrap().serving(), None, "{phone}");
    }
    assert_eq!(table.edges().len(), 1);
}

#[test]
fn a_snapshot_says_the_same_of_offices_and_lines_and_members_share_their_settings() {
    let site = |id: &str| v1::Site {
        id: id.into(),
        time_zone: "America/Chicago".into(),
        ..v1::Site::default()
    };
    let table = table();
    table.apply(&[
        event(Kind::SitePut(site("gone"))),
        event(Kind::EdgePut(edge("gone"))),
        event(Kind::GroupPut(v1::Group {
            id: "gone".into(),
            ..v1::Group::default()
        })),
    ]);
    let member = |id: &str, extension: &str| v1::User {
        group: "staff".into(),
        ..user(id, extension)
    };
    table.replace([v1::SnapshotPart {
        sites: vec![site("chicago")],
        groups: vec![group(None)],
        edges: vec![edge("chi-edge")],
        users: vec![with_settings(), member("bob", "2002"), member("eve", "2003")],
        devices: vec![v1::Device {
            serving: "chi-edge".into(),
            held_until_ms: 99,
            ..device("p1", "chicago")
        }],
        sessions: vec![session("ada", "p1", 1)],
    }]);
    assert_eq!(table.by_number("13125550142").unwrap().user(), "ada");
    let phone = table.by_device("p1").unwrap();
    assert_eq!(
        (phone.serving(), phone.held_until()),
        (Some("chi-edge"), Some(99))
    );
    assert_eq!(table.site("chicago").unwrap().time_zone, "America/Chicago");
    assert!(table.site("gone").is_none() && table.edge("gone").is_none() && table.group("gone").is_none());
    assert!(table.group("staff").is_some());
    let settings = |id: &str| table.by_user(id).unwrap().record().settings.clone().unwrap();
    assert!(Arc::ptr_eq(&settings("bob"), &settings("eve")));
    table.apply(&[event(Kind::UserPut(member("bob", "2009")))]);
    assert!(Arc::ptr_eq(&settings("bob"), &settings("eve")), "still shared");
}
