//! What several of these stories need.

use std::net::SocketAddr;
use std::time::Duration;

use hotdesk_sip::message::{Message, Method};
use hotdesk_softphone::{Account, Call, Softphone};
use hotdesk_tests::company::{Company, Plan};
use hotdesk_tests::offices::phone as device;
use hotdesk_tests::phones;

/// How long anything may take that is not about time itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A company of the program under test.
pub(crate) fn plan() -> Plan {
    Plan::new(env!("CARGO_BIN_EXE_hotdesk-under-test"))
}

/// Switches a softphone on at an address of an office, with what is typed into it.
pub(crate) fn softphone(company: &Company, office: usize, host: u8, account: &phones::Account) -> Softphone {
    let proxy = account.proxy;
    let account = Account {
        user: account.user.clone(),
        auth_user: account.auth_user.clone(),
        password: account.password.clone(),
        domain: account.domain.clone(),
        display_name: String::new(),
    };
    let office = company.office(office);
    let local = SocketAddr::new(office.ip(host), 5060);
    office
        .within_async(|| Softphone::start_at(account, local, proxy))
        .expect("switch the phone on")
}

/// The device line of a phone (`which`: 1 or 2), registered at its office's edge, at host 10 + `which`.
pub(crate) async fn desk(company: &Company, office: usize, which: usize) -> Softphone {
    let host = 10 + u8::try_from(which).expect("1 or 2");
    let phone = softphone(company, office, host, &company.device_line(office, which));
    let answer = phone.register(600).await.expect("an answer to REGISTER");
    assert_eq!(answer.status(), Some(200), "{answer:?}");
    company.served(device(office, which), office).await;
    phone
}

/// Bytes of a message as text, for messages and comparisons.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A phone that takes the next call, and says so when it has.
pub(crate) async fn takes_next(phone: &Softphone) -> Call<'_> {
    let incoming = phone.incoming(PATIENCE).await.expect("the phone rings");
    incoming.ring().await.expect("rings");
    incoming.answer().await.expect("answers")
}

/// One calls and the other takes the call.
pub(crate) async fn connect<'a>(
    caller: &'a Softphone,
    number: &str,
    callee: &'a Softphone,
) -> (Call<'a>, Call<'a>) {
    let calling = async {
        let outcome = caller.call(number, PATIENCE).await.expect("an outcome");
        let status = outcome.status();
        outcome
            .answered()
            .unwrap_or_else(|| panic!("the call to {number} ended with {status}"))
    };
    tokio::join!(calling, takes_next(callee))
}

/// One calls and the other takes the call; then it is hung up.
pub(crate) async fn call_works(caller: &Softphone, number: &str, callee: &Softphone) {
    let (call, taken) = connect(caller, number, callee).await;
    hang_up(call, &taken).await;
}

/// One side hangs up, and the other hears of it.
pub(crate) async fn hang_up(call: Call<'_>, other: &Call<'_>) {
    let (ended, answer) = tokio::join!(other.ended(PATIENCE), call.hang_up());
    ended.expect("the other side is told");
    assert_eq!(answer.expect("an answer to BYE").status(), Some(200));
}

/// Waits for a request of a method at a phone, and answers it 200.
pub(crate) async fn answers(phone: &Softphone, method: Method) -> Message {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let request = phone
            .next_request(deadline)
            .await
            .expect("the request reaches the phone");
        if request.method() == Some(&method) {
            phone.reply(&request, 200, "OK").await.expect("answers");
            return request;
        }
    }
}

/// Nothing rings at the phone for `quiet`.
pub(crate) async fn stays_quiet(phone: &Softphone, quiet: Duration) {
    if let Ok(incoming) = phone.incoming(quiet).await {
        panic!("rang: {:?}", incoming.invite);
    }
}

/// Lines of an edge's configuration: a carrier at host 15 of the office, for all that leads outside.
pub(crate) const CARRIER: &str = "\n[[trunk]]\nid = \"carrier\"\nuri = \"sip:{host-15}:5060\"\noptions_every_ms = 0\n\
    [emergency]\nlocation = \"1 Main Street, here\"\n";

/// The carrier of an office: takes what the edge sends it.
pub(crate) fn carrier(company: &Company, office: usize) -> Softphone {
    equipment(company, office, 15, "carrier")
}

/// A softphone that is no phone: a carrier, a PBX, a voicemail server, which no password is asked of.
pub(crate) fn equipment(company: &Company, office: usize, host: u8, name: &str) -> Softphone {
    let account = phones::Account {
        user: name.into(),
        auth_user: String::new(),
        password: String::new(),
        domain: company.sip(office).to_string(),
        proxy: company.sip(office),
        tcp: false,
    };
    softphone(company, office, host, &account)
}
