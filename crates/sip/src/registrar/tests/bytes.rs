//! Bindings as bytes.

use ::bytes::Bytes;
use proptest::prelude::*;

use super::*;

// === Bytes ===

fn sample() -> Bindings {
    let mut line = Line::new();
    line.rules.epoch = Some(1_000_000);
    let lines = format!(
        "Path: <sip:p1;lr;ob>\nSupported: outbound\nUser-Agent: T/1\nContact: <sip:a@10.0.0.7>;q=0.25;reg-id=1;{TWO}"
    );
    line.change(&lines);
    line.rules.epoch = None;
    line.change("Call-ID: 2\nContact: <sip:b@h>;expires=60");
    line.bindings
}

/// What an earlier version stored is read for as long as this version is around.
#[test]
fn stored_bytes_stay_what_they_were() {
    assert_eq!(data_encoding::HEXLOWER.encode(&sample().encode()), GOLDEN);
    let bytes = data_encoding::HEXLOWER.decode(GOLDEN.as_bytes()).unwrap();
    assert_eq!(Bindings::decode(&bytes), Ok(sample()));
}

const GOLDEN: &str = "01020207000e7369703a614031302e302e302e37503b713d302e32353b7265672d69643d313b2b7369702e696e737461\
    6e63653d223c75726e3a757569643a30303030303030302d303030302d313030302d383030302d303030303030303030\
    3030323e222d75726e3a757569643a30303030303030302d303030302d313030302d383030302d303030303030303030\
    30303201fa01010e3c7369703a70313b6c723b6f623e000000c63364099c4180b59da48c3480d8c1a28c3480d8c1a28c\
    340663616c6c2d310103542f31c0843d0001077369703a62406800e80700000000c63364099c41e0acc5a28c3480d8c1\
    a28c3480d8c1a28c3401320100";

#[test]
fn bytes_that_are_not_bindings_are_refused() {
    let bytes = sample().encode();
    for end in 1..bytes.len() {
        assert_eq!(
            Bindings::decode(&bytes[..end]),
            Err(BadRecord::Damaged),
            "cut at {end}"
        );
    }
    assert_eq!(Bindings::decode(&[]), Err(BadRecord::Damaged));
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Bindings::decode(&longer), Err(BadRecord::Damaged));
    let later = [&[2], &bytes[1..]].concat();
    assert_eq!(Bindings::decode(&later), Err(BadRecord::Version(2)));
    assert_eq!(
        BadRecord::Version(2).to_string(),
        "bindings are in format 2; this version reads format 1"
    );
}

#[test]
fn a_stream_has_lost_its_flow_after_a_restart_and_a_datagram_has_not() {
    let mut line = Line::new();
    let mut tls = Hop::to(
        ListenerId(2),
        Transport::Tls,
        "203.0.113.5:50000".parse().unwrap(),
    );
    tls.connection = Some(ConnectionId(4));
    line.try_from(&tls, "Contact: <sip:a@h>").unwrap();
    line.change("Call-ID: 2\nContact: <sip:b@h>");
    let read = Bindings::decode(&line.bindings.encode()).unwrap();
    let lost: Vec<_> = read.contacts.iter().map(Contact::has_lost_flow).collect();
    assert_eq!(lost, [true, false]);
    assert_eq!(read.best_flow(NOW).map(|contact| contact.id), Some(1));
}

fn any_bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from)
}

prop_compose! {
    fn any_hop()(
        listener: u16,
        transport in 0..5_usize,
        ip: std::net::IpAddr,
        port: u16,
        name in prop::option::of("[a-z.]{1,40}"),
    ) -> Hop {
        let all = [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss];
        let remote = std::net::SocketAddr::new(ip, port);
        Hop { server_name: name.map(Into::into), ..Hop::to(ListenerId(listener), all[transport], remote) }
    }
}

prop_compose! {
    fn any_contact()(
        (id, cseq, q) in any::<(u32, u32, u16)>(),
        (uri, params, call_id) in (any_bytes(), any_bytes(), any_bytes()),
        (instance, user_agent) in (prop::option::of(".{0,60}"), ".{0,60}"),
        (reg_id, epoch) in any::<(Option<u32>, Option<u64>)>(),
        path in prop::collection::vec(any_bytes(), 0..4),
        hop in any_hop(),
        (expires_at_ms, created_ms, received_ms) in any::<(u64, u64, u64)>(),
    ) -> Contact {
        Contact {
            id, uri, params, instance: instance.map(Into::into), reg_id, q, path, hop, expires_at_ms, call_id, cseq,
            user_agent: user_agent.into(), created_ms, received_ms, epoch,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn what_is_written_is_read(contacts in prop::collection::vec(any_contact(), 0..5), next_id: u32) {
        let bindings = Bindings { contacts, next_id };
        prop_assert_eq!(Bindings::decode(&bindings.encode()), Ok(bindings));
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_refused(mut bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        bytes[0] = 1;
        let _ = Bindings::decode(&bytes);
    }
}

/// The store takes values of 64 KiB.
#[test]
fn the_largest_record_fits_into_the_store() {
    let long = |length: usize| "x".repeat(length);
    let mut line = Line::new();
    for number in 0..10 {
        let instance = format!("urn:{}", long(124));
        let lines = format!(
            "Call-ID: {}\nSupported: outbound\nUser-Agent: {}\nPath: <sip:{}@p;lr;ob>\n\
             Contact: <sip:{number}@{}>;+sip.instance=\"<{instance}>\";reg-id={}",
            long(256),
            long(200),
            long(2032),
            long(1800),
            u32::MAX - number,
        );
        line.change(&lines);
    }
    let bytes = line.bindings.encode().len();
    assert_eq!(line.bindings.contacts.len(), 10);
    assert!((40_000..60_000).contains(&bytes), "{bytes}");
}
