use hotdesk_routing::{Class, ClassSet, RingOrder};
use hotdesk_sip::digest::Algorithm;
use hotdesk_sip::hop::Transport;

use super::keys::keys;
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
    for key in keys() {
        assert!(sample.contains(&key.variable()), "{}", key.path);
    }
    // With every key taken into use it is still valid: examples and defaults are what they say.
    let used = sample.replace("\n#", "\n");
    let all = used
        .lines()
        .filter(|line| !line.starts_with(' ') && (line.contains(" = ") || line.starts_with('[')));
    let mut all: Vec<&str> = all.collect();
    for id in ["pbx", "carrier-2"] {
        all.push("[[trunk]]\nuri = \"sip:pbx.example.com\"");
        all.push(if id == "pbx" {
            "id = \"pbx\""
        } else {
            "id = \"carrier-2\""
        });
    }
    let config = parse(&all.join("\n"), &[]).unwrap();
    assert_eq!(config.otlp_endpoint.as_deref(), Some("http://127.0.0.1:4317"));
    assert_eq!(
        (config.lease, config.policy),
        (Config::default().lease, Config::default().policy)
    );
    assert_eq!((config.sip.listen.len(), config.trunks.len()), (1, 3));
    assert_eq!(
        (config.sip.t1, config.registrar.expires_max),
        (Sip::default().t1, Registrar::default().expires_max)
    );
    assert_eq!(config.dialplan.star_codes, DialPlan::default().star_codes);
}

#[test]
fn without_a_domain_the_edge_only_keeps_the_table() {
    let config = parse(MINIMAL, &[]).unwrap();
    assert!(!config.has_sip());
    assert_eq!(
        config,
        Config {
            site: "chicago".into(),
            nodes: vec!["a:7300".into(), "b:7300".into()],
            ..Config::default()
        }
        .completed()
    );
}

const SIP: &str = r#"
site = "chicago"
nodes = ["a:7300"]

[sip]
domain = "example.com"
key_file = "line.key"

[[sip.listen]]
transport = "udp"
address = "127.0.0.1:5060"

[registrar]
data_dir = "data"
"#;

#[test]
fn a_whole_office_can_be_described() {
    let text = format!(
        "{SIP}{}",
        r#"
algorithms = ["sha-256"]

[[registrar.model]]
pattern = "(?i)^cisco"
algorithms = ["MD5"]

[dialplan]
time_zone = "America/Chicago"
area = "312"
local_length = "7"

[[dialplan.class]]
pattern = '^\+1900'
class = "premium"

[[dialplan.rule]]
name = "pbx"
pattern = '^7(\d{3})$'
replace = "5$1"
trunks = ["pbx"]
class = "internal"

[rights]
limit = ["internal", "local"]
hours = "mon-fri 08:00-18:00"
outside_hours = []
neutral_internal = true

[emergency]
window_s = 600
[[emergency.call_back]]
number = "+13125550190"

[[trunk]]
id = "carrier"
uri = "sip:sbc.example.net"
from = ["198.51.100.0/28"]

[[trunk]]
id = "pbx"
uri = "sips:pbx.example.com"
transport = "tls"
may_call = ["internal"]

[[hunt]]
number = "5000"
members = ["1001", "1002"]
order = "in_order"
ring_s = 15

[eviction]
calls = "drop"
"#
    );
    let config = parse(
        &text,
        &[
            ("HOTDESK_EDGE_SIP_REALM", "phones"),
            ("HOTDESK_EDGE_RIGHTS_NEUTRAL_NUMBERS", "1, 2*"),
        ],
    );
    let config = config.unwrap();
    let plan = &config.dialplan;
    assert!(config.has_sip());
    assert_eq!(
        (config.sip.realm(), config.sip.listen[0].transport),
        ("phones", Transport::Udp)
    );
    assert_eq!(config.registrar.algorithms, [Algorithm::Sha256]);
    assert_eq!(config.registrar.models[0].algorithms, [Algorithm::Md5]);
    assert_eq!(
        plan.zone.as_ref().and_then(|zone| zone.iana_name()),
        Some("America/Chicago")
    );
    assert_eq!((plan.site.as_str(), plan.trunks.len()), ("chicago", 2));
    assert_eq!(plan.rules[0].class, Some(Class::Internal));
    assert_eq!(
        plan.trunk_rights[1],
        ("pbx".into(), ClassSet::from_iter([Class::Internal]))
    );
    assert_eq!(plan.neutral.numbers, ["1", "2*"]);
    assert_eq!(
        plan.site_limits.classes,
        ClassSet::from_iter([Class::Internal, Class::Local])
    );
    assert_eq!(plan.site_limits.outside_hours.unwrap().classes, ClassSet::NONE);
    assert_eq!(plan.emergency.window, Duration::from_secs(600));
    assert_eq!(
        (plan.hunts[0].order, plan.hunts[0].ring),
        (RingOrder::InOrder, Duration::from_secs(15))
    );
    assert_eq!(config.eviction_calls, CallsAtEviction::Drop);
    assert_eq!(config.clone().completed(), config);
}

/// Text behind [`SIP`], and what is said of it.
#[test]
fn what_does_not_fit_together_is_said() {
    for (text, expected) in [
        (
            "[[trunk]]\nid = \"a\"",
            "edge.toml, line 15: trunk.uri is not set",
        ),
        (
            "[[trunk]]\nid = \"a\"\nurl = \"x\"",
            "line 17: trunk.url is not known; did you mean uri?",
        ),
        (
            "[[trunk]]\nid = \"a\"\nuri = \"host\"",
            "trunk.uri must be a URI such as sip:host:5060",
        ),
        (
            "[trunk]\nid = \"a\"",
            "trunk is an array of tables: write [[trunk]]",
        ),
        (
            "[[trunk]]\nid = \"a\"\nuri = \"sip:x\"\nusername = \"u\"",
            "and password_file are set together",
        ),
        (
            "[[trunk]]\nid = \"a\"\nuri = \"sip:x\"\n[[trunk]]\nid = \"a\"\nuri = \"sip:y\"",
            "trunk.id is \"a\" more than once",
        ),
        (
            "[dialplan]\ntrunks = [\"x\"]",
            "dialplan.trunks names \"x\", and there is no [[trunk]]",
        ),
        (
            "[dialplan]\ntime_zone = \"Chicago\"",
            "must be a time zone such as America/Chicago, found \"Chicago\"",
        ),
        (
            "[dialplan]\narea = \"31x\"",
            "dialplan.area must be digits, found \"31x\"",
        ),
        (
            "[dialplan]\nlocal_length = \"8-3\"",
            "must be a length such as \"7\" or \"3-8\"",
        ),
        (
            "[[dialplan.rule]]\nname = \"r\"\ntrunks = []\npattern = '^(7'",
            "dialplan.rule.pattern must be a regular expression, found \"^(7\": unclosed group",
        ),
        (
            "[[dialplan.rule]]\nname = \"r\"\ntrunks = []\npattern = '^7(.)'\nreplace = \"$2\"",
            "dialplan.rule.replace names the group $2 in rule \"r\", whose pattern has 1",
        ),
        (
            "[[dialplan.rule]]\nname = \"r\"\ntrunks = []\npattern = '^7(.)'\nreplace = \"$10\"",
            "names the group $10",
        ),
        (
            "[rights]\nlimit = [\"lokal\"]",
            "must be internal, local, national, international or premium",
        ),
        (
            "[rights]\nhours = \"always\"",
            "must be days and times such as \"mon-fri 08:00-18:00\"",
        ),
        ("[rights]\noutside_hours = []", "rights.hours is not set"),
        (
            "[rights]\nneutral_internal = 1",
            "must be true or false, found \"1\"",
        ),
        (
            "[security]\ntrusted_peers = [\"10/8\"]",
            "must be an address or a range such as 10.0.0.0/8",
        ),
        (
            "[emergency]\nnumbers = []",
            "emergency.numbers must name at least one number",
        ),
        (
            "[emergency]\nmain_number = \"3125550100\"",
            "must be a number with + and country code",
        ),
        (
            "[emergency]\nwebhook = \"ftp://x\"",
            "must begin with https:// or http://, found \"ftp://x\"",
        ),
        (
            "[[hunt]]\nnumber = \"5\"\nmembers = []",
            "hunt.members must name at least one member",
        ),
        (
            "[[hunt]]\nnumber = \"5\"\nmembers = [\"1,2\"]",
            "must be a list of texts without commas",
        ),
        ("[voicemail]\nnumber = \"*97\"", "voicemail.target is not set"),
        ("[voicemail]\ntarget = \"sip:vm\"", "must contain {mailbox}"),
        (
            "[star_codes]\nlogout = \"*11\"",
            "star_codes is \"*11\" more than once",
        ),
        ("[star_code]\nlogout = \"*14\"", "star_code is not known"),
        (
            "[sip.tls_outgoing]\ncert_file = \"c\"",
            "and sip.tls_outgoing.key_file are set together",
        ),
        (
            "[sip.tls_outgoing]\nca = \"c\"",
            "sip.tls_outgoing.ca is not known; known are sip.tls_outgoing.ca_file",
        ),
        ("[http]\ntoken_file = \"t\"", "http.listen is not set"),
        ("[http]\nlisten = \"7380\"", "must be an address and a port"),
        (
            "[calls]\ntrace_max = 5",
            "calls.trace_max is not known; did you mean calls.traces_max?",
        ),
        (
            "[[sip.listen]]\ntransport = \"tls\"\naddress = \"0.0.0.0:5061\"",
            "sip.listen.advertise is not set for tls at 0.0.0.0:5061",
        ),
        (
            "[[sip.listen]]\ntransport = \"tls\"\naddress = \"127.0.0.1:5061\"",
            "sip.listen.cert_file and key_file must be set for tls",
        ),
        (
            "[[sip.listen]]\ntransport = \"udp\"\naddress = \"127.0.0.1:5061\"\ncert_file = \"c\"",
            "are only for tls and wss, found with udp",
        ),
        (
            "[[sip.listen]]\ntransport = \"sctp\"\naddress = \"[::1]:1\"",
            "must be udp, tcp, tls, ws or wss",
        ),
    ] {
        let error = parse(&format!("{SIP}{text}"), &[]).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected:?} in:\n{error}");
    }
}

#[test]
fn a_domain_needs_what_phones_need() {
    let error = parse(&format!("{MINIMAL}[sip]\ndomain = \"a b\"\n"), &[])
        .unwrap_err()
        .to_string();
    for part in [
        "sip.domain must be a domain",
        "sip.key_file is not set",
        "registrar.data_dir is not set",
        "sip.listen is not there",
    ] {
        assert!(error.contains(part), "{part:?} in:\n{error}");
    }
    let trunk = "[[trunk]]\nid = \"a\"\nuri = \"sip:x\"";
    let error = parse(&format!("{MINIMAL}{trunk}"), &[]).unwrap_err().to_string();
    assert!(error.contains("sip.domain is not set, and without it"), "{error}");
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
            vec!["edge.toml, line 1: sight is not known; did you mean site?; known are site, nodes"],
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

/// `deploy/edge.chicago.toml` is the sample with its own nodes.
#[test]
fn the_file_in_deploy_is_the_sample() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/edge.chicago.toml");
    let head = "# The edge of chicago, beside the three nodes of this folder; see README.md.\n#\n";
    let nodes = "nodes = [\"127.0.0.1:7300\", \"127.0.0.1:7301\", \"127.0.0.1:7302\"]";
    let sample = sample_config();
    let own = sample.lines().find(|line| line.starts_with("nodes = ")).unwrap();
    let expected = format!("{head}{}", sample.replace(own, nodes));
    if std::env::var_os("HOTDESK_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == expected,
        "write it again from the sample: run this test with HOTDESK_BLESS=1"
    );
}
