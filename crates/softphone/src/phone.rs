//! The phone: its account, its registration, its calls.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hotdesk_sip::digest::{Secret, answer};
use hotdesk_sip::message::{Header, Message, Method, Name};
use tokio::sync::{Mutex, mpsc};

use crate::Error;
use crate::call::{Incoming, Outcome, dial};
use crate::link::{Link, Responses};

/// What is typed into a phone's settings.
#[derive(Clone)]
pub struct Account {
    /// The user part of the address of record: a device id, or an extension.
    pub user: String,
    /// The user name for digest; the same as `user` for a device.
    pub auth_user: String,
    /// The password.
    pub password: String,
    /// The SIP domain.
    pub domain: String,
    /// The name in From.
    pub display_name: String,
}

/// A phone. It is switched off by dropping it; what it registered stays until it expires.
pub struct Softphone {
    pub(crate) account: Account,
    pub(crate) link: Link,
    requests: Mutex<mpsc::UnboundedReceiver<Message>>,
    registration: String,
    cseq: AtomicU32,
}

impl Account {
    /// The account of a device line.
    #[must_use]
    pub fn device(id: &str, password: &str, domain: &str) -> Self {
        Self {
            user: id.into(),
            auth_user: id.into(),
            password: password.into(),
            domain: domain.into(),
            display_name: String::new(),
        }
    }

    /// The address of record.
    #[must_use]
    pub fn address(&self) -> String {
        format!("sip:{}@{}", self.user, self.domain)
    }
}

impl Softphone {
    /// Switches a phone on: a free UDP port on the address by which `edge` is reached from loopback.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub async fn start(account: Account, edge: SocketAddr) -> Result<Self, Error> {
        let local = if edge.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
        let local = local.parse().unwrap_or(edge);
        Self::start_at(account, local, edge).await
    }

    /// Switches a phone on at an address of its own.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start_at(account: Account, local: SocketAddr, edge: SocketAddr) -> Result<Self, Error> {
        let (link, requests) = Link::open(local, edge).await?;
        Ok(Self {
            account,
            link,
            requests: Mutex::new(requests),
            registration: format!("{:016x}@softphone", fastrand::u64(..)),
            cseq: AtomicU32::new(1),
        })
    }

    /// Where the phone listens.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.link.local
    }

    /// The Call-ID of its registration.
    #[must_use]
    pub fn registration(&self) -> &str {
        &self.registration
    }

    /// Registers, or with 0 seconds unregisters. Returns the final response, 200 or not.
    ///
    /// # Errors
    /// No answer.
    pub async fn register(&self, expires_s: u32) -> Result<Message, Error> {
        let mut request = Message::request(Method::Register, format!("sip:{}", self.account.domain));
        let address = self.account.address();
        request.push(Header::new(Name::MaxForwards, "70"));
        request.push(Header::new(
            Name::From,
            format!("<{address}>;tag={:08x}", fastrand::u32(..)),
        ));
        request.push(Header::new(Name::To, format!("<{address}>")));
        request.push(Header::new(Name::CallId, &self.registration));
        request.push(Header::new(Name::Contact, format!("<{}>", self.contact())));
        request.push(Header::new(Name::Expires, expires_s.to_string()));
        self.ask(request).await
    }

    /// Sends a request outside of any dialog that has no CSeq and Via yet, answers a challenge once, and returns
    /// the final response.
    ///
    /// # Errors
    /// No answer.
    pub async fn ask(&self, request: Message) -> Result<Message, Error> {
        let first = self.send(&request, None).await?.last().await?;
        match self.credentials(&request, &first) {
            Some(credentials) => self.send(&request, Some(credentials)).await?.last().await,
            None => Ok(first),
        }
    }

    /// Calls, and waits until somebody answers, refuses, or `patience` is over and the call is cancelled.
    /// `dialed` is a number or name at the phone's domain, or a whole URI.
    ///
    /// # Errors
    /// No answer at all.
    pub async fn call(&self, dialed: &str, patience: Duration) -> Result<Outcome<'_>, Error> {
        dial(self, dialed, patience).await
    }

    /// The next call that comes in.
    ///
    /// # Errors
    /// None came within `patience`.
    pub async fn incoming(&self, patience: Duration) -> Result<Incoming<'_>, Error> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let request = self.next_request(deadline).await?;
            if request.method() == Some(&Method::Invite) {
                return Ok(Incoming::new(self, request));
            }
        }
    }

    /// The next request of any method, as it came; OPTIONS and, unless they are left to the caller, NOTIFY are answered
    /// already.
    ///
    /// # Errors
    /// None came before the deadline.
    pub async fn next_request(&self, deadline: tokio::time::Instant) -> Result<Message, Error> {
        let mut requests = self.requests.lock().await;
        let next = tokio::time::timeout_at(deadline, requests.recv()).await;
        let silence = || Error::Silence {
            method: "a request to the phone".into(),
        };
        next.map_err(|_elapsed| silence())?.ok_or_else(silence)
    }

    /// Answers a request.
    ///
    /// # Errors
    /// The socket's.
    pub async fn reply(&self, request: &Message, status: u16, reason: &str) -> Result<(), Error> {
        let reply = Message::reply(request, status, reason, Some("softphone"));
        self.link.reply(request, &reply).await
    }

    /// Answers a request with a reply that the caller made.
    ///
    /// # Errors
    /// The socket's.
    pub async fn reply_with(&self, request: &Message, reply: &Message) -> Result<(), Error> {
        self.link.reply(request, reply).await
    }

    /// From now on NOTIFY comes out of [`next_request`](Self::next_request) unanswered.
    pub fn leave_notifies(&self) {
        self.link.leave_notifies();
    }

    /// The call that an INVITE from [`next_request`](Self::next_request) begins.
    #[must_use]
    pub fn incoming_of(&self, invite: Message) -> Incoming<'_> {
        Incoming::new(self, invite)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The socket's.
    pub async fn send_raw(&self, bytes: &[u8]) -> Result<(), Error> {
        self.link.send_raw(bytes).await
    }

    /// The Contact of the phone.
    #[must_use]
    pub fn contact(&self) -> String {
        format!("sip:{}@{}", self.account.user, self.link.local)
    }

    pub(crate) async fn send(
        &self,
        request: &Message,
        credentials: Option<Header>,
    ) -> Result<Responses, Error> {
        let mut request = request.clone();
        let number = self.cseq.fetch_add(1, Ordering::Relaxed);
        if let Some(method) = request.method().cloned() {
            request.set(Header::new(Name::CSeq, format!("{number} {method}")));
        }
        if let Some(credentials) = credentials {
            request.set(credentials);
        }
        self.link.request(request).await
    }

    /// The answer to a challenge; `None` when the response is none, or cannot be answered.
    pub(crate) fn credentials(&self, request: &Message, response: &Message) -> Option<Header> {
        if !matches!(response.status(), Some(401 | 407)) {
            return None;
        }
        let secret = Secret::Password(&self.account.password);
        let (method, uri) = (request.method()?, request.uri()?);
        answer(
            response.headers(),
            &self.account.auth_user,
            secret,
            method,
            uri,
            request.body(),
        )
        .ok()
    }
}
