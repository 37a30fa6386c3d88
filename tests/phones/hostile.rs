//! What goes wrong, and what somebody tries.

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{Answer, Ask, Flash, Http, Press, View};
use hotdesk_proto::v1;
use hotdesk_tests::company::{Company, PIN};
use hotdesk_tests::offices::fresh_id;
use hotdesk_tests::wait::eventually;

use crate::common::{
    Desk, PATIENCE, is_first, log_in, neutral, plan, put, sit_down, switch_on, switch_on_with,
};

const WRONG_PIN: &str = "000000";

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_trigger_is_sent_again_and_a_phone_that_reboots_comes_back_as_its_users() {
    let company = plan().start().await;
    let desk = put(&company, Vendor::Yealink, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    phone.forget_triggers(2);
    company.login("ada", &desk.id).await;
    phone
        .wait("Ada's line", PATIENCE, is_first("2001"))
        .await
        .expect("told again");
    phone.press(Press::PowerCycle);
    let restarts = |view: &View| view.lines.is_empty();
    phone
        .wait("a restart", PATIENCE, restarts)
        .await
        .expect("it restarts");
    phone
        .wait("Ada's line", PATIENCE, is_first("2001"))
        .await
        .expect("still hers after a reboot");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_was_killed_goes_on_where_it_was() {
    let mut company = plan().start().await;
    let desk = put(&company, Vendor::Snom, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    company.served(&desk.id, 0).await;
    // Hears nothing of the first tries, and the edge is gone before it tries again.
    phone.forget_triggers(1);
    company.login("ada", &desk.id).await;
    company.restart_edge(0).await;
    phone
        .wait("Ada's line", PATIENCE, is_first("2001"))
        .await
        .expect("told by the edge that came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_in_a_call_is_left_alone_until_it_has_ended() {
    let company = plan().start().await;
    let (desk, other) = (
        put(&company, Vendor::Poly, 0, 1).await,
        put(&company, Vendor::Yealink, 0, 2).await,
    );
    let (phone, colleague) = (switch_on(&company, &desk), switch_on(&company, &other));
    neutral(&phone, &desk).await;
    neutral(&colleague, &other).await;
    sit_down(&phone, "2001").await;
    sit_down(&colleague, "2002").await;
    phone
        .wait("Ada's line", PATIENCE, is_first("2001"))
        .await
        .expect("hers");
    colleague
        .wait("Bob's line", PATIENCE, is_first("2002"))
        .await
        .expect("his");
    for phone in [&phone, &colleague] {
        phone.press(Press::Exit);
    }
    phone.type_text("2002");
    phone.press(Press::Ok);
    let talks = |view: &View| matches!(view.call, hotdesk_phonesim::CallView::Talking(_));
    phone.wait("a call", PATIENCE, talks).await.expect("they talk");
    let loads = phone.view().loads;
    company.login("ada", &other.id).await;
    // The other phone, in the same call, is hers by the log at once and by its screen only later.
    colleague
        .wait("still Bob's screen", PATIENCE, is_first("2002"))
        .await
        .expect("left alone");
    assert_eq!(phone.view().loads, loads, "nothing was loaded during the call");
    assert!(talks(&phone.view()), "the call goes on");
    phone.press(Press::HangUp);
    neutral(&phone, &desk).await;
    colleague
        .wait("Ada's line", PATIENCE, is_first("2001"))
        .await
        .expect("hers after the call");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_phone_gets_no_document() {
    let company = plan().start().await;
    let (desk, other) = (
        put(&company, Vendor::Yealink, 0, 1).await,
        put(&company, Vendor::Yealink, 0, 2).await,
    );
    let base = format!("http://{}/", company.pages(0));
    let own = "Yealink SIP-T54W 96.86.0.100 00:15:02:00:00:01";
    for (what, url, agent, status) in [
        (
            "another phone's file under one's own token",
            format!("{}{}.cfg", desk.documents, other.mac),
            own,
            403,
        ),
        (
            "a User-Agent of another phone",
            format!("{}{}.cfg", desk.documents, desk.mac),
            "Yealink SIP-T54W 96.86.0.100 00:15:65:00:00:99",
            403,
        ),
        (
            "no token after the first contact",
            format!("{base}{}.cfg", desk.mac),
            own,
            403,
        ),
        (
            "a token that nobody has",
            format!("{base}p/aaaaaaaaaaaaaaaaaaaaaaaaaa/{}.cfg", desk.mac),
            own,
            404,
        ),
        ("a multicast address", format!("{base}01005e000001.cfg"), own, 400),
        ("no phone's file", format!("{base}index.php"), "curl/8", 404),
        (
            "a path out of the folder",
            format!("{}../../etc/passwd", desk.documents),
            own,
            404,
        ),
    ] {
        let answer = get(&url, agent).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(
            !answer.body.is_empty() && !answer.body.contains("#!version"),
            "{what}: {}",
            answer.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_phone_waits_for_approval_and_then_comes_in() {
    let company = plan().start().await;
    let desk = Desk {
        id: "0015650000aa".into(),
        mac: "0015650000aa".into(),
        vendor: Vendor::Yealink,
        office: 0,
        documents: String::new(),
    };
    let base = format!("http://{}/", company.pages(0));
    let phone = switch_on_with(&company, &desk, &base, Flash::default());
    let says = |view: &View| view.problem.contains("waiting for approval");
    phone
        .wait("an explanation", PATIENCE, says)
        .await
        .expect("it says why");
    let listed = eventually("the phone on the list", PATIENCE, || async {
        let list = company
            .phones(1)
            .list_waiting(v1::ListWaitingRequest::default())
            .await
            .ok()?
            .into_inner();
        list.phones
            .into_iter()
            .filter_map(|waiting| waiting.phone)
            .find(|phone| phone.mac == desk.mac)
    })
    .await;
    assert_eq!(listed.vendor, "yealink");
    let request = v1::ApproveDeviceRequest {
        request_id: fresh_id(),
        device: Some(v1::Device {
            mac: desk.mac.clone(),
            site: "chicago".into(),
            ..Default::default()
        }),
        by: "test".into(),
    };
    company.phones(0).approve_device(request).await.expect("approved");
    neutral(&phone, &desk).await;
    // From then on it knows its own path, and nobody else comes in by its name.
    let url = format!("{base}{}.cfg", desk.mac);
    eventually("the window is closed", PATIENCE, || async {
        let stranger = get(&url, "Yealink SIP-T54W 96.86.0.100 00:15:65:00:00:aa").await;
        (stranger.status == 403).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_count_together_whichever_way_they_come() {
    let company = plan().start().await;
    let desk = put(&company, Vendor::Yealink, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    // Twice at the phone, once over gRPC, once at the kiosk, once where the phone's own login asks.
    for _ in 0..2 {
        log_in(&phone, "2001", WRONG_PIN).await;
        let wrong = |view: &View| {
            view.page
                .as_ref()
                .is_some_and(|page| page.text.contains("PIN is wrong"))
        };
        phone
            .wait("a plain sentence", PATIENCE, wrong)
            .await
            .expect("it says so");
        phone.press(Press::Exit);
    }
    let request = v1::LoginRequest {
        request_id: fresh_id(),
        user: "2001".into(),
        device: desk.id.clone(),
        pin: WRONG_PIN.into(),
        ..Default::default()
    };
    company.sessions(1).login(request).await.expect_err("wrong");
    for _ in 0..2 {
        kiosk(&company, &desk, WRONG_PIN).await;
    }
    log_in(&phone, "2001", PIN).await;
    let locked = |view: &View| {
        view.page
            .as_ref()
            .is_some_and(|page| page.text.contains("locked until"))
    };
    phone
        .wait("that it is locked", PATIENCE, locked)
        .await
        .expect("the right PIN comes too late");
    assert!(
        company.phones_of(0, "2001").await.is_empty(),
        "nobody is logged in"
    );
    for (file, bytes) in company.everything_written() {
        for pin in [WRONG_PIN, PIN] {
            // Files of data hold random bytes; six digits in a row are looked for in what people read.
            let is_text = file.ends_with(".log") || file.ends_with(".jsonl");
            let found = is_text && bytes.windows(pin.len()).any(|window| window == pin.as_bytes());
            assert!(!found, "a PIN is in {file}");
        }
    }
}

async fn kiosk(company: &Company, desk: &Desk, pin: &str) {
    // The way is open to anybody, as the phone is; the answer is a sentence.
    let url = format!("http://{}/api/v1/sessions", company.pages(0));
    let ask = Ask {
        url: &url,
        form: Some(format!(
            "{{\"device\":\"{}\",\"user\":\"2001\",\"pin\":\"{pin}\"}}",
            desk.id
        )),
        content_type: "application/json",
        user_agent: "kiosk",
        ..Ask::default()
    };
    let answer = Http::default().ask(&ask).await.expect("an answer");
    assert!((400..500).contains(&answer.status), "{answer:?}");
}

async fn get(url: &str, agent: &str) -> Answer {
    let ask = Ask {
        url,
        user_agent: agent,
        ..Ask::default()
    };
    Http::default().ask(&ask).await.expect("an answer")
}
