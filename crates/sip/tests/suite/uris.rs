//! URIs: taken apart, refused, compared.

use hotdesk_sip::uri::{Scheme, Uri, host_ip};

fn uri(text: &str) -> Uri {
    Uri::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn uris_are_taken_apart() {
    let rows = [
        ("sip:example.com", Scheme::Sip, None, "example.com", None),
        (
            "SIPS:2041@example.com:5061;lr?x=y",
            Scheme::Sips,
            Some("2041"),
            "example.com",
            Some(5061),
        ),
        (
            "sip:a:secret@192.0.2.1:05060",
            Scheme::Sip,
            Some("a"),
            "192.0.2.1",
            Some(5060),
        ),
        (
            "sip:a;b?c@[2001:db8::1]:5070",
            Scheme::Sip,
            Some("a;b?c"),
            "[2001:db8::1]",
            Some(5070),
        ),
        (
            "sip:@example.com;x=a@b",
            Scheme::Sip,
            Some(""),
            "example.com",
            None,
        ),
        ("sip:my_phone", Scheme::Sip, None, "my_phone", None),
        (
            "tel:+1-312-555-0100;ext=7",
            Scheme::Tel,
            Some("+1-312-555-0100"),
            "",
            None,
        ),
        ("urn:service:sos", Scheme::Urn, None, "", None),
        ("mailto:a@b", Scheme::Other("mailto".into()), None, "", None),
        ("*", Scheme::Other("*".into()), None, "", None),
    ];
    for (text, scheme, user, host, port) in rows {
        let uri = uri(text);
        let found = (
            uri.scheme.clone(),
            uri.user.as_deref(),
            uri.host.as_str(),
            uri.port,
        );
        assert_eq!(found, (scheme, user.map(str::as_bytes), host, port), "{text}");
        assert_eq!(uri.to_string(), text);
    }
    assert_eq!(uri("sip:a@b;lr?x=y").headers.as_deref(), Some(&b"x=y"[..]));
    assert_eq!(uri("sip:%2A11%23@b").user_text().as_deref(), Some("*11#"));
    assert_eq!(uri("sip:%zz%4@b").user_text().as_deref(), Some("%zz%4"));
}

#[test]
fn what_is_no_uri_is_refused() {
    let rows = [
        "",
        "sip",
        ":",
        "sip:",
        "1x:y",
        "si p:a",
        "sip:a@",
        "sip:a@b:",
        "sip:a@b:x",
        "sip:a@b:+1",
        "sip:a@b:65536",
        "sip:a@b@c",
        "sip:a b@c",
        "sip:a@b c",
        "sip:<a>",
        "sip:[::1",
        "sip:[]",
        "sip:[x::1]",
        "sip:[1234]",
        "sip:[::1]x",
        "sip:2001:db8::10",
        "sip:a@b/c",
        "tel:",
        "tel:;x",
        "sip:a@b\r\n",
        "sip:a@\u{e9}",
    ];
    for text in rows {
        assert!(Uri::parse(text.as_bytes()).is_err(), "{text}");
    }
}

/// The pairs of RFC 3261 §19.1.4, and some of our own.
#[test]
fn uris_compare_by_the_rules_of_their_scheme() {
    let same = [
        (
            "sip:%61lice@atlanta.com;transport=TCP",
            "sip:alice@AtLanTa.CoM;Transport=tcp",
        ),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:carol@chicago.com;newparam=5",
            "sip:carol@chicago.com;security=on",
        ),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a@[2001:DB8:0::1]", "sip:a@[2001:db8::1]"),
        ("sip:a@b;transport=%54CP", "sip:a@b;transport=tcp"),
        ("sip:a%2fb@c", "sip:a%2Fb@c"),
        ("tel:+1-312-555.0100", "tel:+1(312)5550100"),
        (
            "tel:100;phone-context=X.example;ext=1",
            "tel:100;EXT=1;phone-context=x.example",
        ),
        ("urn:service:SOS", "URN:service:sos"),
        ("mailto:a@b", "mailto:a@b"),
    ];
    let different = [
        (
            "SIP:ALICE@AtLanTa.CoM;Transport=udp",
            "sip:alice@AtLanTa.CoM;Transport=UDP",
        ),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        (
            "sip:carol@chicago.com",
            "sip:carol@chicago.com?Subject=next%20meeting",
        ),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        (
            "sip:carol@chicago.com;security=on",
            "sip:carol@chicago.com;security=off",
        ),
        ("sip:a@b", "sips:a@b"),
        ("sip:a@b", "sip:b"),
        ("sip:a:x@b", "sip:a@b"),
        ("sip:a%2Fb@c", "sip:a/b@c"),
        ("sip:a%2541@c", "sip:a%41@c"),
        ("sip:a@b;gr=1", "sip:a@b"),
        ("tel:+13125550100", "tel:13125550100"),
        ("tel:100;phone-context=x", "tel:100"),
        ("mailto:a@b", "mailto:A@b"),
    ];
    for (pairs, expected) in [(&same[..], true), (&different[..], false)] {
        for (one, two) in pairs {
            assert_eq!(uri(one).is_equivalent(&uri(two)), expected, "{one} {two}");
            assert_eq!(uri(two).is_equivalent(&uri(one)), expected, "{two} {one}");
        }
    }
}

#[test]
fn a_uri_with_more_parameters_than_anybody_sends_equals_only_itself() {
    let many = format!("sip:a@b{}", ";x".repeat(65));
    assert!(uri(&many).is_equivalent(&uri(&many)));
    assert!(!uri(&many).is_equivalent(&uri("sip:a@b")));
}

#[test]
fn hosts_are_addresses_with_and_without_brackets() {
    let rows = [
        ("192.0.2.1", Some("192.0.2.1")),
        ("[2001:db8::1]", Some("2001:db8::1")),
        ("2001:db8::1", Some("2001:db8::1")),
        ("[2001:db8:::192.0.2.1]", Some("2001:db8::192.0.2.1")),
        ("[192.0.2.1]", None),
        ("example.com", None),
        ("[:::::]", None),
        ("", None),
    ];
    for (host, expected) in rows {
        assert_eq!(
            host_ip(host),
            expected.map(|ip| ip.parse().expect("is an address")),
            "{host}"
        );
    }
}
