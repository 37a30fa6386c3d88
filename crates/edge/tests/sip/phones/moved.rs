//! What the old phone says when its user has moved, and where the user is called.

use super::*;

#[tokio::test]
async fn the_phone_that_a_user_has_left_says_where_the_user_went_and_turns_neutral() {
    let company = Company {
        sessions: vec![("ada", "c1", "chicago", epoch(PUT_AT))],
        ..phones(&[("c1", "yealink-t54w")])
    };
    let mut office = Office::start(company, |config| {
        config.phones.node_url = Some("https://node.example.com:8443".into());
    })
    .await;
    let c1 = office.desk_phone("c1").await;
    let now_at = epoch(office.index + 1);
    office
        .moves(
            "ada",
            ("c1", "chicago", epoch(PUT_AT)),
            ("n1", "new-york", now_at),
        )
        .await;
    let notice = taken(&c1).await;
    assert_eq!(event(&notice), "Yealink-xml");
    let page = String::from_utf8_lossy(notice.body()).into_owned();
    let token = key().phone_secret(PhoneSecret::Documents, "c1", SEED);
    let url = format!("https://node.example.com:8443/p/{}/app/moved", *token);
    for part in ["Ada Lovelace has moved to new-york, desk of n1", url.as_str()] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    assert_eq!(event(&taken(&c1).await), "check-sync;reboot=false");
    // Loading has cleared the screen; the minute is not over.
    let index = office.index;
    fetches(&mut office, "c1", index).await;
    assert_eq!(event(&taken(&c1).await), "Yealink-xml");
}

#[tokio::test]
async fn a_user_is_called_at_the_new_phone_at_once_and_at_one_line_of_it_only() {
    let company = phones(&[("c1", "yealink-t54w"), ("c3", "yealink-t54w")]);
    let mut office = Office::start(company, neutral_may_call).await;
    let (c1, c2, c3) = (
        office.desk_phone("c1").await,
        office.phone("c2").await,
        office.desk_phone("c3").await,
    );
    let at = logs_in(&mut office, "ada", "c1").await;
    // The document is still loading: the phone's own line rings.
    let request = notify(&c1).await;
    let (made, answered) = talk(&c2, "2001", &c1).await;
    c1.reply(&request, 200, "OK").await.unwrap();
    // The session's line comes, and the call goes on.
    let line = office.session_line("ada", "2001", at).await;
    assert_eq!(line.register(600).await.unwrap().status(), Some(200));
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    // Now that line rings, and the other does not: it would be the first request to come.
    let (made, answered) = talk(&c2, "2001", &line).await;
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
    let mut left = Vec::new();
    while let Ok(request) = c1.next_request(Instant::now()).await {
        left.extend(request.method().cloned());
    }
    assert!(!left.contains(&Method::Invite), "{left:?}");
    // She goes to another desk: what rings there does so at once, too.
    let next = epoch(office.index + 1);
    office
        .moves("ada", ("c1", "chicago", at), ("c3", "chicago", next))
        .await;
    let (made, answered) = talk(&c2, "2001", &c3).await;
    let (_, _) = tokio::join!(made.hang_up(), answered.ended(PATIENCE));
}
