//! Two offices.

use hotdesk_sip::message::{Header, Message, Method, Name};
use tokio::time::Instant;

use super::fake::PATIENCE;
use super::office::{Company, Office, free_port, request, talk, texts};

async fn offices(
    sessions: Vec<(&'static str, &'static str, &'static str, u64)>,
) -> (Office, Office, Company) {
    let (chicago, new_york) = (free_port(), free_port());
    let company = Company {
        sessions,
        edges: vec![
            ("chicago", format!("sip:{chicago}")),
            ("new-york", format!("sip:{new_york}")),
        ],
    };
    let here = Office::start_at("chicago", chicago, company.clone(), |_| {}).await;
    let there = Office::start_at("new-york", new_york, company.clone(), |_| {}).await;
    (here, there, company)
}

#[tokio::test]
async fn a_call_between_offices_shows_its_caller_and_goes_both_ways_to_the_end() {
    let (here, there, _) = offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    let (mut made, mut taken) = talk(&c1, "2002", &n1).await;
    assert_eq!(
        texts(&taken.by, &Name::PAssertedIdentity),
        ["\"Ada Lovelace\" <sip:2001@example.com>"]
    );
    assert!(
        !taken
            .by
            .headers()
            .iter()
            .any(|header| header.name().as_str() == "Hotdesk-Edge")
    );
    for method in [Method::Info, Method::Update] {
        let (answer, ()) = tokio::join!(made.request(method.clone(), None), async {
            let request = next(&n1, &method).await;
            n1.reply(&request, 200, "OK").await.unwrap();
        });
        assert_eq!(answer.unwrap().status(), Some(200), "{method}");
        let (answer, ()) = tokio::join!(taken.request(method.clone(), None), async {
            let request = next(&c1, &method).await;
            c1.reply(&request, 200, "OK").await.unwrap();
        });
        assert_eq!(answer.unwrap().status(), Some(200), "{method}");
    }
    let (answer, ended) = tokio::join!(taken.hang_up(), made.ended(PATIENCE));
    assert_eq!(answer.unwrap().status(), Some(200));
    ended.unwrap();
}

#[tokio::test]
async fn a_call_survives_the_restart_of_either_edge_far_enough_to_be_hung_up() {
    let (here, there, company) =
        offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    let (made, taken) = talk(&c1, "2002", &n1).await;
    let here = here.restart(company.clone()).await;
    let (answer, ended) = tokio::join!(taken.hang_up(), made.ended(PATIENCE));
    assert_eq!(answer.unwrap().status(), Some(200));
    ended.unwrap();
    let (made, taken) = talk(&c1, "2002", &n1).await;
    let there = there.restart(company).await;
    let (answer, ended) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    assert_eq!(answer.unwrap().status(), Some(200));
    ended.unwrap();
    drop((here, there));
}

#[tokio::test]
async fn an_edge_that_is_behind_sends_no_call_to_a_phone_that_the_user_has_left() {
    let (here, mut there, _) = offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, _n1) = (here.phone("c1").await, there.phone("n1").await);
    // New York knows that Bob has gone to Chicago; Chicago does not yet.
    there
        .moves("bob", ("n1", "new-york", 6), ("c2", "chicago", 20))
        .await;
    assert_eq!(c1.call("2002", PATIENCE).await.unwrap().status(), 480);
}

#[tokio::test]
async fn a_lamp_follows_the_user_to_the_other_office() {
    let (here, mut there, _) = offices(vec![("ada", "c1", "chicago", 5), ("bob", "n1", "new-york", 6)]).await;
    let (c1, n1) = (here.phone("c1").await, there.phone("n1").await);
    let mut subscribe = request(Method::Subscribe, "sip:2002@example.com", "sip:c1@example.com");
    subscribe.push(Header::new(Name::Event, "dialog"));
    subscribe.push(Header::new(Name::Expires, "600"));
    subscribe.push(Header::new(Name::Contact, format!("<{}>", c1.contact())));
    assert_eq!(c1.ask(subscribe).await.unwrap().status(), Some(200));
    let first = next(&c1, &Method::Notify).await;
    assert!(
        texts(&first, &Name::SubscriptionState)[0].starts_with("active"),
        "{first:?}"
    );
    // Bob is called, in New York, and the lamp in Chicago shows it.
    let (made, taken) = talk(&c1, "2002", &n1).await;
    loop {
        let notify = next(&c1, &Method::Notify).await;
        if String::from_utf8_lossy(notify.body()).contains("confirmed") {
            break;
        }
    }
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    // He moves: the watcher is told to ask again.
    there
        .moves("bob", ("n1", "new-york", 6), ("c2", "chicago", 20))
        .await;
    loop {
        let notify = next(&c1, &Method::Notify).await;
        let state = &texts(&notify, &Name::SubscriptionState)[0];
        if state.starts_with("terminated") {
            assert!(state.contains("deactivated"), "{state}");
            break;
        }
    }
}

async fn next(phone: &hotdesk_softphone::Softphone, method: &Method) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(method) {
            return request;
        }
    }
}
