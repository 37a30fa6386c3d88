//! The client transactions: requests that went out.

use std::time::Instant;

use bytes::Bytes;
use smol_str::SmolStr;

use super::best::Answer;
use super::core::Due;
use super::{Action, Actions, Application, Core, OutgoingRequest, build};
use crate::hop::Hop;
use crate::message::{Message, Method};
use crate::transaction::{Client, ClientDoes, ClientState, Id, Keyed, Kind, earlier};

/// A client transaction with what belongs to it.
pub(super) struct ClientEntry<A: Application> {
    pub(super) machine: Client,
    pub(super) owner: Owner<A>,
    to: Hop,
    /// What is sent again: the request while there is no final response, then the ACK of a refusal. After a 2xx to
    /// INVITE: the response as it went upstream.
    pub(super) bytes: Bytes,
    pub(super) loop_part: u64,
    /// A hash of the method: a response must have it in its CSeq.
    pub(super) method: u64,
    pub(super) cancel: Cancel,
    /// Timer C before a CANCEL; afterwards until when its effect is awaited.
    patience: Option<Instant>,
    /// Nobody waits for it any more, but a 2xx would still be handled.
    given_up: bool,
    /// The dialog of the 2xx in `bytes`.
    pub(super) answer: u64,
    scheduled: Option<Instant>,
    finished: bool,
}

/// Whom the response is for.
pub(super) enum Owner<A: Application> {
    /// A forwarded request.
    Branch { context: Id, server: Id, branch: usize },
    /// A request of the application, until it is answered.
    Own(Option<A::Tag>),
    /// Our own CANCEL.
    Cancel,
}

/// Whether an INVITE is being cancelled.
#[derive(Debug)]
pub(super) enum Cancel {
    /// It is not.
    No,
    /// As soon as there is a provisional response (RFC 3261 §9.1); the value of Reason, empty for none.
    Wanted(Bytes),
    /// This is the transaction of the CANCEL.
    Sent(Id),
}

/// A request to be sent in a new transaction.
pub(super) struct Outgoing<A: Application> {
    pub(super) owner: Owner<A>,
    pub(super) to: Hop,
    pub(super) method: Method,
    pub(super) loop_part: u64,
}

impl<A: Application> ClientEntry<A> {
    fn deadline(&self) -> Option<Instant> {
        earlier(self.machine.deadline(), self.patience)
    }
}

impl<A: Application> Core<A> {
    /// Begins a transaction: `build` makes the request once it has a name. `None` when it cannot be made.
    pub(super) fn add_client(
        &mut self,
        now: Instant,
        outgoing: Outgoing<A>,
        out: &mut Actions<A>,
        build: impl FnOnce(&Self, Id) -> Option<Message>,
    ) -> Result<Id, Owner<A>> {
        let kind = Kind::of(&outgoing.method);
        let id = self.clients.insert(ClientEntry {
            machine: Client::new(kind, outgoing.to.transport.is_reliable(), now, &self.timers),
            owner: outgoing.owner,
            to: outgoing.to,
            bytes: Bytes::new(),
            loop_part: outgoing.loop_part,
            method: method_key(outgoing.method.as_str().as_bytes()),
            cancel: Cancel::No,
            patience: None,
            given_up: false,
            answer: 0,
            scheduled: None,
            finished: false,
        });
        self.counts.clients += 1;
        let bytes = build(self, id).map(|message| message.to_bytes());
        let Some(client) = self.clients.get_mut(id) else {
            unreachable!("the entry was inserted above");
        };
        let Some(bytes) = bytes else {
            self.counts.clients -= 1;
            let client = self.clients.remove(id);
            return Err(client.map_or(Owner::Cancel, |client| client.owner));
        };
        client.bytes = bytes.clone();
        if kind == Kind::Invite {
            client.patience = Some(now + self.settings.timer_c);
        }
        out.list.push(Action::Send {
            to: client.to.clone(),
            bytes,
            branch: Some(name(id)),
        });
        self.settle_client(id);
        Ok(id)
    }

    /// Sends a request of the application.
    pub(super) fn send_own(
        &mut self,
        now: Instant,
        request: OutgoingRequest<A>,
        app: &A,
        out: &mut Actions<A>,
    ) {
        let OutgoingRequest { message, to, tag } = request;
        let full = self.counts.clients >= self.settings.transactions_max;
        let method = message.method().cloned();
        let method =
            method.filter(|method| !matches!(method, Method::Invite | Method::Ack | Method::Cancel) && !full);
        let Some(method) = method else {
            app.answered(now, tag, None, out);
            return;
        };
        let listener = to.listener;
        let outgoing = Outgoing {
            owner: Owner::Own(Some(tag)),
            to,
            method,
            loop_part: 0,
        };
        let sent = self.add_client(now, outgoing, out, |core, id| {
            let branch = build::branch(&core.settings, id, 0, &message);
            build::originated(&core.settings, message, listener, &branch)
        });
        if let Err(Owner::Own(Some(tag))) = sent {
            app.answered(now, tag, None, out);
        }
    }

    /// Cancels an INVITE that went out: now, or as soon as somebody has answered. Its end is awaited for T4: RFC 3261
    /// §9.1 allows 64·T1, but callers wait.
    pub(super) fn cancel_client(&mut self, now: Instant, id: Id, reason: &Bytes, out: &mut Actions<A>) {
        let wait = self.timers.t4;
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if !client.machine.is_pending()
            || client.machine.kind() != Kind::Invite
            || matches!(client.cancel, Cancel::Sent(_))
        {
            return;
        }
        client.cancel = Cancel::Wanted(reason.clone());
        if !client.given_up {
            client.patience = Some(now + wait);
        }
        if client.machine.state() == ClientState::Proceeding {
            self.send_cancel(now, id, out);
        }
        self.settle_client(id);
    }

    /// Sends the CANCEL that is wanted.
    pub(super) fn send_cancel(&mut self, now: Instant, id: Id, out: &mut Actions<A>) {
        let wait = self.timers.t4;
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let Cancel::Wanted(reason) = &client.cancel else {
            return;
        };
        let cancel = build::sent(&client.bytes).and_then(|invite| build::cancel(&invite, reason));
        let outgoing = Outgoing {
            owner: Owner::Cancel,
            to: client.to.clone(),
            method: Method::Cancel,
            loop_part: client.loop_part,
        };
        if !client.given_up {
            client.patience = Some(now + wait);
        }
        let sent = self.add_client(now, outgoing, out, |_, _| cancel);
        if let (Ok(sent), Some(client)) = (sent, self.clients.get_mut(id)) {
            client.cancel = Cancel::Sent(sent);
        }
        self.settle_client(id);
    }

    /// A response that belongs to this transaction came. Returns it when its owner is to have it.
    pub(super) fn client_response(
        &mut self,
        now: Instant,
        id: Id,
        response: Message,
        out: &mut Actions<A>,
    ) -> Option<Message> {
        let (timers, timer_c) = (self.timers, self.settings.timer_c);
        let status = response.status()?;
        let client = self.clients.get_mut(id)?;
        let does = client.machine.response(now, status, &timers);
        match does {
            ClientDoes::PassAndAck => {
                let ack = build::sent(&client.bytes).and_then(|invite| build::ack(&invite, &response));
                client.bytes = ack.map(|ack| ack.to_bytes()).unwrap_or_default();
                out.send(client.to.clone(), client.bytes.clone());
            }
            ClientDoes::Ack => {
                self.counts.retransmissions_received += 1;
                out.send(client.to.clone(), client.bytes.clone());
            }
            ClientDoes::Nothing => self.counts.retransmissions_received += 1,
            _ => {}
        }
        if !client.machine.is_pending() {
            client.patience = None;
            if client.machine.kind() == Kind::Other {
                client.bytes = Bytes::new();
            }
        } else if status > 100 && matches!(client.cancel, Cancel::No) && client.patience.is_some() {
            client.patience = Some(now + timer_c);
        }
        if client.machine.state() == ClientState::Proceeding {
            self.send_cancel(now, id, out);
        }
        // The owner's branch is looked at before the entry may go.
        matches!(does, ClientDoes::Pass | ClientDoes::PassAndAck).then_some(response)
    }

    pub(super) fn client_due(&mut self, at: Instant, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let timers = self.timers;
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if client.scheduled != Some(at) {
            return;
        }
        client.scheduled = None;
        match client.machine.timeout(now, &timers) {
            ClientDoes::Resend => {
                self.counts.retransmissions_sent += 1;
                out.list.push(Action::Send {
                    to: client.to.clone(),
                    bytes: client.bytes.clone(),
                    branch: Some(name(id)),
                });
            }
            ClientDoes::TimedOut => {
                self.counts.timeouts += 1;
                self.client_failed(now, id, 408, app, out);
                return;
            }
            _ => {}
        }
        self.client_patience(now, id, app, out);
        self.settle_client(id);
    }

    /// Timer C (RFC 3261 §16.8), and what follows when a CANCEL has no effect (§9.1).
    fn client_patience(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let rest = self.timers.patience();
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if client.patience.is_none_or(|patience| patience > now) {
            return;
        }
        if client.given_up {
            client.machine.over();
            return;
        }
        if matches!(client.cancel, Cancel::No) {
            self.counts.timeouts += 1;
            // The answer to the CANCEL ends the branch, or the lack of one does.
            self.cancel_client(now, id, &Bytes::new(), out);
            return;
        }
        client.given_up = true;
        client.patience = Some(now + rest);
        if let Owner::Branch { context, branch, .. } = client.owner {
            self.branch_ended(now, context, branch, Answer::Own(408), app, out);
        }
    }

    /// A transaction ended without a response: as if with this status.
    pub(super) fn client_failed(&mut self, now: Instant, id: Id, status: u16, app: &A, out: &mut Actions<A>) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        client.machine.over();
        let given_up = client.given_up;
        match &mut client.owner {
            Owner::Branch { context, branch, .. } => {
                let (context, branch) = (*context, *branch);
                self.settle_client(id);
                if !given_up {
                    self.branch_ended(now, context, branch, Answer::Own(status), app, out);
                }
            }
            Owner::Own(tag) => {
                if let Some(tag) = tag.take() {
                    app.answered(now, tag, None, out);
                }
                self.settle_client(id);
            }
            Owner::Cancel => self.settle_client(id),
        }
    }

    /// After any change: counts what has finished, forgets what is over, sets the timer.
    pub(super) fn settle_client(&mut self, id: Id) {
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        if !client.finished && !client.machine.is_pending() {
            client.finished = true;
            self.counts.clients -= 1;
            self.counts.finished += 1;
            self.finished.push_back(Due::Client(id));
        }
        if client.machine.state() == ClientState::Over {
            self.forget_client(id);
            return;
        }
        if let Some(deadline) = client.deadline()
            && client.scheduled.is_none_or(|scheduled| deadline < scheduled)
        {
            client.scheduled = Some(deadline);
            self.queue.push(deadline, Due::Client(id));
        }
    }

    pub(super) fn forget_client(&mut self, id: Id) {
        if self.clients.remove(id).is_some_and(|client| client.finished) {
            self.counts.finished -= 1;
        }
    }
}

/// The name of a transaction for [`Core::transport_failed`]. Short enough to need no memory of its own.
fn name(id: Id) -> SmolStr {
    SmolStr::new(format!("{:016x}", id.0))
}

/// Reads [`name`], or the whole branch of a Via of ours.
pub(super) fn named(name: &str) -> Option<Id> {
    if let Some(branch) = build::Branch::parse(name.as_bytes()) {
        return Some(branch.id);
    }
    u64::from_str_radix(name, 16).ok().map(Id)
}

/// See [`ClientEntry::method`]. No secret: it only saves keeping the name.
pub(super) fn method_key(method: &[u8]) -> u64 {
    Keyed::new(&[0; 16], b'm').part(method).short()
}
