//! Response contexts (RFC 3261 §16.7): a forwarded request, its branches, and what goes out.
//!
//! [`answers`] is about what comes back.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::best::{Answer, Best};
use super::build;
use super::client::{Outgoing, Owner};
use super::core::Due;
use super::prepare::Max;
use super::server::Waiting;
use super::{Actions, Application, Core, Group, Outcome, Plan, RecordRoute, TARGETS_MAX, Target, Why};
use crate::hop::ListenerId;
use crate::message::{Message, Method};
use crate::transaction::{Id, Kind};

mod answers;

/// How many groups a request is tried with, those of [`Next::Forward`](super::Next::Forward) included. After that
/// the best response goes upstream.
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
        // The application said that it would answer this one itself, and does not.
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
