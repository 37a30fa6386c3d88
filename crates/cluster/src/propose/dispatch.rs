//! Where the queue goes: into this node's log, to the leader, or nowhere yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::propose_response::Result as Answered;
use hotdesk_proto::log::decode_outcome;
use hotdesk_store::types::NodeId;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::batch::fill;
use super::forward::{Event, Link};
use super::pending::Next;
use super::{Decision, Lines, Pending, Writer, Written};
use crate::age::now;
use crate::error::ProposeError;
use crate::leadership::{Known, Leader};

/// How many entries are under way in the log at once. More would make smaller batches, fewer would leave the
/// disk idle while an answer travels.
const ENTRIES_MAX: usize = 4;
/// How many commands are looked at in one go at most: one entry's worth.
const TAKE_MAX: usize = 1024;
/// How long to wait before asking again where to go; doubled each time, up to the second.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(200);
/// How often commands that nobody waits for any more are thrown out while there is nowhere to go.
const SWEEP_EVERY: Duration = Duration::from_millis(100);

/// Whether the node goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It does.
    #[default]
    No,
    /// It was asked to stop: nothing new is taken, what is under way is finished.
    ShuttingDown,
    /// It cannot go on.
    Stopped(String),
}

impl Stop {
    /// Refuses unless the node goes on.
    pub(crate) fn check(&self) -> Result<(), ProposeError> {
        match self {
            Self::No => Ok(()),
            Self::ShuttingDown => Err(ProposeError::ShuttingDown),
            Self::Stopped(why) => Err(ProposeError::Stopped(why.clone())),
        }
    }
}

/// Owns the queue's other end.
pub(crate) struct Dispatcher {
    me: NodeId,
    queue: mpsc::Receiver<Pending>,
    /// Taken from the queue, or to be proposed again; the oldest first.
    staged: VecDeque<Pending>,
    staged_max: usize,
    /// This node's log. `None` at a replica.
    writer: Option<Arc<dyn Writer>>,
    writing: FuturesUnordered<BoxFuture<'static, (Vec<Pending>, Written)>>,
    lines: Arc<dyn Lines>,
    link: Link,
    leader: watch::Receiver<Leader>,
    /// Who leads according to the last node that did not; better than a leader that is none.
    hint: Option<Known>,
    stop: watch::Receiver<Stop>,
    pause: Duration,
    paused_until: Option<Instant>,
    swept_at: Instant,
}

impl Dispatcher {
    pub(crate) fn new(
        me: NodeId,
        queue: mpsc::Receiver<Pending>,
        writer: Option<Arc<dyn Writer>>,
        lines: Arc<dyn Lines>,
        leader: watch::Receiver<Leader>,
        stop: watch::Receiver<Stop>,
    ) -> Self {
        Self {
            me,
            staged_max: queue.max_capacity(),
            queue,
            staged: VecDeque::new(),
            writer,
            writing: FuturesUnordered::new(),
            lines,
            link: Link::Closed,
            leader,
            hint: None,
            stop,
            pause: PAUSE_MIN,
            paused_until: None,
            swept_at: Instant::now(),
        }
    }

    /// Works until the node stops, and everything has an answer.
    pub(crate) async fn run(mut self) {
        let mut open = true;
        loop {
            let stop = self.stop.borrow_and_update().clone();
            if let Stop::Stopped(why) = stop {
                return self.end(&ProposeError::Stopped(why));
            }
            if stop == Stop::ShuttingDown && open {
                self.queue.close();
            }
            let leader = self.whom();
            self.follow(&leader);
            self.pump(&leader);
            if !open && self.staged.is_empty() && self.writing.is_empty() && self.link.is_idle() {
                return;
            }
            let take = open && self.takes(&leader);
            let wake = self.wake(&leader);
            tokio::select! {
                biased;
                // The sender lives as long as the node does; its end is the node's.
                changed = self.stop.changed() => if changed.is_err() {
                    return self.end(&ProposeError::ShuttingDown);
                },
                Ok(()) = self.leader.changed() => {
                    self.sweep();
                    self.hint = None;
                    self.go_on();
                }
                Some((waiting, written)) = self.writing.next(), if !self.writing.is_empty() => {
                    self.written(waiting, written);
                }
                event = self.link.next() => self.heard(event),
                pending = self.queue.recv(), if take => match pending {
                    Some(pending) => self.stage(pending),
                    None => open = false,
                },
                () = tokio::time::sleep_until(wake) => self.sweep(),
            }
        }
    }

    /// Who takes proposals now.
    fn whom(&mut self) -> Leader {
        let leader = self.leader.borrow_and_update().clone();
        match (&leader, &self.hint) {
            (Leader::Other(_) | Leader::Nobody, Some(hint)) => Leader::Other(hint.clone()),
            _ => leader,
        }
    }

    /// Opens, keeps or closes the stream.
    fn follow(&mut self, leader: &Leader) {
        let keep = match leader {
            // The old one may still answer.
            Leader::Nobody => true,
            Leader::Me => self.link.to().is_none(),
            Leader::Other(known) => self.link.to() == Some(known),
        };
        if !keep {
            let lost = self.link.close();
            self.lost(lost, "the leader changed");
        }
        let paused = self.paused_until.is_some_and(|until| Instant::now() < until);
        if let (Leader::Other(to), Link::Closed, false) = (leader, &self.link, paused) {
            self.link = Link::Opening {
                to: to.clone(),
                opened: self.lines.open(to),
            };
        }
    }

    /// Moves on what can be moved on.
    fn pump(&mut self, leader: &Leader) {
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.paused_until = None;
        match (leader, &self.writer) {
            (Leader::Me, Some(writer)) => {
                let writer = Arc::clone(writer);
                self.write(writer.as_ref());
            }
            (Leader::Other(_), _) => self.send(),
            (Leader::Me | Leader::Nobody, _) => {}
        }
    }

    fn write(&mut self, writer: &dyn Writer) {
        while self.writing.len() < ENTRIES_MAX {
            while self.staged.len() < TAKE_MAX {
                let Ok(pending) = self.queue.try_recv() else {
                    break;
                };
                self.staged.push_back(pending);
            }
            let Some(filled) = fill(&mut self.staged, now()) else {
                break;
            };
            let written = writer.write(filled.entry);
            let waiting = filled.waiting;
            self.writing
                .push(Box::pin(async move { (waiting, written.await) }));
        }
    }

    fn send(&mut self) {
        for _ in 0..self.link.room() {
            let Some(pending) = self.staged.pop_front() else {
                return;
            };
            if !pending.begin() {
                continue;
            }
            if let Err(pending) = self.link.send(pending) {
                self.again(pending.not_proposed(&wire::NotLeader::default()));
                return;
            }
        }
    }

    /// Answers the other nodes' commands that were taken in while this node led.
    fn turn_away_remotes(&mut self) {
        let leader = self.not_leader();
        let (remote, local) = self
            .staged
            .drain(..)
            .partition::<VecDeque<_>, _>(Pending::is_remote);
        self.staged = local;
        for pending in remote {
            self.again(pending.not_proposed(&leader));
        }
    }

    fn not_leader(&self) -> wire::NotLeader {
        not_leader(&self.leader.borrow(), self.me)
    }

    fn takes(&self, leader: &Leader) -> bool {
        let room = match leader {
            Leader::Me => self.writing.len() < ENTRIES_MAX && self.staged.is_empty(),
            Leader::Other(_) => self.link.room() > 0,
            Leader::Nobody => true,
        };
        room && self.staged.len() < self.staged_max
    }

    /// Takes a command in, and what waits behind it.
    fn stage(&mut self, pending: Pending) {
        self.take_in(pending);
        let room = TAKE_MAX.min(self.staged_max.saturating_sub(self.staged.len()));
        for _ in 0..room {
            let Ok(pending) = self.queue.try_recv() else {
                return;
            };
            self.take_in(pending);
        }
    }

    /// Other nodes' commands are for this node's log or for nobody.
    fn take_in(&mut self, pending: Pending) {
        if pending.is_remote() && *self.leader.borrow() != Leader::Me {
            let leader = self.not_leader();
            self.again(pending.not_proposed(&leader));
        } else {
            self.staged.push_back(pending);
        }
    }

    /// When to look again, if nothing happens.
    fn wake(&self, leader: &Leader) -> Instant {
        let sweep = match (leader, self.staged.is_empty()) {
            (Leader::Nobody, false) => SWEEP_EVERY,
            _ => Duration::from_secs(1),
        };
        let sweep = self.swept_at + sweep;
        self.paused_until.map_or(sweep, |until| until.min(sweep))
    }

    /// Throws out what nobody waits for, and what came here for a log that does not lead.
    fn sweep(&mut self) {
        self.swept_at = Instant::now();
        while self.staged.len() < self.staged_max {
            let Ok(pending) = self.queue.try_recv() else {
                break;
            };
            self.take_in(pending);
        }
        self.staged.retain(|pending| !pending.is_abandoned());
        if *self.leader.borrow() != Leader::Me {
            self.turn_away_remotes();
        }
    }

    fn written(&mut self, waiting: Vec<Pending>, written: Written) {
        match written {
            Written::Decided(decided) => {
                self.go_on();
                let index = decided.index;
                debug_assert_eq!(
                    decided.outcomes.len(),
                    waiting.len(),
                    "entry {index}: one outcome per command"
                );
                for (pending, outcome) in waiting.into_iter().zip(decided.outcomes) {
                    pending.decided(Decision { outcome, index });
                }
            }
            Written::NotLeader { leader } => {
                self.wait_a_moment();
                let leader = leader.map_or_else(
                    || self.not_leader(),
                    |known| not_leader(&Leader::Other(known), self.me),
                );
                for pending in waiting.into_iter().rev() {
                    self.again(pending.not_proposed(&leader));
                }
            }
            Written::Unknown => {
                self.wait_a_moment();
                self.lost(waiting, "the leader lost its leadership");
            }
        }
    }

    fn heard(&mut self, event: Event) {
        match event {
            Event::Opened => self.go_on(),
            Event::Failed(why) => {
                tracing::debug!(reason = %why, "the leader cannot be reached");
                self.hint = None;
                self.wait_a_moment();
            }
            Event::Broken(lost, why) => {
                if !lost.is_empty() {
                    tracing::warn!(reason = %why, commands = lost.len(), "lost the stream to the leader");
                }
                self.hint = None;
                self.wait_a_moment();
                self.lost(lost, &why);
            }
            Event::Answered(pending, result) => self.answered(pending, result),
        }
    }

    fn answered(&mut self, pending: Pending, result: Answered) {
        match result {
            Answered::Decided(decided) => match decode_outcome(&decided.outcome) {
                Ok(outcome) => {
                    let outcome = Arc::new(outcome);
                    pending.decided(Decision {
                        outcome,
                        index: decided.index,
                    });
                }
                Err(invalid) => {
                    tracing::error!(error = %invalid, "the leader's answer was not understood");
                    pending.refuse(ProposeError::Unknown);
                }
            },
            Answered::NotLeader(leader) => {
                self.wait_a_moment();
                if leader.leader_id != 0 && leader.leader_id != self.me && !leader.leader_address.is_empty() {
                    self.hint = Some(Known {
                        id: leader.leader_id,
                        address: leader.leader_address.clone(),
                    });
                }
                self.again(pending.not_proposed(&leader));
            }
            Answered::Unknown(why) => self.again(pending.maybe_proposed(&why)),
            Answered::Overloaded(_) => pending.refuse(ProposeError::Overloaded),
        }
    }

    fn lost(&mut self, lost: Vec<Pending>, why: &str) {
        for pending in lost.into_iter().rev() {
            self.again(pending.maybe_proposed(why));
        }
    }

    fn again(&mut self, next: Next) {
        if let Next::Again(pending) = next {
            self.staged.push_front(pending);
        }
    }

    fn wait_a_moment(&mut self) {
        if self.paused_until.is_none() {
            let jitter = self.pause.mul_f64(fastrand::f64());
            self.paused_until = Some(Instant::now() + self.pause / 2 + jitter);
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    const fn go_on(&mut self) {
        self.pause = PAUSE_MIN;
        self.paused_until = None;
    }

    /// Answers everything.
    fn end(mut self, error: &ProposeError) {
        self.queue.close();
        while let Ok(pending) = self.queue.try_recv() {
            self.staged.push_back(pending);
        }
        for pending in self.staged.drain(..) {
            pending.refuse(error.clone());
        }
        for pending in self.link.close() {
            pending.refuse(ProposeError::Unknown);
        }
        // Entries under way are dropped with the node; those who wait for them see that and answer `Unknown`.
    }
}

/// Says who leads instead.
pub(super) fn not_leader(leader: &Leader, me: NodeId) -> wire::NotLeader {
    match leader {
        Leader::Other(known) => wire::NotLeader {
            leader_id: known.id,
            leader_address: known.address.clone(),
        },
        Leader::Me | Leader::Nobody => wire::NotLeader {
            leader_id: leader.id(me).unwrap_or_default(),
            leader_address: String::new(),
        },
    }
}
