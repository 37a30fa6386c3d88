//! Anything in any order: nothing panics, every request is answered at most once, nothing is left behind.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::{Group, Next, PendingId};

use crate::support::*;

const PHONES: [&str; 3] = [BOB, CAROL, DAVE];
const STATUSES: [u16; 14] = [
    100, 180, 183, 200, 202, 302, 401, 404, 407, 408, 486, 487, 503, 603,
];

/// A few seconds in the life of a core, decided by chance.
struct Chaos {
    rig: Rig,
    random: fastrand::Rng,
    requests: Vec<(Instant, Message)>,
    out: Vec<Sent>,
    pending: Vec<PendingId>,
    /// Final responses by branch, with their bytes: there must be one only, but for 2xx to INVITE.
    finals: HashMap<(String, String), Vec<(u16, bytes::Bytes)>>,
}

impl Chaos {
    fn groups(&mut self) -> Vec<Group> {
        let count = self.random.usize(..4);
        let mut groups = Vec::new();
        for _ in 0..count {
            let hops: Vec<_> = (0..self.random.usize(..4))
                .map(|_| udp(PHONES[self.random.usize(..3)]))
                .collect();
            groups.push(Group {
                ring_max: self.random.bool().then_some(Duration::from_secs(3)),
                ..group(&hops)
            });
        }
        groups
    }

    fn request(&mut self) {
        let method = ["INVITE", "INVITE", "MESSAGE", "BYE"][self.random.usize(..4)];
        let message = request(method, &format!("z9hG4bK{}", self.requests.len()), "");
        *self.rig.app.todo.borrow_mut() = match self.random.u8(..8) {
            0 => Todo::Wait,
            1 => Todo::Reply(STATUSES[self.random.usize(1..STATUSES.len())]),
            2 => Todo::Discard,
            _ => Todo::Forward(self.groups()),
        };
        for _ in 0..self.random.usize(..3) {
            let next = match self.random.bool() {
                true => Next::GiveUp,
                false => Next::Forward(self.groups().pop().unwrap_or_default()),
            };
            self.rig.app.next.borrow_mut().push_back(next);
        }
        self.requests.push((self.rig.now, message.clone()));
        self.rig.receive(&udp(ALICE), message);
    }

    /// A request that was sent once comes again, or its ACK, or its CANCEL.
    fn again(&mut self) {
        let Some((at, message)) = self.random.choice(&self.requests).cloned() else {
            return;
        };
        let branch = message.top_via().unwrap().branch().unwrap().to_owned();
        let message = match self.random.u8(..3) {
            // Later it may be forgotten, and would be a new one.
            0 if self.rig.now - at < ms(4_500) => message,
            0 | 1 => request("CANCEL", &branch, ""),
            _ => request("ACK", &branch, ""),
        };
        self.rig.receive(&udp(ALICE), message);
    }

    fn answer(&mut self) {
        let Some(sent) = self.random.choice(&self.out).cloned() else {
            return;
        };
        if matches!(sent.message.method(), None | Some(Method::Ack)) {
            return;
        }
        let status = STATUSES[self.random.usize(..STATUSES.len())];
        let mut response = reply(&sent.message, status, ["x", "y"][self.random.usize(..2)]);
        response.push(Header::new(Name::Server, "chaos"));
        let stray = self.rig.core.counts().stray;
        self.rig.receive(&sent.to, response);
        if self.rig.core.counts().stray > stray {
            // Passed on without a transaction, so nobody knows what went before.
            self.rig.sent();
        }
    }

    fn ask(&mut self) {
        let pending = self.random.choice(&self.pending).copied();
        let failed = self
            .random
            .choice(&self.out)
            .and_then(|sent| Some((sent.to.clone(), sent.branch.clone()?)));
        let what = self.random.u8(..4);
        self.rig.ask(|core, now, app, out| match (what, pending, failed) {
            (0, _, Some((to, branch))) => core.transport_failed(now, &to, &branch, app, out),
            (1, Some(pending), _) => {
                core.stop(now, pending, 403, "Stopped", app, out);
            }
            (2, Some(pending), _) => {
                core.cancel(now, pending, app, out);
            }
            (3, Some(pending), _) => {
                if let Some(request) = core.pending(pending) {
                    let reply = Message::reply(request, 486, "Busy", Some("app"));
                    core.reply(now, pending, reply, app, out);
                }
            }
            _ => {}
        });
    }

    fn collect(&mut self) {
        self.pending.extend(self.rig.app.pending.take());
        for sent in self.rig.sent() {
            if let Some(status) = sent.message.status().filter(|status| *status >= 200) {
                let branch = sent.message.top_via().unwrap().branch().unwrap().to_owned();
                let method = sent.message.cseq().unwrap().method.to_string();
                let finals = self.finals.entry((branch, method)).or_default();
                if !finals.iter().any(|(_, bytes)| *bytes == sent.bytes) {
                    finals.push((status, sent.bytes.clone()));
                }
            }
            self.out.push(sent);
        }
    }

    fn check(&self, seed: u64) {
        self.rig.assert_empty();
        for ((branch, method), finals) in &self.finals {
            let refusals = finals.iter().filter(|(status, _)| *status >= 300).count();
            let answers = finals.len() - refusals;
            if method == "CANCEL" {
                // One that comes after half a minute is another.
                continue;
            }
            let fine = refusals <= 1 && (method == "INVITE" || finals.len() <= 1);
            let statuses: Vec<u16> = finals.iter().map(|(status, _)| *status).collect();
            assert!(
                fine,
                "seed {seed}: {method} {branch} got {statuses:?} ({answers} answers)"
            );
        }
    }
}

#[test]
fn nothing_that_happens_leaves_anything_behind() {
    for seed in 0..400 {
        let mut chaos = Chaos {
            rig: Rig::new(settings(), Todo::Discard),
            random: fastrand::Rng::with_seed(seed),
            requests: Vec::new(),
            out: Vec::new(),
            pending: Vec::new(),
            finals: HashMap::new(),
        };
        for _ in 0..120 {
            match chaos.random.u8(..10) {
                0 => chaos.request(),
                1 | 2 => chaos.again(),
                3..6 => chaos.answer(),
                6 => chaos.ask(),
                _ => {
                    let step = chaos.random.u64(..2_000);
                    chaos.rig.pass(ms(step));
                }
            }
            chaos.collect();
        }
        // What the application has forgotten to answer.
        for pending in std::mem::take(&mut chaos.pending) {
            chaos.rig.ask(|core, now, app, out| {
                let reply = core
                    .pending(pending)
                    .map(|request| Message::reply(request, 480, "At last", Some("app")));
                if let Some(reply) = reply {
                    core.reply(now, pending, reply, app, out);
                }
            });
        }
        chaos.rig.pass(Duration::from_secs(1_000));
        chaos.collect();
        chaos.check(seed);
    }
}
