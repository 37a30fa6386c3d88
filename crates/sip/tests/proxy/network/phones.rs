//! Two kinds of phones with the machines of RFC 3261 §17 and a few habits.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::transaction::{Client, ClientDoes, Kind, Server, ServerDoes, Timers};

use super::PROXY;
use crate::support::{invite, request};

/// What a phone sends: where to, what.
pub(super) type Out = Vec<(String, Bytes)>;

const TIMERS: Timers = Timers {
    t1: Duration::from_millis(500),
    t2: Duration::from_secs(4),
    t4: Duration::from_secs(5),
};

/// How long a call lasts.
const TALK: Duration = Duration::from_secs(20);

/// How long a phone rings before it gives up by itself.
const RING_MS: u64 = 120_000;

/// A client transaction of a phone.
struct Asking {
    machine: Client,
    request: Message,
    ack: Option<Message>,
}

impl Asking {
    fn new(now: Instant, request: Message) -> Self {
        let kind = match request.method() {
            Some(Method::Invite) => Kind::Invite,
            _ => Kind::Other,
        };
        Self {
            machine: Client::new(kind, false, now, &TIMERS),
            request,
            ack: None,
        }
    }
}

/// A call that was answered, as the caller knows it.
pub(super) struct Dialog {
    pub(super) remote: String,
    tag: String,
    hang_up_at: Option<Instant>,
    bye: Option<Asking>,
}

/// Calls, and hangs up some time after the answer, or earlier when it loses patience.
pub(super) struct Caller {
    now: Instant,
    invite: Asking,
    cancel: Option<Asking>,
    cancel_at: Option<Instant>,
    /// The INVITE may be cancelled: somebody has answered provisionally.
    heard: bool,
    pub(super) dialogs: Vec<Dialog>,
    /// How the INVITE ended.
    pub(super) status: Option<u16>,
    out: Vec<Message>,
}

impl Caller {
    pub(super) fn new(now: Instant, hangs_up_after: Option<Duration>) -> Self {
        Self {
            now,
            invite: Asking::new(now, invite()),
            cancel: None,
            cancel_at: hangs_up_after.map(|after| now + after),
            heard: false,
            dialogs: Vec::new(),
            status: None,
            out: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self) {
        self.out.push(self.invite.request.clone());
    }

    pub(super) fn take(&mut self) -> Out {
        let out = std::mem::take(&mut self.out);
        out.into_iter()
            .map(|message| (PROXY.to_owned(), message.to_bytes()))
            .collect()
    }

    fn asking(&mut self) -> impl Iterator<Item = &mut Asking> {
        let byes = self.dialogs.iter_mut().filter_map(|dialog| dialog.bye.as_mut());
        std::iter::once(&mut self.invite)
            .chain(self.cancel.as_mut())
            .chain(byes)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let byes = self.dialogs.iter().filter_map(|dialog| dialog.bye.as_ref());
        let asking = std::iter::once(&self.invite)
            .chain(self.cancel.as_ref())
            .chain(byes);
        let hang_up = self.dialogs.iter().filter_map(|dialog| dialog.hang_up_at);
        let cancel = self.cancel_at.filter(|_| self.heard);
        asking
            .filter_map(|asking| asking.machine.deadline())
            .chain(hang_up)
            .chain(cancel)
            .min()
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        self.now = now;
        let mut out = Vec::new();
        for asking in self.asking() {
            if asking.machine.timeout(now, &TIMERS) == ClientDoes::Resend {
                out.push(asking.request.clone());
            }
        }
        for dialog in &mut self.dialogs {
            if dialog.hang_up_at.is_some_and(|at| at <= now) {
                dialog.hang_up_at = None;
                let bye = in_dialog(Method::Bye, dialog, 2);
                out.push(bye.clone());
                dialog.bye = Some(Asking::new(now, bye));
            }
        }
        if self.heard && self.status.is_none() && self.cancel_at.is_some_and(|at| at <= now) {
            let cancel = request("CANCEL", "z9hG4bKinvite", "");
            out.push(cancel.clone());
            self.cancel = Some(Asking::new(now, cancel));
        }
        if self.heard && self.cancel_at.is_some_and(|at| at <= now) {
            self.cancel_at = None;
        }
        self.out.append(&mut out);
    }

    pub(super) fn receive(&mut self, now: Instant, response: &Message) {
        self.now = now;
        let (status, cseq) = (response.status().unwrap(), response.cseq().unwrap());
        match cseq.method {
            Method::Invite => self.invited(now, status, response),
            Method::Cancel => {
                if let Some(cancel) = &mut self.cancel {
                    cancel.machine.response(now, status, &TIMERS);
                }
            }
            _ => {
                let tag = tag(response);
                let dialog = self.dialogs.iter_mut().find(|dialog| dialog.tag == tag);
                if let Some(bye) = dialog.and_then(|dialog| dialog.bye.as_mut()) {
                    bye.machine.response(now, status, &TIMERS);
                }
            }
        }
    }

    fn invited(&mut self, now: Instant, status: u16, response: &Message) {
        self.heard = true;
        match self.invite.machine.response(now, status, &TIMERS) {
            ClientDoes::PassAndAck => {
                self.status = Some(status);
                let mut ack = request("ACK", "z9hG4bKinvite", "");
                ack.set(response.header(&Name::To).unwrap().clone());
                self.out.push(ack.clone());
                self.invite.ack = Some(ack);
            }
            ClientDoes::Ack => self.out.extend(self.invite.ack.clone()),
            ClientDoes::Pass if status >= 200 => self.answered(now, status, response),
            _ => {}
        }
    }

    /// Each 2xx is acknowledged, also the same again; a second call is ended at once.
    fn answered(&mut self, now: Instant, status: u16, response: &Message) {
        self.status = Some(status);
        let tag = tag(response);
        if !self.dialogs.iter().any(|dialog| dialog.tag == tag) {
            let contact = response.contacts().unwrap().remove(0);
            let talk = if self.dialogs.is_empty() {
                TALK
            } else {
                Duration::ZERO
            };
            self.dialogs.push(Dialog {
                remote: format!("{}:{}", contact.uri.host, contact.uri.port.unwrap()),
                tag: tag.clone(),
                hang_up_at: Some(now + talk),
                bye: None,
            });
        }
        let dialog = self.dialogs.iter().find(|dialog| dialog.tag == tag).unwrap();
        self.out.push(in_dialog(Method::Ack, dialog, 1));
    }
}

fn in_dialog(method: Method, dialog: &Dialog, cseq: u32) -> Message {
    let branch = format!("z9hG4bK{method}{}", dialog.tag);
    let mut message = request(method.as_str(), &branch, "Route: <sip:10.0.0.1;lr>\n");
    message.set_uri(format!("sip:phone@{}", dialog.remote));
    message.set(Header::new(
        Name::To,
        format!("<sip:bob@example.com>;tag={}", dialog.tag),
    ));
    message.set(Header::new(Name::CSeq, format!("{cseq} {method}")));
    message
}

fn tag(message: &Message) -> String {
    let to = message.to().unwrap();
    to.params.text("tag").unwrap_or_default().to_owned()
}

/// What a callee does with a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Habit {
    /// Rings until it is cancelled, or for two minutes.
    Ring,
    /// Answers after so many milliseconds.
    Answer(u64),
    /// Refuses after so many milliseconds.
    Refuse(u64, u16),
}

/// Rings, then does as is its habit.
pub(super) struct Callee {
    pub(super) address: &'static str,
    habit: Habit,
    server: Option<Server>,
    invite: Option<Message>,
    last: Option<Message>,
    decide_at: Option<Instant>,
    /// The next repetition of a 2xx, its interval, and when to give up.
    repeat: Option<(Instant, Duration, Instant)>,
    pub(super) answered: bool,
    pub(super) hung_up: bool,
    /// Nobody told it that the call was over.
    pub(super) rang_out: bool,
    out: Vec<Message>,
}

impl Callee {
    pub(super) const fn new(address: &'static str, habit: Habit) -> Self {
        Self {
            address,
            habit,
            server: None,
            invite: None,
            last: None,
            decide_at: None,
            repeat: None,
            answered: false,
            hung_up: false,
            rang_out: false,
            out: Vec::new(),
        }
    }

    pub(super) fn take(&mut self) -> (&'static str, Out) {
        let out = std::mem::take(&mut self.out);
        let out = out
            .into_iter()
            .map(|message| (PROXY.to_owned(), message.to_bytes()));
        (self.address, out.collect())
    }

    pub(super) fn is_ringing(&self) -> bool {
        self.server.as_ref().is_some_and(Server::is_pending)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let machine = self.server.as_ref().and_then(Server::deadline);
        let repeat = self.repeat.map(|(at, ..)| at);
        machine.into_iter().chain(repeat).chain(self.decide_at).min()
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        if let Some(server) = &mut self.server
            && server.timeout(now, &TIMERS) == ServerDoes::Resend
        {
            self.out.extend(self.last.clone());
        }
        if self.decide_at.is_some_and(|at| at <= now) {
            self.decide_at = None;
            match self.habit {
                Habit::Answer(_) => self.reply(now, 200),
                Habit::Refuse(_, status) => self.reply(now, status),
                Habit::Ring => {
                    self.rang_out = true;
                    self.reply(now, 480);
                }
            }
        }
        if let Some((at, interval, end)) = self.repeat
            && at <= now
        {
            let interval = (interval * 2).min(TIMERS.t2);
            self.repeat = (now < end).then_some((now + interval, interval, end));
            self.out.extend(self.last.clone());
        }
    }

    fn reply(&mut self, now: Instant, status: u16) {
        let (Some(server), Some(invite)) = (&mut self.server, &self.invite) else {
            return;
        };
        if !server.answer(now, status, &TIMERS) {
            return;
        }
        let tag = self.address.replace([':', '.'], "-");
        let mut reply = Message::reply(invite, status, "As told", Some(&tag));
        reply.push(Header::new(
            Name::Contact,
            format!("<sip:phone@{}>", self.address),
        ));
        if status == 200 {
            self.answered = true;
            self.repeat = Some((now + TIMERS.t1, TIMERS.t1, now + TIMERS.patience()));
        }
        self.out.push(reply.clone());
        self.last = Some(reply);
    }

    pub(super) fn receive(&mut self, now: Instant, message: &Message) {
        match message.method() {
            Some(Method::Invite) => self.invited(now, message),
            Some(Method::Ack) => {
                if let Some(server) = &mut self.server {
                    server.acknowledged(now, &TIMERS);
                }
                if self.answered {
                    self.repeat = None;
                }
            }
            Some(Method::Cancel) => {
                let known = self.server.is_some();
                let status = if known { 200 } else { 481 };
                self.out
                    .push(Message::reply(message, status, "As told", Some("c")));
                if self.is_ringing() {
                    self.decide_at = None;
                    self.reply(now, 487);
                }
            }
            Some(Method::Bye) => {
                self.hung_up = true;
                self.repeat = None;
                self.out.push(Message::reply(message, 200, "Bye", None));
            }
            _ => {}
        }
    }

    fn invited(&mut self, now: Instant, message: &Message) {
        if let Some(server) = &self.server {
            if server.retransmitted() == ServerDoes::Resend {
                self.out.extend(self.last.clone());
            }
            return;
        }
        self.server = Some(Server::new(Kind::Invite, false));
        self.invite = Some(message.clone());
        let after = match self.habit {
            Habit::Answer(after) | Habit::Refuse(after, _) => after,
            Habit::Ring => RING_MS,
        };
        self.decide_at = Some(now + Duration::from_millis(after));
        self.reply(now, 180);
    }
}
