//! The directory: put, list, delete, and who may.

use hotdesk_proto::v1;
use tonic::Request;

use crate::world::{World, answer, user};

#[tokio::test]
async fn records_are_put_listed_in_pages_and_deleted() {
    let mut world = World::office().await;
    let rows = (0..1200).map(|n| user(&format!("u{n:04}"), "", "")).collect();
    world.import(rows, false).await.unwrap();
    let (mut after, mut pages, mut seen) = (String::new(), 0, Vec::new());
    loop {
        let request = v1::ListRequest {
            after: after.clone(),
            consistency: v1::Consistency::Linearizable.into(),
            ..Default::default()
        };
        let page = answer(world.directory.list_users(request).await).unwrap();
        pages += 1;
        seen.extend(page.users.into_iter().map(|user| user.id));
        if !page.more {
            break;
        }
        after = seen.last().unwrap().clone();
    }
    assert_eq!((pages, seen.len()), (3, 1202));
    assert!(seen.is_sorted());

    let request = |limit, after: &str| v1::ListRequest {
        limit,
        after: after.into(),
        ..Default::default()
    };
    let sites = answer(world.directory.list_sites(request(1, "")).await).unwrap();
    assert_eq!((sites.sites[0].id.as_str(), sites.more), ("chicago", true));
    let sites = answer(world.directory.list_sites(request(1, "chicago")).await).unwrap();
    assert_eq!((sites.sites[0].id.as_str(), sites.more), ("new-york", false));
    let devices = answer(world.directory.list_devices(request(0, "chi-1")).await).unwrap();
    assert_eq!(devices.devices.len(), 2);

    let in_use = v1::DeleteRequest {
        id: "chicago".into(),
        ..Default::default()
    };
    assert_eq!(
        answer(world.directory.delete_site(in_use).await)
            .unwrap_err()
            .reason,
        "SITE_IN_USE"
    );
    for existed in [true, false] {
        let request = v1::DeleteRequest {
            id: "u0001".into(),
            ..Default::default()
        };
        assert_eq!(
            answer(world.directory.delete_user(request).await)
                .unwrap()
                .existed,
            existed
        );
    }
}

#[tokio::test]
async fn a_user_shows_whether_there_is_a_pin_but_never_the_pin() {
    let mut world = World::office().await;
    let put = v1::PutUserRequest {
        user: Some(v1::User {
            id: "cy".into(),
            has_pin: true,
            ..Default::default()
        }),
        ..Default::default()
    };
    assert!(answer(world.directory.put_user(put).await).unwrap().created);
    let users = answer(world.directory.list_users(v1::ListRequest::default()).await)
        .unwrap()
        .users;
    let has_pin: Vec<bool> = users.iter().map(|user| user.has_pin).collect();
    assert_eq!(has_pin, [true, true, false]);
}

#[tokio::test]
async fn defaults_and_groups_decide_and_are_shown_complete() {
    let mut world = World::office().await;
    let policy = answer(world.directory.get_defaults(v1::GetDefaultsRequest {}).await)
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(policy.idle_timeout.unwrap().after_ms, 600_000);
    let deny = v1::Policy {
        multiple_logins: Some(v1::MultipleLogins {
            rule: Some(v1::multiple_logins::Rule::Deny(true)),
        }),
        ..Default::default()
    };
    let put = v1::PutGroupRequest {
        group: Some(v1::Group {
            id: "reception".into(),
            policy: Some(deny),
        }),
        ..Default::default()
    };
    answer(world.directory.put_group(put).await).unwrap();
    let ada = v1::User {
        id: "ada".into(),
        group: "reception".into(),
        ..Default::default()
    };
    let put = v1::PutUserRequest {
        user: Some(ada),
        ..Default::default()
    };
    assert!(!answer(world.directory.put_user(put).await).unwrap().created);
    world.login("ada", "chi-1", "1234").await.unwrap();
    let refused = world.login("ada", "ny-1", "1234").await.unwrap_err();
    assert_eq!(
        (refused.reason.as_str(), refused.values["device"].as_str()),
        ("LOGGED_IN_ELSEWHERE", "chi-1")
    );
    let groups = answer(world.directory.list_groups(v1::ListRequest::default()).await).unwrap();
    assert_eq!(groups.groups.len(), 1);
}

#[tokio::test]
async fn administration_needs_the_token_where_there_is_one() {
    let mut world = World::with(|config| config.auth.admin_token = Some("s3cret".into())).await;
    let refused = answer(world.directory.list_users(v1::ListRequest::default()).await).unwrap_err();
    assert_eq!(refused.reason, "UNAUTHENTICATED");
    let refused = answer(world.admin.cluster_status(v1::ClusterStatusRequest {}).await).unwrap_err();
    assert_eq!(refused.reason, "UNAUTHENTICATED");
    let mut request = Request::new(v1::ListRequest::default());
    request
        .metadata_mut()
        .insert("authorization", "Bearer s3cret".parse().unwrap());
    answer(world.directory.list_users(request).await).unwrap();
    // Phones and edges need none.
    let request = v1::ResolveRequest {
        name: "ada".into(),
        ..Default::default()
    };
    assert_eq!(
        answer(world.sessions.resolve(request).await).unwrap_err().reason,
        "UNKNOWN_USER"
    );
}
