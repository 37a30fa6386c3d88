//! Profile: what a user finds at every phone, and what becomes of the user's calls, is changed.
//!
//! Checks, in this order: the user is known; the profile keeps its bounds; the call settings do. A part that is not given
//! stays; the default one removes what there is. The event is the user's record.

use std::sync::Arc;

use crate::calls::CallSettings;
use crate::directory::User;
use crate::id::{UserId, UserName};
use crate::outcome::Outcome;
use crate::profile::Profile;
use crate::refusal::Refusal;

use super::{Step, check, user};

pub(super) fn apply(
    step: &mut Step<'_>,
    id: &UserId,
    profile: Option<&Profile>,
    calls: Option<&CallSettings>,
) -> Outcome {
    let Some(known) = step.state.user(id).map(Arc::clone) else {
        return Err(Refusal::UnknownUser {
            name: UserName::from(id),
        });
    };
    profile.map_or(Ok(()), check::profile)?;
    calls.map_or(Ok(()), check::calls)?;
    let record = User {
        profile: profile.cloned().map(Arc::new),
        calls: calls.cloned().map(Arc::new),
        ..User::clone(&known)
    };
    user::write(step, &record, None).outcome()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, named, user};
    use crate::command::Action;
    use crate::event::EventKind;
    use crate::outcome::Done;
    use crate::profile::{
        DIRECTORY_URL_BYTES_MAX, LABEL_BYTES_MAX, LAMPS_MAX, Lamp, PROFILE_BYTES_MAX, RING_TONE_MAX,
        SOFTKEYS_MAX, SPEED_DIALS_MAX, SoftFunction, SpeedDial,
    };

    fn put(user: &str, profile: Option<Profile>, calls: Option<CallSettings>) -> Action {
        Action::PutProfile {
            user: named(user),
            profile,
            calls,
        }
    }

    fn loud() -> Profile {
        Profile {
            line_label: "Ada <&> \"L\" 'x' 🙂".into(),
            ring_tone: 3,
            ..Profile::default()
        }
    }

    fn undisturbed() -> CallSettings {
        CallSettings {
            do_not_disturb: true,
            ..CallSettings::default()
        }
    }

    #[test]
    fn a_part_that_is_not_given_stays_and_the_default_removes_it() {
        let mut world = World::office();
        let (outcome, events) = world.act(put("ada", Some(loud()), Some(undisturbed())));
        assert_eq!(outcome, Ok(Done::Put { created: false }));
        assert_eq!(events, vec![EventKind::UserPut(world.user("ada"))]);
        assert_eq!(world.user("ada").changed, world.state.index());
        world
            .run(put("ada", None, Some(CallSettings::default())))
            .unwrap();
        let ada = world.user("ada");
        assert_eq!(
            (ada.profile.as_deref(), ada.calls.as_ref()),
            (Some(&loud()), None)
        );
        world.run(put("ada", Some(Profile::default()), None)).unwrap();
        assert_eq!(world.user("ada").profile, None);
        assert_eq!(world.act(put("ada", None, None)).1, vec![]);
    }

    #[test]
    fn putting_a_user_leaves_the_profile() {
        let mut world = World::office();
        world.run(Action::PutUser(user("zoe"))).unwrap();
        world.run(put("zoe", Some(loud()), None)).unwrap();
        world.run(Action::PutUser(user("zoe"))).unwrap();
        assert_eq!(world.user("zoe").profile.as_deref(), Some(&loud()));
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let bad = Profile {
            ring_tone: RING_TONE_MAX + 1,
            ..Profile::default()
        };
        let bad_calls = CallSettings {
            no_answer_after_s: 4,
            ..CallSettings::default()
        };
        let text = |outcome: Outcome| outcome.unwrap_err().to_string();
        let of = |user, profile| put(user, profile, Some(bad_calls.clone()));
        assert_eq!(
            text(world.run(of("nobody", Some(bad.clone())))),
            "nobody is known as nobody"
        );
        assert!(text(world.run(of("ada", Some(bad)))).starts_with("ring_tone"));
        assert!(text(world.run(of("ada", Some(loud())))).starts_with("no_answer_after_s"));
    }

    #[test]
    fn a_profile_keeps_its_bounds() {
        let text = |length| "x".repeat(length).into();
        let dial = |label: &str, number: &str| SpeedDial {
            label: label.into(),
            number: number.into(),
        };
        let with = |change: fn(&mut Profile)| {
            let mut profile = Profile::default();
            change(&mut profile);
            profile
        };
        let full = Profile {
            line_label: text(LABEL_BYTES_MAX),
            speed_dials: vec![dial("Reception <&>\"'🙂", "+13125550142"); SPEED_DIALS_MAX],
            lamps: vec![
                Lamp {
                    label: "Bob".into(),
                    extension: "2042".into(),
                };
                LAMPS_MAX
            ],
            voicemail_number: "*97".into(),
            message_waiting: true,
            ring_tone: RING_TONE_MAX,
            language: "pt-BR".into(),
            directory_url: "https://phonebook.example.com/x?y=1&z".into(),
            softkeys: vec![SoftFunction::Logout; SOFTKEYS_MAX],
        };
        assert_eq!(check::profile(&full), Ok(()));
        let too_large = Profile {
            speed_dials: vec![dial(&"x".repeat(LABEL_BYTES_MAX), &"1".repeat(64)); SPEED_DIALS_MAX],
            lamps: vec![
                Lamp {
                    label: text(LABEL_BYTES_MAX),
                    extension: "2042".into(),
                };
                LAMPS_MAX
            ],
            ..Profile::default()
        };
        assert!(too_large.size() > PROFILE_BYTES_MAX);
        let bad = [
            (
                "line_label",
                with(|it| it.line_label = "x".repeat(LABEL_BYTES_MAX + 1).into()),
            ),
            ("line_label", with(|it| it.line_label = "a\nb".into())),
            ("voicemail_number", with(|it| it.voicemail_number = "2 0".into())),
            ("language", with(|it| it.language = "english please".into())),
            ("language", with(|it| it.language = "-".into())),
            ("directory_url", with(|it| it.directory_url = "ftp://x".into())),
            ("directory_url", with(|it| it.directory_url = "https://".into())),
            (
                "directory_url",
                with(|it| it.directory_url = "https://a b".into()),
            ),
            (
                "directory_url",
                with(|it| {
                    it.directory_url = format!("http://{}", "x".repeat(DIRECTORY_URL_BYTES_MAX)).into()
                }),
            ),
            (
                "softkeys",
                with(|it| it.softkeys = vec![SoftFunction::Logout; SOFTKEYS_MAX + 1]),
            ),
            (
                "speed_dials",
                Profile {
                    speed_dials: vec![dial("a", "1"); SPEED_DIALS_MAX + 1],
                    ..Profile::default()
                },
            ),
            (
                "speed_dials",
                Profile {
                    speed_dials: vec![dial("a", "")],
                    ..Profile::default()
                },
            ),
            (
                "lamps",
                Profile {
                    lamps: vec![
                        Lamp {
                            label: "a".into(),
                            extension: "1".into(),
                        };
                        LAMPS_MAX + 1
                    ],
                    ..Profile::default()
                },
            ),
            ("profile", too_large),
        ];
        for (field, profile) in bad {
            let refused = check::profile(&profile).unwrap_err().to_string();
            assert!(refused.starts_with(field), "{field}: {refused}");
        }
    }
}
