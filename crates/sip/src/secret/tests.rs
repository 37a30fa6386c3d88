//! Vectors were computed with Python's hashlib and hmac.

use super::*;
use crate::hop::{ConnectionId, Hop, ListenerId, Transport};

fn counting() -> LineKey {
    let bytes: Vec<u8> = (0..32).collect();
    LineKey::read(&bytes).unwrap()
}

fn other() -> LineKey {
    LineKey::read(b"an other key, 32 bytes of it....").unwrap()
}

#[test]
fn a_key_file_is_raw_hex_or_base64_and_anything_else_is_refused() {
    let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let good = [
        hex.to_owned(),
        hex.to_uppercase(),
        format!("  {hex}\r\n"),
        base64.to_owned(),
        format!("{base64}=\n"),
    ];
    let expected = counting().line_password("maria", 42);
    for text in good {
        let key = LineKey::read(text.as_bytes()).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        assert_eq!(key.line_password("maria", 42), expected, "{text}");
    }
    let bad: [(&[u8], BadKey); 6] = [
        (b"", BadKey::Empty),
        (b" \n", BadKey::Empty),
        (&[7; 32], BadKey::NotRandom),
        (&hex.as_bytes()[..62], BadKey::Length { found: 62 }),
        (&[1; 33], BadKey::Length { found: 33 }),
        (b"swordfish", BadKey::Length { found: 9 }),
    ];
    for (file, expected) in bad {
        assert_eq!(LineKey::read(file).err(), Some(expected));
    }
}

#[test]
fn a_device_password_follows_from_phone_and_seed() {
    let key = counting();
    let password = key.device_password("chi-1", 7);
    assert_eq!(
        password,
        key.line_password("device/chi-1/00000000000000000000000000000007", 0)
    );
    assert_ne!(password, key.device_password("chi-1", 8));
    assert_ne!(password, key.device_password("chi-2", 7));
}

#[test]
fn a_line_password_is_of_one_user_in_one_epoch_under_one_key() {
    let key = counting();
    assert_eq!(*key.line_password("maria", 42), "xl66rrujl377soey77gifdiqu4");
    let all = [
        key.line_password("maria", 42),
        key.line_password("maria", 43),
        key.line_password("joe", 42),
        other().line_password("maria", 42),
    ];
    for (at, password) in all.iter().enumerate() {
        assert_eq!(password.len(), 26);
        assert!(!all[..at].contains(password));
    }
    let ha1s = key.line_ha1s("maria", "2041", 42, "example.com");
    assert!(ha1s == Ha1s::of("2041.42", "example.com", "xl66rrujl377soey77gifdiqu4"));
}

#[test]
fn sealed_ha1s_open_with_the_same_key_for_the_same_device_only() {
    use crate::digest::Algorithm;
    let key = counting();
    let all = Ha1s::of("phone-1", "example.com", "swordfish");
    for algorithms in [
        &Algorithm::ALL[..],
        &[Algorithm::Md5],
        &[Algorithm::Sha512_256, Algorithm::Sha256],
        &[],
    ] {
        let ha1s = all.clone().only(algorithms);
        let sealed = key.seal("phone-1", &ha1s);
        assert!(key.open("phone-1", &sealed).is_some_and(|opened| opened == ha1s));
        assert!(key.open("phone-2", &sealed).is_none(), "another device");
        assert!(other().open("phone-1", &sealed).is_none(), "another key");
    }
    let sealed = key.seal("phone-1", &all);
    assert_eq!(sealed.len(), 110);
    assert_ne!(sealed, key.seal("phone-1", &all), "another nonce each time");
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(key.open("phone-1", &changed).is_none(), "byte {at} changed");
        assert!(key.open("phone-1", &sealed[..at]).is_none(), "cut at {at}");
    }
}

/// A secret sealed by an earlier version opens for as long as this version is around.
#[test]
fn sealed_bytes_stay_readable() {
    let ha1s = Ha1s::of("phone-1", "example.com", "swordfish");
    let sealed = data_encoding::HEXLOWER.decode(SEALED_ONCE.as_bytes()).unwrap();
    assert!(
        counting()
            .open("phone-1", &sealed)
            .is_some_and(|opened| opened == ha1s)
    );
}

const SEALED_ONCE: &str = "016e531f18b9f6f57703977776075197301f49c2ec669e01e37cf78ff62048f3ff0f3f99cfbea0b7\
    aef24a3fef7cc8e78af01573f85cd6236e0be144b4d0a7c698f5faf75d2af31caa4194ada48cb32c\
    3c96765236d1500f30a2d07403b9fd2280e8216aedeab0a05707dc044a84";

fn hops() -> Vec<Hop> {
    let v4 = "192.0.2.7:5060".parse().unwrap();
    let v6 = "[2001:db8::7]:61234".parse().unwrap();
    let mut tcp = Hop::to(ListenerId(300), Transport::Tcp, v6);
    tcp.connection = Some(ConnectionId(u64::MAX));
    let mut tls = Hop::to(ListenerId(1), Transport::Tls, v4);
    tls.server_name = Some("edge-2.example.com".into());
    let mut wss = tls.clone();
    wss.transport = Transport::Wss;
    wss.connection = Some(ConnectionId(0));
    let ws = Hop::to(ListenerId(0), Transport::Ws, v6);
    vec![Hop::to(ListenerId(0), Transport::Udp, v4), tcp, tls, wss, ws]
}

#[test]
fn a_flow_token_is_its_hop_at_the_edge_that_made_it_only() {
    let tokens = counting().flow_tokens("edge-1", 77);
    for hop in hops() {
        let token = tokens.token(&hop);
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{token}"
        );
        assert_eq!(tokens.open(&token), Some(hop.clone()));
        assert_eq!(
            counting().flow_tokens("edge-2", 77).open(&token),
            None,
            "another edge"
        );
        assert_eq!(
            other().flow_tokens("edge-1", 77).open(&token),
            None,
            "another key"
        );
        for at in 0..token.len() {
            let mut changed = token.to_string();
            let letter = if changed.as_bytes()[at] == b'A' { "B" } else { "A" };
            changed.replace_range(at..=at, letter);
            assert_eq!(tokens.open(&changed), None, "letter {at} of {token}");
        }
    }
    for junk in ["", "AAAA", "***", &"A".repeat(4000)] {
        assert_eq!(tokens.open(junk), None);
    }
}

#[test]
fn a_flow_token_of_an_earlier_run_has_lost_its_connection() {
    let key = counting();
    for hop in hops() {
        let token = key.flow_tokens("edge-1", 77).token(&hop);
        let opened = key.flow_tokens("edge-1", 78).open(&token).unwrap();
        assert_eq!(
            opened,
            Hop {
                connection: None,
                ..hop
            }
        );
    }
}

#[test]
fn a_temporary_gruu_says_whose_it_is_to_us_only_and_each_refresh_has_its_own() {
    let key = counting().gruu_key();
    let instance = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    let made = key.make("phone-1", instance, b"call-1", 7).unwrap();
    assert_eq!(key.make("phone-1", instance, b"call-1", 7).as_ref(), Some(&made));
    let refreshed = key.make("phone-1", instance, b"call-1", 8).unwrap();
    assert_ne!(refreshed, made);
    assert!(!made.contains("phone-1"));
    for made in [&made, &refreshed] {
        let opened = key.open(made).unwrap();
        assert_eq!((&opened.account[..], &opened.instance[..]), ("phone-1", instance));
        assert!(key.is_of(&opened, b"call-1"));
        assert!(!key.is_of(&opened, b"call-2"), "another registration");
        assert_eq!(other().gruu_key().open(made), None, "another key");
    }
    assert_eq!(key.open("2041"), None);
    assert_eq!(key.open(&made[..made.len() - 2]), None);
    assert_eq!(key.make(&"x".repeat(256), instance, b"call-1", 7), None);
}

#[test]
fn a_phones_secrets_follow_from_phone_purpose_and_seed() {
    let key = LineKey::read(&[&[7; 31][..], &[8]].concat()).unwrap();
    let secret = |purpose, device, seed| key.phone_secret(purpose, device, seed).to_string();
    let one = secret(PhoneSecret::Web, "chi-1", 5);
    assert_eq!(one, secret(PhoneSecret::Web, "chi-1", 5));
    assert_eq!(one.len(), 26);
    for other in [
        secret(PhoneSecret::Documents, "chi-1", 5),
        secret(PhoneSecret::Web, "chi-2", 5),
        secret(PhoneSecret::Web, "chi-1", 6),
    ] {
        assert_ne!(one, other);
    }
}
