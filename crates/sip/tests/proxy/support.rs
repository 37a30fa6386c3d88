//! A core with an application that does as it is told, and readable messages in and out.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop, ListenerId, Transport};
use hotdesk_sip::message::{Limits, Message, Name};
use hotdesk_sip::proxy::{
    Action, Actions, Application, Core, Decision, Group, Incoming, ListenerInfo, Next, Outcome,
    OutgoingRequest, PendingId, Plan, RecordRoute, Settings, Target, Why,
};
use hotdesk_sip::uri::Uri;

/// The caller's address.
pub(crate) const ALICE: &str = "192.0.2.1:5060";
/// The callees'.
pub(crate) const BOB: &str = "192.0.2.2:5060";
pub(crate) const CAROL: &str = "192.0.2.3:5060";
pub(crate) const DAVE: &str = "192.0.2.4:5060";

/// What the application does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Todo {
    Forward(Vec<Group>),
    Reply(u16),
    Wait,
    Discard,
}

/// Does as it is told, and writes down what happens.
pub(crate) struct App {
    pub(crate) todo: RefCell<Todo>,
    pub(crate) record_route: RefCell<Option<RecordRoute>>,
    /// What `exhausted` says, in turn; then it gives up.
    pub(crate) next: RefCell<VecDeque<Next>>,
    pub(crate) log: RefCell<Vec<String>>,
    pub(crate) pending: Cell<Option<PendingId>>,
    pub(crate) own_route: RefCell<Option<String>>,
    pub(crate) seen: RefCell<Option<Message>>,
    /// Added to each response that goes upstream.
    pub(crate) stamp: Cell<bool>,
}

impl App {
    fn note(&self, line: impl Into<String>) {
        self.log.borrow_mut().push(line.into());
    }
}

impl Application for App {
    type Call = &'static str;
    type Tag = &'static str;

    fn request(&self, _now: Instant, request: &Incoming<'_>, _out: &mut Actions<Self>) -> Decision<Self> {
        self.pending.set(Some(request.pending));
        *self.own_route.borrow_mut() = request
            .own_route
            .map(|uri| String::from_utf8_lossy(uri.as_bytes()).into_owned());
        *self.seen.borrow_mut() = Some(request.message.clone());
        // Within a dialog the Request-URI says where to.
        let remote = Uri::parse(request.message.uri().unwrap()).ok();
        if let Some(hop) = remote
            .filter(|_| request.in_dialog)
            .and_then(|uri| self.hop(&uri))
        {
            return Decision::Forward {
                plan: Plan::to(Target::new(request.message.uri().unwrap().clone(), hop)),
                call: "in dialog",
            };
        }
        match self.todo.borrow().clone() {
            Todo::Forward(groups) => Decision::Forward {
                plan: Plan {
                    groups: groups.into(),
                    record_route: self.record_route.borrow().clone(),
                },
                call: "call",
            },
            Todo::Reply(status) => {
                Decision::Reply(Message::reply(request.message, status, "As told", Some("app")))
            }
            Todo::Wait => Decision::Wait,
            Todo::Discard => Decision::Discard,
        }
    }

    fn exhausted(
        &self,
        _now: Instant,
        _call: &mut Self::Call,
        _request: &Message,
        best: &Message,
        why: Why,
        _out: &mut Actions<Self>,
    ) -> Next {
        self.note(format!("exhausted {why:?} {}", best.status().unwrap()));
        self.next.borrow_mut().pop_front().unwrap_or(Next::GiveUp)
    }

    fn response(
        &self,
        _now: Instant,
        _call: &mut Self::Call,
        target: usize,
        response: &mut Message,
        _out: &mut Actions<Self>,
    ) {
        self.note(format!("response {} #{target}", response.status().unwrap()));
        if self.stamp.get() {
            let name = Name::parse("X-Stamp");
            response.push(hotdesk_sip::message::Header::new(name, "edited"));
        }
    }

    fn ended(&self, _now: Instant, _call: Self::Call, outcome: Outcome, _out: &mut Actions<Self>) {
        self.note(format!("ended {outcome:?}"));
    }

    fn answered(&self, _now: Instant, tag: Self::Tag, response: Option<&Message>, _: &mut Actions<Self>) {
        self.note(format!("answered {tag} {:?}", response.and_then(Message::status)));
    }

    fn passed(&self, _now: Instant, message: &Message, _from: &Hop) {
        self.note(format!("passed {}", message.method().unwrap()));
    }

    fn cancelled(&self, _now: Instant, _pending: PendingId, _out: &mut Actions<Self>) {
        self.note("cancelled");
    }

    fn unacknowledged(&self, _now: Instant, answer: &Message, _out: &mut Actions<Self>) {
        self.note(format!("unacknowledged {}", answer.status().unwrap()));
    }

    fn is_vital(&self, request: &Message) -> bool {
        request
            .uri()
            .is_some_and(|uri| uri.starts_with(b"urn:service:sos"))
    }

    /// Addresses only.
    fn hop(&self, uri: &Uri) -> Option<Hop> {
        let ip = uri.host.parse().ok()?;
        Some(udp(&SocketAddr::new(ip, uri.port.unwrap_or(5060)).to_string()))
    }

    fn is_own(&self, uri: &Uri) -> bool {
        ["edge.example.com", "10.0.0.1"].contains(&uri.host.as_str())
    }
}

/// What went out.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) to: Hop,
    pub(crate) message: Message,
    pub(crate) bytes: Bytes,
    pub(crate) branch: Option<String>,
}

/// A core in virtual time.
pub(crate) struct Rig {
    pub(crate) core: Core<App>,
    pub(crate) app: App,
    pub(crate) now: Instant,
    sent: Vec<Sent>,
}

pub(crate) fn settings() -> Settings {
    let listener = |transport, sent_by: &str, local: &str| ListenerInfo {
        transport,
        sent_by: sent_by.into(),
        local: local.parse().unwrap(),
    };
    Settings {
        listeners: vec![
            listener(Transport::Udp, "10.0.0.1:5060", "10.0.0.1:5060"),
            listener(Transport::Tcp, "10.0.0.1:5060", "10.0.0.1:5060"),
            listener(Transport::Tls, "edge.example.com:5061", "10.0.0.1:5061"),
        ],
        loop_key: [7; 16],
        ..Settings::default()
    }
}

pub(crate) fn udp(address: &str) -> Hop {
    Hop::to(ListenerId(0), Transport::Udp, address.parse().unwrap())
}

pub(crate) fn tcp(address: &str) -> Hop {
    Hop {
        connection: Some(ConnectionId(9)),
        ..Hop::to(ListenerId(1), Transport::Tcp, address.parse().unwrap())
    }
}

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A target at an address.
pub(crate) fn target(hop: &Hop) -> Target {
    Target::new(format!("sip:phone@{}", hop.remote), hop.clone())
}

/// A group of targets that ring as long as they like.
pub(crate) fn group(hops: &[Hop]) -> Group {
    Group {
        targets: hops.iter().map(target).collect(),
        ring_max: None,
    }
}

/// Reads a message written with plain line ends.
pub(crate) fn message(text: &str) -> Message {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let text = format!("{}\r\n\r\n{body}", head.trim_end().replace('\n', "\r\n"));
    Message::parse(&Bytes::from(text), &Limits::default()).expect("the test's message is legal")
}

/// Alice's request with a branch; `extra` are header lines, each with its end.
pub(crate) fn request(method: &str, branch: &str, extra: &str) -> Message {
    message(&format!(
        "{method} sip:bob@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch={branch}\n{extra}\
         Max-Forwards: 70\nFrom: <sip:alice@example.com>;tag=a\nTo: <sip:bob@example.com>\n\
         Call-ID: one@192.0.2.1\nCSeq: 1 {method}\nContact: <sip:alice@192.0.2.1>\nContent-Length: 0\n"
    ))
}

pub(crate) fn invite() -> Message {
    request("INVITE", "z9hG4bKinvite", "")
}

/// A callee's response to what it got.
pub(crate) fn reply(request: &Message, status: u16, tag: &str) -> Message {
    Message::reply(request, status, "As told", (status > 100).then_some(tag))
}

impl Rig {
    pub(crate) fn new(settings: Settings, todo: Todo) -> Self {
        let now = Instant::now();
        Self {
            core: Core::new(Arc::new(settings)),
            app: App {
                todo: RefCell::new(todo),
                record_route: RefCell::default(),
                next: RefCell::default(),
                log: RefCell::default(),
                pending: Cell::default(),
                own_route: RefCell::default(),
                seen: RefCell::default(),
                stamp: Cell::default(),
            },
            now,
            sent: Vec::new(),
        }
    }

    /// Forwards to these at the same time.
    pub(crate) fn forking(hops: &[&str]) -> Self {
        let hops: Vec<Hop> = hops.iter().map(|address| udp(address)).collect();
        Self::new(settings(), Todo::Forward(vec![group(&hops)]))
    }

    fn collect(&mut self, out: Actions<App>) {
        for action in out.list {
            match action {
                Action::Send { to, bytes, branch } => {
                    let message = Message::parse(&bytes, &Limits::default()).expect("what we send is legal");
                    let branch = branch.map(|branch| branch.to_string());
                    self.sent.push(Sent {
                        to,
                        message,
                        bytes,
                        branch,
                    });
                }
                Action::Request(request) => self.originate(request),
            }
        }
    }

    pub(crate) fn receive(&mut self, from: &Hop, message: Message) {
        // As it would come from the network.
        let message = Message::parse(&message.to_bytes(), &Limits::default()).unwrap();
        let mut out = Actions::new();
        self.core.receive(self.now, from, message, &self.app, &mut out);
        self.collect(out);
    }

    pub(crate) fn originate(&mut self, request: OutgoingRequest<App>) {
        let mut out = Actions::new();
        self.core.request(self.now, request, &self.app, &mut out);
        self.collect(out);
    }

    /// Anything else that the core can be asked.
    pub(crate) fn ask<R>(
        &mut self,
        ask: impl FnOnce(&mut Core<App>, Instant, &App, &mut Actions<App>) -> R,
    ) -> R {
        let mut out = Actions::new();
        let answer = ask(&mut self.core, self.now, &self.app, &mut out);
        self.collect(out);
        answer
    }

    /// Lets time pass, firing each timer at its instant.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.core.next_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            let mut out = Actions::new();
            self.core.timeout(self.now, &self.app, &mut out);
            self.collect(out);
        }
        self.now = until;
    }

    /// What went out since the last look.
    pub(crate) fn sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// The same in short: "INVITE 192.0.2.2:5060", "180 192.0.2.1:5060".
    pub(crate) fn lines(&mut self) -> Vec<String> {
        self.sent().iter().map(Sent::line).collect()
    }

    /// The only message that went out.
    pub(crate) fn only(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(
            sent.len(),
            1,
            "{:?}",
            sent.iter().map(Sent::line).collect::<Vec<_>>()
        );
        sent.remove(0)
    }

    /// What the application wrote down since the last look.
    pub(crate) fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.app.log.borrow_mut())
    }

    /// Sends Alice's INVITE and returns what the callees got, in the order of the targets.
    pub(crate) fn call(&mut self) -> Vec<Sent> {
        self.receive(&udp(ALICE), invite());
        let mut sent = self.sent();
        assert_eq!(sent.remove(0).line(), format!("100 {ALICE}"));
        sent
    }

    /// A callee answers what it got.
    pub(crate) fn answer(&mut self, got: &Sent, status: u16) {
        let tag = format!("tag-{}", got.to.remote.ip());
        self.receive(&got.to, reply(&got.message, status, &tag));
    }

    /// Everything has been forgotten.
    pub(crate) fn assert_empty(&self) {
        let counts = self.core.counts();
        let held = (
            counts.servers,
            counts.clients,
            counts.finished,
            counts.calls_pending,
        );
        assert_eq!(held, (0, 0, 0, 0), "{counts:?}");
        let debug = format!("{:?}", self.core);
        assert_eq!(debug, "Core { servers: 0, clients: 0, contexts: 0, .. }");
    }
}

impl Sent {
    pub(crate) fn line(&self) -> String {
        let what = match (self.message.method(), self.message.status()) {
            (Some(method), _) => method.to_string(),
            (_, status) => status.unwrap().to_string(),
        };
        format!("{what} {}", self.to.remote)
    }

    /// All values of a header.
    pub(crate) fn values(&self, name: &Name) -> Vec<String> {
        let values = self.message.values(name);
        values
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// The value of a header.
    pub(crate) fn value(&self, name: &Name) -> String {
        self.message.text(name).unwrap_or_default().into_owned()
    }
}
