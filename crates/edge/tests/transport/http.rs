//! The status server, asked by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hotdesk_edge::http::{
    CALLS_MAX, CallQuery, CallSource, Direction, HttpConfig, HttpServer, Metrics, Sources, StartError,
    StatusReport, StatusSource, Token,
};
use hotdesk_edge::transport::Limits;
use hotdesk_sip::hop::Transport;
use hotdesk_sip::message::Message;
use serde_json::{Value, json};

use crate::support::{DEADLINE, Edge, eventually, options};

#[derive(Default)]
struct Office {
    is_cut_off: AtomicBool,
}

impl StatusSource for Office {
    fn status(&self) -> StatusReport {
        StatusReport {
            edge: "chicago-1".into(),
            site: "Chicago <script>".into(),
            calls_active: 3,
            not_ready: self.not_ready(),
            ..StatusReport::default()
        }
    }

    fn not_ready(&self) -> Option<String> {
        let is_cut_off = self.is_cut_off.load(Ordering::Relaxed);
        is_cut_off.then(|| "no node has answered yet".to_owned())
    }
}

impl CallSource for Office {
    fn calls(&self, query: &CallQuery) -> Vec<Value> {
        vec![json!({ "limit": query.limit, "active": query.active, "user": query.user })]
    }

    fn call(&self, call_id: &str) -> Option<Value> {
        (call_id == "a b/c@192.0.2.1").then(|| json!({ "call_id": call_id }))
    }
}

fn serve(token: Option<&str>) -> (HttpServer, Metrics, Arc<Office>) {
    let (metrics, office) = (Metrics::new(), Arc::new(Office::default()));
    let sources = Sources {
        metrics: metrics.clone(),
        status: office.clone(),
        calls: office.clone(),
    };
    let config = HttpConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        token: token.and_then(Token::new),
    };
    let runtime = tokio::runtime::Handle::current();
    (
        HttpServer::start(&config, sources, &runtime).unwrap(),
        metrics,
        office,
    )
}

/// Asks, and returns the status and all of the answer.
fn ask(address: SocketAddr, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer[9..12].parse().unwrap(), answer)
}

const HOST: &str = "Host: 127.0.0.1\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_answered_and_nothing_else() {
    let (server, _, office) = serve(None);
    let rows = [
        ("/healthz", 200, "ok"),
        ("/readyz", 200, "ready"),
        ("/status", 200, "Chicago &lt;script&gt;"),
        ("/status", 200, "content-security-policy: default-src 'none'"),
        ("/status.json", 200, r#""calls_active":3"#),
        ("/metrics", 200, "# EOF"),
        ("/metrics", 200, "content-type: application/openmetrics-text"),
        ("/calls", 200, r#"[{"active":null,"limit":100,"user":null}]"#),
        (
            "/calls?limit=5000000&active=true&user=al%20ice",
            200,
            r#"[{"active":true,"limit":1000,"user":"al ice"}]"#,
        ),
        ("/calls?limit=x", 400, ""),
        (
            "/calls/a%20b%2Fc@192.0.2.1",
            200,
            r#"{"call_id":"a b/c@192.0.2.1"}"#,
        ),
        ("/calls/unknown", 404, "no such call"),
        ("/", 404, ""),
        ("/../etc/passwd", 404, ""),
    ];
    assert_eq!(CALLS_MAX, 1000);
    for (path, status, part) in rows {
        let (got, answer) = ask(server.local(), path, HOST);
        assert_eq!(got, status, "{path}: {answer}");
        assert!(answer.contains(part), "{path}: {answer}");
    }
    office.is_cut_off.store(true, Ordering::Relaxed);
    let (status, answer) = ask(server.local(), "/readyz", HOST);
    assert_eq!(status, 503);
    assert!(answer.contains("no node has answered yet"), "{answer}");
    server.stop().await;
    assert!(TcpStream::connect(server.local()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_guards_everything_but_health() {
    let (server, ..) = serve(Some(" secret\n"));
    let guarded = ["/metrics", "/status", "/status.json", "/calls", "/calls/x"];
    for path in guarded {
        for wrong in [
            "",
            "Authorization: Bearer wrong\r\n",
            "Authorization: Basic secret\r\n",
            "Authorization: B\r\n",
        ] {
            let (status, answer) = ask(server.local(), path, &format!("{HOST}{wrong}"));
            assert_eq!(status, 401, "{path} {wrong}");
            assert!(answer.contains("www-authenticate: Bearer"), "{answer}");
        }
        let (status, _) = ask(
            server.local(),
            path,
            "Host: edge\r\nAuthorization: bearer secret\r\n",
        );
        assert_ne!(status, 401, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(server.local(), path, HOST).0, 200, "{path}");
    }
    assert_eq!(format!("{:?}", Token::new("secret")), "Some(Token)");
    assert_eq!(Token::new(" \n"), None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_this_machine_may_ask_and_no_web_page() {
    let (server, metrics, office) = serve(None);
    for (host, expected) in [
        ("localhost:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("[::1]", 200),
        ("evil.example.com", 401),
        ("127.0.0.1.evil.example.com:80", 401),
    ] {
        let (status, _) = ask(server.local(), "/calls", &format!("Host: {host}\r\n"));
        assert_eq!(status, expected, "{host}");
    }
    let config = HttpConfig {
        listen: "0.0.0.0:0".parse().unwrap(),
        token: None,
    };
    let sources = Sources {
        metrics,
        status: office.clone(),
        calls: office,
    };
    let error = HttpServer::start(&config, sources, &tokio::runtime::Handle::current()).err();
    assert!(matches!(error, Some(StartError::TokenNeeded(_))), "{error:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_their_names_and_labels_bounded() {
    let metrics = Metrics::new();
    let message = |text: &str| Message::parse(&text.to_owned().into(), &Default::default());
    let edge = Edge::on(Transport::Udp);
    let request = Message::parse(&options("1"), &Limits::default().message).unwrap();
    metrics.count_message(Direction::In, &request);
    for method in ["FOO", "BAR"] {
        let text = String::from_utf8(options("1").to_vec())
            .unwrap()
            .replace("OPTIONS", method);
        metrics.count_message(Direction::In, &message(&text).unwrap());
    }
    let response = Message::reply(&request, 486, "Busy Here", None);
    metrics.count_message(Direction::Out, &response);
    metrics.refused("class_of_service");
    metrics.ended("answered");
    metrics.registration("created");
    metrics.authentication("wrong");
    metrics.evicted("login_elsewhere");
    metrics.emergency();
    metrics.set_standing("starting");
    metrics.set_standing("good");
    metrics.set_trunk("pbx", true);
    metrics.gauge("calls_active", "Calls now", || 2.0);
    let transports = edge.transports.clone();
    metrics.transports(move || transports.counters());
    let more = prometheus_client::metrics::counter::Counter::<u64>::default();
    metrics.register("more", "Of somebody else", more.clone());
    more.inc();
    let phone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    phone.send_to(&options("1"), edge.address(0)).unwrap();
    edge.message();
    eventually("counted", || {
        edge.transports.counters().of(Transport::Udp).received == 1
    });

    let text = metrics.text();
    for line in [
        r#"hotdesk_edge_messages_total{direction="in",method="OPTIONS"} 1"#,
        r#"hotdesk_edge_messages_total{direction="in",method="other"} 2"#,
        r#"hotdesk_edge_messages_total{direction="out",status="486"} 1"#,
        r#"hotdesk_edge_calls_refused_total{kind="class_of_service"} 1"#,
        r#"hotdesk_edge_calls_ended_total{kind="answered"} 1"#,
        r#"hotdesk_edge_registrations_changed_total{kind="created"} 1"#,
        r#"hotdesk_edge_authentications_total{kind="wrong"} 1"#,
        r#"hotdesk_edge_evictions_total{kind="login_elsewhere"} 1"#,
        "hotdesk_edge_emergency_calls_total 1",
        r#"hotdesk_edge_standing{kind="good"} 1"#,
        r#"hotdesk_edge_trunk_up{name="pbx"} 1"#,
        "hotdesk_edge_calls_active 2.0",
        "hotdesk_edge_more_total 1",
        r#"hotdesk_edge_transport_received_total{transport="udp"} 1"#,
        r#"hotdesk_edge_transport_connections{transport="tcp"} 0"#,
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
    }
    assert!(!text.contains("starting") && !text.contains("FOO"), "{text}");
    assert!(text.ends_with("# EOF\n"));
    edge.transports.stop().await;
}
