//! What a user finds at every phone, and the lock for a stolen PIN.

use std::time::{SystemTime, UNIX_EPOCH};

use hotdesk_proto::v1;

use crate::world::{Answer, World, answer};

fn profile() -> v1::Profile {
    v1::Profile {
        line_label: "Ada <\"&'> \u{1f4de}".into(),
        speed_dials: vec![v1::SpeedDial {
            label: "Front desk".into(),
            number: "2000".into(),
        }],
        lamps: vec![v1::Lamp {
            label: "Bob".into(),
            extension: "2002".into(),
        }],
        ring_tone: 9,
        language: "pt".into(),
        softkeys: vec![v1::SoftFunction::Logout.into()],
        ..Default::default()
    }
}

async fn put(
    world: &mut World,
    profile: Option<v1::Profile>,
    calls: Option<v1::CallSettings>,
) -> Answer<v1::PutProfileResponse> {
    let request = v1::PutProfileRequest {
        user: "2001".into(),
        profile,
        calls,
        by: "admin:test".into(),
        ..Default::default()
    };
    answer(world.directory.put_profile(request).await)
}

async fn get(world: &mut World) -> v1::GetProfileResponse {
    let request = v1::GetProfileRequest {
        user: "ada".into(),
        ..Default::default()
    };
    answer(world.directory.get_profile(request).await).unwrap()
}

#[tokio::test]
async fn a_profile_and_calls_are_set_each_by_itself() {
    let mut world = World::office().await;
    let nothing = get(&mut world).await;
    assert_eq!((nothing.profile, nothing.calls), (None, None));

    put(&mut world, Some(profile()), None).await.unwrap();
    let calls = v1::CallSettings {
        forward_busy: "2002".into(),
        ..Default::default()
    };
    put(&mut world, None, Some(calls.clone())).await.unwrap();
    let both = get(&mut world).await;
    assert_eq!(both.user, "ada");
    assert_eq!(both.profile, Some(profile()));
    assert_eq!(both.calls.unwrap().forward_busy, calls.forward_busy);

    put(&mut world, Some(v1::Profile::default()), None).await.unwrap();
    let left = get(&mut world).await;
    assert_eq!(left.profile, None, "an empty profile takes everything away");
    assert!(left.calls.is_some());
}

#[tokio::test]
async fn a_profile_that_breaks_a_rule_is_refused_by_field() {
    let mut world = World::office().await;
    let with = |change: fn(&mut v1::Profile)| {
        let mut profile = profile();
        change(&mut profile);
        profile
    };
    let dial = |profile: &mut v1::Profile, count| {
        profile.speed_dials = vec![profile.speed_dials[0].clone(); count];
    };
    let mut many = profile();
    dial(&mut many, 33);
    for (profile, part) in [
        (
            with(|profile| profile.language = "tlh".into()),
            "profile.language: ",
        ),
        (with(|profile| profile.ring_tone = 10), "ring_tone"),
        (with(|profile| profile.softkeys = vec![99]), "profile.softkeys[0]"),
        (many, "speed_dials"),
    ] {
        let error = put(&mut world, Some(profile), None).await.unwrap_err();
        assert!(error.message.contains(part), "{part}: {error}");
    }
    let error = put(&mut world, None, None).await.unwrap_err();
    assert!(error.message.contains("nothing to set"), "{error}");
    assert_eq!(get(&mut world).await.profile, None);
}

#[tokio::test]
async fn a_site_speaks_a_language_that_there_are_sentences_for() {
    let mut world = World::office().await;
    let put = |language: &str| v1::PutSiteRequest {
        site: Some(v1::Site {
            id: "chicago".into(),
            language: language.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    answer(world.directory.put_site(put("es")).await).unwrap();
    let error = answer(world.directory.put_site(put("tlh")).await).unwrap_err();
    assert!(error.message.contains("site.language"), "{error}");
    let list = answer(world.directory.list_sites(v1::ListRequest::default()).await).unwrap();
    assert_eq!(list.sites[0].language, "es");
}

#[tokio::test]
async fn a_locked_user_is_logged_out_everywhere_and_cannot_log_in_until_unlocked() {
    let mut world = World::office().await;
    world.login("ada", "chi-1", "1234").await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let until_ms = u64::try_from(now.as_millis()).unwrap() + 3_600_000;
    let request = |user: &str, until_ms| v1::LockUserRequest {
        user: user.into(),
        until_ms,
        note: "PIN seen".into(),
        ..Default::default()
    };
    let locked = answer(world.directory.lock_user(request("2001", until_ms)).await).unwrap();
    assert_eq!(locked.until_ms, until_ms);
    assert_eq!(locked.ended[0].session.as_ref().unwrap().device, "chi-1");
    assert_eq!(world.device_of("ada").await, None);
    let error = world.login("ada", "chi-1", "1234").await.unwrap_err();
    assert_eq!(error.reason, "USER_LOCKED");

    let unlock = v1::UnlockRequest {
        user: "ada".into(),
        ..Default::default()
    };
    answer(world.admin.unlock(unlock).await).unwrap();
    world.login("ada", "chi-1", "1234").await.unwrap();

    for (user, until_ms, reason) in [
        ("nobody", until_ms, "UNKNOWN_USER"),
        ("ada", 1, "INVALID_RECORD"),
        ("ada", until_ms + 40 * 24 * 3_600_000, "INVALID_RECORD"),
    ] {
        let error = answer(world.directory.lock_user(request(user, until_ms)).await).unwrap_err();
        assert_eq!(error.reason, reason, "{user} {until_ms}");
    }
}
