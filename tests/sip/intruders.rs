//! SIPVicious, which looks for extensions and guesses passwords, finds none.

use std::time::{Duration, Instant};

use hotdesk_tests::company::Company;
use hotdesk_tests::offices::phone;
use hotdesk_tests::tools::{Folder, installed, installed_by};

use crate::common::{call_works, desk, plan, text};
use crate::wire::{Wire, answered};

/// Runs one of its programs against the edge there for at most 15 s; returns what it printed.
fn sipvicious(company: &Company, program: &str, arguments: &[&str]) -> String {
    let program = installed_by(program, "python3 -m pip install sipvicious, as .ci/tools does");
    let office = company.office(0);
    let ip = company.sip(0).ip().to_string();
    let mut command = office.command(&installed("timeout", "coreutils"));
    let home = Folder::new();
    command.arg("15").arg(program).args(arguments).arg(&ip);
    let output = command.env("HOME", home.path()).output().expect("run it");
    text(&output.stdout) + &text(&output.stderr)
}

/// The same password for a phone, as numbers that it tries.
const GUESSED: &str = "10000150";

#[tokio::test(flavor = "multi_thread")]
async fn sipvicious_finds_no_extension_and_guesses_no_password() {
    // It knows no other algorithm.
    let company = plan().edge("[registrar]\nalgorithms = [\"MD5\"]\n").start().await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    let found = sipvicious(&company, "sipvicious_svmap", &[]);
    assert!(
        found.contains(&company.sip(0).to_string()),
        "it works, and sees that there is an edge: {found}"
    );

    // 2001 to 2004 are there.
    for method in ["REGISTER", "INVITE", "OPTIONS"] {
        let found = sipvicious(
            &company,
            "sipvicious_svwar",
            &["--force", "-e2000-2010", "-m", method],
        );
        let listed = (2000..=2010)
            .filter(|extension| found.contains(&format!("| {extension} ")))
            .count();
        assert!(
            listed == 0 || listed == 11,
            "they look alike, by {method}: {found}"
        );
    }

    let (known, attacked) = (phone(0, 2), phone(1, 2));
    for account in [known, attacked] {
        company.set_password(account, GUESSED).await;
    }
    let shown = format!("| {GUESSED} ");
    let found = sipvicious(
        &company,
        "sipvicious_svcrack",
        &["-u", known, "-r10000150-10000150"],
    );
    assert!(
        found.contains(&shown),
        "it works, and sees when it is right: {found}"
    );
    let found = sipvicious(
        &company,
        "sipvicious_svcrack",
        &["-u", attacked, "-r10000100-10000200"],
    );
    assert!(!found.contains(&shown), "guessed: {found}");
    call_works(&ada, "2002", &bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_accounts_are_answered_equally_fast() {
    let more = "[security]\nfailures_free = 1000\n";
    let company = plan().edge(more).start().await;
    let wire = Wire::open(&company, 0, 11);
    let mut fastest = Vec::new();
    for account in [phone(0, 1), "02000000ffff"] {
        let mut times = Vec::new();
        for _ in 0..100 {
            let request = wire.register(account);
            let challenge = wire.ask(&request).await;
            let guess = answered(&request, &challenge, account, "wrong");
            let start = Instant::now();
            assert_eq!(wire.ask(&guess).await.status(), Some(401));
            times.push(start.elapsed());
        }
        times.sort();
        // The tenth fastest: what the machine does besides makes answers slower, never faster.
        fastest.push(times[10]);
    }
    // A look-up that only known accounts cost would be microseconds; a wait that only one kind gets would be far more
    // than a busy machine makes of that.
    let apart = fastest[0].abs_diff(fastest[1]);
    assert!(apart < Duration::from_millis(2), "{fastest:?}");
}
