//! The instruments of this suite are tried without an edge first: when one of these fails, no other failure says
//! anything about the edge.

use std::net::SocketAddr;

use hotdesk_tests::company::needs;
use hotdesk_tests::ground::Ground;
use hotdesk_tests::phones::Account;
use hotdesk_tests::phones::baresip::Baresip;
use hotdesk_tests::sipp::Sipp;
use tokio::net::UdpSocket;

fn account(user: &str, at: SocketAddr) -> Account {
    Account {
        user: user.into(),
        auth_user: user.into(),
        password: "nothing".into(),
        domain: at.ip().to_string(),
        proxy: at,
        tcp: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_baresips_hear_each_other_across_offices() {
    needs(&[("baresip", "baresip-core"), ("ip", "iproute2")]);
    let ground = Ground::namespaces(&["here", "there"]);
    let at = |office: usize| SocketAddr::new(ground.offices[office].ip(10), 5060);
    // Each is the other's proxy.
    let here = Baresip::start(&ground.offices[0], 10, &account("here", at(1))).await;
    let there = Baresip::start(&ground.offices[1], 10, &account("there", at(0))).await;
    here.dial(&format!("sip:there@{}", at(1)));
    there.event("CALL_INCOMING").await;
    there.accept();
    for phone in [&here, &there] {
        phone.talks().await;
    }
    here.hang_up();
    there.event("CALL_CLOSED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_office_talks_to_itself_only_until_it_is_healed() {
    let ground = Ground::namespaces(&["here", "there"]);
    let bind = |office: usize, host: u8| {
        let office = &ground.offices[office];
        office
            .within_async(|| UdpSocket::bind(SocketAddr::new(office.ip(host), 9000)))
            .expect("bind")
    };
    let (a, b, far) = (bind(0, 3), bind(0, 4), bind(1, 3));
    let reaches = async |from: &UdpSocket, to: &UdpSocket| {
        let mut buffer = [0; 16];
        // What is on the way from before is not what is asked.
        while to.try_recv(&mut buffer).is_ok() {}
        let patience = std::time::Duration::from_millis(300);
        let sent = from.send_to(b"x", to.local_addr().expect("an address")).await;
        sent.is_ok() && tokio::time::timeout(patience, to.recv(&mut buffer)).await.is_ok()
    };
    assert!(reaches(&a, &b).await && reaches(&a, &far).await, "whole");
    ground.offices[0].cut();
    assert!(reaches(&a, &b).await, "inside");
    assert!(!reaches(&a, &far).await && !reaches(&far, &a).await, "cut");
    ground.offices[0].heal();
    hotdesk_tests::wait::eventually("the link is back", std::time::Duration::from_secs(10), || async {
        reaches(&a, &far).await.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_counts_what_went_well_and_what_did_not() {
    needs(&[("sipp", "sip-tester")]);
    let ground = Ground::loopback(&["here"]);
    let office = &ground.offices[0];
    let callee = SocketAddr::new(office.ip(4), 5060);
    let good = Sipp::new(include_str!("scenarios/callee.xml")).start(office, 4, 5060, callee);
    let caller = Sipp::new(include_str!("scenarios/caller.xml")).with("number", "1");
    caller.run(office, 3, 5060, callee).await.assert_all(1);
    good.finished().await.assert_all(1);
    let refused = Sipp::new(include_str!("scenarios/refusing.xml")).with("status", "486 Busy Here");
    let refusing = refused.start(office, 4, 5060, callee);
    let counts = Sipp::new(include_str!("scenarios/caller.xml"))
        .with("number", "1")
        .run(office, 3, 5060, callee)
        .await;
    assert_eq!((counts.successful, counts.failed), (0, 1), "{counts:?}");
    refusing.finished().await.assert_all(1);
}
