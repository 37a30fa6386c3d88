//! Responses as they come in (RFC 3261 §16.7).

use std::time::Instant;

use super::best::Answer;
use super::build::{self, Branch};
use super::client::{Cancel, Owner, method_key};
use super::{Actions, Application, Core};
use crate::hop::{Hop, ListenerId, Transport};
use crate::message::{Message, Method, Name};
use crate::transaction::wire::{TopVia, cseq_of, tag_of};
use crate::transaction::{ClientState, Id, Keyed, Kind, server_key};
use crate::value::Via;

/// Whom a response is for.
enum For<A: Application> {
    Branch { context: Id, server: Id, branch: usize },
    Own(A::Tag),
    Nobody,
}

impl<A: Application> Core<A> {
    pub(super) fn receive_response(
        &mut self,
        now: Instant,
        from: &Hop,
        response: Message,
        app: &A,
        out: &mut Actions<A>,
    ) {
        let via = response.values(&Name::Via).next().and_then(TopVia::parse);
        let cseq = response.header(&Name::CSeq).and_then(|cseq| cseq_of(cseq.raw()));
        let (Some(via), Some((_, method))) = (via, cseq) else {
            self.counts.malformed += 1;
            return;
        };
        let Some(branch) = via.branch.and_then(Branch::parse) else {
            // Not sent by us (§18.1.2).
            self.counts.stray += 1;
            return;
        };
        // A late answer to anything else would only reach somebody who has given up (RFC 4320 §4.2).
        let is_invite = method == b"INVITE";
        match self.client_of(&branch, method) {
            Some(id) => self.matched(now, id, response, app, out),
            None => {
                self.counts.stray += 1;
                if is_invite {
                    self.pass_stray(now, from, &branch, response, out);
                }
            }
        }
    }

    /// The transaction of a response (§17.1.3): by branch, and by the method in CSeq.
    fn client_of(&self, branch: &Branch, method: &[u8]) -> Option<Id> {
        let client = self.clients.get(branch.id)?;
        if client.loop_part != branch.loop_part {
            return None;
        }
        if method == b"CANCEL" {
            return match client.cancel {
                Cancel::Sent(cancel) => Some(cancel),
                _ => None,
            };
        }
        (client.method == method_key(method)).then_some(branch.id)
    }

    fn matched(&mut self, now: Instant, id: Id, response: Message, app: &A, out: &mut Actions<A>) {
        let Some(status) = response.status() else {
            return;
        };
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let again = client.machine.state() == ClientState::Accepted;
        let whom: For<A> = match &mut client.owner {
            Owner::Branch {
                context,
                server,
                branch,
            } => For::Branch {
                context: *context,
                server: *server,
                branch: *branch,
            },
            Owner::Own(tag) => match tag.take_if(|_| status >= 200) {
                Some(tag) => For::Own(tag),
                None => For::Nobody,
            },
            Owner::Cancel => For::Nobody,
        };
        let response = self.client_response(now, id, response, out);
        if let Some(response) = response {
            match whom {
                For::Branch {
                    context,
                    server,
                    branch,
                } => {
                    let place = (id, context, server, branch);
                    self.branch_response(now, place, again, response, app, out);
                }
                For::Own(tag) => app.answered(now, tag, Some(&response), out),
                For::Nobody => {}
            }
        }
        self.settle_client(id);
    }

    /// A response of a branch that its transaction lets through.
    fn branch_response(
        &mut self,
        now: Instant,
        (id, context, server, branch): (Id, Id, Id, usize),
        again: bool,
        mut response: Message,
        app: &A,
        out: &mut Actions<A>,
    ) {
        let status = response.status().unwrap_or_default();
        let dialog = dialog_hash(&response);
        response.pop_value(&Name::Via);
        if response.header(&Name::Via).is_none() {
            self.counts.malformed += 1;
            return;
        }
        if status < 200 {
            self.branch_rings(now, context, branch, response, app, out);
            return;
        }
        if again {
            self.further_2xx(now, (id, context, server, branch), dialog, response, app, out);
            return;
        }
        let is_invite = self
            .clients
            .get(id)
            .is_some_and(|client| client.machine.kind() == Kind::Invite);
        let sent = if self.contexts.get(context).is_some() {
            let answer = Answer::Received(Box::new(response));
            self.branch_ended(now, context, branch, answer, app, out)
        } else if (200..300).contains(&status) && is_invite {
            // It lost the race against the CANCEL, and the caller must know of it to end it.
            self.respond_2xx(now, server, &response, out)
        } else {
            None
        };
        if let (Some(sent), Some(client)) = (sent, self.clients.get_mut(id))
            && is_invite
        {
            client.answer = dialog;
            client.bytes = sent;
        }
    }

    /// A 2xx of a branch that has had one: the same again goes upstream as it did the first time; one of another
    /// dialog (a proxy behind us forked) is an answer of its own.
    fn further_2xx(
        &mut self,
        now: Instant,
        (id, context, server, branch): (Id, Id, Id, usize),
        dialog: u64,
        response: Message,
        app: &A,
        out: &mut Actions<A>,
    ) {
        let known = self
            .clients
            .get(id)
            .filter(|client| client.answer == dialog && !client.bytes.is_empty());
        if let Some(client) = known {
            self.counts.retransmissions_received += 1;
            let to = self.servers.get(server).map(|server| server.to.clone());
            if let Some(to) = to {
                out.send(to, client.bytes.clone());
            }
            return;
        }
        if self.contexts.get(context).is_some() {
            let answer = Answer::Received(Box::new(response));
            self.branch_ended(now, context, branch, answer, app, out);
        } else {
            self.respond_2xx(now, server, &response, out);
        }
    }

    /// A response without a transaction goes to where its request came from, and nowhere else: RFC 6026 §8 has it
    /// dropped because anybody could send something through us, but our branch proves that we forwarded the
    /// request from there. So a restart loses no answer. Whose caller we still know was told an answer meanwhile, and
    /// only a 2xx is news to it.
    fn pass_stray(
        &mut self,
        now: Instant,
        from: &Hop,
        branch: &Branch,
        mut response: Message,
        out: &mut Actions<A>,
    ) {
        response.pop_value(&Name::Via);
        let Some(upstream) = response.values(&Name::Via).next() else {
            return;
        };
        let origin = build::origin_part(&self.settings, (branch.id, branch.loop_part), &response, upstream);
        let Ok(via) = Via::parse(upstream) else {
            return;
        };
        let (Some(remote), Ok(transport)) = (via.response_address(), via.transport.parse()) else {
            return;
        };
        if origin != branch.origin {
            return;
        }
        let server = TopVia::parse(upstream)
            .map(|via| server_key(&self.settings.loop_key, &response, &via, &Method::Invite))
            .and_then(|key| self.by_key.get(&key).copied());
        if let Some(server) = server {
            if matches!(response.status(), Some(200..300)) {
                self.respond_2xx(now, server, &response, out);
            }
            return;
        }
        if let Some(listener) = self.listener_for(from.listener, transport) {
            out.send(Hop::to(listener, transport, remote), response.to_bytes());
        }
    }

    /// A listener of this transport, the given one if it will do.
    fn listener_for(&self, preferred: ListenerId, transport: Transport) -> Option<ListenerId> {
        let fits = |id: ListenerId| {
            self.settings
                .listener(id)
                .is_some_and(|listener| listener.transport == transport)
        };
        if fits(preferred) {
            return Some(preferred);
        }
        (0..self.settings.listeners.len())
            .filter_map(|number| u16::try_from(number).ok().map(ListenerId))
            .find(|id| fits(*id))
    }
}

/// Tells the dialogs of one forwarded INVITE apart.
fn dialog_hash(response: &Message) -> u64 {
    let to = response.header(&Name::To).map(|to| to.raw());
    let tag = to.and_then(tag_of).unwrap_or_default();
    Keyed::new(&[0; 16], b'd').part(tag).short()
}
