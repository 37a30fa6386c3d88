//! Certificates: whose are accepted, and how they are replaced.

use std::time::Duration;

use hotdesk_edge::transport::{Limits, ListenConfig, OutgoingTls, SendError, StartError, Transports};
use hotdesk_sip::hop::{Hop, ListenerId, Transport};

use crate::certificates::Authority;
use crate::support::{Edge, Setup, Told, call_id, eventually, listen, options};

fn edge(listen: ListenConfig, outgoing: OutgoingTls) -> Edge {
    Setup {
        outgoing,
        ..Setup::default()
    }
    .start(vec![listen])
}

/// An edge that only calls.
fn caller(outgoing: OutgoingTls) -> Edge {
    edge(listen(Transport::Tcp, "127.0.0.1:0"), outgoing)
}

fn to(edge: &Edge, name: &str) -> Hop {
    Hop {
        server_name: Some(name.into()),
        ..Hop::to(ListenerId(0), Transport::Tls, edge.address(0))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_must_or_may_show_a_certificate_as_configured() {
    let (ours, strangers) = (Authority::new(), Authority::new());
    let good = ours.issue("client", &["edge-1.example.com"]);
    let bad = strangers.issue("client", &["edge-1.example.com"]);
    let names = Some(vec!["edge-1.example.com".into()]);
    let rows = [
        ("required, shown", true, Some(good.clone()), Some(names.clone())),
        ("required, missing", true, None, None),
        ("required, of a stranger", true, Some(bad.clone()), None),
        ("optional, shown", false, Some(good), Some(names)),
        ("optional, missing", false, None, Some(None)),
        ("optional, of a stranger", false, Some(bad), None),
    ];
    for (row, require_client, identity, accepted_as) in rows {
        let mut config = ours.listener(Transport::Tls, "127.0.0.1:0", "server", &["server.example.com"]);
        let files = config.tls.as_mut().unwrap();
        files.client_ca = Some(ours.ca());
        files.require_client = require_client;
        let server = edge(config, OutgoingTls::default());
        let client = caller(ours.trusted(identity));
        client
            .transports
            .send(&to(&server, "server.example.com"), options("1"))
            .unwrap();
        match accepted_as {
            Some(names) => {
                let (from, _) = server.message();
                let shown = server.transports.peer_certificate(from.connection.unwrap());
                assert_eq!(shown.map(|shown| shown.dns), names, "{row}");
            }
            // In TLS 1.3 the client learns of its refusal after the handshake, perhaps after its first message.
            None => {
                eventually(row, || {
                    server.transports.counters().of(Transport::Tls).handshakes_failed == 1
                });
                assert!(
                    matches!(client.next(), Told::Failed(..) | Told::Closed(_)),
                    "{row}"
                );
                assert!(server.next_within(Duration::ZERO).is_none(), "{row}");
            }
        }
        client.transports.stop().await;
        server.transports.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_must_bear_the_name_that_is_called_and_our_authoritys_signature() {
    let (ours, strangers) = (Authority::new(), Authority::new());
    let rows = [
        (&ours, "server.example.com", true),
        (&ours, "other.example.com", false),
        (&strangers, "server.example.com", false),
    ];
    for (signed_by, called, is_accepted) in rows {
        let config = signed_by.listener(
            Transport::Tls,
            "127.0.0.1:0",
            "server",
            &["server.example.com", "127.0.0.1"],
        );
        let server = edge(config, OutgoingTls::default());
        let client = caller(ours.trusted(None));
        client
            .transports
            .send(&to(&server, called), options("1"))
            .unwrap();
        if is_accepted {
            server.message();
            // The connection is not taken for one to somebody else at the same address.
            client
                .transports
                .send(&to(&server, "impostor.example.com"), options("2"))
                .unwrap();
        }
        assert!(matches!(client.next(), Told::Failed(..)), "{called}");
        client.transports.stop().await;
        server.transports.stop().await;
    }
    let nobody = caller(OutgoingTls::default());
    let to = Hop::to(ListenerId(0), Transport::Tls, "127.0.0.1:9".parse().unwrap());
    assert_eq!(nobody.transports.send(&to, options("1")), Err(SendError::NoTls));
    nobody.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_handshakes_see_new_certificates_and_old_connections_live() {
    for is_watched in [false, true] {
        let authority = Authority::new();
        let config = authority.listener(Transport::Tls, "127.0.0.1:0", "server", &["old.example.com"]);
        let limits = Limits {
            certificates_every: Duration::from_millis(if is_watched { 10 } else { 3_600_000 }),
            ..Limits::default()
        };
        let server = Setup {
            limits,
            ..Setup::default()
        }
        .start(vec![config]);
        let old = caller(authority.trusted(None));
        old.transports
            .send(&to(&server, "old.example.com"), options("1"))
            .unwrap();
        let (from, _) = server.message();

        authority.issue("server", &["new.example.com"]);
        if !is_watched {
            server.transports.reload_certificates().unwrap();
        }
        eventually("the new certificate is shown", || {
            let new = caller(authority.trusted(None));
            let sent = new.transports.send(&to(&server, "new.example.com"), options("2"));
            sent.unwrap();
            let is_seen = server.next_within(Duration::from_millis(200)).is_some();
            // Its connection ends with its runtime's tasks.
            std::mem::forget(new);
            is_seen
        });

        server.transports.send(&from, options("3")).unwrap();
        let (back, message) = old.message();
        assert_eq!(call_id(&message), "3");
        let shown = old.transports.peer_certificate(back.connection.unwrap()).unwrap();
        assert_eq!(shown.dns, ["old.example.com"]);
        old.transports.stop().await;
        server.transports.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_files_are_refused_at_the_start_and_ignored_later() {
    let authority = Authority::new();
    let good = || authority.listener(Transport::Tls, "127.0.0.1:0", "server", &["server.example.com"]);
    let runtime = tokio::runtime::Handle::current();
    let start = |config| Transports::bind(vec![config], OutgoingTls::default(), Limits::default(), &runtime);

    let mut missing = good();
    missing.tls.as_mut().unwrap().cert = authority.ca().with_file_name("missing");
    let mut no_ca = good();
    no_ca.tls.as_mut().unwrap().require_client = true;
    let mut none = good();
    none.tls = None;
    let mut needless = good();
    needless.transport = Transport::Tcp;
    let mut unfit = good();
    unfit.tls.as_mut().unwrap().key = authority.issue("another", &["another.example.com"]).1;
    let rows = [
        (missing, "missing"),
        (no_ca, "names nobody"),
        (none, "needs a certificate"),
        (needless, "does not encrypt"),
        (unfit, "server.crt"),
    ];
    for (config, expected) in rows {
        let error = start(config).err().expect(expected);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(matches!(
            error,
            StartError::Tls { .. } | StartError::Certificate(_)
        ));
    }

    let config = good();
    let cert = config.tls.as_ref().unwrap().cert.clone();
    let server = edge(config, OutgoingTls::default());
    std::fs::write(cert, "half a file").unwrap();
    assert!(server.transports.reload_certificates().is_err());
    let client = caller(authority.trusted(None));
    client
        .transports
        .send(&to(&server, "server.example.com"), options("1"))
        .unwrap();
    server.message();
    client.transports.stop().await;
    server.transports.stop().await;
}

/// RFC 5923: a peer that has shown a certificate offers its connection, and requests to the address in its Via
/// then take it, unless they are for somebody of another name.
#[tokio::test(flavor = "multi_thread")]
async fn a_verified_peer_may_offer_its_connection_for_our_requests() {
    let authority = Authority::new();
    for (has_certificate, alias, asked, is_reused) in [
        (true, ";alias", Some("peer.example.com"), true),
        (true, ";alias", None, true),
        (true, ";alias", Some("other.example.com"), false),
        (true, "", None, false),
        (false, ";alias", None, false),
    ] {
        let mut config = authority.listener(Transport::Tls, "127.0.0.1:0", "server", &["server.example.com"]);
        config.tls.as_mut().unwrap().client_ca = Some(authority.ca());
        let server = edge(config, authority.trusted(None));
        let names = &["peer.example.com", "127.0.0.1"];
        let identity = has_certificate.then(|| authority.issue("identity", names));
        let peer = edge(
            authority.listener(Transport::Tls, "127.0.0.1:0", "peer", names),
            authority.trusted(identity),
        );
        let via = format!("SIP/2.0/TLS {};branch=z9hG4bK1{alias}", peer.address(0));
        let offer = String::from_utf8(options("1").to_vec()).unwrap();
        let offer = offer.replace("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", &via);
        peer.transports
            .send(&to(&server, "server.example.com"), offer.into())
            .unwrap();
        server.message();

        let mut back = Hop::to(ListenerId(0), Transport::Tls, peer.address(0));
        back.server_name = asked.map(Into::into);
        server.transports.send(&back, options("2")).unwrap();
        let row = format!("{has_certificate} {alias:?} {asked:?}");
        if asked == Some("other.example.com") {
            assert!(matches!(server.next(), Told::Failed(..)), "{row}");
        } else {
            assert_eq!(call_id(&peer.message().1), "2", "{row}");
            let accepted = peer.transports.counters().of(Transport::Tls).accepted;
            assert_eq!(accepted == 0, is_reused, "{row}");
        }
        peer.transports.stop().await;
        server.transports.stop().await;
    }
}
