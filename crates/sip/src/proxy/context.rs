//! Response contexts (RFC 3261 §16.7): a forwarded request, its branches, and what goes back.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::best::{Answer, Best};
use super::build;
use super::client::{Outgoing, Owner};
use super::core::Due;
use super::prepare::Max;
use super::server::Waiting;
use super::{Actions, Application, Core, Group, Next, Outcome, Plan, RecordRoute, TARGETS_MAX, Target, Why};
use crate::hop::ListenerId;
use crate::message::{Message, Method};
use crate::transaction::{Id, Kind};

/// How many groups a request is tried with, those of [`Next::Forward`] included. After that the best response goes
/// upstream.
const GROUPS_MAX: usize = 32;
/// Why the branches that did not win are cancelled (RFC 3326 §2): a phone then shows no missed call.
const ELSEWHERE: Bytes = Bytes::from_static(b"SIP;cause=200;text=\"Call completed elsewhere\"");

/// A forwarded request.
pub(super) struct Context<A: Application> {
    server: Id,
    request: Message,
    kind: Kind,
    /// Where it came in.
    listener: ListenerId,
    loop_part: u64,
    call: A::Call,
    groups: VecDeque<Group>,
    groups_begun: usize,
    record_route: Option<RecordRoute>,
    branches: Vec<Branch>,
    /// Where the branches of the current group begin.
    group_start: usize,
    /// How many branches must end before it goes on.
    open: usize,
    best: Best,
    ring_until: Option<Instant>,
    rang_out: bool,
    ending: Ending,
    /// What goes upstream as soon as no cancelled branch can answer any more.
    verdict: Option<Verdict>,
    /// The final response that went upstream.
    done: Option<Outcome>,
    scheduled: Option<Instant>,
}

/// One forwarded copy.
#[derive(Debug)]
struct Branch {
    /// `None`: it could not be sent.
    client: Option<Id>,
    state: BranchState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BranchState {
    /// Waited for.
    Open,
    /// Only its 2xx would count.
    Abandoned,
    /// Its final response came, or will not.
    Ended,
}

/// Why nothing new is tried.
#[derive(Debug)]
enum Ending {
    /// Things are tried.
    None,
    /// A 6xx came.
    Declined,
    /// The caller cancelled.
    Cancelled,
    /// We stop it, with this answer.
    Stopped(Box<Message>),
}

#[derive(Debug)]
enum Verdict {
    /// The best response, of this branch.
    Best(usize, Box<Message>),
    /// An answer that is sent as it is.
    Ours(Box<Message>),
}

impl<A: Application> Context<A> {
    /// Could a cancelled branch still say 2xx? The caller is told nothing final meanwhile: it would take no 2xx
    /// afterwards, and the phone would be left in a call with nobody.
    fn may_still_answer(&self) -> bool {
        let pending = |branch: &Branch| branch.state != BranchState::Ended;
        self.kind == Kind::Invite && self.branches.iter().any(pending)
    }

    fn why(&self) -> Why {
        match (self.rang_out, self.best.is_own()) {
            (true, _) => Why::RingTimeout,
            (false, true) => Why::Unreachable,
            (false, false) => Why::Answered,
        }
    }
}

/// === Going out ===
impl<A: Application> Core<A> {
    /// Forwards a request.
    pub(super) fn begin(
        &mut self,
        now: Instant,
        server: Id,
        waiting: Waiting,
        (plan, call): (Plan, A::Call),
        app: &A,
        out: &mut Actions<A>,
    ) {
        let request = waiting.request;
        if Max::of(&request) == Max::Hops(0) {
            self.counts.loops += 1;
            let response = build::response(&self.settings, &request, 483, build::phrase(483));
            self.respond_own(now, server, &request, &response, out);
            app.ended(now, call, Outcome::Refused { status: 483 }, out);
            return;
        }
        let kind = request.method().map_or(Kind::Other, Kind::of);
        if kind == Kind::Invite {
            self.send_trying(now, server, &request, out);
        }
        let context = self.contexts.insert(Context {
            server,
            request,
            kind,
            listener: waiting.from.listener,
            loop_part: waiting.loop_part,
            call,
            groups: plan.groups,
            groups_begun: 0,
            record_route: plan.record_route,
            branches: Vec::new(),
            group_start: 0,
            open: 0,
            best: Best::default(),
            ring_until: None,
            rang_out: false,
            ending: Ending::None,
            verdict: None,
            done: None,
            scheduled: None,
        });
        if let Some(entry) = self.servers.get_mut(server) {
            entry.context = Some(context);
        }
        self.proceed(now, context, app, out);
    }

    /// 100, unless the caller has had an answer.
    fn send_trying(&mut self, now: Instant, server: Id, request: &Message, out: &mut Actions<A>) {
        if self.servers.get(server).is_some_and(|server| server.is_silent()) {
            let trying = build::response(&self.settings, request, 100, build::phrase(100));
            self.respond(now, server, &trying, out);
        }
    }

    fn begin_group(&mut self, now: Instant, id: Id, group: Group, out: &mut Actions<A>) {
        let Some(context) = self.contexts.get_mut(id) else {
            return;
        };
        context.groups_begun += 1;
        context.group_start = context.branches.len();
        context.rang_out = false;
        context.ring_until = None;
        if context.kind == Kind::Invite {
            context.ring_until = group.ring_max.map(|ring_max| now + ring_max);
        }
        for target in group.targets.into_iter().take(TARGETS_MAX) {
            self.begin_branch(now, id, &target, out);
        }
        self.schedule_context(id);
    }

    fn begin_branch(&mut self, now: Instant, id: Id, target: &Target, out: &mut Actions<A>) {
        let Some(context) = self.contexts.get(id) else {
            return;
        };
        let number = context.branches.len();
        let outgoing = Outgoing {
            owner: Owner::Branch {
                context: id,
                server: context.server,
                branch: number,
            },
            to: target.hop.clone(),
            method: context.request.method().cloned().unwrap_or(Method::Invite),
            loop_part: context.loop_part,
        };
        let client = self.add_client(now, outgoing, out, |core, client| {
            let context = core.contexts.get(id)?;
            let branch = build::branch(&core.settings, client, context.loop_part, &context.request);
            build::forwarded(
                &core.settings,
                &context.request,
                target,
                context.record_route.as_ref(),
                context.listener,
                &branch,
            )
        });
        let Some(context) = self.contexts.get_mut(id) else {
            return;
        };
        // A listener that is not ours: as if the transport had failed.
        let failed = client.is_err();
        context.branches.push(Branch {
            client: client.ok(),
            state: if failed {
                BranchState::Ended
            } else {
                BranchState::Open
            },
        });
        if failed {
            context.best.consider(number, Answer::Own(503));
        } else {
            context.open += 1;
        }
    }
}

/// === Coming back ===
impl<A: Application> Core<A> {
    /// A provisional response of a branch, without our Via.
    pub(super) fn branch_rings(
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
    pub(super) fn branch_ended(
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
                let declined = answer.status() >= 600;
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
    fn cancel_branches(&mut self, now: Instant, id: Id, reason: &Bytes, out: &mut Actions<A>) {
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
    fn proceed(&mut self, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
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

/// === From outside ===
impl<A: Application> Core<A> {
    /// The caller, or the application, wants the end. `answer` is what the caller is told instead of 487. Returns
    /// whether there was anything to end.
    pub(super) fn end_context(
        &mut self,
        now: Instant,
        id: Id,
        answer: Option<Message>,
        reason: &Bytes,
        app: &A,
        out: &mut Actions<A>,
    ) -> bool {
        let Some(context) = self.contexts.get_mut(id) else {
            return false;
        };
        if context.done.is_some() || context.kind != Kind::Invite {
            return false;
        }
        if !matches!(context.ending, Ending::Cancelled | Ending::Stopped(_)) {
            context.ending = answer.map_or(Ending::Cancelled, |answer| Ending::Stopped(Box::new(answer)));
            context.verdict = None;
            context.groups.clear();
            context.ring_until = None;
            self.cancel_branches(now, id, reason, out);
            self.proceed(now, id, app, out);
        }
        true
    }

    /// The request of a context.
    pub(super) fn context_request(&self, id: Id) -> Option<&Message> {
        self.contexts.get(id).map(|context| &context.request)
    }

    /// The current group has rung for long enough.
    pub(super) fn context_due(&mut self, at: Instant, now: Instant, id: Id, app: &A, out: &mut Actions<A>) {
        let Some(context) = self.contexts.get_mut(id) else {
            return;
        };
        if context.scheduled != Some(at) {
            return;
        }
        context.scheduled = None;
        if context.ring_until.is_none_or(|until| until > now) {
            self.schedule_context(id);
            return;
        }
        context.ring_until = None;
        let group = context.group_start..context.branches.len();
        let mut clients = Vec::new();
        for number in group.clone() {
            let branch = &mut context.branches[number];
            if branch.state == BranchState::Open {
                branch.state = BranchState::Abandoned;
                context.open -= 1;
                context.rang_out = true;
                clients.extend(branch.client);
            }
        }
        if context.rang_out {
            context.best.consider(group.start, Answer::Own(480));
        }
        for client in clients {
            self.cancel_client(now, client, &Bytes::new(), out);
        }
        self.proceed(now, id, app, out);
    }

    fn schedule_context(&mut self, id: Id) {
        let Some(context) = self.contexts.get_mut(id) else {
            return;
        };
        if let Some(until) = context.ring_until
            && context.scheduled.is_none_or(|scheduled| until < scheduled)
        {
            context.scheduled = Some(until);
            self.queue.push(until, Due::Context(id));
        }
    }
}
