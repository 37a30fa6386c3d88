//! Reading, refusing and showing configurations.

use super::*;

const MINIMAL: &str = r#"
    [node]
    id = 1
    site = "chicago"
    data_dir = "data"
    [cluster]
    founders = { 1 = "127.0.0.1:7300" }
    [pin]
    danger_no_pepper = true
"#;

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(text, "node.toml", environment)
}

/// The text is refused, and the first sentence says this.
fn refused(text: &str, environment: &[(&str, &str)], expected: &str) {
    let error = parse(text, environment).unwrap_err().to_string();
    assert!(
        error.lines().any(|line| line.contains(expected)),
        "expected {expected:?} in:\n{error}"
    );
}

fn minimal_and(more: &str) -> String {
    format!("{MINIMAL}\n{more}")
}

#[test]
fn a_minimal_file_leaves_the_rest_at_its_default() {
    let config = parse(MINIMAL, &[]).unwrap();
    let mut expected = Config {
        node: NodeSection {
            id: 1,
            site: "chicago".into(),
            data_dir: "data".into(),
        },
        ..Config::default()
    };
    expected.cluster.founders = BTreeMap::from([(1, "127.0.0.1:7300".into())]);
    expected.pin.danger_no_pepper = true;
    assert_eq!(config, expected);
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = parse(
        MINIMAL,
        &[
            ("HOTDESK_NODE_ID", "2"),
            ("HOTDESK_CLUSTER_FOUNDERS", "1=a:1, 2=b:2"),
            ("HOTDESK_PIN_PEPPER", "salt and"),
            ("HOTDESK_PIN_DANGER_NO_PEPPER", "false"),
            ("HOTDESK_TIMING_HEARTBEAT_MS", "50"),
            ("HOTDESK_TELEMETRY_LOG_FORMAT", "json"),
            ("UNRELATED", "x"),
        ],
    )
    .unwrap();
    assert_eq!(config.node.id, 2);
    assert_eq!(
        config.cluster.founders,
        BTreeMap::from([(1, "a:1".into()), (2, "b:2".into())])
    );
    assert!(
        config
            .pin
            .pepper
            .as_ref()
            .is_some_and(|pepper| pepper.matches(b"salt and"))
    );
    assert_eq!(config.timing.heartbeat, Duration::from_millis(50));
    assert_eq!(config.telemetry.log_format, LogFormat::Json);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_one() {
    refused(
        &minimal_and("[limits]\ncalls_maxx = 3"),
        &[],
        "node.toml, line 12: limits.calls_maxx: is not known; did you mean limits.calls_max?",
    );
    refused(
        &minimal_and("[frobnicate]\nx = 1"),
        &[],
        "frobnicate: is not known",
    );
    refused(
        &minimal_and("").replace("site", "sight"),
        &[],
        "did you mean node.site?",
    );
    refused(
        MINIMAL,
        &[("HOTDESK_NODE_IDD", "1")],
        "environment variable HOTDESK_NODE_IDD: is not known; did you mean HOTDESK_NODE_ID?",
    );
}

#[test]
fn variables_that_kubernetes_makes_are_let_be() {
    parse(
        MINIMAL,
        &[
            ("HOTDESK_SERVICE_HOST", "10.0.0.1"),
            ("HOTDESK_PORT", "tcp://10.0.0.1:7300"),
            ("HOTDESK_PORT_7300_TCP_ADDR", "10.0.0.1"),
            ("HOTDESK_ENDPOINT", "http://127.0.0.1:7300"),
        ],
    )
    .unwrap();
}

#[test]
fn a_wrong_value_says_where_what_and_what_was_expected() {
    for (from, to, expected) in [
        (
            "id = 1",
            "id = \"one\"",
            "line 3: node.id: expected a whole number, at least 1, found \"one\"",
        ),
        (
            "id = 1",
            "id = 0",
            "node.id: expected a whole number, at least 1, found 0",
        ),
        (
            "id = 1",
            "id = -1",
            "node.id: expected a whole number, at least 1, found -1",
        ),
        (
            "id = 1",
            "id = 1.5",
            "node.id: expected a whole number, at least 1, found float 1.5",
        ),
        (
            "site = \"chicago\"",
            "site = 3",
            "node.site: expected text in quotes, found 3",
        ),
        (
            "site = \"chicago\"",
            "site = \"New York\"",
            "node.site: site id \"New York\" is not valid",
        ),
        (
            "danger_no_pepper = true",
            "danger_no_pepper = 7",
            "expected true or false, found 7",
        ),
        (
            "{ 1 = \"127.0.0.1:7300\" }",
            "{ one = \"a:1\" }",
            "cluster.founders: expected addresses by node id",
        ),
        (
            "{ 1 = \"127.0.0.1:7300\" }",
            "{ 1 = 7300 }",
            "expected texts in quotes, found integer 7300",
        ),
        (
            "{ 1 = \"127.0.0.1:7300\" }",
            "{ 1 = \"nowhere\" }",
            "expected host:port such as",
        ),
        (
            "{ 1 = \"127.0.0.1:7300\" }",
            "{ 2 = \"a:1\" }",
            "does not name this node (1)",
        ),
        ("[pin]", "[pin", "not valid TOML"),
    ] {
        assert!(MINIMAL.contains(from), "{from}");
        refused(&MINIMAL.replace(from, to), &[], expected);
    }
    refused(
        MINIMAL,
        &[("HOTDESK_LIMITS_CALLS_MAX", "many")],
        "environment variable HOTDESK_LIMITS_CALLS_MAX: limits.calls_max: expected a whole number from 1 to \
         1000000, found \"many\"",
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let error = parse("listen = \"nowhere\"", &[]).unwrap_err();
    let keys: Vec<&str> = error
        .problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    for key in [
        "node.id",
        "node.site",
        "node.data_dir",
        "listen",
        "cluster",
        "pin.pepper_file",
    ] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
}

#[test]
fn a_secret_is_not_repeated_in_an_error() {
    let error = parse(&minimal_and("[auth]\nadmin_token = 8731"), &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("auth.admin_token") && !error.contains("8731"),
        "{error}"
    );
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (more, expected) in [
        (
            "[timing]\nheartbeat_ms = 600",
            "at least three heartbeats (1800 ms)",
        ),
        (
            "[timing]\nelection_max_ms = 1500",
            "expected more than timing.election_min_ms (1500 ms)",
        ),
        (
            "[auth]\nadmin_token = \"x\"\nadmin_token_file = \"y\"",
            "auth.admin_token: is given twice",
        ),
        ("[tls]\ncert_file = \"x\"", "tls.key_file: is missing"),
        ("[http]\nlisten = \"x\"", "http.listen: expected host:port"),
        ("[sip]\nkey_file = \"x\"", "sip.domain: is missing"),
        ("[sip]\ndomain = \"sip:x\"", "expected a domain such as"),
        ("[sip]\nrealm = 'a\"b'", "expected a text without quotes"),
        (
            "[auth]\nedge_token = \"x\"\nedge_token_file = \"y\"",
            "auth.edge_token: is given twice",
        ),
        ("[tls]\nclient_ca_file = \"x\"", "has no effect without"),
    ] {
        refused(&minimal_and(more), &[], expected);
    }
    refused(
        &MINIMAL.replace("founders", "join = [\"a:1\"]\nfounders"),
        &[],
        "expected one of them",
    );
    refused(
        &MINIMAL.replace("danger_no_pepper = true", ""),
        &[],
        "pin.pepper_file: is missing",
    );
}

#[test]
fn a_listener_beyond_loopback_needs_a_token_and_a_wildcard_an_address() {
    let open = [("HOTDESK_LISTEN", "0.0.0.0:7300")];
    refused(
        MINIMAL,
        &open,
        "cluster.token: is missing: whoever reaches 0.0.0.0:7300 could join",
    );
    refused(MINIMAL, &open, "advertise: is missing");
    let settled = [
        open[0],
        ("HOTDESK_ADVERTISE", "node-1:7300"),
        ("HOTDESK_CLUSTER_TOKEN", "t"),
    ];
    parse(MINIMAL, &settled).unwrap();
}

#[test]
fn the_sample_is_a_configuration_and_shows_the_defaults() {
    let sample = sample_config();
    let pepper = [("HOTDESK_PIN_PEPPER", "p")];
    let config = parse(&sample, &pepper).unwrap();
    let mut expected = parse(MINIMAL, &pepper).unwrap();
    expected.node.data_dir = "data/node-1".into();
    expected.pin.danger_no_pepper = false;
    assert_eq!(config, expected);

    // What is commented out at its default changes nothing when it is switched on.
    let mut examples = 0;
    for line in sample
        .lines()
        .filter(|line| line.starts_with('#') && !line.starts_with("# "))
    {
        if line == "#" {
            continue;
        }
        let switched_on = sample.replacen(line, &line[1..], 1);
        match read::read(&switched_on, "sample", []) {
            Ok(config) if config == read::read(&sample, "sample", []).unwrap() => {}
            Ok(_) => examples += 1,
            Err(error) => panic!("{line}: {error}"),
        }
    }
    let expected = keys::all()
        .filter(|key| matches!(key.shown, keys::Shown::Example(_)))
        .count();
    assert_eq!(
        examples, expected,
        "only keys without a default may show something else"
    );
}

#[test]
fn a_written_configuration_reads_back_without_its_secrets() {
    let mut config = parse(MINIMAL, &[]).unwrap();
    config.node.site = "new-york".into();
    config.timing.heartbeat = Duration::from_millis(50);
    config.advertise = Some("\"odd\":1".into());
    config.cluster.token_file = Some("token".into());
    config.auth.admin_token = Some("secret".into());
    config.telemetry.log_format = LogFormat::Json;
    let text = sample_config_of(&config);
    assert!(!text.contains("= \"secret\""), "{text}");
    config.auth.admin_token = None;
    assert_eq!(parse(&text, &[]).unwrap(), config);
}

/// What is served to phones, on one machine.
const PHONES: &str = r#"
    [sip]
    domain = "example.com"
    key_file = "line.key"
    [phones]
    http_listen = ["127.0.0.1:0"]
    registrar = "127.0.0.1:5060"
"#;

#[test]
fn phones_are_served_once_there_is_a_listener() {
    assert!(!parse(MINIMAL, &[]).unwrap().phones.is_on());
    let config = parse(&minimal_and(PHONES), &[]).unwrap();
    assert!(config.phones.is_on());
    assert_eq!(config.phones.emergency_numbers, ["911", "112"]);
    let registrar = config.phones.edge().unwrap();
    assert_eq!((registrar.host.as_str(), registrar.port), ("127.0.0.1", 5060));
}

#[test]
fn what_phones_cannot_be_served_with_is_refused() {
    let with = |more: &[(&str, &str)], expected: &str| refused(&minimal_and(PHONES), more, expected);
    with(
        &[("HOTDESK_PHONES_HTTP_LISTEN", "0.0.0.0:8080")],
        "phones.url: is missing",
    );
    with(
        &[("HOTDESK_PHONES_URL", "chicago.example.com")],
        "phones.url: expected scheme, host and port",
    );
    with(
        &[("HOTDESK_PHONES_URL", "https://user@x/prov")],
        "phones.url: expected scheme",
    );
    with(
        &[("HOTDESK_PHONES_HTTPS_LISTEN", "127.0.0.1:0")],
        "phones.cert_file: is missing",
    );
    with(
        &[("HOTDESK_PHONES_CERT_FILE", "x.crt")],
        "phones.key_file: is missing",
    );
    for registrar in ["edge", "edge:0", "edge:5060;transport=ws", "e/d:5060", "a b:1"] {
        with(
            &[("HOTDESK_PHONES_REGISTRAR", registrar)],
            "phones.registrar: expected host:port",
        );
    }
    with(
        &[("HOTDESK_PHONES_REGISTRAR", "")],
        "phones.registrar: is missing",
    );
    with(&[("HOTDESK_SIP_KEY_FILE", "")], "sip.key_file: is missing");
    with(
        &[("HOTDESK_PHONES_PUSH_FROM", "edge")],
        "phones.push_from: expected addresses",
    );
    with(
        &[("HOTDESK_PHONES_OTHER_OFFICES", "austin http://10.3.0.2")],
        "phones.other_offices: not complete: expected site, URL",
    );
    with(
        &[("HOTDESK_PHONES_LOGIN_CODE", "login")],
        "phones.login_code: expected digits",
    );
    with(
        &[("HOTDESK_PHONES_EMERGENCY_NUMBERS", "9 1 1")],
        "phones.emergency_numbers: expected digits",
    );
    with(
        &[("HOTDESK_PHONES_DANGER_NO_TOKEN_FROM", "10.1.0.0/33")],
        "phones.danger_no_token_from: expected a network",
    );
    with(
        &[("HOTDESK_PHONES_PLUG_AND_PLAY_INTERFACE", "eth0")],
        "phones.plug_and_play_interface: expected",
    );
    with(
        &[("HOTDESK_PHONES_EM_ALLOW", "10.1.2.3/8")],
        "phones.em.allow: has bits beyond the length of its prefix",
    );
    with(
        &[("HOTDESK_PHONES_EM_ALLOW", "everybody")],
        "phones.em.allow: expected a network",
    );
}

#[test]
fn ciscos_interface_is_off_and_needs_a_listener() {
    assert!(!parse(&minimal_and(PHONES), &[]).unwrap().phones.em.enabled);
    let on = format!("{PHONES}em.enabled = true\nem.allow = [\"10.0.0.0/8\"]\n");
    let config = parse(&minimal_and(&on), &[]).unwrap();
    assert!(config.phones.em.enabled);
    assert_eq!(config.phones.em.allow, ["10.0.0.0/8"]);
    let alone = minimal_and("[phones]\nem.enabled = true\n");
    refused(&alone, &[], "phones.em.enabled: needs a listener");
}

/// Each is the sample with its own settings, below three lines of its own. `HOTDESK_BLESS=1` writes them anew.
#[test]
fn the_files_in_deploy_are_the_sample() {
    const OWN_LINES: usize = 3;
    for site in ["chicago", "new-york", "austin"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../deploy/node.{site}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let head: String = text.split_inclusive('\n').take(OWN_LINES).collect();
        let expected = format!("{head}{}", sample_config_of(&parse(&text, &[]).unwrap()));
        if std::env::var_os("HOTDESK_BLESS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, expected, "{}", path.display());
    }
}
