//! What is left behind of a request: in sessions, in the audit trail, in the log.

use super::*;
use crate::phones::secrets::Captured;

/// A PIN that nothing else in a log looks like.
const PIN: &str = "73918264";

fn by(world: &World) -> String {
    let state = state(world);
    let session = state.session_at(&CISCO.parse().unwrap());
    session.expect("somebody is logged in").by.to_string()
}

/// Who is behind the last entry of the audit trail.
fn last_by(world: &World) -> String {
    let state = state(world);
    let entry = state.audit().next_back().expect("something happened");
    entry.by.0.to_string()
}

/// The one line of the log in which all of this stands.
#[track_caller]
fn line(log: &str, parts: &[&str]) {
    let is_it = |line: &&str| parts.iter().all(|part| line.contains(part));
    let count = log.lines().filter(is_it).count();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("by Cisco's")).collect();
    assert_eq!(count, 1, "{parts:?} in:\n{}", lines.join("\n"));
}

/// On one thread, so that everything the node does is captured.
#[tokio::test]
async fn whoever_logs_people_in_and_out_stands_in_the_audit_trail_and_in_the_log() {
    let (captured, _guard) = Captured::start();
    let mut world = em_office(|_| {}).await;
    world.set_pin("ada", PIN).await.unwrap();
    let ada = format!("<appInfo><appID>ada</appID><appCertificate>{PIN}</appCertificate></appInfo>");

    assert_eq!(code(&world, &login(TOOL, SEP, "bob", "")).await, None);
    assert_eq!(by(&world), "em:tool");
    assert_eq!(code(&world, &logout(TOOL, SEP)).await, None);
    assert_eq!(last_by(&world), "em:tool");
    assert_eq!(code(&world, &login(&ada, SEP, "2001", "")).await, None);
    assert_eq!(by(&world), "phone:em", "the session says whose it is");
    assert_eq!(code(&world, &logout(&ada, SEP)).await, None);
    assert_eq!(last_by(&world), "user:ada");
    // The PIN where the name belongs.
    assert_eq!(code(&world, &login(TOOL, SEP, PIN, "")).await, Some(23));
    let page = format!("/emapp/EMAppServlet?device={SEP}");
    for more in [
        format!("&userid=2001&seq={PIN}"),
        "&doLogout=true".to_owned(),
        "&doLogout=true".to_owned(),
        format!("&userid={PIN}&seq=9999"),
    ] {
        get(format!("{page}{more}")).send(&world).await;
    }

    let log = captured.text();
    let service = "request by Cisco's interface";
    let app = "request by Cisco's application";
    let (bob, ada, phone) = ("user_id=\"bob\"", "user_id=\"ada\"", "device_id=\"00562b04a1b2\"");
    let (tool, user) = ("by=\"em:tool\"", "by=\"user:ada\"");
    let (log_in, log_out) = ("operation=\"login\"", "operation=\"logout\"");
    let here = "address=127.0.0.1";
    for parts in [
        &[service, here, tool, log_in, bob, phone][..],
        &[service, here, tool, log_out, bob, phone],
        &[service, here, user, log_in, ada, phone],
        &[service, here, user, log_out, ada, phone],
        &[service, here, tool, log_in, phone, "code=23"],
        &[app, here, log_in, ada, phone],
        &[app, here, log_out, ada, phone],
        &[app, here, log_out, phone, "code=19"],
        &[app, here, log_in, phone, "code=201"],
    ] {
        line(&log, parts);
    }
    assert_eq!(log.lines().find(|line| line.contains(PIN)), None);
    world.node.shutdown().await;
}
