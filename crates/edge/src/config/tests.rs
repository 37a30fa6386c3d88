use super::keys::KEYS;
use super::*;

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    Config::parse(text, "edge.toml", environment)
}

const MINIMAL: &str = "site = \"Chicago\"\nnodes = [\"a:7300\", \"b:7300\"]\n";

#[test]
fn the_sample_is_a_valid_configuration_and_explains_every_key() {
    let sample = sample_config();
    let config = parse(&sample, &[]).unwrap();
    assert_eq!(config.site, "chicago");
    for key in KEYS {
        assert!(sample.contains(&key.variable()), "{}", key.path);
    }
    // With every key taken into use it is still valid: examples and defaults are what they say.
    let used = sample.replace("\n#", "\n");
    let all = used
        .lines()
        .filter(|line| !line.starts_with(' ') && (line.contains(" = ") || line.starts_with('[')));
    let all: Vec<&str> = all.collect();
    let config = parse(&all.join("\n"), &[]).unwrap();
    assert_eq!(config.otlp_endpoint.as_deref(), Some("http://127.0.0.1:4317"));
    assert_eq!(
        (config.lease, config.policy),
        (Config::default().lease, Config::default().policy)
    );
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = parse(
        &format!("{MINIMAL}[cut_off]\nlease_ms = 90_000\npolicy = \"strict\"\n"),
        &[
            ("HOTDESK_EDGE_NODES", "c:1, d:2"),
            ("HOTDESK_EDGE_CUT_OFF_LEASE_MS", "120000"),
            ("HOTDESK_EDGE_SERVICE_HOST", "10.0.0.1"),
            ("HOTDESK_EDGE_CONFIG", "edge.toml"),
            ("HOTDESK_NODE_ID", "1"),
        ],
    )
    .unwrap();
    assert_eq!(config.site, "chicago");
    assert_eq!(config.nodes, ["c:1", "d:2"]);
    assert_eq!(
        (config.lease, config.policy),
        (Duration::from_secs(120), Policy::Strict)
    );
}

#[test]
fn everything_that_is_wrong_is_said_with_its_place() {
    for (text, environment, expected) in [
        ("", &[][..], vec!["site is not set", "nodes is not set"]),
        (
            "sight = \"x\"",
            &[],
            vec!["edge.toml, line 1: sight is not known; known are site, nodes"],
        ),
        ("site = ", &[], vec!["edge.toml, line 1: not valid TOML"]),
        (
            "site = \"x\"\nnodes = 3.5\n[cut_off]\nlease_ms = \"long\"\npolicy = \"none\"",
            &[],
            vec![
                "edge.toml, line 2: nodes cannot be a float",
                "edge.toml, line 4: cut_off.lease_ms must be a whole number from 100 to",
                "edge.toml, line 5: cut_off.policy must be strict or survive, found \"none\"",
            ],
        ),
        (
            MINIMAL,
            &[("HOTDESK_EDGE_SIDE", "x"), ("HOTDESK_EDGE_SITE", "no site")],
            vec![
                "environment variable HOTDESK_EDGE_SIDE: is not known; did you mean HOTDESK_EDGE_SITE?",
                "HOTDESK_EDGE_SITE: site must be 1 to 64 characters",
            ],
        ),
        (
            &format!("{MINIMAL}[tls]\ncert_file = \"c\"\n[cut_off]\nlease_ms = 1000\n"),
            &[],
            vec![
                "tls.key_file are set together",
                "tls.ca_file is not set",
                "must be longer than",
            ],
        ),
    ] {
        let error = parse(text, environment).unwrap_err().to_string();
        for part in expected {
            assert!(error.contains(part), "{part:?} in:\n{error}");
        }
    }
}
