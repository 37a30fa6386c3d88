//! Settings, rights and offices, and what they cost.

use super::*;

/// A million users are kept, nearly all of them without anything of their own.
#[test]
fn a_user_and_a_phone_without_settings_cost_what_their_names_cost() {
    let texts = |count: usize| count * size_of::<SmolStr>();
    let (list, pointer, marks) = (16, 8, 8);
    assert!(size_of::<UserRecord>() <= texts(4) + list + pointer + marks);
    assert!(size_of::<DeviceRecord>() <= texts(4) + pointer + marks);
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
