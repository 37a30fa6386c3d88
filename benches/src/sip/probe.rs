//! Calls that find out to which phone an edge routes: real INVITEs, answered "busy" by whichever phone they reach.
//!
//! Only as much SIP as that takes: every message is ours or the edge's, so header fields stand at the beginning of
//! lines and are not folded.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use parking_lot::Mutex;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::DOMAIN;

/// The largest datagram that is read: far more than any message here has.
const DATAGRAM_MAX: usize = 8192;

/// A call that has reached a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which phone: what it was made with.
    pub phone: usize,
    /// The call, as [`Prober::call`] named it.
    pub call: String,
    /// When the phone had it.
    pub at: Instant,
}

/// A phone that says "busy" to every call and tells of it.
pub struct Phone {
    socket: Arc<UdpSocket>,
    device: String,
    task: Option<JoinHandle<()>>,
}

impl Phone {
    /// Opens its socket.
    ///
    /// # Errors
    /// When the system has none.
    pub async fn new(device: String) -> Result<Self> {
        Ok(Self {
            socket: Arc::new(UdpSocket::bind("127.0.0.1:0").await?),
            device,
            task: None,
        })
    }

    /// Registers at an edge and waits until that has been confirmed. Before [`listen`](Self::listen).
    ///
    /// # Errors
    /// When the edge refuses or is silent.
    pub async fn register(&self, edge: SocketAddr) -> Result<()> {
        let (device, own) = (&self.device, self.socket.local_addr()?);
        let request = format!(
            "REGISTER sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKr{device}{port};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{device}@{DOMAIN}>;tag=probe\r\nTo: <sip:{device}@{DOMAIN}>\r\n\
             Call-ID: register-{device}-{port}\r\nCSeq: 1 REGISTER\r\nContact: <sip:{device}@{own}>\r\nExpires: 3600\r\n\
             Content-Length: 0\r\n\r\n",
            port = edge.port(),
        );
        let mut buffer = vec![0; DATAGRAM_MAX];
        for _attempt in 0..10 {
            self.socket.send_to(request.as_bytes(), edge).await?;
            let Ok(received) = timeout(Duration::from_millis(500), self.socket.recv_from(&mut buffer)).await
            else {
                continue;
            };
            let answer = String::from_utf8_lossy(&buffer[..received?.0]).into_owned();
            if answer.starts_with("SIP/2.0 200") {
                return Ok(());
            }
            if !answer.starts_with("SIP/2.0") {
                // A NOTIFY for the lamps is quicker than the disk; it comes again when the phone listens.
                continue;
            }
            bail!(
                "{device} cannot register: {}",
                answer.lines().next().unwrap_or_default()
            );
        }
        bail!("the edge at {edge} does not answer")
    }

    /// Answers calls from now on and tells of them as phone number `phone`.
    pub fn listen(&mut self, phone: usize, arrivals: mpsc::UnboundedSender<Arrival>) {
        let socket = Arc::clone(&self.socket);
        self.task = Some(tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM_MAX];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let at = Instant::now();
                let text = String::from_utf8_lossy(&buffer[..length]);
                if text.starts_with("ACK ") || text.starts_with("SIP/2.0") {
                    continue;
                }
                let is_call = text.starts_with("INVITE ");
                let status = if is_call { "486 Busy Here" } else { "200 OK" };
                // What is lost is sent again by the edge.
                let _ = socket.send_to(answer(&text, status).as_bytes(), from).await;
                let call = field(&text, "Call-ID").unwrap_or_default().to_owned();
                if is_call && arrivals.send(Arrival { phone, call, at }).is_err() {
                    return;
                }
            }
        }));
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Places calls at one edge.
pub struct Prober {
    socket: Arc<UdpSocket>,
    edge: SocketAddr,
    caller: String,
    /// The last final answer's first line.
    last: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Prober {
    /// Calls as the phone `caller`, at this edge.
    ///
    /// # Errors
    /// When the system has no socket.
    pub async fn new(edge: SocketAddr, caller: String) -> Result<Self> {
        Self::new_at(Ipv4Addr::LOCALHOST, edge, caller).await
    }

    /// The same from an address of its own.
    ///
    /// # Errors
    /// When the system has no socket there.
    pub async fn new_at(own: Ipv4Addr, edge: SocketAddr, caller: String) -> Result<Self> {
        let socket = Arc::new(UdpSocket::bind((own, 0)).await.context("bind")?);
        let answers = Arc::clone(&socket);
        let last: Arc<Mutex<String>> = Arc::default();
        let noted = Arc::clone(&last);
        let task = tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM_MAX];
            while let Ok((length, from)) = answers.recv_from(&mut buffer).await {
                let text = String::from_utf8_lossy(&buffer[..length]);
                if let Some(ack) = ack(&text) {
                    text.lines()
                        .next()
                        .unwrap_or_default()
                        .clone_into(&mut noted.lock());
                    let _ = answers.send_to(ack.as_bytes(), from).await;
                }
            }
        });
        Ok(Self {
            socket,
            edge,
            caller,
            last,
            task,
        })
    }

    /// What the edge said last of a call, for when none arrives.
    #[must_use]
    pub fn last_answer(&self) -> String {
        self.last.lock().clone()
    }

    /// Calls `number`; `name` becomes the Call-ID.
    ///
    /// # Errors
    /// When the socket does not take it.
    pub async fn call(&self, number: &str, name: &str) -> Result<()> {
        let (caller, own) = (&self.caller, self.socket.local_addr()?);
        let request = format!(
            "INVITE sip:{number}@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{name};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{caller}@{DOMAIN}>;tag=probe\r\nTo: <sip:{number}@{DOMAIN}>\r\n\
             Call-ID: {name}\r\nCSeq: 1 INVITE\r\nContact: <sip:{caller}@{own}>\r\nContent-Length: 0\r\n\r\n"
        );
        self.socket.send_to(request.as_bytes(), self.edge).await?;
        Ok(())
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The answer to a request.
fn answer(request: &str, status: &str) -> String {
    let mut answer = format!("SIP/2.0 {status}\r\n");
    for line in copied(request) {
        answer.push_str(line);
        if line.starts_with("To:") && !line.contains(";tag=") {
            answer.push_str(";tag=busy");
        }
        answer.push_str("\r\n");
    }
    answer.push_str("Content-Length: 0\r\n\r\n");
    answer
}

/// The ACK for a final answer that refuses an INVITE; `None` for other messages.
fn ack(answer: &str) -> Option<String> {
    let status: u16 = answer.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
    let to = field(answer, "To")?;
    let uri = to.split(['<', '>']).nth(1)?;
    if status < 300 {
        return None;
    }
    let mut ack = format!("ACK {uri} SIP/2.0\r\nMax-Forwards: 70\r\n");
    for line in copied(answer) {
        ack.push_str(&line.replace("1 INVITE", "1 ACK"));
        ack.push_str("\r\n");
    }
    ack.push_str("Content-Length: 0\r\n\r\n");
    Some(ack)
}

/// The lines that answers and ACKs take over.
fn copied(message: &str) -> impl Iterator<Item = &str> {
    const COPIED: [&str; 5] = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    message
        .lines()
        .filter(|line| COPIED.iter().any(|name| line.starts_with(name)))
}

fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_answer_keeps_what_it_must_and_its_ack_names_the_same_transaction() {
        let invite = "INVITE sip:7@bench.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKedge\r\n\
                      Via: SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bK1-0-3\r\nFrom: <sip:a@bench.test>;tag=probe\r\n\
                      To: <sip:7@bench.test>\r\nCall-ID: 1-0-3\r\nCSeq: 1 INVITE\r\nSubject: x\r\n\r\n";
        let answer = answer(invite, "486 Busy Here");
        assert!(answer.starts_with("SIP/2.0 486 "));
        assert_eq!(answer.matches("Via:").count(), 2);
        assert_eq!(field(&answer, "To"), Some("<sip:7@bench.test>;tag=busy"));
        assert!(!answer.contains("Subject"));
        let ack = ack(&answer).unwrap();
        assert!(ack.starts_with("ACK sip:7@bench.test SIP/2.0\r\n"));
        assert_eq!(field(&ack, "CSeq"), Some("1 ACK"));
        assert_eq!(
            super::ack("SIP/2.0 100 Trying\r\nTo: <sip:7@bench.test>\r\n\r\n"),
            None
        );
    }
}
