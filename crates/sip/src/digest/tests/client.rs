//! The client's side.

use super::*;

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
