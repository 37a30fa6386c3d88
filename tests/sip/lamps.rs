//! What phones are told: registrations that end, waiting messages, who is in a call (RFC 3680, 3842, 4235).

use std::time::Duration;

use hotdesk_proto::v1;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_softphone::Softphone;
use hotdesk_tests::company::DOMAIN;
use hotdesk_tests::company::directory::user;
use hotdesk_tests::offices::phone;
use tokio::time::Instant;

use crate::common::{PATIENCE, connect, desk, equipment, hang_up, plan, softphone, text};

/// Subscribes; the answer must be 200.
async fn subscribe(watcher: &Softphone, from: &str, to: &str, event: &str) -> Message {
    let mut request = Message::request(Method::Subscribe, format!("sip:{to}@{DOMAIN}"));
    let id = fastrand::u64(..);
    request.push(Header::new(Name::MaxForwards, "70"));
    request.push(Header::new(
        Name::From,
        format!("<sip:{from}@{DOMAIN}>;tag={id:x}"),
    ));
    request.push(Header::new(Name::To, format!("<sip:{to}@{DOMAIN}>")));
    request.push(Header::new(Name::CallId, format!("{id:x}@watcher")));
    request.push(Header::new(Name::Contact, format!("<{}>", watcher.contact())));
    request.push(Header::new(Name::Event, event));
    request.push(Header::new(Name::Expires, "600"));
    let answer = watcher.ask(request).await.expect("an answer to SUBSCRIBE");
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    answer
}

/// Refreshes a subscription inside its dialog, as the answer to the first SUBSCRIBE says.
async fn refresh(watcher: &Softphone, first: &Message, event: &str) {
    let value = |name: Name| text(&first.header(&name).expect("a whole answer").value());
    let contact = value(Name::Contact);
    let target = contact.split(['<', '>']).nth(1).expect("a URI");
    let mut request = Message::request(Method::Subscribe, target);
    let routes: Vec<String> = first.values(&Name::RecordRoute).map(text).collect();
    for route in routes.iter().rev() {
        request.push(Header::new(Name::Route, route));
    }
    request.push(Header::new(Name::MaxForwards, "70"));
    for name in [Name::From, Name::To, Name::CallId] {
        request.push(Header::new(name.clone(), value(name)));
    }
    request.push(Header::new(Name::Contact, format!("<{}>", watcher.contact())));
    request.push(Header::new(Name::Event, event));
    request.push(Header::new(Name::Expires, "600"));
    let answer = watcher.ask(request).await.expect("an answer to SUBSCRIBE");
    assert_eq!(answer.status(), Some(200), "{answer:?}");
}

/// The next NOTIFY of an event whose text (headers and body) has all of these in it.
async fn told(phone: &Softphone, event: &str, wanted: &[&str]) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        let Ok(request) = phone.next_request(deadline).await else {
            panic!(
                "was never told of {event} {wanted:?}; but:\n{}",
                seen.join("\n---\n")
            );
        };
        let is_event = request
            .header(&Name::Event)
            .is_some_and(|header| text(&header.value()).starts_with(event));
        let all = text(&request.to_bytes());
        if is_event && wanted.iter().all(|wanted| all.contains(wanted)) {
            return all;
        }
        seen.push(all);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_line_that_is_over_is_told_that_it_was_deactivated() {
    let company = plan().start().await;
    let epoch = company.login("ada", phone(0, 1)).await;
    let line = softphone(&company, 0, 11, &company.session_line(0, "ada", epoch));
    assert_eq!(line.register(600).await.expect("an answer").status(), Some(200));
    subscribe(&line, "2001", "2001", "reg").await;
    told(&line, "reg", &["state=\"active\"", "sip:2001@"]).await;
    company.login("ada", phone(1, 1)).await;
    let over = told(&line, "reg", &["event=\"deactivated\""]).await;
    assert!(over.contains("state=\"terminated\""), "{over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lamp_shows_the_user_wherever_the_user_sits() {
    let company = plan().start().await;
    let (here, there) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let (bob, dee) = (desk(&company, 1, 2).await, desk(&company, 0, 2).await);
    for (user, device) in [("ada", phone(0, 1)), ("bob", phone(1, 2)), ("dee", phone(0, 2))] {
        company.login(user, device).await;
    }
    // Bob watches ada from the other office.
    let subscribed = subscribe(&bob, phone(1, 2), "2001", "dialog").await;
    told(&bob, "dialog", &["active"]).await;
    refresh(&bob, &subscribed, "dialog").await;
    told(&bob, "dialog", &["active"]).await;
    let (call, taken) = connect(&here, "2004", &dee).await;
    told(&bob, "dialog", &["<state>confirmed</state>"]).await;
    hang_up(call, &taken).await;
    told(&bob, "dialog", &["<state>terminated"]).await;

    // Ada moves to bob's office: the watcher is sent to subscribe again, and sees her calls there.
    company.login("ada", phone(1, 1)).await;
    told(&bob, "dialog", &["terminated;reason=deactivated"]).await;
    subscribe(&bob, phone(1, 2), "2001", "dialog").await;
    let (call, taken) = connect(&there, "2004", &dee).await;
    told(&bob, "dialog", &["<state>confirmed</state>"]).await;
    hang_up(call, &taken).await;
}

/// Takes the edge's SUBSCRIBE for a mailbox, and says that messages wait.
async fn messages_wait(server: &Softphone) {
    let deadline = Instant::now() + PATIENCE;
    let subscribe = loop {
        let request = server
            .next_request(deadline)
            .await
            .expect("the edge asks for the mailbox");
        if request.method() == Some(&Method::Subscribe) {
            break request;
        }
    };
    server.reply(&subscribe, 200, "OK").await.expect("answers");
    let value = |name: Name| text(&subscribe.header(&name).expect("a whole SUBSCRIBE").value());
    let contact = value(Name::Contact);
    let target = contact.split(['<', '>']).nth(1).expect("a URI");
    let mut notify = Message::request(Method::Notify, target);
    notify.push(Header::new(Name::MaxForwards, "70"));
    notify.push(Header::new(
        Name::From,
        format!("{};tag=softphone", value(Name::To)),
    ));
    notify.push(Header::new(Name::To, value(Name::From)));
    notify.push(Header::new(Name::CallId, value(Name::CallId)));
    notify.push(Header::new(Name::Contact, format!("<{}>", server.contact())));
    notify.push(Header::new(Name::Event, "message-summary"));
    notify.push(Header::new(Name::SubscriptionState, "active;expires=3600"));
    let body = "Messages-Waiting: yes\r\nVoice-Message: 2/0 (0/0)\r\n";
    notify.set_body(Some("application/simple-message-summary"), body.to_owned());
    let answer = server.ask(notify).await.expect("an answer to NOTIFY");
    assert_eq!(answer.status(), Some(200), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_messages_follow_the_user_and_the_lamp_of_the_phone_that_is_left_goes_out() {
    let company = plan()
        .edge("[voicemail]\nmwi_uri = \"sip:{mailbox}@{host-16}:5060\"\n")
        .start()
        .await;
    let calls = v1::CallSettings {
        voicemail: "2001".into(),
        ..Default::default()
    };
    let ada = v1::User {
        calls: Some(calls),
        ..user("ada", "2001")
    };
    company.put_user(ada).await;
    let (old, new) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    let (here, there) = (
        equipment(&company, 0, 16, "voicemail"),
        equipment(&company, 1, 16, "voicemail"),
    );
    company.login("ada", phone(0, 1)).await;
    messages_wait(&here).await;
    told(&old, "message-summary", &["Messages-Waiting: yes", "2/0"]).await;
    company.login("ada", phone(1, 1)).await;
    told(&old, "message-summary", &["Messages-Waiting: no"]).await;
    messages_wait(&there).await;
    told(&new, "message-summary", &["Messages-Waiting: yes"]).await;
    // The server in Chicago is told that nobody there asks any more.
    let deadline = Instant::now() + Duration::from_secs(5);
    let farewell = loop {
        let request = here
            .next_request(deadline)
            .await
            .expect("the subscription is ended");
        if request.method() == Some(&Method::Subscribe) {
            break request;
        }
    };
    assert_eq!(
        text(&farewell.header(&Name::Expires).expect("an Expires").value()),
        "0"
    );
}
