use super::*;

const LOCAL: Local = Local {
    address: SocketAddr::new(
        std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9)),
        40_000,
    ),
    session: 7,
    version: 1,
};

fn description(connection: &str, rest: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc={connection}\r\nt=0 0\r\n{rest}")
}

fn offered(rest: &str) -> String {
    description("IN IP4 192.0.2.1", rest)
}

fn agreed(offer: &str) -> Result<Agreed, &'static str> {
    Offer::read(offer.as_bytes())
        .map(|offer| *offer.agreed())
        .map_err(|problem| problem.0)
}

#[test]
fn the_answer_has_the_phones_first_g711_codec_and_its_number_of_key_events() {
    let offer = offered(
        "m=audio 5004 RTP/AVP 9 8 0 96\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\na=ptime:30\r\n",
    );
    let offer = Offer::read(offer.as_bytes()).unwrap();
    let expected = Agreed {
        codec: Codec::Pcma,
        payload_type: 8,
        key_events: Some(96),
        remote: Some("192.0.2.1:5004".parse().unwrap()),
        sends: true,
        receives: true,
    };
    assert_eq!(*offer.agreed(), expected);
    assert_eq!(
        offer.answer(&LOCAL),
        "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=hotdesk\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
         m=audio 40000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\n\
         a=fmtp:96 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn each_stream_of_the_offer_has_its_place_in_the_answer() {
    let offer = offered(
        "m=video 6000 RTP/AVP 97\r\nm=audio 0 RTP/AVP 0\r\nm=audio 5004 RTP/SAVP 0\r\nm=audio 5006 RTP/AVP 0\r\n\
         m=application 5008 UDP/BFCP *\r\n",
    );
    let answer = Offer::read(offer.as_bytes()).unwrap().answer(&LOCAL);
    let streams: Vec<_> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        streams,
        [
            "m=video 0 RTP/AVP 97",
            "m=audio 0 RTP/AVP 0",
            "m=audio 0 RTP/SAVP 0",
            "m=audio 40000 RTP/AVP 0",
            "m=application 0 UDP/BFCP *"
        ]
    );
}

#[test]
fn a_payload_type_is_what_its_rtpmap_says() {
    let dynamic = agreed(&offered("m=audio 1 RTP/AVP 111\r\na=rtpmap:111 pcmu/8000/1\r\n"));
    assert_eq!(
        dynamic.map(|agreed| (agreed.payload_type, agreed.codec)),
        Ok((111, Codec::Pcmu))
    );
    let wide = agreed(&offered("m=audio 1 RTP/AVP 111\r\na=rtpmap:111 PCMU/16000\r\n"));
    assert!(wide.is_err());
    let fast_events = agreed(&offered(
        "m=audio 1 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/48000\r\n",
    ));
    assert_eq!(fast_events.map(|agreed| agreed.key_events), Ok(None));
}

#[test]
fn the_direction_is_answered_with_its_counterpart() {
    for (said, answered) in [
        ("sendrecv", "sendrecv"),
        ("sendonly", "recvonly"),
        ("recvonly", "sendonly"),
        ("inactive", "inactive"),
    ] {
        let at_stream = offered(&format!("m=audio 1 RTP/AVP 0\r\na={said}\r\n"));
        let at_session = offered(&format!("a={said}\r\nm=audio 1 RTP/AVP 0\r\n"));
        let above = offered(&format!("a=inactive\r\nm=audio 1 RTP/AVP 0\r\na={said}\r\n"));
        for offer in [at_stream, at_session, above] {
            let answer = Offer::read(offer.as_bytes()).unwrap().answer(&LOCAL);
            assert!(answer.ends_with(&format!("a={answered}\r\n")), "{said}: {answer}");
        }
    }
}

#[test]
fn a_call_held_the_old_way_is_sent_nothing() {
    let held = agreed(&description("IN IP4 0.0.0.0", "m=audio 5004 RTP/AVP 0\r\n")).unwrap();
    assert_eq!((held.remote, held.sends), (None, false));
}

#[test]
fn the_address_of_the_stream_goes_before_that_of_the_session_and_may_be_ipv6() {
    let offer = offered("m=audio 5004 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n");
    assert_eq!(
        agreed(&offer).map(|agreed| agreed.remote),
        Ok(Some("[2001:db8::1]:5004".parse().unwrap()))
    );
    let local = Local {
        address: "[2001:db8::9]:40000".parse().unwrap(),
        ..LOCAL
    };
    let answer = Offer::read(offer.as_bytes()).unwrap().answer(&local);
    assert!(answer.contains("\r\nc=IN IP6 2001:db8::9\r\n"), "{answer}");
}

#[test]
fn what_we_do_not_speak_is_refused_with_a_reason() {
    let many = "m=audio 1 RTP/AVP 0\r\n".repeat(17);
    for (rest, why) in [
        ("m=audio 1 RTP/AVP 9 18\r\n", "No common codec"),
        (
            "m=audio 1 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
            "Only plain RTP",
        ),
        ("m=audio 1 UDP/TLS/RTP/SAVPF 0\r\n", "Only plain RTP"),
        ("m=video 1 RTP/AVP 97\r\n", "No audio"),
        ("m=audio 0 RTP/AVP 0\r\n", "No audio"),
        ("", "No audio"),
        (
            "m=audio 1 RTP/AVP 0\r\nc=IN IP4 phone.example.com\r\n",
            "Only addresses",
        ),
        ("m=audio 1 RTP/AVP 0\r\nc=IN IP4 239.0.0.1\r\n", "No multicast"),
        ("m=audio x RTP/AVP 0\r\n", "Bad session"),
        ("m=audio 1\r\n", "Bad session"),
        (&many, "Too many"),
    ] {
        let problem = agreed(&offered(rest)).unwrap_err();
        assert!(problem.starts_with(why), "{rest:?}: {problem}");
    }
    assert_eq!(agreed("hello"), Err("Bad session description"));
    assert!(Offer::read(&[0xff; 100]).is_err());
}

#[test]
fn our_own_offer_can_be_answered_by_ourselves() {
    let offer = offer(&LOCAL);
    let answer = Offer::read(offer.as_bytes()).unwrap().answer(&LOCAL);
    let agreed = accept(answer.as_bytes()).unwrap();
    assert_eq!((agreed.codec, agreed.key_events), (Codec::Pcmu, Some(101)));
    assert_eq!(agreed.remote, Some(LOCAL.address));
}
