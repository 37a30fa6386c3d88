//! The server's side.

use proptest::prelude::*;

use super::*;

#[test]
fn right_responses_pass_with_every_algorithm_and_qop() {
    let challenger = challenger();
    for algorithm in Algorithm::ALL {
        for (sess, qop) in [
            (false, Some(Qop::Auth)),
            (true, Some(Qop::Auth)),
            (false, Some(Qop::AuthInt)),
            (true, Some(Qop::AuthInt)),
        ] {
            let mut client = Client::new(&challenger, NOW);
            (client.algorithm, client.sess, client.qop) = (algorithm, sess, qop);
            let header = client.header(10, "REGISTER", b"body");
            let verdict = |body: &[u8]| {
                challenger.check(
                    NOW,
                    "REGISTER",
                    URI.as_bytes(),
                    Some(header.as_bytes()),
                    body,
                    account,
                )
            };
            if qop == Some(Qop::AuthInt) {
                assert_eq!(verdict(b"another"), Verdict::Wrong);
            }
            assert_eq!(
                verdict(b"body"),
                ok(algorithm),
                "{algorithm:?} sess {sess} {qop:?}"
            );
        }
    }
}

#[test]
fn without_qop_is_for_md5_where_it_is_allowed_and_each_nonce_once() {
    let allowed = challenger();
    let mut client = Client::new(&allowed, NOW);
    client.qop = None;
    let header = client.header(0, "REGISTER", b"");
    assert_eq!(check(&allowed, NOW, &header), ok(Algorithm::Md5));
    assert_eq!(check(&allowed, NOW, &header), Verdict::Replayed);
    let forbidden = challenger_with(|settings| settings.without_qop = false);
    assert_eq!(
        check(&forbidden, NOW, &header),
        Verdict::Malformed("Digest without qop")
    );
    client.algorithm = Algorithm::Sha256;
    let header = client.header(0, "REGISTER", b"");
    assert_eq!(
        check(&allowed, NOW, &header),
        Verdict::Malformed("Digest without qop")
    );
    client.sess = true;
    let header = client.header(0, "REGISTER", b"");
    assert_eq!(
        check(&allowed, NOW, &header),
        Verdict::Malformed("Session digest without qop")
    );
}

#[test]
fn a_wrong_password_and_no_account_get_the_same_verdict() {
    let challenger = challenger();
    for (username, password) in [("phone-1", "sword"), ("phone-2", "swordfish"), ("", "")] {
        let mut client = Client::new(&challenger, NOW);
        (client.username, client.password) = (username, password);
        for algorithm in Algorithm::ALL {
            client.algorithm = algorithm;
            let header = client.header(1, "REGISTER", b"");
            assert_eq!(
                check(&challenger, NOW, &header),
                Verdict::Wrong,
                "{username} {algorithm:?}"
            );
        }
    }
    // The account's class does not allow the algorithm.
    let client = Client::new(&challenger, NOW);
    let header = client.header(1, "REGISTER", b"");
    let strong = |credentials: &Credentials| account(credentials).map(|ha1s| ha1s.only(&[Algorithm::Sha256]));
    let verdict = challenger.check(
        NOW,
        "REGISTER",
        URI.as_bytes(),
        Some(header.as_bytes()),
        b"",
        strong,
    );
    assert_eq!(verdict, Verdict::Wrong);
    // Another method than the one that was signed.
    let verdict = challenger.check(
        NOW,
        "INVITE",
        URI.as_bytes(),
        Some(header.as_bytes()),
        b"",
        account,
    );
    assert_eq!(verdict, Verdict::Wrong);
}

#[test]
fn each_count_passes_once_and_is_hexadecimal() {
    let challenger = challenger();
    let client = Client::new(&challenger, NOW);
    let table = [
        (1, true),
        (1, false),
        (9, true),
        (0x10, true),
        (0x0a, true),
        (10, false),
        (u32::MAX, true),
        (2, false),
    ];
    for (count, fresh) in table {
        let expected = if fresh {
            ok(Algorithm::Md5)
        } else {
            Verdict::Replayed
        };
        assert_eq!(
            check(&challenger, NOW, &client.header(count, "REGISTER", b"")),
            expected,
            "{count}"
        );
    }
    let wrong = client
        .header(3, "REGISTER", b"")
        .replace("nc=00000003", "nc=00000004");
    assert_eq!(
        check(&challenger, NOW, &wrong),
        Verdict::Wrong,
        "the count is signed"
    );
}

#[test]
fn a_nonce_lives_for_its_lifetime_and_then_is_stale() {
    let challenger = challenger();
    let client = Client::new(&challenger, NOW);
    let end = NOW + 300_000;
    assert_eq!(
        check(&challenger, end, &client.header(1, "REGISTER", b"")),
        ok(Algorithm::Md5)
    );
    assert_eq!(
        check(&challenger, end + 1, &client.header(2, "REGISTER", b"")),
        Verdict::Stale
    );
    assert_eq!(
        check(&challenger, NOW - 60_000, &client.header(3, "REGISTER", b"")),
        Verdict::Stale,
        "clock set back"
    );
    let mut wrong = Client::new(&challenger, NOW);
    wrong.password = "sword";
    let verdict = check(&challenger, end + 1, &wrong.header(1, "REGISTER", b""));
    assert_eq!(verdict, Verdict::Wrong, "stale is for right responses only");
}

#[test]
fn a_restart_keeps_nonces_unless_it_is_told_not_to() {
    let client = Client::new(&challenger(), NOW);
    let header = client.header(1, "REGISTER", b"");
    assert_eq!(check(&challenger(), NOW + 5, &header), ok(Algorithm::Md5));
    let careful = challenger_with(|settings| settings.not_before_ms = NOW + 1);
    assert_eq!(check(&careful, NOW + 5, &header), Verdict::Stale);
}

#[test]
fn a_nonce_that_we_did_not_make_is_stale_however_it_looks() {
    let challenger = challenger();
    let other_key = Challenger::new(Settings::new(REALM), NonceKey::new(&[4; 32]));
    let ours = Client::new(&challenger, NOW).nonce;
    let mut nonces = vec![
        String::new(),
        "abc".into(),
        "A".repeat(40),
        Client::new(&other_key, NOW).nonce,
    ];
    for at in 0..ours.len() {
        let mut changed = ours.clone();
        let letter = if &changed[at..=at] == "A" { "B" } else { "A" };
        changed.replace_range(at..=at, letter);
        nonces.push(changed);
    }
    for nonce in nonces {
        let client = Client {
            nonce,
            ..Client::new(&challenger, NOW)
        };
        let verdict = check(&challenger, NOW, &client.header(1, "REGISTER", b""));
        assert_eq!(verdict, Verdict::Stale, "{}", client.nonce);
    }
}

#[test]
fn a_full_table_makes_the_oldest_nonces_stale_and_no_others() {
    // One nonce for each lock.
    let challenger = challenger_with(|settings| settings.nonces_max = 16);
    let old: Vec<_> = (0..16).map(|_| Client::new(&challenger, NOW)).collect();
    for client in &old {
        assert_eq!(
            check(&challenger, NOW, &client.header(1, "REGISTER", b"")),
            ok(Algorithm::Md5)
        );
    }
    let new: Vec<_> = (0..16).map(|_| Client::new(&challenger, NOW + 10)).collect();
    for client in &new {
        assert_eq!(
            check(&challenger, NOW + 10, &client.header(1, "REGISTER", b"")),
            ok(Algorithm::Md5)
        );
    }
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(
            check(&challenger, NOW + 10, &old.header(1, "REGISTER", b"")),
            Verdict::Stale
        );
        assert_eq!(
            check(&challenger, NOW + 10, &new.header(1, "REGISTER", b"")),
            Verdict::Replayed
        );
        assert_eq!(
            check(&challenger, NOW + 10, &new.header(2, "REGISTER", b"")),
            ok(Algorithm::Md5)
        );
    }
}

#[test]
fn the_uri_is_compared_as_strictly_as_it_is_asked_for() {
    use UriCheck::{Exact, None, SamePlace};
    let table = [
        ("sip:2041@example.com", "sip:2041@example.com", [true, true, true]),
        (
            "sip:2041@EXAMPLE.com",
            "sip:2041@example.com",
            [false, true, true],
        ),
        (
            "sip:2041@example.com:5060",
            "sip:2041@example.com;transport=tcp",
            [false, true, true],
        ),
        (
            "sip:%32041@example.com",
            "sip:2041@example.com",
            [false, true, true],
        ),
        (
            "sips:2041@example.com",
            "sip:2041@example.com",
            [false, true, true],
        ),
        (
            "sip:2041@example.com:5060",
            "sip:2041@example.com:5070",
            [false, false, true],
        ),
        (
            "sip:2042@example.com",
            "sip:2041@example.com",
            [false, false, true],
        ),
        ("sip:A@example.com", "sip:a@example.com", [false, false, true]),
        ("sip:example.com", "sip:2041@example.com", [false, false, true]),
        (
            "sip:2041@example.net",
            "sip:2041@example.com",
            [false, false, true],
        ),
        ("tel:911", "tel:911", [true, true, true]),
        ("tel:911", "tel:912", [false, false, true]),
        ("", "sip:example.com", [false, false, true]),
    ];
    for (said, request, expected) in table {
        for (uri_check, expected) in [Exact, SamePlace, None].into_iter().zip(expected) {
            let challenger = challenger_with(|settings| settings.uri_check = uri_check);
            let mut client = Client::new(&challenger, NOW);
            client.uri = said;
            let header = client.header(1, "INVITE", b"");
            let found = challenger.check(
                NOW,
                "INVITE",
                request.as_bytes(),
                Some(header.as_bytes()),
                b"",
                account,
            );
            let refused = Verdict::Malformed("Digest uri is not the Request-URI");
            let expected = if expected { ok(Algorithm::Md5) } else { refused };
            assert_eq!(found, expected, "{said} for {request}, {uri_check:?}");
        }
    }
}

#[test]
fn what_cannot_be_understood_is_named() {
    let challenger = challenger();
    let good = Client::new(&challenger, NOW).header(1, "REGISTER", b"");
    let table = [
        ("Digest", "DIGEST", None),
        ("response=\"", "response=\"zz", Some("Bad digest response")),
        ("nc=00000001", "nc=0000000g", Some("Bad nonce count")),
        ("nc=00000001", "nc=000000001", Some("Bad nonce count")),
        ("nc=00000001", "nc=+1", Some("Bad nonce count")),
        (", nc=00000001", "", Some("Digest without nonce count")),
        (
            "cnonce=\"c0ffee\"",
            "cnonce=\"\"",
            Some("Digest without client nonce"),
        ),
        ("qop=auth", "qop=conf", Some("Unknown digest qop")),
        ("algorithm=MD5", "algorithm=MD4", Some("Unknown digest algorithm")),
        (
            "Digest",
            "Digest userhash=true,",
            Some("userhash is not supported"),
        ),
        ("Digest", "Digest qop=auth,", Some("Digest parameter given twice")),
        ("username=", "name=", Some("Digest without username")),
        ("uri=", "url=", Some("Digest without uri")),
        ("nonce=\"", "once=\"", Some("Digest without nonce")),
        ("response=", "answer=", Some("Digest without response")),
        ("Digest", "Digest stray,", Some("Digest parameter without value")),
        ("Digest", "Basic", Some("Not the Digest scheme")),
        ("Digest ", "Digest", Some("Not the Digest scheme")),
        // Quotes where there need be none, and none where there should be.
        ("algorithm=MD5", "algorithm=\"md5\"", None),
        ("qop=auth", "qop=\"auth\"", None),
        ("nc=00000001", "nc=\"00000001\"", None),
        ("uri=\"sip:example.com\"", "uri=sip:example.com", None),
        ("Digest ", "Digest   x=\"a, b=\\\"c\",opaque=\"\",  ", None),
    ];
    for (from, to, problem) in table {
        assert!(good.contains(from));
        let fresh = Client::new(&challenger, NOW).header(1, "REGISTER", b"");
        let found = check(&challenger, NOW, &fresh.replacen(from, to, 1));
        let expected = problem.map_or_else(|| ok(Algorithm::Md5), Verdict::Malformed);
        assert_eq!(found, expected, "{to}");
    }
    assert_eq!(
        challenger.check(NOW, "REGISTER", b"sip:a", None, b"", account),
        Verdict::Missing
    );
    assert_eq!(
        check(
            &challenger,
            NOW,
            &good.replace("example.com\", n", "example.net\", n")
        ),
        Verdict::Missing
    );
}

#[test]
fn the_credentials_for_our_realm_are_found_among_others() {
    let challenger = challenger();
    let good = Client::new(&challenger, NOW).header(1, "REGISTER", b"");
    let mut request = Message::request(Method::Register, URI);
    let verdict = |request: &Message| challenger.check_message(NOW, Kind::Www, request, account);
    assert_eq!(verdict(&request), Verdict::Missing);
    let foreign = good.replace("realm=\"example.com\"", "realm=\"example.net\"");
    request.push(Header::new(Name::Authorization, foreign));
    request.push(Header::new(Name::Authorization, "Basic QWxhZGRpbg=="));
    request.push(Header::new(Name::ProxyAuthorization, &good));
    assert_eq!(verdict(&request), Verdict::Missing);
    request.push(Header::new(Name::Authorization, &good));
    assert_eq!(verdict(&request), ok(Algorithm::Md5));
}

#[test]
fn there_is_one_challenge_for_each_algorithm_in_the_order_asked_for() {
    let challenger = challenger();
    let headers = challenger.challenge_headers(NOW, Kind::Proxy, &Algorithm::ALL, true);
    let tokens = ["SHA-512-256", "SHA-256", "MD5"];
    assert_eq!(headers.len(), 3);
    for (header, token) in headers.iter().zip(tokens) {
        assert_eq!(header.name(), &Name::ProxyAuthenticate);
        let text = header.text().unwrap();
        assert!(
            text.starts_with("Digest realm=\"example.com\", nonce=\""),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("\", stale=true, algorithm={token}, qop=\"auth\"")),
            "{text}"
        );
    }
    let again = challenger.challenge_headers(NOW, Kind::Www, &[Algorithm::Md5], false);
    assert!(!again[0].text().unwrap().contains("stale"));
    assert_ne!(
        again,
        challenger.challenge_headers(NOW, Kind::Www, &[Algorithm::Md5], false)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_wrong_response_gets_in_by_no_bending_of_its_header(
        at in 0..1000_usize,
        junk in prop::collection::vec(any::<u8>(), 0..20),
        cut in 0..30_usize,
    ) {
        let challenger = challenger();
        let mut client = Client::new(&challenger, NOW);
        client.password = "sword";
        let mut header = client.header(1, "REGISTER", b"").into_bytes();
        let at = at.min(header.len());
        let end = (at + cut).min(header.len());
        header.splice(at..end, junk);
        let verdict = challenger.check(NOW, "REGISTER", URI.as_bytes(), Some(&header), b"", account);
        let out = matches!(verdict, Verdict::Wrong | Verdict::Malformed(_) | Verdict::Missing);
        prop_assert!(out, "{:?}", verdict);
    }
}
