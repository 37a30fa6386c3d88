//! Requests that do not say what they must: each answer names the field.

use hotdesk_proto::v1;
use tonic::Code;

use crate::world::{Answer, World, answer};

fn names_the_field<T: std::fmt::Debug>(result: Answer<T>, field: &str) {
    let error = result.unwrap_err();
    assert_eq!(
        (error.reason.as_str(), error.grpc_code),
        ("INVALID_ARGUMENT", Code::InvalidArgument),
        "{error}"
    );
    assert_eq!(error.values["field"], field, "{error}");
    assert!(!error.retryable);
}

#[tokio::test]
async fn a_bad_request_is_answered_with_the_field_that_is_wrong() {
    let mut world = World::office().await;
    let login = || v1::LoginRequest {
        user: "ada".into(),
        device: "chi-1".into(),
        pin: "1234".into(),
        ..Default::default()
    };
    for (request, field) in [
        (
            v1::LoginRequest {
                user: String::new(),
                ..login()
            },
            "user",
        ),
        (
            v1::LoginRequest {
                user: "no such name".into(),
                ..login()
            },
            "user",
        ),
        (
            v1::LoginRequest {
                device: "?".into(),
                ..login()
            },
            "device",
        ),
        (
            v1::LoginRequest {
                request_id: vec![1, 2],
                ..login()
            },
            "request_id",
        ),
        (
            v1::LoginRequest {
                pin: "12345a".into(),
                ..login()
            },
            "pin",
        ),
    ] {
        names_the_field(answer(world.sessions.login(request).await), field);
    }
    names_the_field(
        answer(world.sessions.logout(v1::LogoutRequest::default()).await),
        "target",
    );
    names_the_field(
        answer(world.sessions.who(v1::WhoRequest::default()).await),
        "subject",
    );
    names_the_field(
        answer(world.sessions.resolve(v1::ResolveRequest::default()).await),
        "name",
    );
    let request = v1::ResolveRequest {
        name: "ada".into(),
        consistency: 9,
    };
    names_the_field(answer(world.sessions.resolve(request).await), "consistency");
    let items = vec![v1::Activity::default(); 1001];
    let request = v1::TouchRequest {
        items,
        ..Default::default()
    };
    names_the_field(answer(world.sessions.touch(request).await), "items");

    names_the_field(
        answer(world.directory.put_site(v1::PutSiteRequest::default()).await),
        "site",
    );
    let request = v1::PutUserRequest {
        user: Some(v1::User {
            id: "eve".into(),
            extension: "12x".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    names_the_field(answer(world.directory.put_user(request).await), "user.extension");
    names_the_field(
        answer(world.directory.delete_user(v1::DeleteRequest::default()).await),
        "id",
    );
    let request = v1::ListRequest {
        after: "no id".into(),
        ..Default::default()
    };
    names_the_field(answer(world.directory.list_users(request).await), "after");
    names_the_field(world.set_pin("ada", "12").await, "pin");
    names_the_field(
        answer(world.admin.force_logout(v1::ForceLogoutRequest::default()).await),
        "target",
    );
    names_the_field(
        answer(world.admin.unlock(v1::UnlockRequest::default()).await),
        "user",
    );
}

#[tokio::test]
async fn what_does_not_exist_is_said_so() {
    let mut world = World::office().await;
    let any = |name: &str| v1::WhoRequest {
        subject: Some(v1::who_request::Subject::Any(name.into())),
        ..Default::default()
    };
    let error = answer(world.sessions.who(any("2041")).await).unwrap_err();
    assert_eq!(
        (error.reason.as_str(), error.grpc_code),
        ("NOT_FOUND", Code::NotFound)
    );
    assert_eq!(error.message, "there is no user or phone known as 2041");
    assert_eq!(
        answer(world.sessions.who(any("2001")).await)
            .unwrap()
            .user
            .unwrap()
            .id,
        "ada"
    );
    let request = v1::ListSessionsRequest {
        site: "mars".into(),
        ..Default::default()
    };
    assert_eq!(
        answer(world.admin.list_sessions(request).await)
            .unwrap_err()
            .reason,
        "UNKNOWN_SITE"
    );
    assert_eq!(
        world.set_pin("nobody", "1234").await.unwrap_err().reason,
        "UNKNOWN_USER"
    );
}
