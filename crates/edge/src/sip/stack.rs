//! Between the transports and the proxy core: shards, their locks, their timers.
//!
//! A message is handled by the thread that received it. Messages of one call always meet in one shard, chosen by
//! their Call-ID; threads that handle different calls rarely meet at a lock. What a shard wants sent is sent
//! after its lock was released, so a slow socket never holds a shard.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop};
use hotdesk_sip::message::{Header, Malformed, Message, Name};
use hotdesk_sip::proxy::{Action, Actions, Core, Counts, OutgoingRequest, PendingId, Settings, refusal};
use hotdesk_sip::trace::Cdr;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::App;
use crate::transport::{Handler, Transports};

/// Names a request that waits for its answer, in all shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    shard: usize,
    id: PendingId,
}

/// The SIP side of an edge.
pub(crate) struct Stack {
    shards: Vec<Shard>,
    hasher: foldhash::fast::RandomState,
    /// Deadlines are kept as nanoseconds since then.
    started: Instant,
    transports: Transports,
    app: OnceLock<Arc<App>>,
    settings: Arc<Settings>,
}

struct Shard {
    core: Mutex<Core<App>>,
    /// When its next timer is due; `u64::MAX`: none. Read without the lock.
    due: AtomicU64,
}

impl Stack {
    /// `settings` are those of one shard: its bounds are each shard's own.
    pub(crate) fn new(settings: Settings, shards: usize, transports: Transports) -> Self {
        let settings = Arc::new(settings);
        let shard = || Shard {
            core: Mutex::new(Core::new(Arc::clone(&settings))),
            due: AtomicU64::new(u64::MAX),
        };
        Self {
            shards: std::iter::repeat_with(shard).take(shards.max(1)).collect(),
            hasher: foldhash::fast::RandomState::default(),
            started: Instant::now(),
            transports,
            app: OnceLock::new(),
            settings,
        }
    }

    /// Sets who decides; once, before anything is received.
    pub(crate) fn set_app(&self, app: Arc<App>) {
        // A second one would be a bug of `SipEdge::start`, and the first one stays.
        let _ = self.app.set(app);
    }

    fn app(&self) -> Option<&App> {
        self.app.get().map(Arc::as_ref)
    }

    /// The shard of a Call-ID.
    pub(crate) fn shard_of(&self, call_id: &[u8]) -> usize {
        usize::try_from(self.hasher.hash_one(call_id) % self.shards.len() as u64).unwrap_or(0)
    }

    /// Names a request that [`App`] was asked about just now.
    pub(crate) fn pending(&self, call_id: &[u8], id: PendingId) -> Pending {
        Pending {
            shard: self.shard_of(call_id),
            id,
        }
    }

    /// Answers a request that was kept waiting. Must not be called from within a decision.
    pub(crate) fn reply(&self, pending: Pending, reply: Message) {
        self.with(pending.shard, |core, now, app, out| {
            core.reply(now, pending.id, reply, app, out)
        });
    }

    /// Ends a call that is being set up; its caller gets this answer. Must not be called from within a decision.
    pub(crate) fn stop(&self, pending: Pending, status: u16, reason: &str) {
        self.with(pending.shard, |core, now, app, out| {
            core.stop(now, pending.id, status, reason, app, out);
        });
    }

    /// Sends a request of our own.
    pub(crate) fn request(&self, request: OutgoingRequest<App>) {
        self.run(vec![Action::Request(request)]);
    }

    /// Writes the record of a call that is over.
    pub(crate) fn close_record(&self, record: Cdr) {
        if let Some(app) = self.app() {
            app.close(record);
        }
    }

    /// Does what was collected outside of a shard.
    pub(crate) fn perform(&self, actions: Actions<App>) {
        self.run(actions.list);
    }

    /// All shards' counts together.
    pub(crate) fn counts(&self) -> Counts {
        let mut total = Counts::default();
        for shard in &self.shards {
            let counts = shard.core.lock().counts();
            total.servers += counts.servers;
            total.clients += counts.clients;
            total.finished += counts.finished;
            total.calls_pending += counts.calls_pending;
            total.requests += counts.requests;
            total.retransmissions_received += counts.retransmissions_received;
            total.retransmissions_sent += counts.retransmissions_sent;
            for (sum, class) in total.responses.iter_mut().zip(counts.responses) {
                *sum += class;
            }
            total.malformed += counts.malformed;
            total.loops += counts.loops;
            total.overloaded += counts.overloaded;
            total.forgotten += counts.forgotten;
            total.timeouts += counts.timeouts;
            total.transport_failures += counts.transport_failures;
            total.stray += counts.stray;
        }
        total
    }

    /// Lets one shard work, and does what it wants done.
    fn with(&self, shard: usize, work: impl FnOnce(&mut Core<App>, Instant, &App, &mut Actions<App>)) {
        let mut out = Actions::new();
        self.work(shard, work, &mut out);
        self.run(out.list);
    }

    fn work(
        &self,
        shard: usize,
        work: impl FnOnce(&mut Core<App>, Instant, &App, &mut Actions<App>),
        out: &mut Actions<App>,
    ) {
        let (Some(app), Some(shard)) = (self.app(), self.shards.get(shard)) else {
            return;
        };
        let mut core = shard.core.lock();
        work(&mut core, Instant::now(), app, out);
        shard
            .due
            .store(self.nanos(core.next_timeout()), Ordering::Release);
    }

    /// Sends, and hands requests of our own to their shards, until nothing is left to do.
    fn run(&self, actions: Vec<Action<App>>) {
        let mut rounds = vec![actions];
        while let Some(mut actions) = rounds.pop() {
            // Answers first: a NOTIFY must not overtake the 200 for its SUBSCRIBE, which is decided after it.
            actions.sort_by_key(|action| matches!(action, Action::Request(_)));
            for action in actions {
                let mut out = Actions::new();
                match action {
                    Action::Send { to, bytes, branch } => self.send(&to, bytes, branch, &mut out),
                    Action::Request(request) => {
                        let call_id = request.message.call_id().unwrap_or_default();
                        let shard = self.shard_of(call_id);
                        let work = |core: &mut Core<App>, now, app: &App, out: &mut Actions<App>| {
                            core.request(now, request, app, out);
                        };
                        self.work(shard, work, &mut out);
                    }
                }
                if !out.list.is_empty() {
                    rounds.push(out.list);
                }
            }
        }
    }

    fn send(&self, to: &Hop, bytes: Bytes, branch: Option<SmolStr>, out: &mut Actions<App>) {
        if let Some(app) = self.app() {
            app.sent(to, &bytes);
        }
        let Err(error) = self.transports.send(to, bytes.clone()) else {
            return;
        };
        tracing::debug!(peer = %to, %error, "cannot send");
        if let Some(branch) = branch {
            self.branch_failed(to, &bytes, &branch, out);
        }
    }

    fn branch_failed(&self, to: &Hop, bytes: &[u8], branch: &str, out: &mut Actions<App>) {
        let Some(call_id) = peek(bytes, &[b"Call-ID", b"i"]) else {
            return;
        };
        let work = |core: &mut Core<App>, now, app: &App, out: &mut Actions<App>| {
            core.transport_failed(now, to, branch, app, out);
        };
        self.work(self.shard_of(call_id), work, out);
    }

    fn nanos(&self, due: Option<Instant>) -> u64 {
        due.map_or(u64::MAX, |due| {
            u64::try_from(due.saturating_duration_since(self.started).as_nanos()).unwrap_or(u64::MAX)
        })
    }
}

impl Handler for Stack {
    fn received(&self, from: Hop, message: Result<Message, Malformed>) {
        let message = match message {
            Ok(message) => message,
            Err(malformed) => return self.refuse(&from, &malformed),
        };
        let Some(app) = self.app() else {
            return;
        };
        if message.is_request() && app.is_beyond(Instant::now(), &from, &message) {
            return;
        }
        app.received(&from, &message);
        let Some(call_id) = message.call_id() else {
            // The core answers what has no Call-ID; any shard will do.
            return self.with(0, |core, now, app, out| {
                core.receive(now, &from, message, app, out)
            });
        };
        let shard = self.shard_of(call_id);
        self.with(shard, |core, now, app, out| {
            core.receive(now, &from, message, app, out)
        });
    }

    fn overloaded(&self, from: Hop, message: Message) {
        if !message.is_request() {
            return;
        }
        let (to, mut response) = refusal(&self.settings, &from, &message, 503, "Overloaded, try again");
        let seconds = self.settings.retry_after_s.to_string();
        response.push(Header::new(Name::RetryAfter, seconds));
        self.answer(&to, &response);
    }

    fn failed(&self, to: &Hop, bytes: Bytes) {
        let mut out = Actions::new();
        let branch = peek(&bytes, &[b"Via", b"v"]).and_then(branch);
        if let Some(branch) = branch.filter(|_| !bytes.starts_with(b"SIP/2.0")) {
            self.branch_failed(to, &bytes, branch, &mut out);
        }
        self.run(out.list);
    }

    fn closed(&self, connection: ConnectionId) {
        if let Some(app) = self.app() {
            app.closed(connection);
        }
    }

    fn idle(&self) {
        let now = self.nanos(Some(Instant::now()));
        for (at, shard) in self.shards.iter().enumerate() {
            // Only the thread that moves the deadline fires the timers; the others find it moved.
            let due = shard.due.load(Ordering::Acquire);
            if due <= now {
                let lease = now + u64::try_from(Duration::from_millis(5).as_nanos()).unwrap_or(0);
                let won = shard
                    .due
                    .compare_exchange(due, lease, Ordering::AcqRel, Ordering::Relaxed);
                if won.is_ok() {
                    self.with(at, |core, now, app, out| core.timeout(now, app, out));
                }
            }
        }
    }
}

impl Stack {
    /// Answers what cannot be read but can be answered.
    fn refuse(&self, from: &Hop, malformed: &Malformed) {
        let (status, problem) = (malformed.status, malformed.problem);
        tracing::debug!(peer = %from, problem, "malformed message");
        if let Some(request) = &malformed.request {
            let (to, response) = refusal(&self.settings, from, request, status, problem);
            self.answer(&to, &response);
        }
    }

    /// Sends an answer that belongs to no transaction.
    fn answer(&self, to: &Hop, response: &Message) {
        if let Err(error) = self.transports.send(to, response.to_bytes()) {
            tracing::debug!(peer = %to, %error, "cannot answer");
        }
    }
}

/// The value of a header field of a message that we wrote ourselves, without reading all of it.
fn peek<'a>(message: &'a [u8], names: &[&[u8]]) -> Option<&'a [u8]> {
    let head = message.split(|byte| *byte == b'\n');
    for line in head.take_while(|line| !line.trim_ascii().is_empty()) {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let name = line[..colon].trim_ascii();
        if names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)) {
            return Some(line[colon + 1..].trim_ascii());
        }
    }
    None
}

/// The branch of a Via.
fn branch(via: &[u8]) -> Option<&str> {
    let at = memchr::memmem::find(via, b"branch=")? + b"branch=".len();
    let rest = &via[at..];
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b';' | b',' | b' '))
        .unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok()
}
