//! Session lines: a user's own extension at a phone, for as long as the session lasts.

use hotdesk_client::v1;
use hotdesk_client::v1::event::Kind;
use hotdesk_core::Epoch;
use hotdesk_edge::config::CallsAtEviction;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_softphone::Softphone;
use tokio::time::Instant;

use super::fake::PATIENCE;
use super::office::{Company, Office, eventually, request, session, talk, texts};

fn ada_at(sessions: &[(&'static str, u64)]) -> Company {
    Company {
        sessions: sessions
            .iter()
            .map(|(device, epoch)| ("ada", *device, "chicago", *epoch))
            .collect(),
        ..Company::default()
    }
}

#[tokio::test]
async fn a_session_that_is_over_registers_and_calls_no_more_and_a_refresh_does_not_bring_it_back() {
    let mut office = Office::start(ada_at(&[("c1", 5)]), |config| {
        config.dialplan.neutral.internal = true
    })
    .await;
    let (line, c2) = (
        office.session_line("ada", "2001", 5).await,
        office.phone("c2").await,
    );
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    assert_eq!(office.sip.registrations(), 2);
    office
        .moves("ada", ("c1", "chicago", 5), ("c3", "chicago", 20))
        .await;
    eventually("the line is gone", || office.sip.registrations() == 1).await;
    let refused = line.register(600).await.unwrap();
    assert_eq!(refused.status(), Some(403));
    assert_eq!(line.call("2002", PATIENCE).await.unwrap().status(), 403);
    assert_eq!(office.sip.registrations(), 1);
    // The new session's line is hers.
    let new = office.session_line("ada", "2001", 20).await;
    assert_eq!(new.register(600).await.unwrap().status(), Some(200));
    let (made, taken) = talk(&c2, "2001", &new).await;
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    // A later epoch than any that the cluster has given out is nobody's.
    let forged = office.session_line("ada", "2001", 4).await;
    assert_eq!(forged.register(600).await.unwrap().status(), Some(403));
}

#[tokio::test]
async fn a_session_that_was_logged_out_is_over_and_one_that_is_not_known_yet_is_to_try_again() {
    let epoch = Epoch::at(5, 0).0;
    let mut office = Office::start(ada_at(&[("c1", epoch)]), |_| {}).await;
    let line = office.session_line("ada", "2001", epoch).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let reason = v1::end_reason::Reason::LoggedOut(true);
    let ended = v1::EndedSession {
        session: Some(session("ada", "c1", "chicago", epoch)),
        reason: Some(v1::EndReason { reason: Some(reason) }),
    };
    office.entry(vec![Kind::SessionEnded(ended)]).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(403));
    // Logged in by an entry that this edge has not seen.
    let ahead = Epoch::at(office.edge.table().index() + 1, 0).0;
    let ahead = office.session_line("ada", "2001", ahead).await;
    let refused = ahead.register(600).await.unwrap();
    assert_eq!(refused.status(), Some(503));
    assert_eq!(texts(&refused, &Name::RetryAfter), ["1"]);
}

#[tokio::test]
async fn the_phones_of_one_user_do_not_touch_each_other() {
    let mut office = Office::start(ada_at(&[("c1", 5), ("c2", 6)]), |config| {
        config.dialplan.neutral.internal = true
    })
    .await;
    let (first, second) = (
        office.session_line("ada", "2001", 5).await,
        office.session_line("ada", "2001", 6).await,
    );
    let c3 = office.phone("c3").await;
    for line in [&first, &second] {
        let answer = line.register(600).await.unwrap();
        assert_eq!(texts(&answer, &Name::Contact).len(), 1, "{answer:?}");
    }
    // Both ring; the one that answers wins.
    let (made, taken, ()) = tokio::join!(
        c3.call("2001", PATIENCE),
        async { second.incoming(PATIENCE).await.unwrap().answer().await.unwrap() },
        async {
            let call = first.incoming(PATIENCE).await.unwrap();
            call.ring().await.unwrap();
            call.cancelled(PATIENCE).await.unwrap();
        },
    );
    let made = made.unwrap().answered().unwrap();
    let (_, _) = tokio::join!(made.hang_up(), taken.ended(PATIENCE));
    // One session ends; the other's line stays.
    office
        .moves("ada", ("c1", "chicago", 5), ("n1", "new-york", 20))
        .await;
    eventually("the first line is gone", || office.sip.registrations() == 2).await;
    assert_eq!(first.register(600).await.unwrap().status(), Some(403));
    assert_eq!(second.register(600).await.unwrap().status(), Some(200));
}

#[tokio::test]
async fn calls_that_ring_or_talk_end_with_their_session_where_the_office_wants_it() {
    let mut office = Office::start(ada_at(&[("c1", 5)]), |config| {
        config.dialplan.neutral.internal = true;
        config.eviction_calls = CallsAtEviction::Drop;
    })
    .await;
    let (c1, c2) = (office.phone("c1").await, office.phone("c2").await);
    // One that rings.
    let (made, ()) = tokio::join!(c2.call("2001", PATIENCE), async {
        let call = c1.incoming(PATIENCE).await.unwrap();
        call.ring().await.unwrap();
        office
            .moves("ada", ("c1", "chicago", 5), ("c1", "chicago", 20))
            .await;
        call.cancelled(PATIENCE).await.unwrap();
    });
    assert_eq!(made.unwrap().status(), 480);
    // One that talks: both sides get a BYE.
    let (made, taken) = talk(&c2, "2001", &c1).await;
    office
        .moves("ada", ("c1", "chicago", 20), ("c3", "chicago", 30))
        .await;
    let (first, second) = tokio::join!(made.ended(PATIENCE), taken.ended(PATIENCE));
    for bye in [first.unwrap(), second.unwrap()] {
        assert!(
            texts(&bye, &Name::Reason)[0].contains("Logged in elsewhere"),
            "{bye:?}"
        );
    }
}

#[tokio::test]
async fn a_phone_that_watches_its_line_is_told_that_it_was_taken_away_and_its_lamp_goes_out() {
    let mut office = Office::start(ada_at(&[("c1", 5)]), |config| {
        config.mwi_uri = Some("sip:{mailbox}@127.0.0.1:9".into());
    })
    .await;
    let (c1, line) = (
        office.phone("c1").await,
        office.session_line("ada", "2001", 5).await,
    );
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let mut subscribe = request(Method::Subscribe, "sip:2001@example.com", "sip:2001@example.com");
    subscribe.push(Header::new(Name::Event, "reg"));
    subscribe.push(Header::new(Name::Expires, "600"));
    subscribe.push(Header::new(Name::Contact, format!("<{}>", line.contact())));
    assert_eq!(line.ask(subscribe).await.unwrap().status(), Some(200));
    let first = notify(&line).await;
    assert!(
        String::from_utf8_lossy(first.body()).contains("active"),
        "{first:?}"
    );
    // The phone's own line was told of its lamp when it registered.
    notify(&c1).await;
    office
        .moves("ada", ("c1", "chicago", 5), ("n1", "new-york", 20))
        .await;
    let last = notify(&line).await;
    let body = String::from_utf8_lossy(last.body()).into_owned();
    assert!(body.contains("event=\"deactivated\""), "{body}");
    assert!(texts(&last, &Name::SubscriptionState)[0].starts_with("terminated"));
    // Its own line has asked for nothing, and hears of the lamp all the same.
    let lamp = notify(&c1).await;
    assert!(
        String::from_utf8_lossy(lamp.body()).contains("Messages-Waiting: no"),
        "{lamp:?}"
    );
}

async fn notify(phone: &Softphone) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(&Method::Notify) {
            return request;
        }
    }
}
