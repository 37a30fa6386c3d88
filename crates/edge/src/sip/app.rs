//! The application on top of the proxy core: what the edge knows, and which part decides what.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hotdesk_client::{Client, WatchedTable};
use hotdesk_routing::DialPlan;
use hotdesk_routing::identity::Towards;
use hotdesk_sip::digest::{Brake, Challenger, Kind};
use hotdesk_sip::event::{Dialogs, Sent};
use hotdesk_sip::hop::{ConnectionId, Hop};
use hotdesk_sip::message::{Header, Limits, Message, Method, Name};
use hotdesk_sip::proxy::{
    Actions, Application, Decision, Edit, Incoming, ListenerInfo, Next, Outcome, PendingId, Plan, Target, Why,
};
use hotdesk_sip::secret::{EdgePasses, GruuKey, LineKey};
use hotdesk_sip::trace::{Cdr, Way};
use hotdesk_sip::uri::{Scheme, Uri};
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::calls::Call;
use super::duties::{Activity, Serving};
use super::emergency::Emergency;
use super::hosts::Hosts;
use super::lamps::Lamps;
use super::legs::Legs;
use super::locations::Locations;
use super::meter::{Measured, Meter};
use super::movements::Ended;
use super::notable::Notable;
use super::party::Tokens;
use super::peers::Peers;
use super::reply::reply;
use super::sender::Sender;
use super::settings::{Settings, contains};
use super::stack::Stack;
use super::starcodes::StarCodes;
use super::talk::Talk;
use super::triggers::Asked;
use super::trunks::{Trunks, listener_for};
use crate::calls::{Records, Traces};
use crate::http::{Direction, Metrics};
use crate::phones::Phones;
use crate::standing::{Policy, Standing};
use crate::transport::Transports;

/// Messages per second that are kept as traces; under more load, calls are only partly traced, so that looking on
/// never slows the calls down.
const TRACED_PER_SECOND: u64 = 2000;

/// Unix time in milliseconds.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What marks a request of our own.
pub(crate) enum Tag {
    /// A NOTIFY of a subscription.
    Notify(Sent),
    /// A SUBSCRIBE for a mailbox.
    Mailbox { user: SmolStr, cseq: u32 },
    /// OPTIONS to a trunk.
    Probe { trunk: SmolStr },
    /// A NOTIFY that a phone did not ask for.
    Notice { device: SmolStr },
    /// What makes a phone load its document, or show a page.
    Trigger(Box<Asked>),
    /// A message about an emergency call.
    Text { to: SmolStr },
    /// Nobody waits for its answer.
    Quiet,
}

/// Everything that a decision may need.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) plan: DialPlan,
    pub(crate) table: WatchedTable,
    pub(crate) client: Client,
    pub(crate) key: LineKey,
    pub(crate) gruu_key: GruuKey,
    pub(crate) challenger: Challenger,
    pub(crate) brake: Mutex<Brake>,
    pub(crate) transports: Transports,
    pub(crate) listeners: Vec<ListenerInfo>,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) locations: Locations,
    pub(crate) trunks: Trunks,
    pub(crate) peers: Peers,
    pub(crate) tokens: Tokens,
    pub(crate) passes: EdgePasses,
    pub(crate) emergency: Emergency,
    pub(crate) notable: Arc<Notable>,
    /// As it was told last.
    pub(crate) standing_told: Mutex<Standing>,
    pub(crate) meter: Meter,
    pub(crate) calls: Mutex<Dialogs>,
    pub(crate) legs: Legs,
    pub(crate) talk: Talk,
    pub(crate) ended: Ended,
    /// Sessions that ended while their phone was in an emergency: user, phone, epoch.
    pub(crate) deferred: Mutex<Vec<(SmolStr, SmolStr, u64)>>,
    pub(crate) lamps: Lamps,
    pub(crate) serving: Arc<Serving>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) star_codes: StarCodes,
    pub(crate) phones: Phones,
    pub(crate) metrics: Metrics,
    pub(crate) records: Option<Records>,
    pub(crate) traces: Arc<Traces>,
    pub(crate) traced: TraceBudget,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) stack: OnceLock<Weak<Stack>>,
}

/// How many messages may still be traced in this second.
#[derive(Default)]
pub(crate) struct TraceBudget {
    second: AtomicU64,
    taken: AtomicU64,
    skipped: AtomicU64,
}

impl TraceBudget {
    fn take(&self) -> bool {
        let second = now_ms() / 1000;
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.taken.store(0, Ordering::Relaxed);
        }
        let within = self.taken.fetch_add(1, Ordering::Relaxed) < TRACED_PER_SECOND;
        if !within {
            self.skipped.fetch_add(1, Ordering::Relaxed);
        }
        within
    }

    /// Messages that were not kept.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }
}

impl App {
    pub(crate) fn stack(&self) -> Option<Arc<Stack>> {
        self.stack.get().and_then(Weak::upgrade)
    }

    /// Does what was collected outside of a decision.
    pub(crate) fn perform(&self, actions: Actions<Self>) {
        if let Some(stack) = self.stack().filter(|_| !actions.list.is_empty()) {
            stack.perform(actions);
        }
    }

    /// What the age of the table means now.
    pub(crate) fn standing(&self) -> Standing {
        Standing::of(self.table.age(), self.settings.lease, self.settings.policy)
    }

    /// Whether calls may leave the office: not while it is cut off for longer than the lease. Who has logged in
    /// elsewhere meanwhile is not known here, so nobody is vouched for to the outside.
    pub(crate) fn may_leave_office(&self) -> bool {
        matches!(self.standing(), Standing::Good)
    }

    /// Whether somebody may be found by the table at all.
    pub(crate) fn may_find(&self) -> bool {
        !matches!(
            self.standing(),
            Standing::Expired(Policy::Strict) | Standing::Starting
        )
    }

    /// Whether the host of a URI is the company's domain or one of our listeners.
    pub(crate) fn is_our_domain(&self, uri: &Uri) -> bool {
        uri.host.eq_ignore_ascii_case(&self.settings.domain) || self.is_own_uri(uri)
    }

    /// Whether a URI leads to one of our listeners.
    pub(crate) fn is_own_uri(&self, uri: &Uri) -> bool {
        if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
            return false;
        }
        self.listeners.iter().any(|listener| {
            let (host, port) = split_sent_by(&listener.sent_by);
            let default = listener.transport.default_port();
            uri.host.eq_ignore_ascii_case(host) && uri.port.unwrap_or(default) == port.unwrap_or(default)
        })
    }

    /// Where a URI leads: an address, or a host that has been looked up.
    pub(crate) fn hop_of_uri(&self, uri: &Uri) -> Option<Hop> {
        let named = uri.params.text("transport").and_then(|name| name.parse().ok());
        let transport = match uri.scheme {
            Scheme::Sips => hotdesk_sip::hop::Transport::Tls,
            Scheme::Sip => named.unwrap_or(hotdesk_sip::hop::Transport::Udp),
            _ => return None,
        };
        let port = uri.port.unwrap_or_else(|| transport.default_port());
        let remote = self.hosts.address(&uri.host, port)?;
        let listener = listener_for(&self.listeners, transport, remote.is_ipv4())?;
        let mut hop = Hop::to(listener, transport, remote);
        hop.server_name = transport.is_secure().then(|| uri.host.clone());
        Some(hop)
    }

    /// Our Contact at the listener that leads to somebody.
    pub(crate) fn contact_at(&self, hop: &Hop, user: &str) -> String {
        let listener = self.listeners.get(usize::from(hop.listener.0));
        let sent_by = listener.map_or("invalid.invalid", |listener| listener.sent_by.as_str());
        let transport = match hop.transport {
            hotdesk_sip::hop::Transport::Udp => String::new(),
            other => format!(";transport={other}"),
        };
        format!("sip:{user}@{sent_by}{transport}")
    }

    /// A message came in: counted, and kept as a trace.
    pub(crate) fn received(&self, from: &Hop, message: &Message) {
        self.metrics.count_message(Direction::In, message);
        if self.settings.traces && self.traced.take() {
            self.trace(message, Way::Received, from);
        }
    }

    /// A message goes out.
    pub(crate) fn sent(&self, to: &Hop, bytes: &bytes::Bytes) {
        if self.settings.traces
            && self.traced.take()
            && let Ok(message) = Message::parse(bytes, &Limits::default())
        {
            self.trace(&message, Way::Sent, to);
        }
    }

    fn trace(&self, message: &Message, way: Way, peer: &Hop) {
        // What phones send every few minutes would push the calls out.
        let method = message.cseq().map(|cseq| cseq.method);
        if method.as_ref().is_ok_and(super::register::is_housekeeping) {
            return;
        }
        let label = peer.remote.to_string();
        self.traces
            .message(message, now_ms(), way, &label, &self.settings.edge);
    }

    /// A connection is gone.
    pub(crate) fn closed(&self, connection: ConnectionId) {
        self.locations.closed(connection);
    }

    /// Records of calls go to the file and to the traces.
    pub(crate) fn keep_record(&self, record: &Cdr) {
        if let Some(records) = &self.records {
            records.write(record);
        }
        self.traces.record(record);
    }

    fn options(&self, now: Instant, incoming: &Incoming<'_>) -> Decision<Self> {
        let request = incoming.message;
        let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
        let to_us = uri
            .as_ref()
            .is_some_and(|uri| uri.user.is_none() && self.is_our_domain(uri));
        if to_us {
            let mut answer = reply(request, 200, "OK");
            answer.push(Header::new(Name::Allow, ALLOW));
            answer.push(Header::new(Name::AllowEvents, "dialog, message-summary, reg"));
            answer.push(Header::new(Name::Accept, "application/sdp"));
            answer.push(Header::new(Name::Supported, "path, outbound, gruu"));
            return Decision::Reply(answer);
        }
        self.simple(now, incoming)
    }

    /// A request outside of a dialog that begins no call: to the phones where its user sits.
    fn simple(&self, now: Instant, incoming: &Incoming<'_>) -> Decision<Self> {
        let request = incoming.message;
        let sender = match self.sender(now, request, incoming.from, Kind::Proxy) {
            Ok(sender) => sender,
            Err(refusal) => return Decision::Reply(*refusal),
        };
        let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
        let Some(uri) = uri.filter(|uri| self.is_our_domain(uri)) else {
            return Decision::Reply(reply(request, 404, "Not a domain of this proxy"));
        };
        let name = super::invite::dialed(&uri);
        if self.table.by_device(&name).is_none() && self.table.by_name(&name).is_none() {
            return Decision::Reply(reply(request, 404, "Nobody has this number"));
        }
        let mut targets = self.targets_of_name(&name);
        if targets.is_empty() {
            return Decision::Reply(reply(request, 480, "Nobody can be reached there now"));
        }
        let (caller, _) = self.caller(&sender, request);
        let asked = super::shown::asked(request, None, self.believes(&sender));
        for target in &mut targets {
            let towards = if target.routes.is_empty() {
                Towards::Phone
            } else {
                Towards::Peer
            };
            target.edits = self.identity_edits(&caller, &asked, towards, None);
            let pass = self.pass_header(request.call_id().unwrap_or_default(), target);
            target.edits.extend(pass.map(Edit::Set));
        }
        let group = hotdesk_sip::proxy::Group {
            targets,
            ring_max: None,
        };
        let plan = Plan {
            groups: [group].into(),
            record_route: None,
        };
        Decision::Forward {
            plan,
            call: Call::Other,
        }
    }

    /// The phones of a user, or the phone, that a name means; at other offices by way of their edges.
    pub(crate) fn targets_of_name(&self, name: &str) -> Vec<Target> {
        let devices: Vec<SmolStr> = match self.table.by_device(name) {
            Some(device) => vec![device.device().into()],
            None if !self.may_find() => Vec::new(),
            None => self
                .table
                .by_name(name)
                .map(|user| user.bindings().map(|binding| binding.device.clone()).collect())
                .unwrap_or_default(),
        };
        let mut targets = Vec::new();
        for device in devices {
            let here = self.locations.of_device(&device);
            if here.is_empty() {
                targets.extend(self.target_at_edge(&device));
            }
            targets.extend(here.into_iter().map(|reach| {
                let mut target = Target::new(reach.uri, reach.hop);
                target.routes = reach.path;
                target
            }));
        }
        targets
    }

    /// A phone that another office's edge serves.
    fn target_at_edge(&self, device: &str) -> Option<Target> {
        let known = self.table.by_device(device)?;
        let edge = known.serving().filter(|edge| *edge != self.settings.edge)?;
        if !self.may_leave_office() {
            return None;
        }
        let (hop, route) = self.peers.hop(edge)?;
        let uri = format!("sip:{device}@{}", self.settings.domain);
        let mut target = Target::new(uri.into_bytes(), hop);
        target.routes.push(route.into_bytes().into());
        target.id = super::targets::TO_EDGE;
        Some(target)
    }

    /// Our pass, for a request that goes to another edge.
    pub(crate) fn pass_header(&self, call_id: &[u8], target: &Target) -> Option<Header> {
        let to_edge = target.id == super::targets::TO_EDGE;
        let Edit::Set(header) = to_edge.then(|| self.pass(call_id, &target.uri))? else {
            return None;
        };
        Some(header)
    }

    /// Whether what somebody asserts of callers is believed.
    pub(crate) fn believes(&self, sender: &Sender) -> bool {
        match sender {
            Sender::Phone(_) => false,
            Sender::Trunk(trunk) => self.trunks.is_trusted(trunk),
            Sender::Edge(_) | Sender::Peer(_) => true,
        }
    }

    /// Whether a new request is dropped, because its source sends more than its share. Emergency calls never are, and
    /// neither is what belongs to something established, or comes from those who need no password.
    pub(crate) fn is_beyond(&self, now: Instant, from: &Hop, request: &Message) -> bool {
        if self.meter.is_off() {
            return false;
        }
        let is_new = !matches!(
            request.method(),
            None | Some(Method::Ack | Method::Cancel | Method::Bye)
        ) && request.to().is_ok_and(|to| to.params.get("tag").is_none());
        if !is_new {
            return false;
        }
        let source = from.remote.ip();
        let Measured::Beyond { news } = self.meter.take(now, source) else {
            return false;
        };
        if contains(&self.settings.open_networks, source)
            || self.neighbour(request, from).is_some()
            || self.is_vital(request)
        {
            return false;
        }
        self.metrics.refused("too_many_requests");
        if news {
            tracing::warn!(peer = %source, "a source sends more requests than it may; the rest is dropped");
            self.notable
                .note(format!("{source} sends more requests than it may"));
        }
        true
    }
}

/// What the edge takes itself or passes on.
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PRACK, UPDATE, INFO, REFER, MESSAGE, PUBLISH";

impl Application for App {
    type Call = Call;
    type Tag = Tag;

    fn request(&self, now: Instant, request: &Incoming<'_>, out: &mut Actions<Self>) -> Decision<Self> {
        let Some(method) = request.message.method() else {
            return Decision::Discard;
        };
        if request.in_dialog && *method != Method::Register {
            return self.within_dialog(now, request, out);
        }
        match method {
            Method::Invite => self.invite(now, request, out),
            Method::Register => self.register(now, request, out),
            Method::Subscribe => self.subscribe(now, request, out),
            Method::Options => self.options(now, request),
            Method::Notify => match self.mailbox_notified(now, request.message, request.from, out) {
                Some(answer) => Decision::Reply(answer),
                None => self.simple(now, request),
            },
            _ => self.simple(now, request),
        }
    }

    fn exhausted(
        &self,
        now: Instant,
        call: &mut Call,
        request: &Message,
        best: &Message,
        why: Why,
        out: &mut Actions<Self>,
    ) -> Next {
        match call {
            Call::Other => Next::GiveUp,
            Call::Setup(setup) => self.nobody_answered(now, setup, request, best, why, out),
        }
    }

    fn response(
        &self,
        now: Instant,
        call: &mut Call,
        target: usize,
        response: &mut Message,
        out: &mut Actions<Self>,
    ) {
        if let Call::Setup(setup) = call {
            self.response_passes(now, setup, target, response, out);
        }
    }

    fn ended(&self, now: Instant, call: Call, outcome: Outcome, out: &mut Actions<Self>) {
        if let Call::Setup(setup) = call {
            self.setup_ended(now, setup, outcome, out);
        }
    }

    fn answered(&self, now: Instant, tag: Tag, response: Option<&Message>, out: &mut Actions<Self>) {
        match tag {
            Tag::Notify(sent) => self.notify_answered(now, &sent, response, out),
            Tag::Mailbox { user, cseq } => self.mailbox_answered(now, &user, cseq, response, out),
            Tag::Probe { trunk } => {
                self.trunks.answered(&trunk, response.and_then(Message::status));
            }
            Tag::Notice { device } => {
                let status = response.and_then(Message::status);
                tracing::debug!(device_id = %device, ?status, "notice answered");
            }
            Tag::Trigger(asked) => self.trigger_answered(asked, response, out),
            Tag::Text { to } => {
                let status = response.and_then(Message::status);
                if !matches!(status, Some(200..300)) {
                    tracing::error!(uri = %to, ?status, "the message about an emergency call was not taken");
                }
            }
            Tag::Quiet => {}
        }
    }

    fn hop(&self, uri: &Uri) -> Option<Hop> {
        self.hop_of_uri(uri)
    }

    fn is_own(&self, uri: &Uri) -> bool {
        self.is_own_uri(uri)
    }

    fn ack(&self, now: Instant, ack: &Incoming<'_>, out: &mut Actions<Self>) -> Option<Target> {
        if self.star_codes.has(ack.message.call_id().unwrap_or_default()) {
            return None;
        }
        let target = self.way(ack)?;
        self.followed(out, |calls, changes| calls.request(now, ack.message, changes));
        Some(target)
    }

    fn cancelled(&self, _now: Instant, pending: PendingId, _out: &mut Actions<Self>) {
        tracing::debug!(?pending, "cancelled while it waited");
    }

    fn unacknowledged(&self, _now: Instant, answer: &Message, _out: &mut Actions<Self>) {
        self.star_codes
            .unacknowledged(answer.call_id().unwrap_or_default());
    }

    fn gives_up_when_declined(&self, call: &Call) -> bool {
        !matches!(call, Call::Setup(setup) if setup.emergency)
    }

    fn is_vital(&self, request: &Message) -> bool {
        let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
        uri.is_some_and(|uri| self.is_emergency(&super::invite::dialed(&uri)))
    }
}

/// `host:port`, `[v6]:port`, `host`.
pub(crate) fn split_sent_by(sent_by: &str) -> (&str, Option<u16>) {
    match sent_by.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (sent_by, None),
    }
}

/// How often timers that are not a call's are looked at.
pub(crate) const TICK: Duration = Duration::from_millis(200);
