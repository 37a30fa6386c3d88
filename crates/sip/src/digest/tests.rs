//! Vectors: RFC 2617 §3.5, RFC 7616 §3.9.1, and our own, computed with Python's hashlib.

use std::time::Duration;

use super::compute::{self, Input};
use super::*;
use crate::message::{Header, Message, Method, Name};

/// One computed response.
fn respond(algorithm: Algorithm, sess: bool, qop: Option<Qop>, ha1s: &Ha1s, of: &Vector) -> String {
    let input = Input {
        algorithm,
        sess,
        qop,
        nonce: of.nonce.as_bytes(),
        nc: of.nc.as_bytes(),
        cnonce: of.cnonce.as_bytes(),
        method: of.method,
        uri: of.uri.as_bytes(),
        body: b"v=0\r\n",
    };
    let bytes = compute::response(&input, ha1s.get(algorithm).unwrap());
    data_encoding::HEXLOWER.encode(&bytes)
}

struct Vector {
    nonce: &'static str,
    nc: &'static str,
    cnonce: &'static str,
    method: &'static str,
    uri: &'static str,
}

#[test]
fn responses_are_those_of_the_rfcs() {
    let rfc2617 = Vector {
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        nc: "00000001",
        cnonce: "0a4f113b",
        method: "GET",
        uri: "/dir/index.html",
    };
    let rfc7616 = Vector {
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc: "00000001",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        method: "GET",
        uri: "/dir/index.html",
    };
    let old = Ha1s::of("Mufasa", "testrealm@host.com", "Circle Of Life");
    let new = Ha1s::of("Mufasa", "http-auth@example.org", "Circle of Life");
    let table = [
        (Algorithm::Md5, &old, &rfc2617, "6629fae49393a05397450978507c4ef1"),
        (Algorithm::Md5, &new, &rfc7616, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::Sha256,
            &new,
            &rfc7616,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ];
    for (algorithm, ha1s, vector, expected) in table {
        assert_eq!(respond(algorithm, false, Some(Qop::Auth), ha1s, vector), expected);
    }
}

#[test]
fn responses_are_those_of_another_implementation() {
    let ha1s = Ha1s::of("phone-7", "hotdesk.example", "correct horse");
    let vector = Vector {
        nonce: "dGVzdA-_",
        nc: "0000000a",
        cnonce: "0a4f113b",
        method: "REGISTER",
        uri: "sip:hotdesk.example",
    };
    let (auth, int) = (Some(Qop::Auth), Some(Qop::AuthInt));
    let table = [
        (Algorithm::Md5, false, None, "8dc56e4f69faaf98b88230abc784fffe"),
        (Algorithm::Md5, false, auth, "18a9016b7fcdc08d57b25077ae542265"),
        (Algorithm::Md5, false, int, "4adcf414b4847a95772fdb81186c9cc8"),
        (Algorithm::Md5, true, auth, "d365cd605df15828dbc73d008cbf447d"),
        (Algorithm::Md5, true, int, "58eb7ba3c8c541101f6b1713a84cfc3c"),
        (
            Algorithm::Sha256,
            false,
            auth,
            "0771a4dde36d152361f1d9d3542c953ec9f5b33c33e3fe49bbe57b279d66430e",
        ),
        (
            Algorithm::Sha256,
            false,
            int,
            "fee4570191a0a85f7402a8e01d04127da8ace3e51e934f1d6ccbc5c4dca31551",
        ),
        (
            Algorithm::Sha256,
            true,
            auth,
            "f82e320fbc59b6fea654901b4552db8e7146c71fa94886273cfeedf484eb0ae8",
        ),
        (
            Algorithm::Sha256,
            true,
            int,
            "f0a4a4efcb64694b3cc23bd2f517d80ab4021de194caf915e62ddd81c5b4c771",
        ),
        (
            Algorithm::Sha512_256,
            false,
            auth,
            "2c9bc7ba1279530af1874ce5eebd1a24c31fd92fb9d73578beeb335f124b3475",
        ),
        (
            Algorithm::Sha512_256,
            false,
            int,
            "4adad552590877509d0b5ad49e71fc41d0d94055611739b8086008ca0aaf78e3",
        ),
        (
            Algorithm::Sha512_256,
            true,
            auth,
            "cd5bfa0e877a3b9732c73eecc10abd2bb756355dadace0d11307f0f4b514f56c",
        ),
        (
            Algorithm::Sha512_256,
            true,
            int,
            "59f6e9ffa34237dbeec6fd7b990313ec4927a5ed1139820bf5e11f1c8dd8669f",
        ),
    ];
    for (algorithm, sess, qop, expected) in table {
        let found = respond(algorithm, sess, qop, &ha1s, &vector);
        assert_eq!(found, expected, "{algorithm:?} sess {sess} {qop:?}");
    }
    let ha1 = ha1s.sha512_256.unwrap();
    let expected = "b4044c3f52362dac3a0efa10484b41b8a217145c7d2a534a3ed390fadd1eb1c3";
    assert_eq!(data_encoding::HEXLOWER.encode(&ha1), expected);
}

// === The challenger ===

const REALM: &str = "example.com";
const URI: &str = "sip:example.com";
const NOW: u64 = 1_790_000_000_000;

fn challenger_with(change: impl FnOnce(&mut Settings)) -> Challenger {
    let mut settings = Settings::new(REALM);
    change(&mut settings);
    Challenger::new(settings, NonceKey::new(&[3; 32]))
}

fn challenger() -> Challenger {
    challenger_with(|_| ())
}

fn account(credentials: &Credentials) -> Option<Ha1s> {
    (credentials.username == "phone-1").then(|| Ha1s::of("phone-1", REALM, "swordfish"))
}

/// A client that can count, and be told to do anything wrong.
struct Client {
    nonce: String,
    algorithm: Algorithm,
    sess: bool,
    qop: Option<Qop>,
    username: &'static str,
    password: &'static str,
    uri: &'static str,
}

impl Client {
    fn new(challenger: &Challenger, now: u64) -> Self {
        let challenges = challenger.challenge_headers(now, Kind::Www, &[Algorithm::Md5], false);
        let value = challenges[0].text().unwrap().into_owned();
        let (_, rest) = value.split_once("nonce=\"").unwrap();
        Self {
            nonce: rest.split_once('"').unwrap().0.to_owned(),
            algorithm: Algorithm::Md5,
            sess: false,
            qop: Some(Qop::Auth),
            username: "phone-1",
            password: "swordfish",
            uri: URI,
        }
    }

    fn header(&self, count: u32, method: &str, body: &[u8]) -> String {
        let nc = format!("{count:08x}");
        let input = Input {
            algorithm: self.algorithm,
            sess: self.sess,
            qop: self.qop,
            nonce: self.nonce.as_bytes(),
            nc: nc.as_bytes(),
            cnonce: b"c0ffee",
            method,
            uri: self.uri.as_bytes(),
            body,
        };
        let ha1s = Ha1s::of(self.username, REALM, self.password);
        let response = compute::response(&input, ha1s.get(self.algorithm).unwrap());
        let response = data_encoding::HEXLOWER.encode(&response);
        let (token, sess) = (self.algorithm.token(), if self.sess { "-sess" } else { "" });
        let Self {
            username, nonce, uri, ..
        } = self;
        let head = format!(
            "Digest username=\"{username}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={token}{sess}"
        );
        match self.qop {
            Some(qop) => format!("{head}, cnonce=\"c0ffee\", qop={}, nc={nc}", qop.token()),
            None => head,
        }
    }
}

fn check(challenger: &Challenger, now: u64, header: &str) -> Verdict {
    challenger.check(
        now,
        "REGISTER",
        URI.as_bytes(),
        Some(header.as_bytes()),
        b"",
        account,
    )
}

fn ok(algorithm: Algorithm) -> Verdict {
    Verdict::Ok {
        username: "phone-1".into(),
        algorithm,
    }
}

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

// === The client ===

#[test]
fn what_the_client_answers_passes_at_the_challenger() {
    for offer_auth_int in [false, true] {
        let challenger = challenger_with(|settings| settings.offer_auth_int = offer_auth_int);
        let ha1s = Ha1s::of("phone-1", REALM, "swordfish");
        for kind in [Kind::Www, Kind::Proxy] {
            for secret in [Secret::Password("swordfish"), Secret::Ha1s(&ha1s)] {
                for first in 0..3 {
                    let challenges = challenger.challenge_headers(NOW, kind, &Algorithm::ALL[first..], false);
                    let header =
                        answer(&challenges, "phone-1", secret, &Method::Notify, b"sip:a@b", b"").unwrap();
                    let mut request = Message::request(Method::Notify, "sip:a@b");
                    request.push(header);
                    let verdict = challenger.check_message(NOW, kind, &request, account);
                    assert_eq!(verdict, ok(Algorithm::ALL[first]), "the topmost is answered");
                }
            }
        }
    }
}

#[test]
fn the_client_answers_the_topmost_challenge_that_it_can() {
    let header = |value: &str| Header::new(Name::WwwAuthenticate, value);
    let md5_only = Ha1s::of("a", "r", "p").only(&[Algorithm::Md5]);
    let run = |challenges: &[Header], secret| {
        answer(challenges, "a\"b", secret, &Method::Notify, b"sip:x@y", b"")
            .map(|header| header.text().unwrap().into_owned())
            .map_err(|problem| problem.0)
    };
    // As in RFC 8760 §2.4, with a scheme before them that we do not know, and another kind behind.
    let challenges = [
        header("Bearer realm=\"r\""),
        header("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1024, qop=\"auth\""),
        header(
            "Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth-int, auth\", opaque=\"o\\\"o\"",
        ),
        header("Digest realm=\"r\", nonce=\"n2\", algorithm=MD5, qop=\"auth-int\""),
        header("Digest realm=\"r\", nonce=\"n3\""),
        Header::new(Name::ProxyAuthenticate, "Digest realm=\"r\", nonce=\"n4\""),
    ];
    let found = run(&challenges, Secret::Password("p")).unwrap();
    assert!(
        found.contains("nonce=\"n1\"") && found.contains(", qop=auth, "),
        "{found}"
    );
    assert!(
        found.contains("username=\"a\\\"b\"") && found.ends_with(", opaque=\"o\\\"o\""),
        "{found}"
    );
    let found = run(&challenges, Secret::Ha1s(&md5_only)).unwrap();
    assert!(
        found.contains("nonce=\"n2\"") && found.contains(", qop=auth-int, "),
        "{found}"
    );
    let found = run(&challenges[4..], Secret::Ha1s(&md5_only)).unwrap();
    assert!(
        found.contains("nonce=\"n3\"") && !found.contains("qop") && !found.contains("nc="),
        "{found}"
    );

    let table: [(&[Header], &str); 3] = [
        (&[], "No challenge"),
        (&challenges[..1], "Not the Digest scheme"),
        (&challenges[1..2], "Unknown digest algorithm"),
    ];
    for (challenges, problem) in table {
        assert_eq!(run(challenges, Secret::Password("p")), Err(problem));
    }
    assert_eq!(
        run(&challenges[2..3], Secret::Ha1s(&md5_only)),
        Err("No secret for the algorithm")
    );
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let client = Client::new(&challenger(), NOW);
    let header = client.header(1, "REGISTER", b"");
    let (_, response) = header.split_once("response=\"").unwrap();
    let response = &response[..32];
    let printed = format!("{:?}", Credentials::parse(header.as_bytes()).unwrap());
    assert!(printed.contains("phone-1"));
    assert!(
        !printed.contains(response) && !printed.contains("c0ffee"),
        "{printed}"
    );
}

#[test]
fn the_lifetime_may_be_anything() {
    let forever = challenger_with(|settings| settings.nonce_lifetime = Duration::MAX);
    let client = Client::new(&forever, NOW);
    assert_eq!(
        check(&forever, u64::MAX, &client.header(1, "REGISTER", b"")),
        ok(Algorithm::Md5)
    );
}
