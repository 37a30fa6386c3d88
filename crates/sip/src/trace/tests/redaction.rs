//! No secret is kept, and all the rest is.

use super::*;

#[test]
fn a_pin_is_taken_out_of_what_was_dialled_and_the_extension_stays() {
    for (dialled, clean) in [
        ("*11*2041*4711", "*11*2041*xxxx"),
        ("*11*2041*4711#", "*11*2041*xxxx"),
        ("*11*2041*4711*2042*99", "*11*2041*xxxx"),
        ("*11**4711", "*11**xxxx"),
        (
            "sip:*11*2041*4711@example.com;user=phone",
            "sip:*11*2041*xxxx@example.com;user=phone",
        ),
        (
            "sip:%2A11%2a2041%2A4711@example.com",
            "sip:%2A11%2a2041%2Axxxx@example.com",
        ),
        ("sip:%2A%31%31*2041*%34%37%31%31@a", "sip:%2A%31%31*2041*xxxx@a"),
        (
            "tel:*11*2041*47-11;phone-context=a",
            "tel:*11*2041*xxxx;phone-context=a",
        ),
        (
            "<sip:a@b?Refer-To=%3Csip%3A%252A11%252A2041%252A4711%40a%3E>",
            "<sip:a@b?Refer-To=%3Csip%3A%252A11%252A2041%252Axxxx%40a%3E>",
        ),
        ("\"*11*2041*47 11\" <sip:x@y>", "\"*11*2041*xxxx\" <sip:x@y>"),
        (
            "\"*11 * 2041 * 47 11\" <sip:x@y>",
            "\"*11 * 2041 * xxxx\" <sip:x@y>",
        ),
        (
            "INVITE tel:*11*2041*4711 SIP/2.0",
            "INVITE tel:*11*2041*xxxx SIP/2.0",
        ),
    ] {
        assert_eq!(text(dialled), clean);
    }
}

#[test]
fn another_login_code_is_known_beside_the_usual_one() {
    let redactor = Redactor::new("#8");
    let clean = |text: &str| redactor.text(text.as_bytes()).into_owned();
    assert_eq!(clean("%238*2041*4711"), "%238*2041*xxxx");
    assert_eq!(clean("*11*2041*4711"), "*11*2041*xxxx");
    assert_eq!(Redactor::new("").text(b"*5*6*7"), "*5*6*7");
}

#[test]
fn what_holds_no_secret_stays_as_it_is() {
    for same in [
        "*11",
        "*11*2041",
        "*12",
        "sip:2041@example.com",
        "sip:*13@[2001:db8::1]:5060;transport=tcp",
        "<sip:a%20b@example.com>;tag=1*2*3",
        "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK*11*a",
        "100% sure?",
        "%",
        "%2",
        "%2A11%2",
    ] {
        assert_eq!(text(same), same);
    }
}

#[test]
fn passwords_and_credentials_in_uris_are_taken_out() {
    assert_eq!(
        text("<sip:maria:secret@example.com:5060>"),
        "<sip:maria:xxxx@example.com:5060>"
    );
    assert_eq!(
        text("SIPS:maria:secret@[2001:db8::1]"),
        "SIPS:maria:xxxx@[2001:db8::1]"
    );
    assert_eq!(
        text("<sip:a@b?Proxy-Authorization=Digest%20response%3D%22abc%22&Subject=x>"),
        "<sip:a@b?Proxy-Authorization=xxxx&Subject=x>"
    );
}

#[test]
fn credentials_are_taken_out_of_headers() {
    let message = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\
        authorization: Digest username=\"2041\",\r\n response=\"5ca1ab1e\"\r\nProxy-Authorization: Digest response=\"5ca1ab1e\"\r\n\
        AUTHENTICATION-INFO: rspauth=\"5ca1ab1e\"\r\nContent-Length: 0\r\n\r\n";
    let message = Message::parse(&Bytes::from(message), &Limits::default()).unwrap();
    let kept = kept(&message);
    assert!(!kept.contains("5ca1ab1e"), "{kept}");
    assert!(kept.contains("Authorization: xxxx"), "{kept}");
    assert!(kept.contains("branch=z9hG4bK1"), "{kept}");
}

#[test]
fn keys_of_media_and_credentials_in_bodies_are_taken_out_and_the_rest_is_kept() {
    let bodies = [
        (
            "application/sdp",
            "v=0\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:5ca1ab1e\r\nk=clear:5ca1ab1e\r\na=ptime:20\r\n",
            "a=ptime:20",
        ),
        (
            "message/sipfrag;version=2.0",
            "INVITE sip:a@b SIP/2.0\r\nAuthorization: Digest a=b,\r\n response=\"5ca1ab1e\"\r\nSubject: hello\r\n",
            "Subject: hello",
        ),
    ];
    for (content_type, body, stays) in bodies {
        let mut message = Message::request(Method::Notify, "sip:a@b");
        message.set_body(Some(content_type), body);
        let kept = kept(&message);
        assert!(!kept.contains("5ca1ab1e"), "{kept}");
        assert!(kept.contains(stays), "{kept}");
    }
}

#[test]
fn bodies_of_other_kinds_are_not_kept_above_all_key_presses() {
    for content_type in [
        "application/dtmf-relay",
        "application/dtmf",
        "text/plain",
        "multipart/mixed;boundary=x",
    ] {
        let mut message = Message::request(Method::Info, "sip:a@b");
        message.set_body(Some(content_type), "Signal=7\r\n");
        assert!(!kept(&message).contains("Signal"), "{content_type}");
    }
    // Two types: who knows which one the phone means.
    let mut message = Message::request(Method::Info, "sip:a@b");
    message.set_body(Some("application/sdp"), "Signal=7\r\n");
    message.push(Header::new(Name::ContentType, "application/dtmf-relay"));
    assert!(!kept(&message).contains("Signal"));
}

#[test]
fn how_much_is_kept_can_be_chosen() {
    let mut message = Message::request(Method::Invite, "sip:2041@example.com");
    message.push(Header::new(Name::CSeq, "7 INVITE"));
    message.push(Header::new(Name::Supported, "path"));
    message.push(Header::new(Name::UserAgent, "phone"));
    let line = entry(&message, Detail::Line);
    assert_eq!(
        (&*line.line, &*line.cseq),
        ("INVITE sip:2041@example.com SIP/2.0", "7 INVITE")
    );
    assert_eq!(line.text, None);
    assert_eq!(
        entry(&message, Detail::Headers).text.as_deref(),
        Some("User-Agent: phone\n")
    );
    let full = entry(&message, Detail::Full).text.unwrap();
    assert_eq!(&*full, "CSeq: 7 INVITE\nSupported: path\nUser-Agent: phone\n");
}

#[test]
fn long_messages_are_cut() {
    let mut message = Message::request(Method::Invite, format!("sip:{}@b", "ö".repeat(2_000)));
    message.push(Header::new(Name::From, "ö".repeat(60_000)));
    let entry = entry(&message, Detail::Full);
    assert!(entry.line.len() < 600, "{}", entry.line.len());
    assert!(entry.text.is_some_and(|text| text.len() < 17_000));
}

// === No PIN survives, wherever it is put ===

/// A character as itself or escaped, once or several times, fully or only the percent sign.
fn escaped(character: char, how: u8) -> String {
    let plain = character.to_string();
    let code = u32::from(character);
    match how {
        0 => format!("%{code:02X}"),
        1 => format!("%{code:02x}"),
        2 => format!("%25{code:02X}"),
        3 => format!("%2525{code:02x}"),
        4 => format!("%{code:02X}")
            .chars()
            .map(|c| format!("%{:02x}", u32::from(c)))
            .collect(),
        _ => plain,
    }
}

/// `*11*EXTENSION*PIN` with each character escaped in its own way.
fn dialled() -> impl Strategy<Value = (String, String)> {
    let escapes = prop_oneof![Just(Vec::new()), proptest::collection::vec(0_u8..12, 40)];
    ("[0-9]{0,5}", "[0-9]{6,12}", escapes, any::<bool>()).prop_map(|(extension, pin, escapes, pound)| {
        let plain = format!("*11*{extension}*{pin}{}", if pound { "#" } else { "" });
        let how = escapes.into_iter().chain(std::iter::repeat(9));
        (
            plain
                .chars()
                .zip(how)
                .map(|(character, how)| escaped(character, how))
                .collect(),
            pin,
        )
    })
}

/// A message with the dialled string at one of its places.
fn put(dialled: &str, place: usize) -> Message {
    let uri = format!("sip:{dialled}@example.com");
    let at_place = |here: usize| {
        if here == place {
            uri.as_str()
        } else {
            "sip:a@example.com"
        }
    };
    let mut message = Message::request(Method::Invite, at_place(0));
    let headers = [
        Name::From,
        Name::To,
        Name::Contact,
        Name::ReferTo,
        Name::ReferredBy,
        Name::PAssertedIdentity,
        Name::HistoryInfo,
        Name::Diversion,
        Name::Route,
        Name::RecordRoute,
        Name::Subject,
        Name::CallId,
        Name::Other("x-dialled".into()),
    ];
    for (at, name) in headers.into_iter().enumerate() {
        message.push(Header::new(name, format!("\"a\" <{}>;tag=x", at_place(1 + at))));
    }
    match place {
        14 => message.push(Header::new(Name::To, format!("\"{dialled}\" <sip:a@b>"))),
        15 => message.push(Header::new(Name::To, format!("<tel:{dialled};phone-context=b>"))),
        16 => message.push(Header::new(
            Name::ReferTo,
            format!("<sip:a@b?Replaces=x&To=sip%3A{dialled}%40b>"),
        )),
        17 => message.set_body(
            Some("message/sipfrag"),
            format!("INVITE {uri} SIP/2.0\r\nTo: <{uri}>\r\n"),
        ),
        18 => message.set_body(
            Some("application/dialog-info+xml"),
            format!("<dialog><target uri=\"{uri}\"/></dialog>"),
        ),
        19 => message.set_body(Some("application/sdp"), format!("v=0\r\ns={dialled}\r\n")),
        20 => message.set_body(Some("application/dtmf-relay"), format!("Signal={dialled}\r\n")),
        21 => message.set_body(Some("text/plain"), dialled.to_owned()),
        22 => message.push(Header::new(
            Name::Reason,
            format!("SIP;text=\"no {dialled} here\""),
        )),
        23 => message.push(Header::new(Name::To, format!("sip:{dialled}:pass@b"))),
        _ => {}
    }
    message
}

const PLACES: usize = 24;

/// Undoes all escapes, so that a PIN cannot hide behind them.
fn unescaped(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    loop {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let pair = bytes
                .get(at + 1..at + 3)
                .and_then(|pair| std::str::from_utf8(pair).ok());
            let byte = pair
                .filter(|_| bytes[at] == b'%')
                .and_then(|pair| u8::from_str_radix(pair, 16).ok());
            out.push(byte.unwrap_or(bytes[at]));
            at += if byte.is_some() { 3 } else { 1 };
        }
        if out.len() == bytes.len() {
            return String::from_utf8_lossy(&out).into_owned();
        }
        bytes = out;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_pin_survives_wherever_it_is_put((dialled, pin) in dialled(), place in 0..PLACES) {
        let message = put(&dialled, place);
        let before = unescaped(&String::from_utf8_lossy(&message.to_bytes()));
        prop_assert!(before.contains(&pin), "the test puts no PIN at place {place}");
        // Not a part of it either: the last six digits, which are longer than any extension here.
        let end = &pin[pin.len() - 6..];
        prop_assume!(!format!("{:?}", Bounds::default()).contains(end));
        let mut store = Store::new(Bounds::default(), Redactor::default());
        store.add(message.call_id().unwrap_or_default(), entry(&message, Detail::Full));
        let record = Cdr { dialled: dialled.as_str().into(), call_id: dialled.as_str().into(), ..Cdr::default() };
        store.close(&record.redacted(&Redactor::default()));
        let ladders: Vec<_> = store.list(9).iter().filter_map(|call| store.ladder(&call.call_id)).collect();
        let drawn: String = ladders.iter().map(|ladder| render(ladder, true)).collect();
        let line = record.line(&Redactor::default());
        for kept in [format!("{store:?}"), serde_json::to_string(&ladders).unwrap(), drawn, line] {
            let kept = unescaped(&kept);
            prop_assert!(!kept.contains(end), "place {place}: {kept}");
        }
    }

    #[test]
    fn the_line_of_a_record_is_always_json(dialled in "\\PC{0,40}", reason in "[*1%?@:\"\\\\ a-z0-9]{0,40}") {
        let record = Cdr { dialled: dialled.into(), reason: reason.into(), ..Cdr::default() };
        let line = record.line(&Redactor::default());
        prop_assert!(serde_json::from_str::<Cdr>(&line).is_ok(), "{line}");
        prop_assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_redacted(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Redactor::default().text(&bytes);
        let mut message = Message::request(Method::Notify, &bytes);
        message.set_body(Some("message/sipfrag"), bytes);
        entry(&message, Detail::Full);
    }
}
