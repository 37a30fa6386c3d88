//! What holds for each stream transport.

use hotdesk_edge::transport::{ListenConfig, SendError};
use hotdesk_sip::hop::{Hop, ListenerId, Transport};

use crate::certificates::Authority;
use crate::support::{Edge, Setup, Told, call_id, eventually, listen, options, request};

const STREAMS: [Transport; 4] = [Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss];

fn edge(authority: &Authority, transport: Transport, address: &str, name: &str) -> Edge {
    let config: ListenConfig = if transport.is_secure() {
        authority.listener(transport, address, name, &["127.0.0.1", "::1", name])
    } else {
        listen(transport, address)
    };
    Setup {
        outgoing: authority.trusted(None),
        ..Setup::default()
    }
    .start(vec![config])
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_both_ways_over_one_connection_that_is_opened_on_demand() {
    let authority = Authority::new();
    for transport in STREAMS {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (ours, theirs) = (
                edge(&authority, transport, address, "ours"),
                edge(&authority, transport, address, "theirs"),
            );
            let to = Hop::to(ListenerId(0), transport, theirs.address(0));
            // The second finds the connection of the first still being opened.
            ours.transports.send(&to, options("1")).unwrap();
            ours.transports.send(&to, options("2")).unwrap();
            let (from, first) = theirs.message();
            assert_eq!(first.to_bytes(), options("1"), "{transport} {address}");
            assert_eq!(call_id(&theirs.message().1), "2");
            assert_eq!(from.transport, transport);
            assert!(from.connection.is_some());
            theirs.transports.send(&from, options("3")).unwrap();
            let (back, third) = ours.message();
            assert_eq!(third.to_bytes(), options("3"), "{transport} {address}");
            assert_eq!(back.remote, theirs.address(0));
            // By the flow, and by the address alone.
            ours.transports.send(&back, options("4")).unwrap();
            ours.transports.send(&to, options("5")).unwrap();
            assert_eq!(call_id(&theirs.message().1), "4");
            assert_eq!(theirs.message().0.connection, from.connection);
            let counts = (ours.transports.counters(), theirs.transports.counters());
            assert_eq!(
                (counts.0.of(transport).opened, counts.1.of(transport).accepted),
                (1, 1)
            );
            assert_eq!(
                (counts.0.of(transport).received, counts.1.of(transport).received),
                (1, 4)
            );
            eventually("all counted as sent", || {
                ours.transports.counters().of(transport).sent == 4
            });
            ours.transports.stop().await;
            theirs.transports.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_nobody_is_reported_with_its_hop() {
    let authority = Authority::new();
    for transport in STREAMS {
        let edge = edge(&authority, transport, "127.0.0.1:0", "ours");
        // Bound and let go: nobody listens there.
        let dead = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let to = Hop::to(ListenerId(0), transport, dead);
        for call in ["1", "2"] {
            edge.transports.send(&to, options(call)).unwrap();
        }
        let mut failed = Vec::new();
        for _ in 0..2 {
            match edge.next() {
                Told::Failed(hop, bytes) => {
                    assert_eq!(hop, to);
                    failed.push(bytes);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(failed, [options("1"), options("2")], "{transport}");
        edge.transports.stop().await;
        assert_eq!(edge.transports.send(&to, options("3")), Err(SendError::Stopped));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_learn_that_a_connection_is_over_and_a_new_one_takes_its_place() {
    let authority = Authority::new();
    for transport in STREAMS {
        let (ours, theirs) = (
            edge(&authority, transport, "127.0.0.1:0", "ours"),
            edge(&authority, transport, "127.0.0.1:0", "theirs"),
        );
        let to = Hop::to(ListenerId(0), transport, theirs.address(0));
        ours.transports.send(&to, options("1")).unwrap();
        let (from, _) = theirs.message();
        // What was queued before is still written.
        theirs
            .transports
            .send(&from, request("BYE", "2", ";tag=1"))
            .unwrap();
        theirs.transports.close(from.connection.unwrap());
        let (back, _) = ours.message();
        assert!(
            matches!(ours.next(), Told::Closed(id) if Some(id) == back.connection),
            "{transport}"
        );
        assert!(
            matches!(theirs.next(), Told::Closed(id) if Some(id) == from.connection),
            "{transport}"
        );
        // Nobody listens at the client's port, and a WebSocket client cannot be called at all.
        match transport {
            Transport::Ws | Transport::Wss => {
                assert_eq!(
                    theirs.transports.send(&from, options("3")),
                    Err(SendError::Closed)
                );
            }
            _ => {
                theirs.transports.send(&from, options("3")).unwrap();
                assert!(matches!(theirs.next(), Told::Failed(hop, _) if hop == from));
            }
        }
        ours.transports.send(&to, options("4")).unwrap();
        let (again, _) = theirs.message();
        assert_ne!(again.connection, from.connection);
        ours.transports.stop().await;
        theirs.transports.stop().await;
    }
}
