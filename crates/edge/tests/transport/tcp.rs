//! Plain streams, spoken by hand.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use hotdesk_edge::transport::{Limits, SendError};
use hotdesk_sip::hop::{Hop, ListenerId, Transport};

use crate::support::{DEADLINE, Edge, Setup, Told, call_id, eventually, listen, options, request};

fn edge(limits: Limits) -> Edge {
    Setup {
        limits,
        ..Setup::default()
    }
    .start(vec![listen(Transport::Tcp, "127.0.0.1:0")])
}

fn connect(edge: &Edge) -> TcpStream {
    let stream = TcpStream::connect(edge.address(0)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Whether the other end closes the connection.
fn is_cut(mut stream: &TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

fn counts(edge: &Edge) -> hotdesk_edge::transport::Counts {
    *edge.transports.counters().of(Transport::Tcp)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_however_the_stream_is_cut() {
    let edge = edge(Limits::default());
    let mut stream = connect(&edge);
    for byte in &options("split")[..] {
        stream.write_all(&[*byte]).unwrap();
    }
    assert_eq!(edge.message().1.to_bytes(), options("split"));
    let glued: Vec<u8> = ["a", "b", "c"].iter().flat_map(|call| options(call)).collect();
    stream.write_all(&glued[..glued.len() - 7]).unwrap();
    assert_eq!(call_id(&edge.message().1), "a");
    assert_eq!(call_id(&edge.message().1), "b");
    stream.write_all(&glued[glued.len() - 7..]).unwrap();
    assert_eq!(call_id(&edge.message().1), "c");
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_line_ends_are_answered_with_one() {
    let edge = edge(Limits::default());
    let mut stream = connect(&edge);
    stream.write_all(b"\r\n\r\n").unwrap();
    let mut pong = [0; 2];
    stream.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\r\n");
    let counts = counts(&edge);
    assert_eq!((counts.keepalives, counts.received), (1, 0));
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_finishes_a_message_is_cut_off() {
    let limits = Limits {
        message_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let edge = edge(limits);
    let silent = connect(&edge);
    assert!(is_cut(&silent), "nothing is said");
    let mut slow = connect(&edge);
    let begun = Instant::now();
    let message = options("slow");
    let mut bytes = message.iter().cycle();
    // A byte now and then, as fast as is needed to look alive, and never the end of a message.
    slow.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let is_cut = loop {
        let byte = bytes
            .next()
            .filter(|byte| !b"\r\n".contains(byte))
            .unwrap_or(&b'x');
        if slow.write_all(&[*byte]).is_err() {
            break true;
        }
        match slow.read(&mut [0]) {
            Ok(0) => break true,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break true,
            _ if begun.elapsed() > DEADLINE => break false,
            _ => {}
        }
    };
    assert!(is_cut, "a byte at a time");
    eventually("both counted", || counts(&edge).cut_off == 2);
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_on_which_nothing_comes_in_is_closed_after_a_while() {
    let limits = Limits {
        idle_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let edge = edge(limits);
    let mut stream = connect(&edge);
    stream.write_all(&options("1")).unwrap();
    let (from, _) = edge.message();
    assert!(is_cut(&stream));
    assert!(matches!(edge.next(), Told::Closed(id) if Some(id) == from.connection));
    assert_eq!(counts(&edge).cut_off, 0, "this is no fault");
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_ends_its_own_connection_only() {
    let edge = edge(Limits::default());
    let mut good = connect(&edge);
    good.write_all(&options("1")).unwrap();
    edge.message();
    let mut seed = 7_u64;
    for _ in 0..50 {
        let mut garbage = connect(&edge);
        let bytes: Vec<u8> = (0..65_536)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 56) as u8
            })
            .collect();
        // It may be cut off while it still writes.
        let _ = garbage.write_all(&bytes);
        assert!(is_cut(&garbage));
    }
    good.write_all(&options("2")).unwrap();
    loop {
        match edge.next() {
            Told::Received(_, Ok(message)) => {
                assert_eq!(call_id(&message), "2");
                break;
            }
            Told::Received(_, Err(_)) | Told::Closed(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let counts = counts(&edge);
    assert_eq!((counts.panics, counts.accepted), (0, 51));
    assert!(counts.malformed_dropped + counts.malformed >= 50, "{counts:?}");
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded_per_source_and_a_place_comes_back() {
    let limits = Limits {
        connections_per_source_max: 2,
        ..Limits::default()
    };
    let edge = edge(limits);
    let mut streams = [connect(&edge), connect(&edge)];
    for stream in &mut streams {
        stream.write_all(&options("1")).unwrap();
        edge.message();
    }
    let third = connect(&edge);
    assert!(is_cut(&third));
    assert_eq!(counts(&edge).refused, 1);
    let [first, _second] = streams;
    drop(first);
    assert!(matches!(edge.next(), Told::Closed(_)));
    eventually("a place is free", || {
        let mut stream = connect(&edge);
        stream.write_all(&options("2")).is_ok() && edge.next_within(Duration::from_millis(100)).is_some()
    });
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded_in_all_and_more_are_not_opened() {
    let limits = Limits {
        connections_max: 1,
        ..Limits::default()
    };
    let edge = edge(limits);
    let mut stream = connect(&edge);
    stream.write_all(&options("1")).unwrap();
    edge.message();
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = Hop::to(ListenerId(0), Transport::Tcp, peer.local_addr().unwrap());
    assert_eq!(edge.transports.send(&to, options("2")), Err(SendError::Busy));
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_does_not_read_fills_its_queue_only_and_is_cut_off() {
    let limits = Limits {
        queue_messages_max: 100,
        queue_bytes_max: 256 * 1024,
        write_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let edge = edge(limits);
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = Hop::to(ListenerId(0), Transport::Tcp, peer.local_addr().unwrap());
    let large = vec![b'x'; 60_000];
    let too_large = vec![b'x'; 256 * 1024 + 1];
    let refused = edge.transports.send(&to, too_large.into());
    assert_eq!(refused, Err(SendError::TooLarge));
    let mut taken = 0;
    let mut told = loop {
        match edge.transports.send(&to, large.clone().into()) {
            Ok(()) => taken += 1,
            // The system's buffers hold megabytes: at first the queue is full for a moment only.
            Err(SendError::Busy) => {
                let before = counts(&edge).sent;
                let told = std::iter::repeat_with(|| edge.next_within(Duration::from_millis(5)));
                let told = told
                    .take(2_000)
                    .find(|told| told.is_some() || counts(&edge).sent > before);
                if let Some(told) = told.expect("written or given up") {
                    break told;
                }
            }
            Err(error) => panic!("{error}"),
        }
        assert!(taken < 10_000);
    };
    let mut failed = 0;
    loop {
        match told {
            Told::Failed(hop, bytes) => {
                assert_eq!((&hop, bytes.len()), (&to, large.len()));
                failed += 1;
            }
            Told::Closed(_) => break,
            other => panic!("{other:?}"),
        }
        told = edge.next();
    }
    // The system's buffers may have grown and taken in some of it since.
    assert!(
        (1..=4).contains(&failed),
        "no more than the queue holds: {failed} of {taken}"
    );
    assert_eq!(counts(&edge).sent, taken - failed);
    edge.transports.stop().await;
}

/// All threads of the runtime are held up for longer than `waited_max`; what comes then has waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn when_the_runtime_is_late_new_requests_are_refused_and_established_calls_are_not() {
    let limits = Limits {
        waited_max: Duration::from_millis(30),
        ..Limits::default()
    };
    let hold = Box::new(|message: &_| {
        let begun = Instant::now();
        while call_id(message) == "hold" && begun.elapsed() < Duration::from_millis(200) {
            std::hint::spin_loop();
        }
    });
    let edge = Setup {
        limits,
        before: Some(hold),
        ..Setup::default()
    }
    .start(vec![listen(Transport::Tcp, "127.0.0.1:0")]);
    let mut stream = connect(&edge);
    let begun = Instant::now();
    // The lateness that was measured holds for 20 ms: one of several rounds falls into them.
    let refused = loop {
        assert!(begun.elapsed() < DEADLINE, "nothing was refused");
        stream.write_all(&request("BYE", "hold", ";tag=1")).unwrap();
        for _ in 0..50 {
            stream
                .write_all(&request("BYE", "established", ";tag=1"))
                .unwrap();
            stream.write_all(&options("new")).unwrap();
        }
        let told: Vec<Told> = (0..101).map(|_| edge.next()).collect();
        let refused = told.into_iter().filter_map(|told| match told {
            Told::Overloaded(_, message) => Some(call_id(&message)),
            _ => None,
        });
        let refused: Vec<String> = refused.collect();
        if !refused.is_empty() {
            break refused;
        }
    };
    assert!(refused.iter().all(|call| call == "new"), "{refused:?}");
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_closes_connections_and_listeners() {
    let edge = edge(Limits::default());
    let mut stream = connect(&edge);
    stream.write_all(&options("1")).unwrap();
    edge.message();
    edge.transports.stop().await;
    assert!(is_cut(&stream));
    assert_eq!(counts(&edge).connections, 0);
    assert!(TcpStream::connect(edge.address(0)).is_err());
}
