//! What a log may not have in it, at the level that tells most.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::json;
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Registry;
use tracing_subscriber::fmt::MakeWriter;

use super::pages::*;
use super::*;

/// A PIN that no number, address or time in a log is by chance.
const PIN: &str = "73918264";

/// What is logged while the guard lives, on one thread.
#[derive(Clone, Default)]
pub(super) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(super) fn start() -> (Self, DefaultGuard) {
        // While there is one subscriber only, a line of the code that another test's thread comes by first is asked
        // about there, where nobody listens, and stays silent here.
        static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));
        LazyLock::force(&ANOTHER);
        let captured = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(captured.clone())
            .finish();
        (captured, tracing::subscriber::set_default(subscriber))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// On one thread, so that everything the node does is captured.
#[tokio::test]
async fn neither_a_pin_nor_a_token_is_ever_written_to_the_log() {
    let (captured, _guard) = Captured::start();

    let mut world = office().await;
    world.set_pin("ada", PIN).await.unwrap();
    let form = open(&world, MAC, "").await;
    let used = token_in(&form);
    log_in(&world, MAC, &form, "2001", PIN).await.is(200, "Welcome");
    log_in(&world, MAC, &form, "2001", PIN).await;
    let form = open(&world, POLY, "").await;
    // In the wrong field, and as a part of something longer.
    log_in(&world, POLY, &form, PIN, "1234").await;
    let form = open(&world, POLY, "").await;
    log_in(&world, POLY, &form, "2001", &format!("x{PIN}")).await;
    open(&world, MAC, &format!("/login/made-up?user=2001&pin={PIN}")).await;
    open(&world, MAC, &format!("/nonsense?pin={PIN}")).await;
    for body in [
        json!({"device": MAC, "user": "2001", "pin": PIN}),
        json!({"device": MAC, "user": PIN, "pin": PIN, "more": PIN}),
        json!({"pin": PIN}),
    ] {
        let mut ask = get("/api/v1/sessions").method("POST");
        ask.body = body.to_string().into_bytes();
        let answer = ask.send(&world).await;
        assert!(!answer.body.contains(PIN), "{}", answer.body);
    }
    // As no phone writes it, and no adapter knows it.
    for prefix in ["//p", "/%70", "//e", "/lock/"] {
        get(format!("{prefix}/{}/{MAC}.nonsense", token(&world, MAC)))
            .send(&world)
            .await;
    }
    let page = get("/me").send(&world).await;
    let form = page.body.split("name=\"form\" value=\"").nth(1).unwrap();
    let form = form.split('"').next().unwrap();
    let mut ask = get("/me").method("POST");
    ask.body = format!("form={form}&user=2001&pin={PIN}").into_bytes();
    let answer = ask.send(&world).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert_eq!(answer.status, 303);

    let log = captured.text();
    for part in [
        "logged in",
        "not done at a phone",
        "incident=\"HD1001-",
        "surface=\"app\"",
    ] {
        assert!(log.contains(part), "{part} is missing: nothing was captured?");
    }
    let visit = cookie.split(['=', ';']).nth(1).unwrap();
    for secret in [PIN, &token(&world, MAC), &used, visit] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
}
