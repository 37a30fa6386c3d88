//! More than an edge can take: calls that are established go on, new ones are told to come later, nothing is lost.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::message::{Limits, Message, Method, Name};
use hotdesk_tests::company::{Company, DOMAIN};
use hotdesk_tests::offices::phone;
use hotdesk_tests::wait::eventually;
use parking_lot::Mutex;

use crate::common::{PATIENCE, answers, call_works, connect, desk, hang_up, plan};

/// A flood of new calls, until it is dropped.
struct Flood {
    over: Arc<AtomicBool>,
    /// Answers by status; those of 503 without a Retry-After count as 0.
    answers: Arc<Mutex<BTreeMap<u16, u64>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn of(company: &Company, office: usize, host: u8, per_ms: u64) -> Self {
        let edge = company.sip(office);
        let socket = UdpSocket::bind(SocketAddr::new(company.office(office).ip(host), 0)).expect("bind");
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a timeout");
        let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let sender = (socket.try_clone().expect("share the socket"), Arc::clone(&over));
        let reader = (socket, Arc::clone(&over), Arc::clone(&answers));
        let threads = vec![
            std::thread::spawn(move || pour(&sender.0, edge, per_ms, &sender.1)),
            std::thread::spawn(move || count(&reader.0, &reader.1, &reader.2)),
        ];
        Self {
            over,
            answers,
            threads,
        }
    }

    fn answers(&self) -> BTreeMap<u16, u64> {
        self.answers.lock().clone()
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A panic there has been told already.
            let _ = thread.join();
        }
    }
}

fn pour(socket: &UdpSocket, edge: SocketAddr, per_ms: u64, over: &AtomicBool) {
    let local = socket.local_addr().expect("an address");
    for number in 0_u64.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let text = format!(
            "INVITE sip:2002@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKf{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:flood@{DOMAIN}>;tag=f{number}\r\nTo: <sip:2002@{DOMAIN}>\r\nCall-ID: f{number}@{local}\r\n\
             CSeq: 1 INVITE\r\nContact: <sip:flood@{local}>\r\nContent-Length: 0\r\n\r\n"
        );
        if number % per_ms == 0 {
            // More than the kernel can hold would be lost before the edge sees what it is.
            std::thread::sleep(Duration::from_millis(1));
        }
        // Full buffers are what a flood is about.
        let _ = socket.send_to(text.as_bytes(), edge);
    }
}

fn count(socket: &UdpSocket, over: &AtomicBool, answers: &Mutex<BTreeMap<u16, u64>>) {
    let mut buffer = [0; 4096];
    while !over.load(Ordering::Relaxed) {
        let Ok(length) = socket.recv(&mut buffer) else {
            continue;
        };
        let Ok(answer) = Message::parse(&Bytes::copy_from_slice(&buffer[..length]), &Limits::default())
        else {
            continue;
        };
        let status = match answer.status() {
            Some(503) if answer.header(&Name::RetryAfter).is_none() => 0,
            status => status.unwrap_or(0),
        };
        *answers.lock().entry(status).or_default() += 1;
    }
}

/// Hosts of the office that nothing else is on.
const FLOODS_FROM: [u8; 5] = [16, 18, 14, 13, 19];
/// How long a flood has to be too much, and how often that is looked for.
const MORE_AFTER: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_new_calls_is_told_to_come_later_and_calls_go_on() {
    let mut company = plan().start().await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    let (mut call, taken) = connect(&ada, "2002", &bob).await;
    // How much is too much depends on the machine: more comes until the edge says so.
    let mut floods = vec![Flood::of(&company, 0, 15, 8)];
    let refuses = |floods: &[Flood]| floods.iter().any(|flood| flood.answers().contains_key(&503));
    for host in FLOODS_FROM {
        floods.push(Flood::of(&company, 0, host, 8));
        let begun = Instant::now();
        while !refuses(&floods) && begun.elapsed() < MORE_AFTER {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        if refuses(&floods) {
            break;
        }
    }
    assert!(refuses(&floods), "{} floods are not too much", floods.len());
    // Requests inside the call get through all the same.
    for _ in 0..3 {
        let (answer, _) = tokio::join!(call.request(Method::Info, None), answers(&bob, Method::Info));
        assert_eq!(answer.expect("an answer").status(), Some(200));
    }
    hang_up(call, &taken).await;
    let answers: Vec<_> = floods.iter().map(Flood::answers).collect();
    drop(floods);
    println!("answers by status: {answers:?}");
    assert!(
        answers.iter().all(|answers| !answers.contains_key(&0)),
        "503 says when to come: {answers:?}"
    );
    // Nothing was lost, and it is over as soon as it is over.
    eventually("the edge takes requests again", PATIENCE, || async {
        let answer = ada.register(600).await.ok()?;
        (answer.status() == Some(200)).then_some(())
    })
    .await;
    call_works(&ada, "2002", &bob).await;
    call_works(&bob, "2001", &ada).await;
    assert!(company.edges[0].lives());
    assert!(!company.edges[0].log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_sends_too_much_is_cut_short_and_the_others_notice_nothing() {
    let company = plan()
        .edge("[security]\nrequests_per_source_max = 50\n")
        .start()
        .await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 0, 2).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(0, 2)).await;
    let flood = Flood::of(&company, 0, 15, 2);
    for _ in 0..5 {
        call_works(&ada, "2002", &bob).await;
    }
    let answers: u64 = flood.answers().values().sum();
    assert!(answers > 0, "it is answered at first");
    drop(flood);
}
