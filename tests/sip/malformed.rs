//! What is no SIP, or hardly: it is answered or dropped, and the next message is taken as if nothing had been.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use hotdesk_tests::company::Company;
use hotdesk_tests::offices::phone;

use hotdesk_tests::wait::eventually;

use crate::common::{PATIENCE, call_works, desk, plan};
use crate::wire::Wire;

/// The messages of RFC 4475 and RFC 5118.
fn torture() -> Vec<(String, Vec<u8>)> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sip/tests/data");
    let mut files = Vec::new();
    for rfc in ["rfc4475", "rfc5118"] {
        for entry in std::fs::read_dir(data.join(rfc)).expect("the messages").flatten() {
            let bytes = std::fs::read(entry.path()).expect("read");
            files.push((entry.path().display().to_string(), bytes));
        }
    }
    files.sort();
    assert!(files.len() > 50, "found {}", files.len());
    files
}

/// Bytes that are made worse in a way that the seed decides.
fn spoiled(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut worse = bytes.to_vec();
    for _ in 0..random.usize(1..8) {
        if worse.is_empty() {
            break;
        }
        let at = random.usize(..worse.len());
        match random.u8(..4) {
            0 => worse[at] = random.u8(..),
            1 => worse.truncate(at),
            2 => worse.insert(at, random.u8(..)),
            _ => worse.extend_from_within(at..),
        }
    }
    worse.truncate(60_000);
    worse
}

async fn survives(company: &mut Company, what: &str) {
    assert!(
        company.edges[0].lives(),
        "ended at: {what}\n{}",
        company.edges[0].log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_datagrams_hurt_nobody() {
    let mut company = plan().start().await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    let wire = Wire::open(&company, 0, 15);
    // The same bytes in every run.
    let mut random = fastrand::Rng::with_seed(4475);
    for (name, bytes) in torture() {
        wire.send(&bytes).await;
        for _ in 0..20 {
            wire.send(&spoiled(&bytes, &mut random)).await;
        }
        survives(&mut company, &name).await;
    }
    for junk in [
        &b""[..],
        b"\0",
        b"\r\n\r\n",
        &[0xff; 60_000],
        b"INVITE",
        b"SIP/2.0 200 OK\r\n\r\n",
    ] {
        wire.send(junk).await;
    }
    // New calls may be refused while it still has all this before it.
    eventually("the edge has read all of it", PATIENCE, || async {
        let answer = ada.register(600).await.expect("an answer");
        (answer.status() == Some(200)).then_some(())
    })
    .await;
    call_works(&ada, "2002", &bob).await;
    survives(&mut company, "a call").await;
    assert!(
        !company.edges[0].log().contains("panicked"),
        "{}",
        company.edges[0].log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_streams_hurt_nobody() {
    let mut company = plan().start().await;
    let (ada, bob) = (desk(&company, 0, 1).await, desk(&company, 1, 1).await);
    company.login("ada", phone(0, 1)).await;
    company.login("bob", phone(1, 1)).await;
    let edge = company.sip(0);
    let mut random = fastrand::Rng::with_seed(5118);
    for (name, bytes) in torture() {
        for round in 0..3 {
            let bytes = if round == 0 {
                bytes.clone()
            } else {
                spoiled(&bytes, &mut random)
            };
            let mut stream = TcpStream::connect_timeout(&edge, Duration::from_secs(5)).expect("connect");
            // The edge may close the stream before it has all.
            for part in bytes.chunks(700) {
                let _ = stream.write_all(part);
            }
        }
        survives(&mut company, &name).await;
    }
    // Streams that never end a message, and one that says it has more than there is.
    let starts = [
        "INVITE sip:x SIP/2.0\r\n",
        "\r\n",
        "OPTIONS sip:x SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
    ];
    let _held = starts.map(|start| {
        let mut stream = TcpStream::connect_timeout(&edge, Duration::from_secs(5)).expect("connect");
        let _ = stream.write_all(start.as_bytes());
        stream
    });
    let mut endless = TcpStream::connect_timeout(&edge, Duration::from_secs(5)).expect("connect");
    endless
        .set_write_timeout(Some(Duration::from_secs(5)))
        .expect("a timeout");
    let _ = endless.write_all(b"OPTIONS sip:x SIP/2.0\r\nX: ");
    for _ in 0..64 {
        // It ends when the edge has enough of it.
        if endless.write_all(&[b'a'; 65_536]).is_err() {
            break;
        }
    }
    call_works(&ada, "2002", &bob).await;
    survives(&mut company, "a call").await;
    assert!(
        !company.edges[0].log().contains("panicked"),
        "{}",
        company.edges[0].log()
    );
}
