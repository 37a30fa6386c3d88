//! The few names and ids that everything is called by, and the records at the beginning.

use std::sync::Arc;

use hotdesk_core::{
    Action, Device, DeviceId, Edge, EdgeId, Group, GroupId, LoginFailures, MacAddress, MultipleLogins,
    PolicyOverrides, RequestId, Site, SiteId, TokenHash, User, UserId, UserName,
};
use proptest::prelude::*;
use proptest::sample::select;

/// The directory at the beginning.
pub(crate) fn furniture() -> Vec<Action> {
    let sites = SITES.map(|id| {
        Action::PutSite(Site {
            id: parse(id),
            ..plain_site()
        })
    });
    let users = (0..).zip(USERS).map(|(n, id)| {
        let extension = Some(parse(["100", "101", "102", "103"][n]));
        Action::PutUser(User {
            id: parse(id),
            extension,
            group: Some(parse(GROUPS[n % 2])),
            ..plain_user()
        })
    });
    let devices = (0..).zip(DEVICES).map(|(n, id)| {
        Action::PutDevice(Device {
            id: parse(id),
            site: parse(SITES[n % 2]),
            ..plain_device()
        })
    });
    let edges = (0..).zip(EDGES).map(|(n, id)| {
        Action::PutEdge(Edge {
            id: parse(id),
            site: parse(SITES[n % 2]),
            uri: "sip:192.0.2.7".into(),
        })
    });
    let several = Some(MultipleLogins::AllowUpTo(3));
    let policy = PolicyOverrides {
        multiple_logins: several,
        ..PolicyOverrides::default()
    };
    let groups = GROUPS.map(|id| {
        Action::PutGroup(Group {
            id: parse(id),
            policy,
            rights: None,
        })
    });
    let pins = ["u0", "u1"].map(|id| Action::SetCredential {
        user: parse(id),
        verifier: Some(Arc::from("first")),
    });
    sites
        .into_iter()
        .chain(groups)
        .chain(users)
        .chain(devices)
        .chain(edges)
        .chain(pins)
        .collect()
}

pub(super) fn mac() -> impl Strategy<Value = MacAddress> {
    select(vec![
        "02:00:00:00:00:01",
        "02:00:00:00:00:02",
        "02:00:00:00:00:03",
    ])
    .prop_map(parse)
}

pub(super) fn token_hash() -> impl Strategy<Value = TokenHash> {
    (0..2u8).prop_map(|byte| TokenHash([byte; 32]))
}

pub(super) fn import() -> impl Strategy<Value = RequestId> {
    (0..2u128).prop_map(RequestId)
}

pub(super) fn name() -> impl Strategy<Value = UserName> {
    let names = [
        "u0",
        "u1",
        "u2",
        "u3",
        "u0",
        "u1",
        "100",
        "101",
        "short",
        "a@example.com",
        "nobody",
    ];
    select(names.to_vec()).prop_map(parse)
}

pub(super) fn user_id() -> impl Strategy<Value = UserId> {
    select(USERS.to_vec()).prop_map(parse)
}

pub(super) fn device_id() -> impl Strategy<Value = DeviceId> {
    let mut devices = DEVICES.to_vec();
    devices.push("020000000001");
    select(devices).prop_map(parse)
}

pub(super) fn site_id() -> impl Strategy<Value = SiteId> {
    select(SITES.to_vec()).prop_map(parse)
}

pub(super) fn edge_id() -> impl Strategy<Value = EdgeId> {
    select(EDGES.to_vec()).prop_map(parse)
}

pub(super) fn group_id() -> impl Strategy<Value = GroupId> {
    select(GROUPS.to_vec()).prop_map(parse)
}

pub(super) fn plain_site() -> Site {
    Site {
        id: parse("s0"),
        name: "site".into(),
        time_zone: "Etc/UTC".into(),
        emergency_location: "1 Main St".into(),
        ..Site::new(parse("s0"))
    }
}

pub(super) fn plain_user() -> User {
    User {
        id: parse("u0"),
        display_name: "user".into(),
        extension: None,
        aliases: vec![],
        email: None,
        numbers: vec![],
        group: None,
        enabled: true,
        calls: None,
        rights: None,
        credential: None,
        failures: LoginFailures::default(),
        ..User::new(parse("u0"))
    }
}

pub(super) fn plain_device() -> Device {
    Device {
        id: parse("d0"),
        site: parse("s0"),
        desk: "1".into(),
        model: "t54w".into(),
        enabled: true,
        allowed_groups: vec![],
        secret: None,
        serving: None,
        hold: None,
        ..Device::new(parse("d0"), parse("s0"))
    }
}

pub(super) fn parse<I: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> I {
    text.parse().unwrap()
}

const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];
const DEVICES: [&str; 6] = ["d0", "d1", "d2", "d3", "d4", "d5"];
const SITES: [&str; 2] = ["s0", "s1"];
const EDGES: [&str; 2] = ["e0", "e1"];
const GROUPS: [&str; 2] = ["g0", "g1"];
