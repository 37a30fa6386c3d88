//! Who proves nothing gets nothing, and learns nothing.

use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_tests::company::PASSWORD;
use hotdesk_tests::offices::phone;

use crate::common::{plan, text};
use crate::wire::{Wire, again, answered, answered_for};

/// What an intruder sees of an answer: everything but what is random or his own.
fn looks(answer: &Message) -> String {
    let mut seen = vec![format!("{:?}", answer.status())];
    for header in answer.headers() {
        let value = text(&header.value());
        let value = match header.name() {
            Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq => continue,
            Name::WwwAuthenticate | Name::ProxyAuthenticate => without_nonce(&value),
            _ => value,
        };
        seen.push(format!("{}: {value}", header.name()));
    }
    seen.join("\n")
}

fn without_nonce(challenge: &str) -> String {
    let (before, rest) = challenge.split_once("nonce=\"").expect("a nonce");
    let (_, after) = rest.split_once('"').expect("its end");
    format!("{before}{after}")
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_look_the_same_whether_the_account_exists_or_not() {
    let company = plan().start().await;
    let epoch = company.login("ada", phone(0, 1)).await;
    let session = company.session_line(0, "ada", epoch).auth_user;
    // Each from an address of its own: guesses are counted by source too.
    let accounts = [
        phone(0, 1).to_owned(),
        "02000000ffff".into(),
        session,
        "2777.12".into(),
        "root".into(),
    ];
    let mut stories = Vec::new();
    for (host, account) in (11..).zip(&accounts) {
        let wire = Wire::open(&company, 0, host);
        let mut story = Vec::new();
        for _guess in 0..6 {
            let request = wire.register(account);
            let challenge = wire.ask(&request).await;
            story.push(looks(&challenge));
            if challenge.status() == Some(401) {
                let answer = wire.ask(&answered(&request, &challenge, account, "wrong")).await;
                assert_ne!(answer.status(), Some(200), "{account}");
                story.push(looks(&answer));
            }
        }
        stories.push(story);
    }
    for (account, story) in accounts.iter().zip(&stories) {
        assert_eq!(story, &stories[0], "{account} compared with {}", accounts[0]);
    }
    let slowed = stories[0].iter().filter(|answer| answer.contains("503")).count();
    assert!(slowed > 0, "guessing is slowed: {:#?}", stories[0]);
    let last = stories[0].last().expect("answers");
    assert!(last.contains("Retry-After"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_were_overheard_are_good_for_nothing() {
    let company = plan().start().await;
    let wire = Wire::open(&company, 0, 11);
    let request = wire.register(phone(0, 1));
    let challenge = wire.ask(&request).await;
    let right = answered(&request, &challenge, phone(0, 1), PASSWORD);
    let accepted = wire.ask(&right).await;
    assert_eq!(accepted.status(), Some(200), "{accepted:?}");
    // A retransmission gets the same answer.
    assert_eq!(wire.ask(&right).await.status(), Some(200));

    // Somebody else has heard it.
    let thief = Wire::open(&company, 0, 12);
    let mut stolen = again(&right);
    stolen.set(Header::new(
        Name::Contact,
        format!("<sip:thief@{}>", thief.local()),
    ));
    let answer = thief.ask(&stolen).await;
    assert_eq!(answer.status(), Some(401), "{answer:?}");
    let challenge = text(
        &answer
            .header(&Name::WwwAuthenticate)
            .expect("a challenge")
            .value(),
    );
    assert!(
        challenge.contains("stale=true"),
        "a phone tries again with the new nonce: {challenge}"
    );

    // Nor is it good at the other office: nonces are an edge's own.
    let far = Wire::open(&company, 1, 12);
    let answer = far.ask(&again(&right)).await;
    assert_eq!(answer.status(), Some(401), "{answer:?}");
    let edge = &company.edges[0];
    assert_eq!(edge.status(company.office(0))["registrations"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_address_can_be_registered() {
    let company = plan().start().await;
    let wire = Wire::open(&company, 0, 11);
    for other in [phone(0, 2), "2001", "ada"] {
        let request = wire.register(other);
        let challenge = wire.ask(&request).await;
        assert_eq!(challenge.status(), Some(401), "{other}");
        let answer = wire
            .ask(&answered(&request, &challenge, phone(0, 1), PASSWORD))
            .await;
        assert_eq!(answer.status(), Some(403), "{other}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_may_name_the_edge_by_address_but_nobody_else() {
    let company = plan().start().await;
    let account = phone(0, 1);
    for (host, uri, status) in [
        (11, format!("sip:{}", company.sip(0)), 200),
        (12, "sip:elsewhere.example".to_owned(), 400),
        (13, format!("sip:somebody@{}", company.sip(0)), 400),
    ] {
        let wire = Wire::open(&company, 0, host);
        let request = wire.register(account);
        let challenge = wire.ask(&request).await;
        let proof = answered_for(&request, &challenge, account, PASSWORD, uri.as_bytes());
        assert_eq!(wire.ask(&proof).await.status(), Some(status), "{uri}");
    }
}
