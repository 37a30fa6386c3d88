//! The directory: put, list, delete, and who may.

use hotdesk_proto::v1;
use tonic::Request;

use crate::world::{Answer, World, answer, user};

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
async fn a_phones_number_is_put_in_one_spelling_or_refused() {
    let mut world = World::office().await;
    for (number, kept) in [
        ("+1 (312) 555-0142", Some("+13125550142")),
        ("7012", Some("7012")),
        ("", Some("")),
        ("<sip:x>", None),
        ("abc", None),
        ("+1312", None),
        (&"7".repeat(80), None),
    ] {
        let device = v1::Device {
            id: "chi-1".into(),
            site: "chicago".into(),
            number: number.into(),
            ..Default::default()
        };
        let put = v1::PutDeviceRequest {
            device: Some(device),
            ..Default::default()
        };
        let answered = answer(world.directory.put_device(put).await);
        let Some(kept) = kept else {
            let error = answered.unwrap_err();
            assert_eq!(error.reason, "INVALID_ARGUMENT", "{number}");
            assert!(
                error.message.contains("device.number: number of a phone"),
                "{error}"
            );
            continue;
        };
        answered.unwrap();
        let request = v1::ListRequest {
            consistency: v1::Consistency::Linearizable.into(),
            ..Default::default()
        };
        let devices = answer(world.directory.list_devices(request).await)
            .unwrap()
            .devices;
        let device = devices.into_iter().find(|device| device.id == "chi-1");
        assert_eq!(device.unwrap().number, kept, "{number}");
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
            rights: None,
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

async fn set_secret(
    world: &mut World,
    device: &str,
    secret: v1::set_device_secret_request::Secret,
) -> Answer<v1::SetDeviceSecretResponse> {
    let request = v1::SetDeviceSecretRequest {
        request_id: vec![9; 16],
        device: device.into(),
        secret: Some(secret),
        ..Default::default()
    };
    answer(world.directory.set_device_secret(request).await)
}

#[tokio::test]
async fn a_phones_password_is_answered_once_and_kept_as_sealed_digests() {
    use v1::set_device_secret_request::Secret;
    let keys = tempfile::tempdir().unwrap();
    let key_file = keys.path().join("line.key");
    std::fs::write(&key_file, "6b".repeat(31) + "01").unwrap();
    let mut world = World::office_with(|config| {
        config.sip.domain = Some("example.com".into());
        config.sip.key_file = Some(key_file.clone());
        config.auth.edge_token = Some("edge".into());
    })
    .await;

    let made = set_secret(&mut world, "CHI-1", Secret::Generate(true))
        .await
        .unwrap();
    assert_eq!(
        (made.password.len(), made.username.as_str(), made.domain.as_str()),
        (26, "chi-1", "example.com")
    );
    let again = set_secret(&mut world, "chi-1", Secret::Generate(true))
        .await
        .unwrap();
    assert_eq!(again.password, made.password, "a retry gives the same password");

    let list = v1::ListRequest::default();
    let devices = answer(world.directory.list_devices(list).await).unwrap().devices;
    assert!(devices[0].has_secret && devices[0].sealed_secret.is_empty());
    assert!(devices[0].secret_seed.is_empty());
    let trail = answer(world.admin.audit(v1::AuditRequest::default()).await).unwrap();
    for event in trail.events {
        if let Some(v1::event::Kind::DevicePut(device)) = event.kind {
            assert!(device.sealed_secret.is_empty() && device.secret_seed.is_empty());
        }
    }

    // Whoever watches as an edge gets the sealed digests and what the password was made from, others do not.
    let key = hotdesk_sip::secret::LineKey::read(&std::fs::read(&key_file).unwrap()).unwrap();
    for (token, may_see) in [("edge", true), ("other", false)] {
        let mut request = Request::new(v1::WatchRequest {
            bindings_only: true,
            once: true,
            ..Default::default()
        });
        let metadata = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", metadata);
        let mut stream = answer(world.sessions.watch(request).await).unwrap();
        let mut sealed = None;
        while let Some(message) = stream.message().await.unwrap() {
            if let Some(v1::watch_response::Item::SnapshotPart(part)) = message.item {
                let chi = part.devices.into_iter().find(|device| device.id == "chi-1");
                if let Some(chi) = chi {
                    assert_eq!(chi.secret_seed.len(), if may_see { 16 } else { 0 }, "{token}");
                    sealed = sealed.or(Some(chi.sealed_secret));
                }
            }
        }
        let opened = key.open("chi-1", &sealed.unwrap());
        let expected = hotdesk_sip::digest::Ha1s::of("chi-1", "example.com", &made.password);
        assert_eq!(
            opened.is_some_and(|ha1s| ha1s.md5 == expected.md5),
            may_see,
            "{token}"
        );
    }
}

#[tokio::test]
async fn passwords_of_phones_are_refused_in_order() {
    use v1::set_device_secret_request::Secret;
    let mut world = World::office().await;
    let password = |text: &str| Secret::Password(text.into());
    let error = set_secret(&mut world, "chi-1", password("correct-horse"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.reason.as_str()),
        ("HD2017", "NO_LINE_KEY")
    );

    let keys = tempfile::tempdir().unwrap();
    let key_file = keys.path().join("line.key");
    std::fs::write(&key_file, "6b".repeat(31) + "01").unwrap();
    let mut world = world
        .restarted(|config| {
            config.sip.domain = Some("example.com".into());
            config.sip.key_file = Some(key_file);
        })
        .await;
    let error = set_secret(&mut world, "chi-1", password("short"))
        .await
        .unwrap_err();
    assert_eq!(error.reason, "INVALID_ARGUMENT");
    assert!(!error.message.contains("short"), "{}", error.message);
    let error = set_secret(&mut world, "nowhere", password("correct-horse"))
        .await
        .unwrap_err();
    assert_eq!(error.reason, "UNKNOWN_DEVICE");
}

#[tokio::test]
async fn edges_announce_themselves_report_phones_and_hold_them() {
    let mut world = World::office().await;
    let edge = v1::Edge {
        id: "chi-edge".into(),
        site: "chicago".into(),
        uri: "sip:192.0.2.7:5060".into(),
    };
    let put = v1::PutEdgeRequest {
        edge: Some(edge.clone()),
        ..Default::default()
    };
    assert!(answer(world.directory.put_edge(put).await).unwrap().created);
    let edges = answer(world.directory.list_edges(v1::ListRequest::default()).await).unwrap();
    assert_eq!(edges.edges, [edge]);

    let served = |device: &str| v1::ServedDevice {
        device: device.into(),
        edge: "chi-edge".into(),
        gone: false,
    };
    let report = v1::ReportServingRequest {
        items: vec![served("chi-1"), served("nowhere")],
        ..Default::default()
    };
    assert_eq!(
        answer(world.sessions.report_serving(report).await).unwrap().noted,
        1
    );
    let bad = v1::ReportServingRequest {
        items: vec![served("chi-1"), served("not an id")],
        ..Default::default()
    };
    let error = answer(world.sessions.report_serving(bad).await).unwrap_err();
    assert!(error.message.starts_with("items[1].device"), "{}", error.message);

    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let until_ms = u64::try_from(now.as_millis()).unwrap() + 60_000;
    let hold = |until_ms| v1::HoldDeviceRequest {
        device: "chi-1".into(),
        until_ms,
        reason: "emergency call".into(),
        ..Default::default()
    };
    answer(world.sessions.hold_device(hold(until_ms)).await).unwrap();
    let refused = world.login("ada", "chi-1", "1234").await.unwrap_err();
    assert_eq!(refused.reason, "DEVICE_ON_HOLD");
    answer(world.sessions.hold_device(hold(0)).await).unwrap();
    world.login("ada", "chi-1", "1234").await.unwrap();

    let who = v1::WhoRequest {
        subject: Some(v1::who_request::Subject::Device("chi-1".into())),
        ..Default::default()
    };
    let device = answer(world.sessions.who(who).await).unwrap().device.unwrap();
    assert_eq!((device.serving.as_str(), device.held_until_ms), ("chi-edge", 0));
    let delete = v1::DeleteRequest {
        id: "chi-edge".into(),
        ..Default::default()
    };
    assert!(answer(world.directory.delete_edge(delete).await).unwrap().existed);
}
