//! Two offices.

use std::net::SocketAddr;
use std::path::PathBuf;

use hotdesk_edge::Config;
use hotdesk_edge::config::Listen;
use hotdesk_sip::hop::Transport;
use hotdesk_sip::message::{Header, Message, Method, Name};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::time::Instant;

use super::fake::PATIENCE;
use super::office::{Company, Office, free_port, request, talk, texts};

async fn offices(
    sessions: Vec<(&'static str, &'static str, &'static str, u64)>,
) -> (Office, Office, Company) {
    let (chicago, new_york) = (free_port(), free_port());
    let company = Company {
        sessions,
        edges: vec![
            ("chicago", format!("sip:{chicago}")),
            ("new-york", format!("sip:{new_york}")),
        ],
        ..Company::default()
    };
    let here = Office::start_at("chicago", chicago, company.clone(), |_| {}).await;
    let there = Office::start_at("new-york", new_york, company.clone(), |_| {}).await;
    (here, there, company)
}

#[tokio::test]
async fn a_call_between_offices_shows_its_caller_and_goes_both_ways_to_the_end() {
    let (here, there, _) = offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    let (mut made, mut taken) = talk(&c1, "2002", &n1).await;
    assert_eq!(
        texts(&taken.by, &Name::PAssertedIdentity),
        ["\"Ada Lovelace\" <sip:2001@example.com>"]
    );
    assert!(
        !taken
            .by
            .headers()
            .iter()
            .any(|header| header.name().as_str() == "Hotdesk-Edge")
    );
    for method in [Method::Info, Method::Update] {
        let (answer, ()) = tokio::join!(made.request(method.clone(), None), async {
            let request = next(&n1, &method).await;
            n1.reply(&request, 200, "OK").await.unwrap();
        });
        assert_eq!(answer.unwrap().status(), Some(200), "{method}");
        let (answer, ()) = tokio::join!(taken.request(method.clone(), None), async {
            let request = next(&c1, &method).await;
            c1.reply(&request, 200, "OK").await.unwrap();
        });
        assert_eq!(answer.unwrap().status(), Some(200), "{method}");
    }
    let (answer, ended) = tokio::join!(taken.hang_up(), made.ended(PATIENCE));
    assert_eq!(answer.unwrap().status(), Some(200));
    ended.unwrap();
}

#[tokio::test]
async fn offices_talk_over_tls_with_certificates_and_the_route_stays_there() {
    let ca = Authority::new();
    let tls = |config: &mut Config, name: &str, at: SocketAddr| {
        let (cert, key) = ca.issue(name, "127.0.0.1");
        config.sip.listen.push(Listen {
            transport: Transport::Tls,
            address: at,
            cert_file: Some(cert.clone()),
            key_file: Some(key.clone()),
            client_ca_file: Some(ca.file()),
            require_client: true,
            ..Listen::default()
        });
        config.sip.tls_outgoing.ca_file = Some(ca.file());
        config.sip.tls_outgoing.cert_file = Some(cert);
        config.sip.tls_outgoing.key_file = Some(key);
    };
    let (chicago, new_york) = (free_tcp_port(), free_tcp_port());
    let company = Company {
        sessions: vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)],
        edges: vec![
            ("chicago", format!("sips:{chicago}")),
            ("new-york", format!("sips:{new_york}")),
        ],
        ..Company::default()
    };
    let here = Office::start_at("chicago", free_port(), company.clone(), |config| {
        tls(config, "chicago", chicago);
    })
    .await;
    let there = Office::start_at("new-york", free_port(), company, |config| {
        tls(config, "new-york", new_york);
    })
    .await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    for (caller, number, callee) in [(&c1, "2002", &n1), (&n1, "2001", &c1)] {
        let (made, taken) = talk(caller, number, callee).await;
        let vias = texts(&taken.by, &Name::Via);
        assert!(vias.iter().any(|via| via.starts_with("SIP/2.0/TLS ")), "{vias:?}");
        assert_eq!(texts(&taken.by, &Name::PAssertedIdentity).len(), 1);
        let (answer, ended) = tokio::join!(taken.hang_up(), made.ended(PATIENCE));
        assert_eq!(answer.unwrap().status(), Some(200));
        ended.unwrap();
    }
}

fn free_tcp_port() -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap()
}

/// An authority of our own.
struct Authority {
    dir: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(dir.path().join("ca.crt"), issuer.pem()).unwrap();
        Self { dir, issuer }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("ca.crt")
    }

    fn issue(&self, file: &str, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let path = |end: &str| self.dir.path().join(format!("{file}.{end}"));
        std::fs::write(path("crt"), certificate.pem()).unwrap();
        std::fs::write(path("key"), key.serialize_pem()).unwrap();
        (path("crt"), path("key"))
    }
}

#[tokio::test]
async fn a_call_survives_the_restart_of_either_edge_far_enough_to_be_hung_up() {
    let (here, there, company) =
        offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    let (made, taken) = talk(&c1, "2002", &n1).await;
    let here = here.restart(company.clone()).await;
    let (answer, ended) = tokio::join!(taken.hang_up(), made.ended(PATIENCE));
    assert_eq!(answer.unwrap().status(), Some(200));
    ended.unwrap();
    let (made, taken) = talk(&c1, "2002", &n1).await;
    let there = there.restart(company).await;
    let (answer, ended) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    assert_eq!(answer.unwrap().status(), Some(200));
    ended.unwrap();
    drop((here, there));
}

#[tokio::test]
async fn an_edge_that_is_behind_sends_no_call_to_a_phone_that_the_user_has_left() {
    let (here, mut there, _) = offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, _n1) = (here.phone("c1").await, there.phone("n1").await);
    // New York knows that Bob has gone to Chicago; Chicago does not yet.
    there
        .moves("bob", ("n1", "new-york", 6), ("c2", "chicago", 20))
        .await;
    assert_eq!(c1.call("2002", PATIENCE).await.unwrap().status(), 480);
}

#[tokio::test]
async fn a_lamp_follows_the_user_to_the_other_office() {
    let (here, mut there, _) = offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    let mut subscribe = request(Method::Subscribe, "sip:2002@example.com", "sip:c1@example.com");
    subscribe.push(Header::new(Name::Event, "dialog"));
    subscribe.push(Header::new(Name::Expires, "600"));
    subscribe.push(Header::new(Name::Contact, format!("<{}>", c1.contact())));
    assert_eq!(c1.ask(subscribe).await.unwrap().status(), Some(200));
    let first = next(&c1, &Method::Notify).await;
    assert!(
        texts(&first, &Name::SubscriptionState)[0].starts_with("active"),
        "{first:?}"
    );
    // Bob is called, in New York, and the lamp in Chicago shows it.
    let (made, taken) = talk(&c1, "2002", &n1).await;
    loop {
        let notify = next(&c1, &Method::Notify).await;
        if String::from_utf8_lossy(notify.body()).contains("confirmed") {
            break;
        }
    }
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    // He moves: the watcher is told to ask again.
    there
        .moves("bob", ("n1", "new-york", 6), ("c2", "chicago", 20))
        .await;
    loop {
        let notify = next(&c1, &Method::Notify).await;
        let state = &texts(&notify, &Name::SubscriptionState)[0];
        if state.starts_with("terminated") {
            assert!(state.contains("deactivated"), "{state}");
            break;
        }
    }
}

async fn next(phone: &hotdesk_softphone::Softphone, method: &Method) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(method) {
            return request;
        }
    }
}
