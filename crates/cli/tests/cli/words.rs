//! Command lines, their help, and what is printed without any server.

use super::*;

/// Every verb, with what follows it.
const VERBS: [(&str, &[&str]); 25] = [
    ("demo", &[]),
    ("node", &[]),
    ("edge", &[]),
    ("login", &[]),
    ("logout", &[]),
    ("who", &[]),
    ("resolve", &[]),
    ("sessions", &[]),
    ("watch", &[]),
    (
        "user",
        &[
            "list", "get", "put", "delete", "set-pin", "calls", "rights", "profile", "lock", "unlock",
            "disable", "enable",
        ],
    ),
    (
        "device",
        &[
            "list", "get", "put", "delete", "secret", "hold", "disable", "enable",
        ],
    ),
    (
        "phone",
        &[
            "list", "waiting", "approve", "decline", "reopen", "reload", "token", "urls", "qr",
        ],
    ),
    ("edges", &["list", "remove"]),
    ("site", &["list", "get", "put", "delete"]),
    ("group", &["list", "get", "put", "rights", "delete"]),
    ("policy", &["get", "set"]),
    ("import", &[]),
    ("audit", &[]),
    ("calls", &["list", "show"]),
    ("force-logout", &[]),
    (
        "cluster",
        &["status", "add-learner", "promote", "remove", "transfer-leader"],
    ),
    ("backup", &[]),
    ("restore", &[]),
    ("doctor", &[]),
    ("completions", &[]),
];

#[test]
fn every_verb_has_help_with_examples() {
    for (verb, more) in VERBS {
        let output = hotdesk(&[verb, "--help"]);
        assert!(output.status.success(), "{verb}: {}", err(&output));
        let help = out(&output);
        assert!(
            help.contains(&format!("Usage: hotdesk {verb}")),
            "{verb}:\n{help}"
        );
        assert!(
            help.contains("Examples:") || help.contains("step by step:"),
            "{verb}:\n{help}"
        );
        for word in more {
            let output = hotdesk(&[verb, word, "--help"]);
            assert!(output.status.success(), "{verb} {word}: {}", err(&output));
            let usage = format!("Usage: hotdesk {verb} {word}");
            assert!(out(&output).contains(&usage), "{verb} {word}");
        }
    }
}

#[test]
fn the_help_of_the_program_teaches_the_exit_codes_and_where_to_start() {
    let help = out(&hotdesk(&["--help"]));
    for part in [
        "hotdesk demo --once",
        "Exit codes:",
        "3  no node could be reached",
        "--endpoint",
    ] {
        assert!(help.contains(part), "{part:?} in:\n{help}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for arguments in [
        &["frobnicate"][..],
        &["login", "--user", "2041"],
        &["logout"],
        &["logout", "--user", "a", "--device", "b"],
        &["sessions", "--timeout", "soon"],
        &["policy", "set", "--multiple-logins", "sometimes"],
        &["policy", "set"],
        &["demo", "--port", "65535"],
        &["who", "2041", "--log", "a=b=c"],
        &["who", "2041", "--request-id", "7"],
        &["phone", "approve", "01:00:5e:00:01:75"],
        &["phone", "decline", "chi-12"],
        &["phone", "token", "create", "--site", "chicago", "--uses", "1001"],
        &["phone", "reopen", "chi-12", "--for", "1h", "--close"],
        &["device", "secret", "chi-12", "--remove", "--revoke"],
        &["phone", "reload"],
        &["phone", "reload", "chi-12", "--all"],
        &["phone", "reload", "--all", "--site", "chicago"],
        &["phone", "reload", "--all", "--wait", "soon"],
        &["phone", "list", "--state", "asleep"],
        &["phone", "list", "--limit", "0"],
        &["user", "list", "--limit", "0"],
        &["user", "profile", "set", "ada"],
        &["user", "profile", "set", "ada", "--ring-tone", "10"],
        &["user", "profile", "set", "ada", "--speed-dial", "2000"],
        &["user", "profile", "set", "ada", "--language", "tlh"],
        &["site", "put", "chicago", "--language", "tlh"],
        &["device", "put", "chi-12", "--mac", "ff:ff:ff:ff:ff:ff"],
        &["who", "2041", "--endpoint", "not an address"],
    ] {
        let output = hotdesk(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", err(&output));
        assert!(
            err(&output).starts_with("error:"),
            "{arguments:?}: {}",
            err(&output)
        );
    }
}

#[test]
fn a_pin_is_not_asked_for_where_there_is_no_terminal() {
    let login = ["login", "--user", "2041", "--device", "chi-12"];
    let output = hotdesk(&login);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("--pin-stdin"), "{}", err(&output));
    let empty = hotdesk_reads(&[&login[..], &["--pin-stdin"]].concat(), b"\n4711\n");
    assert_eq!(
        empty.status.code(),
        Some(2),
        "only the first line counts: {}",
        err(&empty)
    );
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let output = hotdesk(&["completions", shell]);
        assert!(output.status.success());
        assert!(out(&output).contains("force-logout"), "{shell}");
    }
}

#[test]
fn output_has_no_colours_unless_asked_for() {
    let plain = err(&hotdesk(&["import", "nowhere.csv"]));
    assert!(!plain.contains('\u{1b}'));
    let coloured = err(&hotdesk(&["import", "nowhere.csv", "--color", "always"]));
    assert!(coloured.contains('\u{1b}'));
}

#[test]
fn the_demo_proves_its_story_and_says_nothing_else() {
    let output = hotdesk(&["demo", "--once"]);
    assert!(output.status.success(), "{}{}", out(&output), err(&output));
    assert_eq!(err(&output), "");
    let story = out(&output);
    assert!(story.contains("Every step was seen at every office"), "{story}");
    assert!(!story.contains('✗'), "{story}");
}
