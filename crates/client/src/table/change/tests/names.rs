//! Everything is found by each of its names.

use super::*;

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
fn a_mac_address_is_found_in_any_spelling() {
    let table = Bindings::new();
    table.apply(&[event(Kind::DevicePut(device("001a2b3c4d5e", "chicago")))]);
    assert!(table.by_device("00:1A:2B:3C:4D:5E").is_some());
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
