//! `deploy/kamailio/kamailio.cfg` in a real Kamailio: calls follow the session.
//!
//! Needs `kamailio` with kamailio-utils-modules (http_client) and kamailio-json-modules (jansson).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hotdesk_tests::offices::PATIENCE;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use crate::office::Office;

const SAMPLE: &str = include_str!("../../deploy/kamailio/kamailio.cfg");
/// How long a request may stay without an answer before it is sent again (RFC 3261 §17.1.1.2, T1).
const T1: Duration = Duration::from_millis(500);

/// A running Kamailio; killed when dropped.
struct Kamailio {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Kamailio {
    /// With the sample, in which nothing but the two addresses is another.
    async fn start(http: &str) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let held = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        let address = held.local_addr().expect("an address").to_string();
        drop(held);
        let config = configuration(folder.path(), &address, http);
        let checked = program().args(["-c", "-f"]).arg(&config).output().expect(MISSING);
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(
            checked.status.success(),
            "kamailio -c refuses the sample:\n{said}"
        );
        let child = program()
            .args(["-DD", "-m", "32", "-M", "8", "-Y"])
            .arg(folder.path())
            .arg("-f")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        let kamailio = Self {
            child,
            address,
            _folder: folder,
        };
        let phone = Phone::new().await;
        let answer = phone.ask(&kamailio, "OPTIONS", None).await;
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        kamailio
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // The main process ends its children when it is asked to; killed, it would leave them behind.
        let asked = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(asked, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

const MISSING: &str =
    "kamailio is not installed: apt-get install kamailio kamailio-utils-modules kamailio-json-modules";

fn program() -> Command {
    let found = ["/usr/sbin/kamailio", "/usr/local/sbin/kamailio"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    Command::new(found.unwrap_or("kamailio"))
}

fn configuration(folder: &Path, address: &str, http: &str) -> PathBuf {
    let text = SAMPLE
        .replace("udp:127.0.0.1:5060", &format!("udp:{address}"))
        .replace("127.0.0.1:7380", http);
    assert_ne!(text, SAMPLE, "the addresses to replace are in the sample");
    let path = folder.join("kamailio.cfg");
    std::fs::write(&path, text).expect("write the configuration");
    path
}

/// A caller.
struct Phone {
    socket: UdpSocket,
}

impl Phone {
    async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        Self { socket }
    }

    fn request(&self, kamailio: &Kamailio, method: &str, user: Option<&str>) -> String {
        let own = self.socket.local_addr().expect("an address");
        let mark = uuid::Uuid::new_v4().simple();
        let target = user.map_or_else(String::new, |user| format!("{user}@"));
        let uri = format!("sip:{target}{}", kamailio.address);
        format!(
            "{method} {uri} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {own};branch=z9hG4bK{mark}\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:caller@{own}>;tag={mark}\r\n\
             To: <{uri}>\r\n\
             Call-ID: {mark}\r\n\
             CSeq: 1 {method}\r\n\
             Contact: <sip:caller@{own}>\r\n\
             Content-Length: 0\r\n\r\n"
        )
    }

    /// The first answer but "trying"; the request is repeated until it comes.
    async fn ask(&self, kamailio: &Kamailio, method: &str, user: Option<&str>) -> String {
        let request = self.request(kamailio, method, user);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // Nobody may listen yet.
            let _ = self.socket.send_to(request.as_bytes(), &kamailio.address).await;
            while let Ok(answer) = timeout(T1, received(&self.socket)).await {
                if !answer.starts_with("SIP/2.0 100") {
                    return answer;
                }
            }
        }
        panic!("kamailio does not answer {method}");
    }

    /// Calls, and returns what arrives at this edge.
    async fn call(&self, kamailio: &Kamailio, user: &str, edge: &UdpSocket) -> String {
        let request = self.request(kamailio, "INVITE", Some(user));
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let sent = self.socket.send_to(request.as_bytes(), &kamailio.address).await;
            sent.expect("send");
            if let Ok(arrived) = timeout(T1, received(edge)).await {
                return arrived;
            }
        }
        panic!("the call to {user} does not arrive");
    }
}

async fn received(socket: &UdpSocket) -> String {
    let mut buffer = [0; 8192];
    loop {
        // An error is what came back of a request that nobody listened to.
        if let Ok((length, _)) = socket.recv_from(&mut buffer).await {
            return String::from_utf8_lossy(&buffer[..length]).into_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kamailio_sends_calls_to_where_the_user_sits() {
    let first = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
    let second = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
    let office = Box::pin(Office::open([&first, &second])).await;
    let kamailio = Kamailio::start(&office.http()).await;

    office.login("ada", "p1").await;
    let arrived = Phone::new().await.call(&kamailio, "2001", &first).await;
    let uri = format!(
        "INVITE sip:p1@{} SIP/2.0",
        first.local_addr().expect("an address")
    );
    assert!(arrived.starts_with(&uri), "{arrived}");

    office.login("ada", "p2").await;
    let arrived = Phone::new().await.call(&kamailio, "2001", &second).await;
    let uri = format!(
        "INVITE sip:p2@{} SIP/2.0",
        second.local_addr().expect("an address")
    );
    assert!(arrived.starts_with(&uri), "{arrived}");

    office.allow_two().await;
    office.login("ada", "p1").await;
    let caller = Phone::new().await;
    let request = caller.request(&kamailio, "INVITE", Some("2001"));
    let sent = caller.socket.send_to(request.as_bytes(), &kamailio.address).await;
    sent.expect("send");
    let call_id = request
        .lines()
        .find(|line| line.starts_with("Call-ID"))
        .expect("a Call-ID");
    for (edge, phone) in [(&first, "p1"), (&second, "p2")] {
        // Requests of the calls before are still being repeated.
        let this_call = async {
            loop {
                let arrived = received(edge).await;
                if arrived.contains(call_id) {
                    return arrived;
                }
            }
        };
        let arrived = timeout(PATIENCE, this_call).await.expect("both phones ring");
        assert!(arrived.starts_with(&format!("INVITE sip:{phone}@")), "{arrived}");
    }

    let answer = |user| {
        let kamailio = &kamailio;
        async move { Phone::new().await.ask(kamailio, "INVITE", Some(user)).await }
    };
    let unknown = answer("2999").await;
    assert!(unknown.starts_with("SIP/2.0 404"), "{unknown}");
    let nowhere = answer("2002").await;
    assert!(nowhere.starts_with("SIP/2.0 480"), "{nowhere}");
    office.logout("ada").await;
    let left = answer("2001").await;
    assert!(left.starts_with("SIP/2.0 480"), "{left}");
}
