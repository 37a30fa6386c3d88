//! Datagrams.

use std::net::UdpSocket;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hotdesk_edge::transport::{Emergency, Limits, SendError, Snapshot, StartError, Transports};
use hotdesk_sip::hop::{Hop, ListenerId, Transport};

use crate::support::{DEADLINE, Edge, Setup, Told, call_id, eventually, listen, options, request};

fn phone(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket
}

fn read(phone: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 65_535];
    let (length, _) = phone.recv_from(&mut buffer).unwrap();
    buffer.truncate(length);
    buffer
}

#[tokio::test]
async fn messages_go_both_ways_over_ipv4_and_ipv6() {
    let edge = Setup::default().start(vec![
        listen(Transport::Udp, "127.0.0.1:0"),
        listen(Transport::Udp, "[::1]:0"),
    ]);
    for (at, address) in ["127.0.0.1:0", "[::1]:0"].into_iter().enumerate() {
        let phone = phone(address);
        phone.send_to(&options("a"), edge.address(at)).unwrap();
        let (from, message) = edge.message();
        assert_eq!(
            from,
            Hop::to(ListenerId(at as u16), Transport::Udp, phone.local_addr().unwrap())
        );
        assert_eq!(message.to_bytes(), options("a"));
        edge.transports.send(&from, options("b")).unwrap();
        assert_eq!(read(&phone), options("b"));
    }
    edge.transports.stop().await;
}

#[tokio::test]
async fn a_line_end_is_not_answered_and_a_stun_request_is() {
    let edge = Edge::on(Transport::Udp);
    let phone = phone("127.0.0.1:0");
    phone.send_to(b"\r\n\r\n", edge.address(0)).unwrap();
    let request = [
        0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ];
    phone.send_to(&request, edge.address(0)).unwrap();
    let answer = read(&phone);
    assert_eq!(answer[..2], [1, 1], "a binding success");
    assert_eq!(answer[4..20], request[4..20]);
    let port = u16::from_be_bytes([answer[26], answer[27]]) ^ 0x2112;
    assert_eq!(port, phone.local_addr().unwrap().port());
    assert_eq!(edge.transports.counters().of(Transport::Udp).keepalives, 2);
    assert!(edge.next_within(Duration::ZERO).is_none());
    edge.transports.stop().await;
}

#[tokio::test]
async fn what_a_datagram_cannot_hold_or_no_listener_can_send_is_refused() {
    let edge = Edge::on(Transport::Udp);
    let to =
        |listener, address: &str| Hop::to(ListenerId(listener), Transport::Udp, address.parse().unwrap());
    let large = vec![b'x'; 65_508];
    let rows = [
        (to(0, "127.0.0.1:9"), large.clone(), SendError::TooLarge),
        (to(1, "127.0.0.1:9"), vec![b'x'], SendError::NoListener),
    ];
    for (to, bytes, expected) in rows {
        assert_eq!(edge.transports.send(&to, bytes.into()), Err(expected), "{to}");
    }
    let ipv6 = edge
        .transports
        .send(&to(0, "[::1]:9"), large[..1].to_vec().into());
    assert!(matches!(ipv6, Err(SendError::Io(_))), "{ipv6:?}");
    assert_eq!(edge.transports.counters().of(Transport::Udp).send_failed, 3);
    edge.transports.stop().await;
}

/// A worker is held up inside the first message; what comes meanwhile waits in the socket. Then the established
/// calls and the emergency come first though they came last, `waiting_max` of the new requests are handled in
/// their order, and the others are handed over to be answered 503.
#[tokio::test]
async fn in_a_flood_established_calls_come_first_and_new_requests_are_bounded() {
    let (hold, held) = channel::<()>();
    let (inside, is_inside) = channel::<()>();
    let (held, inside) = (Mutex::new(held), Mutex::new(inside));
    let limits = Limits {
        waiting_max: 20,
        waited_max: DEADLINE,
        emergency: Emergency::new(|user| user == "112"),
        ..Limits::default()
    };
    let first = Box::new(move |message: &_| {
        if call_id(message) == "first" {
            inside.lock().unwrap().send(()).unwrap();
            held.lock().unwrap().recv().unwrap();
        }
    });
    let mut config = listen(Transport::Udp, "127.0.0.1:0");
    config.workers = 1;
    let edge = Setup {
        limits,
        before: Some(first),
        ..Setup::default()
    }
    .start(vec![config]);
    let phone = phone("127.0.0.1:0");
    let send = |bytes: &[u8]| phone.send_to(bytes, edge.address(0)).unwrap();
    send(&options("first"));
    is_inside.recv_timeout(DEADLINE).unwrap();
    for at in 0..100 {
        send(&request("INVITE", &format!("new-{at}"), ""));
    }
    send(&request("CANCEL", "cancel", ""));
    send(&request("BYE", "bye", ";tag=2"));
    let sos = request("INVITE", "sos", "");
    let sos = String::from_utf8(sos.to_vec())
        .unwrap()
        .replacen("2041", "112", 1);
    send(sos.as_bytes());
    send(b"SIP/2.0 200 OK\r\nCall-ID: answer\r\nContent-Length: 0\r\n\r\n");
    hold.send(()).unwrap();

    assert_eq!(call_id(&edge.message().1), "first");
    let mut served = Vec::new();
    let mut refused = Vec::new();
    for _ in 0..104 {
        match edge.next() {
            Told::Received(_, Ok(message)) => served.push(call_id(&message)),
            Told::Overloaded(from, message) => {
                assert_eq!(from.remote, phone.local_addr().unwrap());
                refused.push(call_id(&message));
            }
            other => panic!("{other:?}"),
        }
    }
    let expected = ["bye", "sos", "answer"].map(String::from).into_iter();
    let expected = expected
        .chain((0..20).map(|at| format!("new-{at}")))
        .chain(["cancel".into()]);
    assert_eq!(served, expected.collect::<Vec<_>>());
    assert_eq!(
        refused,
        (20..100).map(|at| format!("new-{at}")).collect::<Vec<_>>()
    );
    edge.transports.stop().await;
}

#[tokio::test]
async fn a_new_request_that_has_waited_too_long_is_refused() {
    let limits = Limits {
        waited_max: Duration::ZERO,
        ..Limits::default()
    };
    let edge = Setup {
        limits,
        ..Setup::default()
    }
    .start(vec![listen(Transport::Udp, "127.0.0.1:0")]);
    phone("127.0.0.1:0")
        .send_to(&options("late"), edge.address(0))
        .unwrap();
    assert!(matches!(edge.next(), Told::Overloaded(_, message) if call_id(&message) == "late"));
    edge.transports.stop().await;
}

#[tokio::test]
async fn garbage_is_counted_and_crashes_nothing() {
    let edge = Edge::on(Transport::Udp);
    let phone = phone("127.0.0.1:0");
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let valid = request("INVITE", "garbage", "");
    let mut sent = 0;
    for round in 0..10_000_u32 {
        let mut datagram = if round % 2 == 0 {
            (0..random() % 600).map(|_| random().to_le_bytes()[0]).collect()
        } else {
            valid.to_vec()
        };
        // Of the valid ones a few bytes are changed, so that they get far into the parser.
        for _ in 0..4.min(datagram.len()) {
            let at = random() as usize % datagram.len();
            datagram[at] = random().to_le_bytes()[0];
        }
        sent += phone.send_to(&datagram, edge.address(0)).unwrap();
    }
    let full: Vec<u8> = (0..65_507).map(|_| random().to_le_bytes()[0]).collect();
    phone.send_to(&full, edge.address(0)).unwrap();
    // Urgent, and so behind all that came before it in the socket.
    let last = phone_until_received(&edge, &phone);
    assert_eq!(last, "last");
    let counts = *edge.transports.counters().of(Transport::Udp);
    assert_eq!(counts.panics, 0);
    assert!(counts.malformed_dropped > 1000, "{counts:?}");
    assert!(
        counts.received_bytes as usize <= sent + full.len() + 100_000,
        "{counts:?}"
    );
    edge.transports.stop().await;
}

/// Sends "last" until it gets through.
fn phone_until_received(edge: &Edge, phone: &UdpSocket) -> String {
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        phone
            .send_to(&request("BYE", "last", ";tag=1"), edge.address(0))
            .unwrap();
        while let Some(told) = edge.next_within(Duration::from_millis(100)) {
            if let Told::Received(_, Ok(message)) = &told
                && call_id(message) == "last"
            {
                return call_id(message);
            }
        }
    }
    panic!("the listener is dead");
}

#[tokio::test]
async fn the_handlers_timers_are_served_every_20_ms_with_and_without_traffic() {
    let mut config = listen(Transport::Udp, "127.0.0.1:0");
    config.workers = 1;
    let edge = Setup::default().start(vec![config]);
    let phone = phone("127.0.0.1:0");
    let quiet = || edge.idles.recv_timeout(DEADLINE).unwrap();
    let first = quiet();
    for _ in 0..5 {
        quiet();
    }
    // Scheduling on a busy machine is no concern of this test: that it goes on is.
    let busy_until = quiet() + Duration::from_millis(100);
    while Instant::now() < busy_until {
        phone.send_to(&options("busy"), edge.address(0)).unwrap();
        edge.next_within(Duration::from_millis(50));
    }
    let during = edge.idles.try_iter().count();
    assert!(
        during >= 2,
        "{during} in 100 ms of traffic, the first at {first:?}"
    );
    edge.transports.stop().await;
}

#[tokio::test]
async fn a_panicking_handler_silences_no_worker() {
    let before = Box::new(|message: &_| assert!(call_id(message) != "bad", "a bug, made for this test"));
    let mut config = listen(Transport::Udp, "127.0.0.1:0");
    config.workers = 1;
    let edge = Setup {
        before: Some(before),
        ..Setup::default()
    }
    .start(vec![config]);
    let phone = phone("127.0.0.1:0");
    phone.send_to(&options("bad"), edge.address(0)).unwrap();
    // Telling of a panic takes a while, with a backtrace a long one: a message that waits for it could be too old.
    let panics = || edge.transports.counters().of(Transport::Udp).panics;
    eventually("the panic is counted", || panics() == 1);
    phone.send_to(&options("good"), edge.address(0)).unwrap();
    assert_eq!(call_id(&edge.message().1), "good");
    assert_eq!(panics(), 1);
    edge.transports.stop().await;
}

#[tokio::test]
async fn stopping_joins_all_threads_and_lets_go_of_the_handler() {
    let edge = Edge::on(Transport::Udp);
    edge.transports.stop().await;
    let to = Hop::to(ListenerId(0), Transport::Udp, edge.address(0));
    assert_eq!(
        edge.transports.send(&to, options("late")),
        Err(SendError::Stopped)
    );
    // The handler held the other end.
    let told = edge.idles.iter().count();
    assert!(told < 100_000);
}

#[tokio::test]
async fn sent_by_is_what_is_advertised_or_bound_and_never_a_wildcard() {
    let runtime = tokio::runtime::Handle::current();
    let bind = |address: &str, advertise: Option<&str>| {
        let mut config = listen(Transport::Udp, address);
        config.advertise = advertise.map(String::from);
        Transports::bind(vec![config], Default::default(), Limits::default(), &runtime)
    };
    let rows = [
        ("127.0.0.1:0", None, "127.0.0.1:{port}"),
        ("[::1]:0", None, "[::1]:{port}"),
        ("127.0.0.1:0", Some("sip.example.com"), "sip.example.com:{port}"),
        ("0.0.0.0:0", Some("sip.example.com:5070"), "sip.example.com:5070"),
        ("[::]:0", Some("2001:db8::1"), "[2001:db8::1]:{port}"),
        ("[::]:0", Some("[2001:db8::1]:5070"), "[2001:db8::1]:5070"),
    ];
    for (address, advertise, expected) in rows {
        let transports = bind(address, advertise).unwrap();
        let info = &transports.listeners()[0];
        let expected = expected.replace("{port}", &info.local.port().to_string());
        assert_eq!(info.sent_by, expected, "{address} {advertise:?}");
        assert_eq!(transports.counters(), Snapshot::default());
    }
    for wildcard in ["0.0.0.0:0", "[::]:0"] {
        let error = bind(wildcard, None)
            .err()
            .expect("a wildcard says nothing to others");
        assert!(matches!(error, StartError::Advertise { .. }), "{error}");
    }
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = bind(&taken.local_addr().unwrap().to_string(), None).err();
    assert!(matches!(error, Some(StartError::Bind { .. })), "{error:?}");
}
