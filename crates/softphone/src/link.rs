//! The socket: sends, repeats, and sorts what comes in.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hotdesk_sip::message::{Header, Limits, Message, Method, Name};
use parking_lot::Mutex;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Error;

/// T1 and 64·T1 of RFC 3261 §17.1.1.1.
const T1: Duration = Duration::from_millis(500);
const SILENCE: Duration = Duration::from_secs(32);
/// How many requests are remembered to recognise their repetitions; then the oldest is forgotten.
const SEEN_MAX: usize = 512;

/// A socket and the task that reads it.
pub(crate) struct Link {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
}

struct Shared {
    socket: UdpSocket,
    peer: SocketAddr,
    /// Who waits for responses, by branch.
    waiting: Mutex<HashMap<String, mpsc::UnboundedSender<Message>>>,
    /// Our last answer to each request, by branch and method, for repetitions.
    answered: Mutex<Answered>,
    requests: mpsc::UnboundedSender<Message>,
    /// NOTIFY is left to whoever takes the requests.
    leaves_notifies: AtomicBool,
}

#[derive(Default)]
struct Answered {
    replies: HashMap<String, Option<Bytes>>,
    order: VecDeque<String>,
}

/// The responses to one request, as they come.
pub(crate) struct Responses {
    shared: Arc<Shared>,
    branch: String,
    request: Message,
    bytes: Bytes,
    repeat: bool,
    incoming: mpsc::UnboundedReceiver<Message>,
}

impl Link {
    pub(crate) async fn open(
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Message>), Error> {
        let socket = UdpSocket::bind(local).await?;
        let local = socket.local_addr()?;
        let (requests, incoming) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            socket,
            peer,
            waiting: Mutex::default(),
            answered: Mutex::default(),
            requests,
            leaves_notifies: AtomicBool::new(false),
        });
        let reader = tokio::spawn(read(Arc::clone(&shared)));
        Ok((
            Self {
                shared,
                reader,
                local,
                peer,
            },
            incoming,
        ))
    }

    /// Sends a request with a Via of its own, again and again until something comes back.
    pub(crate) async fn request(&self, mut request: Message) -> Result<Responses, Error> {
        let branch = format!("z9hG4bK{:016x}", fastrand::u64(..));
        request.push_front(Header::new(
            Name::Via,
            format!("SIP/2.0/UDP {};rport;branch={branch}", self.local),
        ));
        let (sender, incoming) = mpsc::unbounded_channel();
        self.shared.waiting.lock().insert(branch.clone(), sender);
        let bytes = request.to_bytes();
        self.shared.socket.send_to(&bytes, self.peer).await?;
        let shared = Arc::clone(&self.shared);
        Ok(Responses {
            shared,
            branch,
            request,
            bytes,
            repeat: true,
            incoming,
        })
    }

    /// Sends a request that gets no response: ACK.
    pub(crate) async fn send(&self, mut request: Message) -> Result<(), Error> {
        let branch = format!("z9hG4bK{:016x}", fastrand::u64(..));
        request.push_front(Header::new(
            Name::Via,
            format!("SIP/2.0/UDP {};rport;branch={branch}", self.local),
        ));
        self.shared.socket.send_to(&request.to_bytes(), self.peer).await?;
        Ok(())
    }

    /// Sends bytes as they are, for tests of what a phone should not send.
    pub(crate) async fn send_raw(&self, bytes: &[u8]) -> Result<(), Error> {
        self.shared.socket.send_to(bytes, self.peer).await?;
        Ok(())
    }

    /// From now on NOTIFY is not answered here.
    pub(crate) fn leave_notifies(&self) {
        self.shared.leaves_notifies.store(true, Ordering::Relaxed);
    }

    /// Answers a request, and remembers the answer for its repetitions.
    pub(crate) async fn reply(&self, request: &Message, reply: &Message) -> Result<(), Error> {
        reply_to(&self.shared, request, reply).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Responses {
    /// The next response. Repeats the request until the first has come.
    pub(crate) async fn next(&mut self) -> Result<Message, Error> {
        let method = self
            .request
            .method()
            .map_or_else(String::new, ToString::to_string);
        let silence = || Error::Silence {
            method: method.clone(),
        };
        let deadline = tokio::time::Instant::now() + SILENCE;
        let mut pause = T1;
        loop {
            let until = if self.repeat {
                tokio::time::Instant::now() + pause
            } else {
                deadline
            };
            match tokio::time::timeout_at(until.min(deadline), self.incoming.recv()).await {
                Ok(Some(response)) => {
                    self.repeat = false;
                    return Ok(response);
                }
                Ok(None) => return Err(silence()),
                Err(_elapsed) if tokio::time::Instant::now() >= deadline => return Err(silence()),
                Err(_elapsed) => {
                    self.shared.socket.send_to(&self.bytes, self.shared.peer).await?;
                    pause = (pause * 2).min(T1 * 8);
                }
            }
        }
    }

    /// The next response, however long it takes: while a phone rings.
    pub(crate) async fn wait(&mut self) -> Result<Message, Error> {
        if self.repeat {
            return self.next().await;
        }
        self.incoming
            .recv()
            .await
            .ok_or(Error::Answer("the phone was switched off"))
    }

    /// The final response.
    pub(crate) async fn last(mut self) -> Result<Message, Error> {
        loop {
            let response = self.next().await?;
            if response.status().is_some_and(|status| status >= 200) {
                return Ok(response);
            }
        }
    }

    /// The request as it was sent.
    pub(crate) const fn request(&self) -> &Message {
        &self.request
    }

    /// Sends something that goes the way of the request: with its Via.
    pub(crate) async fn send_along(&self, message: &Message) -> Result<(), Error> {
        self.shared
            .socket
            .send_to(&message.to_bytes(), self.shared.peer)
            .await?;
        Ok(())
    }
}

impl Drop for Responses {
    fn drop(&mut self) {
        self.shared.waiting.lock().remove(&self.branch);
    }
}

async fn read(shared: Arc<Shared>) {
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok((length, _from)) = shared.socket.recv_from(&mut buffer).await else {
            // ICMP errors of earlier sends come back here; the socket goes on.
            continue;
        };
        let datagram = Bytes::copy_from_slice(&buffer[..length]);
        let Ok(message) = Message::parse(&datagram, &Limits::default()) else {
            continue;
        };
        if message.is_request() {
            request(&shared, message).await;
        } else if let Ok(via) = message.top_via()
            && let Some(branch) = via.branch()
            && let Some(waiting) = shared.waiting.lock().get(branch)
        {
            // A receiver that is gone has what it wanted.
            let _ = waiting.send(message);
        }
    }
}

/// Takes a request in once; a repetition gets the same answer again.
async fn request(shared: &Arc<Shared>, request: Message) {
    let key = key(&request);
    let known = {
        let mut answered = shared.answered.lock();
        match answered.replies.get(&key) {
            Some(reply) => Some(reply.clone()),
            None => {
                answered.insert(key, None);
                None
            }
        }
    };
    if let Some(reply) = known {
        if let Some(reply) = reply {
            // Lost answers are asked for again.
            let _ = shared.socket.send_to(&reply, shared.peer).await;
        }
        return;
    }
    let is_ours = match request.method() {
        Some(Method::Options) => true,
        Some(Method::Notify) => !shared.leaves_notifies.load(Ordering::Relaxed),
        _ => false,
    };
    if is_ours {
        let reply = Message::reply(&request, 200, "OK", Some("softphone"));
        let _ = reply_to(shared, &request, &reply).await;
    }
    // Nobody listens any more when the phone is being dropped.
    let _ = shared.requests.send(request);
}

async fn reply_to(shared: &Arc<Shared>, request: &Message, reply: &Message) -> Result<(), Error> {
    let bytes = reply.to_bytes();
    shared.answered.lock().insert(key(request), Some(bytes.clone()));
    shared.socket.send_to(&bytes, shared.peer).await?;
    Ok(())
}

fn key(request: &Message) -> String {
    let branch = request
        .top_via()
        .ok()
        .and_then(|via| via.branch().map(str::to_owned));
    let method = request.method().map_or("", Method::as_str);
    format!("{} {method}", branch.unwrap_or_default())
}

impl Answered {
    fn insert(&mut self, key: String, reply: Option<Bytes>) {
        if self.replies.insert(key.clone(), reply).is_none() {
            self.order.push_back(key);
            if self.order.len() > SEEN_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.replies.remove(&oldest);
            }
        }
    }
}
