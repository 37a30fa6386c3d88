//! An office that is cut off: three nodes, two edges, offices in network namespaces.
//!
//! What must never happen: that a phone which its user has left is taken for them once the lease has run out, during
//! the cut or after it.

use std::time::Duration;

use hotdesk_softphone::Softphone;
use hotdesk_tests::company::Company;
use hotdesk_tests::offices::phone;
use hotdesk_tests::wait::eventually;

use crate::common::{CARRIER, PATIENCE, call_works, carrier, desk, plan, softphone, stays_quiet};

/// How long an edge relies on its table in these tests.
const LEASE: &str = "[timing]\nsilence_max_ms = 1500\n[cut_off]\nlease_ms = 2500\n";

/// Waits until the edge of an office says that its table is too old.
async fn lease_runs_out(company: &Company, office: usize) {
    let (edge, place) = (&company.edges[office], company.office(office));
    eventually("the lease has run out", PATIENCE, || {
        let status = edge.status(place);
        std::future::ready(
            status["standing"]
                .as_str()
                .filter(|standing| standing.starts_with("expired"))
                .map(|_| ()),
        )
    })
    .await;
    eventually("the metrics say it", PATIENCE, || {
        let expired = edge.metric(place, "hotdesk_edge_standing", "expired");
        std::future::ready((expired == 1.0).then_some(()))
    })
    .await;
    assert!(
        edge.log().contains("WARN"),
        "it is said in the log:\n{}",
        edge.log()
    );
    let (_, page) = edge.get(place, "/status").expect("a page");
    assert!(page.contains("expired"), "{page}");
}

/// Waits until the edge is whole again.
async fn link_is_back(company: &Company, office: usize) {
    company.office(office).heal();
    let (edge, place) = (&company.edges[office], company.office(office));
    eventually("the edge has caught up", PATIENCE, || {
        let status = edge.status(place);
        std::future::ready((status["standing"] == "good").then_some(()))
    })
    .await;
}

/// Logs in at the offices that are left.
async fn login_elsewhere(company: &Company, user: &str, device: &str) {
    eventually("a login where the majority is", PATIENCE, || async {
        let login = tokio::time::timeout(Duration::from_secs(2), company.try_login(1, user, device)).await;
        login.ok()?.ok().map(|_| ())
    })
    .await;
}

async fn status_of_call(caller: &Softphone, number: &str) -> u16 {
    caller.call(number, PATIENCE).await.expect("an outcome").status()
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_a_phone_that_was_cut_off_is_never_again_taken_for_the_user_who_left_it() {
    let strict = format!("{LEASE}policy = \"strict\"\n");
    let company = plan().in_namespaces().edge(&strict).start().await;
    let (old, dee, new) = (
        desk(&company, 0, 1).await,
        desk(&company, 0, 2).await,
        desk(&company, 1, 1).await,
    );
    let bob = desk(&company, 1, 2).await;
    let epoch = company.login("ada", phone(0, 1)).await;
    company.login("dee", phone(0, 2)).await;
    company.login("bob", phone(1, 2)).await;
    // The old phone has both lines.
    let line = softphone(&company, 0, 13, &company.session_line(0, "ada", epoch));
    assert_eq!(line.register(600).await.expect("an answer").status(), Some(200));
    call_works(&old, "2004", &dee).await;

    company.office(0).cut();
    login_elsewhere(&company, "ada", phone(1, 1)).await;
    lease_runs_out(&company, 0).await;
    // Cut off: she is not called here, nor does anybody call as her.
    assert!(status_of_call(&dee, "2001").await >= 400, "nobody is found");
    assert!(
        status_of_call(&old, "2004").await >= 400,
        "nobody may call as ada"
    );
    assert!(
        status_of_call(&line, "2004").await >= 400,
        "nor by the session line"
    );
    line.register(600).await.expect("an answer, whatever it is");
    old.register(600).await.expect("an answer, whatever it is");

    link_is_back(&company, 0).await;
    // The refreshes that phones send do not bring the session back.
    assert_eq!(
        old.register(600).await.expect("an answer").status(),
        Some(200),
        "the phone is one of ours"
    );
    assert_eq!(
        line.register(600).await.expect("an answer").status(),
        Some(403),
        "the session is over"
    );
    assert_eq!(company.phones_of(0, "ada").await, [phone(1, 1)]);
    assert_eq!(status_of_call(&line, "2004").await, 403);
    assert!(
        status_of_call(&old, "2004").await >= 400,
        "it is nobody's phone now"
    );
    call_works(&bob, "2001", &new).await;
    call_works(&dee, "2001", &new).await;
    for phone in [&old, &line] {
        stays_quiet(phone, Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn survive_an_office_that_is_cut_off_telephones_inside_and_with_the_emergency_service() {
    let survive = format!("{LEASE}policy = \"survive\"\n{CARRIER}");
    let company = plan().in_namespaces().edge(&survive).start().await;
    let (ada, dee, bob) = (
        desk(&company, 0, 1).await,
        desk(&company, 0, 2).await,
        desk(&company, 1, 1).await,
    );
    for (user, device) in [("ada", phone(0, 1)), ("dee", phone(0, 2)), ("bob", phone(1, 1))] {
        company.login(user, device).await;
    }
    let service = carrier(&company, 0);
    call_works(&ada, "2002", &bob).await;
    call_works(&ada, "13125550100", &service).await;

    company.office(0).cut();
    lease_runs_out(&company, 0).await;
    call_works(&ada, "2004", &dee).await;
    assert!(
        status_of_call(&ada, "2002").await >= 400,
        "bob is at another office"
    );
    assert_eq!(
        status_of_call(&ada, "13125550100").await,
        503,
        "who calls is not certain any more"
    );
    call_works(&ada, "911", &service).await;
    assert!(company.edges[0].metric(company.office(0), "hotdesk_edge_calls_refused_total", "cut_off") >= 1.0);

    link_is_back(&company, 0).await;
    call_works(&ada, "2002", &bob).await;
    call_works(&ada, "13125550100", &service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn emergency_calls_go_out_when_no_node_answers() {
    let strict = format!("{LEASE}policy = \"strict\"\n{CARRIER}");
    let mut company = plan().edge(&strict).start().await;
    let ada = desk(&company, 0, 1).await;
    let neutral = desk(&company, 0, 2).await;
    company.login("ada", phone(0, 1)).await;
    let service = carrier(&company, 0);
    company.kill_node(0);
    lease_runs_out(&company, 0).await;
    for phone in [&ada, &neutral] {
        call_works(phone, "911", &service).await;
    }
    // A phone that this edge has never seen, and that knows no password.
    let mut unknown = company.device_line(0, 1);
    unknown.user = "02000000dead".into();
    unknown.password = "none".into();
    let unknown = softphone(&company, 0, 14, &unknown);
    call_works(&unknown, "911", &service).await;
    // An edge that was started anew meanwhile has no table at all.
    company.edges[0].kill();
    let office = &company.ground.offices[0];
    company.edges[0].start_again(office);
    eventually("the edge serves SIP without any node", PATIENCE, || async {
        let asked = tokio::time::timeout(
            Duration::from_secs(1),
            ada.call("911", Duration::from_millis(500)),
        )
        .await;
        let incoming = service.incoming(Duration::from_millis(100)).await.ok()?;
        incoming.refuse(486, "Busy Here").await.ok()?;
        drop(asked);
        Some(())
    })
    .await;
    call_works(&ada, "911", &service).await;
}
