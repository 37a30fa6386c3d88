//! What an administrator does to phones with the program, and what the phones do then.

use std::process::Command;

use hotdesk_phone::Vendor;
use hotdesk_phonesim::View;
use hotdesk_tests::company::Company;

use crate::common::{PATIENCE, PROGRAM, is_first, is_shown, neutral, plan, put, switch_on};

/// The program at an office's node: its exit code, what it answered, and what it said beside.
async fn hotdesk(company: &Company, node: usize, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--endpoint")
        .arg(company.node_url(node))
        .args(arguments);
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("it runs").expect("run hotdesk");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ends by itself");
    (code, text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_fetch_their_documents_again_when_an_administrator_says_so() {
    let company = plan().start().await;
    let mut phones = Vec::new();
    for (vendor, office) in [(Vendor::Yealink, 0), (Vendor::Snom, 0), (Vendor::Mitel, 1)] {
        let desk = put(&company, vendor, office, 1).await;
        let phone = switch_on(&company, &desk);
        let before = neutral(&phone, &desk).await;
        company.served(&desk.id, office).await;
        phones.push((phone, desk, before));
    }
    let wait = ["--wait", "30s"];
    // A phone by its address, then an office: the others are left alone.
    let mac = phones[0].1.mac.clone();
    let (code, said, beside) = hotdesk(&company, 0, &["phone", "reload", &mac, wait[0], wait[1]]).await;
    assert_eq!((code, said.trim()), (0, "1 of 1 phone shows it"), "{beside}");
    let (code, said, beside) = hotdesk(
        &company,
        1,
        &["phone", "reload", "--site", "chicago", wait[0], wait[1]],
    )
    .await;
    assert_eq!((code, said.trim()), (0, "2 of 2 phones show it"), "{beside}");
    for (phone, desk, before) in &phones[..2] {
        let is_new = |view: &View| view.stamp > before.stamp && view.loads > before.loads;
        phone
            .wait("a newer document", PATIENCE, is_new)
            .await
            .expect("it has loaded");
        neutral(phone, desk).await;
    }
    let (phone, _, before) = &phones[2];
    assert_eq!(
        (phone.view().stamp, phone.view().loads),
        (before.stamp, before.loads)
    );

    // One that was never switched on does not come: it is named, with the reason.
    let absent = put(&company, Vendor::Fanvil, 0, 2).await;
    let (code, said, beside) = hotdesk(&company, 0, &["phone", "reload", "--all", "--wait", "15s"]).await;
    assert_eq!((code, said.trim()), (1, "3 of 4 phones show it"), "{beside}");
    let named = format!("{}  it is registered nowhere", absent.id);
    assert!(beside.contains("HD5009") && beside.contains(&named), "{beside}");
    let (code, _, beside) = hotdesk(&company, 0, &["phone", "reload", "nowhere"]).await;
    assert_eq!(code, 1, "{beside}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_deleted_once_nothing_of_its_user_is_on_it() {
    let company = plan().start().await;
    let desk = put(&company, Vendor::Yealink, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    let at_ada = async || {
        company.login("ada", &desk.id).await;
        let has_line = is_first("2001");
        phone.wait("Ada's line", PATIENCE, has_line).await.expect("hers");
        is_shown(&company, &desk).await;
    };
    at_ada().await;
    // A phone that does not hear of it stays in the directory.
    phone.forget_triggers(1000);
    let (code, said, beside) = hotdesk(&company, 0, &["device", "delete", &desk.id, "--wait", "3s"]).await;
    assert!(
        code == 1 && beside.contains("is not deleted"),
        "{code}: {said} {beside} {:?}",
        phone.view()
    );
    phone.forget_triggers(0);
    neutral(&phone, &desk).await;
    at_ada().await;
    let (code, _, beside) = hotdesk(&company, 0, &["device", "delete", &desk.id, "--wait", "30s"]).await;
    assert_eq!(code, 0, "{beside}");
    let left = phone.flash();
    let is_hers = |value: &str| value.contains("2001") || value.contains("Ada");
    assert!(!left.iter().any(|(_, value)| is_hers(value)), "nothing of hers");
    let (code, _, beside) = hotdesk(&company, 0, &["device", "get", &desk.id]).await;
    assert_eq!(code, 1, "{beside}");
}
