//! PINs that change while people log in.

use crate::world::World;

#[tokio::test]
async fn once_a_pin_was_changed_the_old_one_is_wrong_and_the_new_one_right() {
    let mut world = World::office().await;
    for (old, new) in [("1234", "5555"), ("5555", "77777777"), ("77777777", "1234")] {
        world.set_pin("ada", new).await.unwrap();
        assert_eq!(
            world.login("ada", "chi-1", old).await.unwrap_err().reason,
            "WRONG_PIN"
        );
        world.login("ada", "chi-1", new).await.unwrap();
    }
    world.set_pin("ada", "").await.unwrap();
    assert_eq!(
        world.login("ada", "chi-1", "1234").await.unwrap_err().reason,
        "NO_CREDENTIAL"
    );
}

/// While the PIN alternates between two, logins with both run all the time: each is accepted or called wrong,
/// never answered with the internals of the race; and whoever logs in after the last change needs the last PIN.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_the_middle_of_a_login_is_never_the_users_problem() {
    let mut world = World::office_with(|config| {
        config.limits.wrong_pins_per_phone_max = 1000;
        config.limits.wrong_pins_per_address_max = 1000;
    })
    .await;
    let policy = hotdesk_proto::v1::Policy {
        lockout: Some(hotdesk_proto::v1::LockoutPolicy {
            failures_max: 0,
            ..Default::default()
        }),
        ..Default::default()
    };
    let request = hotdesk_proto::v1::PutDefaultsRequest {
        policy: Some(policy),
        ..Default::default()
    };
    world.directory.put_defaults(request).await.unwrap();

    let logins: Vec<_> = ["1234", "4321"]
        .into_iter()
        .flat_map(|pin| [pin; 4])
        .map(|pin| {
            let mut sessions = world.sessions.clone();
            tokio::spawn(async move {
                let mut accepted = 0;
                for _ in 0..40 {
                    let request = hotdesk_proto::v1::LoginRequest {
                        user: "ada".into(),
                        device: "chi-1".into(),
                        pin: pin.into(),
                        ..Default::default()
                    };
                    match crate::world::answer(sessions.login(request).await) {
                        Ok(_) => accepted += 1,
                        // Changed twice within one login: the user may be told so.
                        Err(error) => assert!(
                            ["WRONG_PIN", "CREDENTIAL_CHANGED"].contains(&error.reason.as_str()),
                            "{error}"
                        ),
                    }
                }
                accepted
            })
        })
        .collect();
    for turn in 0..40 {
        world.set_pin("ada", ["4321", "1234"][turn % 2]).await.unwrap();
    }
    let mut accepted = 0;
    for login in logins {
        accepted += login.await.unwrap();
    }
    assert!(accepted > 0);
    assert_eq!(
        world.login("ada", "chi-1", "4321").await.unwrap_err().reason,
        "WRONG_PIN"
    );
    world.login("ada", "chi-1", "1234").await.unwrap();
}
