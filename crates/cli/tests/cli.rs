//! The program from outside: help, exit codes, messages, formats. (What needs a cluster is in the workspace's
//! own suites and in `demo --once`.)

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the program; nothing of the caller's environment reaches it.
fn hotdesk(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program runs")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotdesk"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs it with this on standard input.
fn hotdesk_reads(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It may end without reading; that is its right.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("the program ends")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An endpoint at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

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
        &["phone", "reload"],
        &["phone", "reload", "chi-12", "--all"],
        &["phone", "reload", "--all", "--site", "chicago"],
        &["phone", "reload", "--all", "--wait", "soon"],
        &["phone", "list", "--state", "asleep"],
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
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let endpoint = nobody();
    let address = endpoint.trim_start_matches("http://");
    for verb in [
        &["who", "2041"][..],
        &["resolve", "2041"],
        &["sessions"],
        &["watch"],
        &["user", "list"],
        &["policy", "get"],
        &["audit"],
        &["logout", "--user", "2041"],
        &["cluster", "status"],
    ] {
        let output = hotdesk(&[verb, &["--endpoint", &endpoint, "--timeout", "300ms"]].concat());
        assert_eq!(output.status.code(), Some(3), "{verb:?}: {}", err(&output));
        let said = err(&output);
        for part in [
            "error: no node answered",
            address,
            "HD4002",
            "what to do: Check --endpoint",
        ] {
            assert!(said.contains(part), "{verb:?}: {part:?} in:\n{said}");
        }
        assert_eq!(out(&output), "", "{verb:?}");
    }
}

#[test]
fn doctor_says_what_it_sees_and_that_something_is_wrong() {
    let output = hotdesk(&["doctor", "-e", &nobody(), "--timeout", "300ms", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let findings: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!(findings[0]["level"], "bad");
    assert_eq!(findings[0]["what"], "endpoint");
}

#[test]
fn errors_are_json_where_answers_are() {
    let output = hotdesk(&["who", "2041", "-e", &nobody(), "--timeout", "300ms", "-o", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let value: Value = serde_json::from_str(&err(&output)).expect("one JSON document");
    let error = &value["error"];
    assert_eq!(error["code"], "HD4002");
    assert_eq!(error["reason"], "NO_ENDPOINT");
    assert_eq!(error["outcome"], "failed");
    assert_eq!(error["exit_code"], 3);
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("127.0.0.1"))
    );
    assert!(
        error["what_to_do"]
            .as_str()
            .is_some_and(|advice| advice.contains("--endpoint"))
    );
}

#[test]
fn endpoints_come_from_the_environment_too() {
    let (first, second) = (nobody(), nobody());
    let output = command(&["who", "2041", "--timeout", "300ms"])
        .env("HOTDESK_ENDPOINT", format!("{first},{second}"))
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(3));
    for endpoint in [&first, &second] {
        let address = endpoint.trim_start_matches("http://");
        assert!(err(&output).contains(address), "{address} in:\n{}", err(&output));
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

const BAD_USERS: &[u8] = b"\xef\xbb\xbfid,display_name,extension,pin\r\n\
    maria.silva,Maria Silva,2041,4711\r\n\
    \r\n\
    j smith,John Smith,2042,99\r\n\
    maria.silva,Maria again,20x3,\r\n";

#[test]
fn bad_rows_are_listed_with_line_and_column() {
    let output = hotdesk_reads(&["import", "-"], BAD_USERS);
    assert_eq!(output.status.code(), Some(2));
    let table = out(&output);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["LINE", "COLUMN", "NAME", "PROBLEM"]);
    let places: Vec<_> = lines[1..].iter().map(|line| line[..3].to_vec()).collect();
    let expected = [
        ["4", "1", "id"],
        ["4", "4", "pin"],
        ["5", "3", "extension"],
        ["5", "1", "id"],
    ];
    assert_eq!(places, expected, "{table}");
    assert!(!table.contains("99"), "a PIN was printed: {table}");
    for part in ["4 problems", "nothing was imported", "HD5003"] {
        assert!(err(&output).contains(part), "{}", err(&output));
    }
}

#[test]
fn bad_rows_are_json_too() {
    let output = hotdesk_reads(&["import", "-", "-o", "json"], BAD_USERS);
    let rows: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!(rows.as_array().map(Vec::len), Some(4));
    assert_eq!(rows[0]["line"], 4);
    assert_eq!(rows[0]["column"], 1);
    assert_eq!(rows[0]["column_name"], "id");
    assert!(
        rows[0]["problem"]
            .as_str()
            .is_some_and(|problem| problem.contains("j smith"))
    );
    let error: Value = serde_json::from_str(&err(&output)).expect("one JSON document");
    assert_eq!(error["error"]["code"], "HD5003");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for arguments in [
        &["import", "nowhere.csv"][..],
        &["node", "--config", "nowhere.toml"],
        &["edge", "--config", "nowhere.toml"],
        &["who", "x", "--ca", "nowhere.pem"],
        &["who", "x", "--admin-token-file", "nowhere.token"],
    ] {
        let output = hotdesk(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", err(&output));
        assert!(
            err(&output).contains("nowhere."),
            "{arguments:?}: {}",
            err(&output)
        );
    }
}

#[test]
fn a_good_file_goes_as_far_as_the_cluster() {
    let users = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/users.csv");
    let output = hotdesk(&["import", users, "-e", &nobody(), "--timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
}

#[test]
fn restore_refuses_what_is_no_backup_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("some.backup");
    std::fs::write(&file, "not a backup").expect("write");
    let new = folder.path().join("new");
    let output = command(&[
        "restore",
        "--node-id",
        "1",
        "--address",
        "127.0.0.1:7300",
        "--site",
        "chicago",
    ])
    .arg(&file)
    .arg("--data-dir")
    .arg(&new)
    .output()
    .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("not a snapshot or backup"),
        "{}",
        err(&output)
    );
    assert!(!new.exists());
}

#[test]
fn a_bad_node_configuration_says_everything_that_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("node.toml");
    std::fs::write(&file, "[node]\nid = 1\nsite = \"an office\"\n").expect("write");
    let output = hotdesk(&["node", "--check", "--config", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let said = err(&output);
    for part in ["node.site", "node.data_dir", "HD5004", "what to do"] {
        assert!(said.contains(part), "{part:?} in:\n{said}");
    }
}

#[test]
fn the_sample_configurations_are_printed() {
    for service in ["node", "edge"] {
        let output = hotdesk(&[service, "--print-sample-config"]);
        assert!(output.status.success(), "{service}: {}", err(&output));
        assert!(out(&output).contains("HOTDESK_"), "{service}");
    }
}

#[test]
fn the_configurations_in_deploy_are_right_and_fit_together() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let load = |site: &str| {
        let file: PathBuf = deploy.join(format!("node.{site}.toml"));
        hotdesk_node::Config::load(Some(&file), []).expect("a valid configuration")
    };
    let edge = deploy.join("edge.chicago.toml");
    let edge = hotdesk_edge::Config::load(Some(&edge), []).expect("a valid configuration");
    let configs = ["chicago", "new-york", "austin"].map(load);
    for config in &configs {
        assert_eq!(config.cluster.founders, configs[0].cluster.founders);
        assert_eq!(config.cluster.founders.get(&config.node.id), Some(&config.listen));
    }
    let nodes: Vec<_> = configs[0].cluster.founders.values().cloned().collect();
    assert_eq!((edge.site.as_str(), edge.nodes), ("chicago", nodes));
    let sites: Vec<_> = configs.iter().map(|config| config.node.site.as_str()).collect();
    assert_eq!(sites, ["chicago", "new-york", "austin"]);
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let output = hotdesk(&["completions", shell]);
        assert!(output.status.success());
        assert!(out(&output).contains("force-logout"), "{shell}");
    }
}

/// An edge that answers one request, and tells what it was.
fn edge(status: &'static str, body: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.push(byte[0]);
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("an answer");
        String::from_utf8_lossy(&request)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    (url, served)
}

const LADDER: &str = r#"{"call_id":"a@b","entries":[{"at_ms":1785499200000,"from":"chi-12","to":"edge",
    "way":"received","line":"INVITE sip:2042@example.com SIP/2.0","cseq":"1 INVITE","text":"From: x\n"}]}"#;

#[test]
fn the_ladder_of_a_call_is_drawn_from_what_the_edge_kept() {
    let (url, served) = edge("200 OK", LADDER);
    let shown = hotdesk(&["calls", "show", "a@b", "--edge", &url]);
    let row = out(&shown)
        .lines()
        .find(|line| line.starts_with("12:00:00.000 |-"))
        .map(str::to_owned);
    assert!(
        row.is_some_and(|row| row.contains(" INVITE 2042 ") && row.ends_with(">|")),
        "{}",
        out(&shown)
    );
    assert!(!out(&shown).contains("From: x"), "only with --messages");
    assert_eq!(served.join().expect("a request"), "GET /calls/a%40b HTTP/1.1");

    let (url, _) = edge("200 OK", LADDER);
    let with_messages = hotdesk(&["calls", "show", "a@b", "--messages", "--edge", &url]);
    assert!(out(&with_messages).contains("From: x"));

    let (url, _) = edge("200 OK", LADDER);
    let json = hotdesk(&["calls", "show", "a@b", "--output", "json", "--edge", &url]);
    let json: Value = serde_json::from_str(&out(&json)).expect("JSON");
    assert_eq!(json["entries"][0]["cseq"], "1 INVITE");
}

#[test]
fn calls_that_are_not_there_and_edges_that_are_not_there_have_their_exit_codes() {
    let (url, _) = edge("404 Not Found", "{}");
    let gone = hotdesk(&["calls", "show", "a@b", "--edge", &url]);
    assert_eq!(gone.status.code(), Some(1), "{}", err(&gone));
    let nobody = hotdesk(&["calls", "list", "--edge", &nobody()]);
    assert_eq!(nobody.status.code(), Some(3), "{}", err(&nobody));
    let (url, _) = edge("401 Unauthorized", "");
    let stranger = hotdesk(&["calls", "list", "--edge", &url]);
    assert_eq!(stranger.status.code(), Some(2), "{}", err(&stranger));
    let (url, served) = edge("200 OK", "[]");
    let none = hotdesk(&["calls", "list", "--limit", "7", "--edge", &url]);
    assert_eq!((none.status.code(), out(&none).trim()), (Some(0), "no calls"));
    assert_eq!(served.join().expect("a request"), "GET /calls?limit=7 HTTP/1.1");
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
