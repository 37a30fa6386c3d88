//! What the network may bring: each malformed message gets a sentence that names the field and the rule.

use hotdesk_core::{Epoch, MultipleLogins, Policy, User};
use hotdesk_proto::convert::{self, Invalid};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::log::{decode_batch, decode_command, decode_outcome};
use hotdesk_proto::v1;
use prost::Message;

#[track_caller]
fn check<T: std::fmt::Debug>(result: Result<T, Invalid>, field: &str, expected: &str) {
    let invalid = result.unwrap_err();
    assert_eq!(invalid.field, field);
    assert!(invalid.problem.contains(expected), "{invalid}");
}

fn command(action: wire::command::Action) -> Vec<u8> {
    let command = wire::Command {
        action: Some(action),
        ..wire::Command::default()
    };
    command.encode_to_vec()
}

#[test]
fn records_name_the_bad_field() {
    let user = || v1::User {
        id: "ada".into(),
        ..v1::User::default()
    };
    check(User::try_from(v1::User::default()), "id", "1 to 64 characters");
    let bad = v1::User {
        extension: "20a1".into(),
        ..user()
    };
    check(User::try_from(bad), "extension", "1 to 20 digits");
    let bad = v1::User {
        aliases: vec!["ok".into(), "not ok".into()],
        ..user()
    };
    check(User::try_from(bad), "aliases[1]", "a-z, 0-9");
    let bad = v1::User {
        email: "nobody".into(),
        ..user()
    };
    check(User::try_from(bad), "email", "name@example.com");
    let device = v1::Device {
        id: "chi-1".into(),
        ..v1::Device::default()
    };
    check(
        hotdesk_core::Device::try_from(device),
        "site",
        "1 to 64 characters",
    );
    let ended = v1::EndedSession::default();
    check(
        hotdesk_core::EndedSession::try_from(ended),
        "session",
        "expected the session",
    );
    check(
        hotdesk_core::Event::try_from(v1::Event::default()),
        "kind",
        "what happened",
    );
    let row = v1::import_row::Record::Site(v1::Site::default());
    check(convert::import_row(row, Some("x".into())), "pin", "users only");
}

#[test]
fn policies_name_the_bad_rule() {
    use v1::multiple_logins::Rule;
    let with_rule = |rule| v1::Policy {
        multiple_logins: Some(v1::MultipleLogins { rule }),
        ..v1::Policy::default()
    };
    check(
        Policy::try_from(with_rule(None)),
        "multiple_logins.rule",
        "evict, deny, allow_up_to",
    );
    check(
        Policy::try_from(with_rule(Some(Rule::Evict(false)))),
        "multiple_logins.evict",
        "must be true",
    );
    check(
        Policy::try_from(with_rule(Some(Rule::AllowUpTo(1000)))),
        "multiple_logins.allow_up_to",
        "2 to 16",
    );
    let busy = v1::Policy {
        busy_device: 9,
        ..v1::Policy::default()
    };
    check(Policy::try_from(busy), "busy_device", "got 9");
    let group = v1::Group {
        id: "staff".into(),
        policy: Some(with_rule(None)),
        ..v1::Group::default()
    };
    check(
        hotdesk_core::Group::try_from(group),
        "policy.multiple_logins.rule",
        "expected",
    );
}

#[test]
fn what_defaults_leave_out_takes_the_built_in_value() {
    assert_eq!(Policy::try_from(v1::Policy::default()), Ok(Policy::default()));
    let deny = v1::Policy {
        multiple_logins: Some(MultipleLogins::Deny.into()),
        ..v1::Policy::default()
    };
    let expected = Policy {
        multiple_logins: MultipleLogins::Deny,
        ..Policy::default()
    };
    assert_eq!(Policy::try_from(deny), Ok(expected));
}

#[test]
fn what_only_answers_carry_is_not_taken_from_requests() {
    let message = v1::User {
        id: "Ada".into(),
        has_pin: true,
        locked_until_ms: 7,
        ..v1::User::default()
    };
    let user = User::try_from(message).unwrap();
    assert_eq!(user.id.as_str(), "ada");
    assert_eq!(user.credential, None);
    assert_eq!(user.failures, hotdesk_core::LoginFailures::default());
}

#[test]
fn request_ids_have_16_bytes() {
    assert_eq!(convert::optional_request_id("request_id", b""), Ok(None));
    let id = convert::request_id("request_id", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]).unwrap();
    assert_eq!(id.0, 258);
    check(convert::request_id("request_id", b""), "request_id", "16 bytes");
    check(
        convert::optional_request_id("request_id", b"abc"),
        "request_id",
        "got 3",
    );
}

#[test]
fn commands_name_the_bad_part() {
    use wire::command::Action;
    check(decode_command(b""), "action", "this version knows");
    check(decode_command(&[0xff]), "", "expected a command");
    let login = Action::Login(wire::Login {
        user: "two words".into(),
        device: "chi-1".into(),
        credential_version: None,
    });
    check(
        decode_command(&command(login)),
        "login.user",
        "a user id, an alias",
    );
    let logout = Action::Logout(wire::Logout::default());
    check(
        decode_command(&command(logout)),
        "logout.target",
        "a phone or a user",
    );
    let abort = Action::ImportAbort(b"short".as_slice().into());
    check(decode_command(&command(abort)), "import_abort", "16 bytes");
    let rows = vec![
        wire::ImportRow {
            record: Some(wire::import_row::Record::Site(v1::Site {
                id: "chicago".into(),
                ..v1::Site::default()
            })),
            verifier: None,
        },
        wire::ImportRow::default(),
    ];
    let stage = Action::ImportStage(wire::ImportStage {
        import: vec![0; 16].into(),
        first_row: 0,
        rows,
    });
    check(
        decode_command(&command(stage)),
        "import_stage.rows[1].record",
        "a site, a group",
    );
}

#[test]
fn batches_name_the_bad_command_and_have_a_bound() {
    let expire = wire::Command {
        action: Some(wire::command::Action::Expire(true)),
        ..wire::Command::default()
    };
    let bad = wire::Batch {
        at_ms: 1,
        commands: vec![expire.clone(), wire::Command::default()],
    };
    check(
        decode_batch(&bad.encode_to_vec()),
        "commands[1].action",
        "this version knows",
    );
    let max = usize::try_from(Epoch::COMMANDS_PER_ENTRY).unwrap();
    let batch = |commands| wire::Batch {
        at_ms: 1,
        commands: vec![expire.clone(); commands],
    };
    assert_eq!(
        decode_batch(&batch(max).encode_to_vec()).unwrap().commands.len(),
        max
    );
    check(
        decode_batch(&batch(max + 1).encode_to_vec()),
        "commands",
        "at most 1024",
    );
}

#[test]
fn outcomes_name_the_bad_part() {
    let outcome = |refusal| wire::Outcome {
        result: Some(wire::outcome::Result::Refusal(refusal)),
    };
    let later = wire::Refusal {
        name: "gone_fishing".into(),
        ..wire::Refusal::default()
    };
    check(
        decode_outcome(&outcome(later).encode_to_vec()),
        "refusal.name",
        "this version knows",
    );
    let empty = wire::Refusal {
        name: "unknown_site".into(),
        ..wire::Refusal::default()
    };
    check(
        decode_outcome(&outcome(empty).encode_to_vec()),
        "refusal.site",
        "1 to 64",
    );
    check(decode_outcome(b""), "result", "this version knows");
}

#[test]
fn call_settings_name_the_bad_part() {
    let hours = |days, from_minute| {
        Some(v1::Hours {
            days,
            from_minute,
            to_minute: 60,
        })
    };
    let scheduled = |hours| v1::CallSettings {
        schedule: vec![v1::ScheduledForward {
            hours,
            forward_to: "2000".into(),
        }],
        ..v1::CallSettings::default()
    };
    let user = |calls| {
        User::try_from(v1::User {
            id: "ada".into(),
            calls: Some(calls),
            ..v1::User::default()
        })
    };
    for (calls, field, problem) in [
        (scheduled(None), "calls.schedule[0].hours", "is missing"),
        (
            scheduled(hours(128, 0)),
            "calls.schedule[0].hours.days",
            "64 (Sunday), got 128",
        ),
        (
            scheduled(hours(1, 70_000)),
            "calls.schedule[0].hours.from_minute",
            "at most 65535",
        ),
        (
            v1::CallSettings {
                ring: 9,
                ..v1::CallSettings::default()
            },
            "calls.ring",
            "got 9",
        ),
    ] {
        check(user(calls), field, problem);
    }
    let rights = |classes| {
        User::try_from(v1::User {
            id: "ada".into(),
            rights: Some(v1::CallRights {
                classes,
                outside_hours: None,
            }),
            ..v1::User::default()
        })
    };
    check(rights(vec![1, 6]), "rights.classes", "got 6");
    check(rights(vec![0]), "rights.classes", "got 0");
    let numbers = User::try_from(v1::User {
        id: "ada".into(),
        numbers: vec!["+13125550142".into(), "0312".into()],
        ..v1::User::default()
    });
    check(numbers, "numbers[1]", "international number");
}
