//! The majority of the nodes is gone: phones, kiosks and Cisco's tools are told so in time, in plain words, and learn
//! nothing of a PIN meanwhile; afterwards everything goes on.

use std::time::{Duration, Instant};

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{Answer, Ask, Http, Press, View};
use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_tests::company::{Company, PEOPLE, PIN};
use hotdesk_tests::offices::fresh_id;
use hotdesk_tests::wait::eventually;

use crate::common::{Desk, PATIENCE, is_first, is_shown, log_in, neutral, plan, put, switch_on};

const WRONG_PIN: &str = "000000";
/// Phones give up after 10 to 15 seconds; what is on the way to them has its share of that.
const TOLD_WITHIN: Duration = Duration::from_secs(8);
/// The sentence for a cluster that cannot be reached, and the one for an answer that did not come.
const UNREACHABLE: &str = "Der Anmeldedienst ist nicht erreichbar.";
const UNCLEAR: &str = "Es kam keine Antwort.";

/// The office whose node is left, where everything is tried.
const HERE: usize = 0;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_majority_is_said_in_time_and_tells_nobody_whether_a_pin_is_right() {
    let mut company = plan()
        .node("[phones.em]\nenabled = true\nallow = [\"127.0.0.0/8\"]\n")
        .start()
        .await;
    speak_german(&company).await;
    let desk = put(&company, Vendor::Yealink, HERE, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    // The node that is left has led, or has followed one of the others.
    for (round, leads) in [(1, HERE), (2, 1)] {
        // Others each time: what was sent before the node knew may have been done when the cluster came back.
        let office = Tried::new(&company, 10 * round).await;
        lead(&company, leads).await;
        let form = office.form().await;
        for node in [1, 2] {
            company.kill_node(node);
        }
        // It does not know yet.
        office.try_all(&company, &[UNREACHABLE, UNCLEAR], &[6, 0]).await;
        cut_off(&company).await;
        office.try_all(&company, &[UNREACHABLE], &[6]).await;
        let failed = send(&form, "2001", PIN).await;
        assert!(failed.body.contains(UNREACHABLE), "{}", failed.body);
        // A person at a phone reads it, and what is shown does not need the cluster.
        log_in(&phone, "2004", PIN).await;
        let says = |view: &View| {
            view.page
                .as_ref()
                .is_some_and(|page| page.text.contains(UNREACHABLE) && page.text.contains("HD"))
        };
        phone
            .wait("a sentence", PATIENCE, says)
            .await
            .expect("it says so");
        phone.press(Press::Exit);
        let document = ask(&format!("{}{}.cfg", desk.documents, desk.mac), &agent(&desk)).await;
        assert_eq!(document.status, 200, "{}", document.body);

        for node in [1, 2] {
            company.start_node(node);
        }
        company.leader().await;
        // The form that failed is good still: nobody has used it.
        let done = eventually("a login with the same form", PATIENCE, || async {
            let answer = send(&form, "2001", PIN).await;
            (!answer.body.contains("nicht erreichbar") && !answer.body.contains(UNCLEAR)).then_some(answer)
        })
        .await;
        assert!(done.body.contains("Willkommen"), "{}", done.body);
        let again = send(&form, "2001", PIN).await;
        assert!(again.body.contains("Willkommen"), "sent twice: {}", again.body);
        let other = send(&form, "2001", WRONG_PIN).await;
        assert!(other.body.contains("falsch"), "with another PIN: {}", other.body);
        log_in(&phone, "2004", PIN).await;
        let is_in = |view: &View| {
            view.page
                .as_ref()
                .is_some_and(|page| page.text.contains("Willkommen"))
        };
        phone
            .wait("a login at the same phone", PATIENCE, is_in)
            .await
            .expect("it logs in");
        phone.press(Press::Exit);
        for (user, _) in PEOPLE {
            company.logout(user).await;
        }
        neutral(&phone, &desk).await;
    }
    no_pin_is_written(&company);
}

/// The node serves what it knows and keeps to itself what was fetched: nobody is to take that for a phone that does not
/// follow.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_loads_while_its_office_is_cut_off_is_not_taken_for_one_that_does_not() {
    let patience = Duration::from_secs(10);
    let edge = format!("[phones]\ngive_up_after_ms = {}\n", patience.as_millis());
    let mut company = plan().edge(&edge).start().await;
    let desk = put(&company, Vendor::Yealink, HERE, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    company.login("ada", &desk.id).await;
    phone
        .wait("Ada's line", PATIENCE, is_first("2001"))
        .await
        .expect("hers");
    is_shown(&company, &desk).await;
    // It does not hear that she has gone, and loads only when the cluster is out of reach.
    phone.forget_triggers(100);
    company.logout("ada").await;
    for node in [1, 2] {
        company.kill_node(node);
    }
    cut_off(&company).await;
    phone.press(Press::PowerCycle);
    neutral(&phone, &desk).await;
    age(&company, 2 * patience).await;
    let place = company.office(HERE);
    let edge = &company.edges[HERE];
    assert_eq!(
        edge.metric(place, "hotdesk_edge_phones_given_up_total", ""),
        0.0,
        "{}",
        edge.log()
    );
    for node in [1, 2] {
        company.start_node(node);
    }
    company.leader().await;
    is_shown(&company, &desk).await;
    let log = company.edges[HERE].log();
    assert!(!log.contains("given up"), "{log}");
}

/// Waits until the copy of the node that is left is so old.
async fn age(company: &Company, age: Duration) {
    let request = v1::ResolveRequest {
        name: "ada".into(),
        consistency: v1::Consistency::Local.into(),
    };
    eventually("a long time without the cluster", PATIENCE, || async {
        let answer = company.sessions(HERE).resolve(request.clone()).await.ok()?;
        let age_ms = answer.into_inner().freshness?.age_ms;
        (Duration::from_millis(age_ms) >= age).then_some(())
    })
    .await;
}

/// The phones at which it is tried.
struct Tried {
    yealink: Desk,
    kiosk: Desk,
    cisco: Desk,
    poly: Desk,
}

impl Tried {
    async fn new(company: &Company, number: u32) -> Self {
        Self {
            yealink: put(company, Vendor::Yealink, HERE, number).await,
            kiosk: put(company, Vendor::Yealink, HERE, number + 1).await,
            cisco: put(company, Vendor::Cisco, HERE, number + 2).await,
            poly: put(company, Vendor::Poly, HERE, number + 3).await,
        }
    }

    /// A login form of the Yealink: where it is sent to.
    async fn form(&self) -> String {
        let page = ask(&format!("{}app", self.yealink.documents), &agent(&self.yealink)).await;
        let start = page.body.find("http").expect("an address");
        let url: String = page.body[start..].chars().take_while(|c| *c != '<').collect();
        assert!(url.contains("/app/login/"), "{}", page.body);
        url
    }

    /// On each surface with a wrong and with a right PIN at the same time: the same answer, one of these sentences and
    /// the code of the same place.
    async fn try_all(&self, company: &Company, sentences: &[&str], codes: &[u16]) {
        let (first, second) = (self.form().await, self.form().await);
        let began = Instant::now();
        let app = async { tokio::join!(send(&first, "2001", WRONG_PIN), send(&second, "2001", PIN)) };
        let kiosk = pair(|pin| kiosk(company, &self.kiosk, pin));
        let em = pair(|pin| em(company, &self.cisco, pin));
        let built_in = pair(|pin| self.built_in(pin));
        let (app, kiosk, em, built_in) = tokio::join!(app, kiosk, em, built_in);
        let took = began.elapsed();
        assert!(took < TOLD_WITHIN, "told after {took:?}");
        for (surface, (wrong, right), status) in [
            ("app", app, 200),
            ("kiosk", kiosk, 503),
            ("built-in", built_in, 503),
        ] {
            let said = sentences.iter().any(|sentence| right.body.contains(sentence));
            assert!(said, "{surface}: {}", right.body);
            assert!(right.body.contains("HD"), "{surface}: {}", right.body);
            assert_eq!(right.status, status, "{surface}");
            assert_eq!(essence(&wrong), essence(&right), "{surface}");
        }
        let (wrong, right) = em;
        let said = codes
            .iter()
            .any(|code| right.body.contains(&format!("<error code=\"{code}\">")));
        assert!(said, "em: {}", right.body);
        assert_eq!(essence(&wrong), essence(&right), "em");
    }

    /// Poly's own login.
    async fn built_in(&self, pin: &str) -> Answer {
        let url = format!("{}2004.cfg", self.poly.documents);
        let agent = agent(&self.poly);
        let ask = Ask {
            url: &url,
            user_agent: &agent,
            basic: Some(("2004", pin)),
            ..Ask::default()
        };
        answer(&ask).await
    }
}

async fn pair<F: Future<Output = Answer>>(asks: impl Fn(&'static str) -> F) -> (Answer, Answer) {
    tokio::join!(asks(WRONG_PIN), asks(PIN))
}

/// What an answer says, without the letters of an incident, which are others each time ("HD2002-7K3QX2").
fn essence(answer: &Answer) -> (u16, String) {
    let (mut body, mut rest) = (String::new(), answer.body.as_str());
    while let Some(at) = rest.find("HD") {
        let is_incident = rest.as_bytes().get(at + 6) == Some(&b'-');
        let (kept, left_out) = if is_incident { (at + 6, 7) } else { (at + 2, 0) };
        body.push_str(&rest[..kept]);
        rest = &rest[kept + left_out..];
    }
    body.push_str(rest);
    (answer.status, body)
}

async fn kiosk(company: &Company, desk: &Desk, pin: &str) -> Answer {
    let url = format!("http://{}/api/v1/sessions", company.pages(HERE));
    let ask = Ask {
        url: &url,
        form: Some(format!(
            "{{\"device\":\"{}\",\"user\":\"2002\",\"pin\":\"{pin}\"}}",
            desk.id
        )),
        content_type: "application/json",
        user_agent: "kiosk",
        headers: vec![("Accept-Language", "de".to_owned())],
        ..Ask::default()
    };
    answer(&ask).await
}

/// An end user logs in by Cisco's interface.
async fn em(company: &Company, desk: &Desk, pin: &str) -> Answer {
    let url = format!("http://{}/emservice/EMServiceServlet", company.pages(HERE));
    let document = format!(
        "<request><appInfo><appID>cy</appID><appCertificate>{pin}</appCertificate></appInfo>\
         <login><deviceName>SEP{}</deviceName><userID>cy</userID></login></request>",
        desk.mac.to_uppercase()
    );
    let escaped: String = document.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let ask = Ask {
        url: &url,
        form: Some(format!("xml={escaped}")),
        user_agent: "tool",
        ..Ask::default()
    };
    answer(&ask).await
}

/// Sends a login form as a Yealink does.
async fn send(form: &str, user: &str, pin: &str) -> Answer {
    ask(&format!("{form}?user={user}&pin={pin}"), "Yealink").await
}

async fn ask(url: &str, agent: &str) -> Answer {
    let ask = Ask {
        url,
        user_agent: agent,
        ..Ask::default()
    };
    answer(&ask).await
}

async fn answer(ask: &Ask<'_>) -> Answer {
    // Boxed, so that the many that are asked at once stay small.
    Box::pin(Http::default().ask(ask))
        .await
        .expect("an answer in time")
}

/// As what a phone's firmware shows itself.
fn agent(desk: &Desk) -> String {
    let pairs: Vec<&str> = (0..6).map(|i| &desk.mac[2 * i..2 * i + 2]).collect();
    match desk.vendor {
        Vendor::Poly => format!(
            "FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 (SN:{}) Type/Application",
            desk.mac
        ),
        _ => format!("Yealink SIP-T54W 96.86.0.100 {}", pairs.join(":")),
    }
}

async fn speak_german(company: &Company) {
    let site = v1::Site {
        id: "chicago".into(),
        name: "Chicago".into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "1 Main Street".into(),
        language: "de".into(),
        ..Default::default()
    };
    let request = v1::PutSiteRequest {
        request_id: fresh_id(),
        site: Some(site),
        by: "test".into(),
    };
    let answer = company
        .directory(0)
        .put_site(request)
        .await
        .expect("put the site");
    company.settled(answer.into_inner().index).await;
}

/// Has the node of an office lead.
async fn lead(company: &Company, node: usize) {
    eventually("another leader", PATIENCE, || async {
        let leader = company.leader().await;
        if leader == node {
            return Some(());
        }
        let request = v1::NodeRequest {
            node_id: node as u64 + 1,
        };
        let _ = AdminClient::new(company.channel(leader))
            .transfer_leader(request)
            .await;
        None
    })
    .await;
}

/// Waits until the node that is left says that it is cut off.
async fn cut_off(company: &Company) {
    let request = v1::ResolveRequest {
        name: "ada".into(),
        consistency: v1::Consistency::Local.into(),
    };
    eventually("the node knows that it is cut off", PATIENCE, || async {
        let answer = company.sessions(HERE).resolve(request.clone()).await.ok()?;
        answer.into_inner().freshness?.cut_off.then_some(())
    })
    .await;
}

/// Files of data hold random bytes; six digits in a row are looked for in what people read.
fn no_pin_is_written(company: &Company) {
    for (file, bytes) in company.everything_written() {
        let is_text = file.ends_with(".log") || file.ends_with(".jsonl");
        for pin in [WRONG_PIN, PIN] {
            let found = is_text && bytes.windows(pin.len()).any(|window| window == pin.as_bytes());
            assert!(!found, "a PIN is in {file}");
        }
    }
}
