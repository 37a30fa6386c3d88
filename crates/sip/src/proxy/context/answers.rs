//! What comes back from the branches, and what of it goes upstream (RFC 3261 §16.7).

use std::time::Instant;

use bytes::Bytes;

use super::{BranchState, ELSEWHERE, Ending, GROUPS_MAX, Verdict};
use crate::message::Message;
use crate::proxy::best::Answer;
use crate::proxy::{Actions, Application, Core, Next, Outcome, build};
use crate::transaction::{Id, Kind};

impl<A: Application> Core<A> {
    /// A provisional response of a branch, without our Via.
    pub(in crate::proxy) fn branch_rings(
        &mut self,
        now: Instant,
        id: Id,
        number: usize,
        mut response: Message,
        app: &A,
        out: &mut Actions<A>,
    ) {
        let Some(context) = self.contexts.get_mut(id) else {
            return;
        };
        let Some(branch) = context.branches.get(number) else {
            return;
        };
        let wanted = branch.state == BranchState::Open
            && matches!(context.ending, Ending::None)
            && context.done.is_none()
            && response.status() != Some(100);
        if wanted {
            app.response(now, &mut context.call, number, &mut response, out);
            let server = context.server;
            self.respond(now, server, &response, out);
        }
    }

    /// A branch has ended: with a final response (without our Via), or without one. Returns what went upstream
    /// for a 2xx.
    pub(in crate::proxy) fn branch_ended(
        &mut self,
        now: Instant,
        id: Id,
        number: usize,
        answer: Answer,
        app: &A,
        out: &mut Actions<A>,
    ) -> Option<Bytes> {
        let context = self.contexts.get_mut(id)?;
        let branch = context.branches.get_mut(number)?;
        let before = std::mem::replace(&mut branch.state, BranchState::Ended);
        if before == BranchState::Open {
            context.open -= 1;
        }
        let mut passed = None;
        match (answer, before) {
            (Answer::Received(response), _) if matches!(response.status(), Some(200..300)) => {
                passed = self.answered(now, id, number, *response, app, out);
            }
            (answer, BranchState::Open) => {
                let declined = answer.status() >= 600 && app.gives_up_when_declined(&context.call);
                context.best.consider(number, answer);
                if declined && matches!(context.ending, Ending::None) {
                    context.ending = Ending::Declined;
                    let status = context.best.status().unwrap_or(600);
                    let reason = Bytes::from(format!("SIP;cause={status}"));
                    self.cancel_branches(now, id, &reason, out);
                }
            }
            (_, BranchState::Abandoned | BranchState::Ended) => {}
        }
        self.proceed(now, id, app, out);
        passed
    }

    /// A 2xx: goes upstream at once, whatever went before (§16.7 item 5), and ends all other branches.
    fn answered(
        &mut self,
        now: Instant,
        id: Id,
        number: usize,
        mut response: Message,
        app: &A,
        out: &mut Actions<A>,
    ) -> Option<Bytes> {
        let context = self.contexts.get_mut(id)?;
        let status = response.status()?;
        if context.kind == Kind::Other && context.done.is_some() {
            return None;
        }
        app.response(now, &mut context.call, number, &mut response, out);
        if context.done.is_none() {
            context.done = Some(Outcome::Answered { status });
        }
        context.groups.clear();
        context.ring_until = None;
        let server = context.server;
        let sent = self.respond_2xx(now, server, &response, out);
        self.cancel_branches(now, id, &ELSEWHERE, out);
        sent
    }

    /// Cancels all branches that have not ended.
    pub(super) fn cancel_branches(&mut self, now: Instant, id: Id, reason: &Bytes, out: &mut Actions<A>) {
        let Some(context) = self.contexts.get(id) else {
            return;
        };
        let pending = context
            .branches
            .iter()
            .filter(|branch| branch.state != BranchState::Ended);
        let clients: Vec<Id> = pending.filter_map(|branch| branch.client).collect();
        for client in clients {
            self.cancel_client(now, client, reason, out);
        }
    }

    /// Goes on as far as it goes without waiting: the next group, a question to the application, the answer.
    pub(super) fn proceed(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        loop {
            let Some(context) = self.contexts.get_mut(id) else {
                return;
            };
            if context.done.is_some() {
                if !context.may_still_answer() {
                    self.end(now, id, app, out);
                }
                return;
            }
            if context.open > 0 {
                return;
            }
            if context.verdict.is_none() {
                let next = match context.ending {
                    Ending::None => context.groups.pop_front(),
                    _ => None,
                };
                if let Some(group) = next.filter(|_| context.groups_begun < GROUPS_MAX) {
                    self.begin_group(now, id, group, out);
                    continue;
                }
                match self.decide(now, id, app, out) {
                    Some(Next::Forward(group)) => {
                        self.begin_group(now, id, group, out);
                        continue;
                    }
                    Some(Next::Reply(_) | Next::GiveUp) | None => {}
                }
            }
            if self
                .contexts
                .get(id)
                .is_some_and(|context| context.may_still_answer())
            {
                return;
            }
            self.conclude(now, id, app, out);
        }
    }

    /// All that was tried has ended: what now? A verdict is left in the context unless there is a group to try.
    fn decide(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) -> Option<Next> {
        let context = self.contexts.get_mut(id)?;
        let settings = &self.settings;
        let verdict = match std::mem::replace(&mut context.ending, Ending::None) {
            Ending::Cancelled => {
                let response = build::response(settings, &context.request, 487, build::phrase(487));
                context.ending = Ending::Cancelled;
                Verdict::Ours(Box::new(response))
            }
            Ending::Stopped(response) => {
                context.ending = Ending::Stopped(response.clone());
                Verdict::Ours(response)
            }
            Ending::Declined => {
                context.ending = Ending::Declined;
                let (branch, best) = context.best.response(settings, &context.request);
                Verdict::Best(branch, Box::new(best))
            }
            Ending::None => {
                let (branch, best) = context.best.response(settings, &context.request);
                let why = context.why();
                let next = app.exhausted(now, &mut context.call, &context.request, &best, why, out);
                match next {
                    Next::Forward(group) if context.groups_begun < GROUPS_MAX => {
                        return Some(Next::Forward(group));
                    }
                    Next::Reply(response) => Verdict::Ours(Box::new(response)),
                    Next::Forward(_) | Next::GiveUp => Verdict::Best(branch, Box::new(best)),
                }
            }
        };
        context.verdict = Some(verdict);
        None
    }

    /// Sends the verdict upstream.
    fn conclude(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let Some(context) = self.contexts.get_mut(id) else {
            return;
        };
        let Some(verdict) = context.verdict.take() else {
            return;
        };
        let response = match verdict {
            Verdict::Ours(response) => *response,
            // The caller has given up by itself by now, and would take a 408 for another's (RFC 4320 §4.2).
            Verdict::Best(_, best) if context.kind == Kind::Other && best.status() == Some(408) => {
                context.done = Some(Outcome::Silent);
                let server = context.server;
                self.drop_server(server);
                return;
            }
            Verdict::Best(branch, mut response) => {
                app.response(now, &mut context.call, branch, &mut response, out);
                *response
            }
        };
        let status = response.status().unwrap_or(500);
        context.done = Some(match context.ending {
            Ending::Cancelled => Outcome::Cancelled,
            Ending::Stopped(_) => Outcome::Stopped { status },
            _ if status < 300 => Outcome::Answered { status },
            _ => Outcome::Refused { status },
        });
        let server = context.server;
        if status < 300 {
            let request = context.request.clone();
            self.adopt(server);
            self.respond_own(now, server, &request, &response, out);
        } else {
            self.respond(now, server, &response, out);
        }
    }

    /// The application itself answers a call that was forwarded before: its 2xx is ours to repeat.
    fn adopt(&mut self, server: Id) {
        if let Some(server) = self.servers.get_mut(server) {
            server.context = None;
        }
    }

    fn end(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let Some(context) = self.contexts.remove(id) else {
            return;
        };
        if let Some(outcome) = context.done {
            app.ended(now, context.call, outcome, out);
        }
    }
}
