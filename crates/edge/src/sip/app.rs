//! The application on top of the proxy core: what the edge knows, and which part decides what.

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hotdesk_client::{Client, WatchedTable};
use hotdesk_routing::DialPlan;
use hotdesk_sip::digest::{Brake, Challenger};
use hotdesk_sip::event::{Dialogs, Sent};
use hotdesk_sip::hop::{ConnectionId, Hop};
use hotdesk_sip::message::{Message, Method};
use hotdesk_sip::proxy::{
    Actions, Application, Decision, Incoming, ListenerInfo, Next, Outcome, PendingId, Target, Why,
};
use hotdesk_sip::secret::{EdgePasses, GruuKey, LineKey};
use hotdesk_sip::uri::Uri;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::calls::Call;
use super::duties::{Activity, Serving};
use super::emergency::Emergency;
use super::hosts::Hosts;
use super::lamps::Lamps;
use super::legs::Legs;
use super::locations::Locations;
use super::meter::Meter;
use super::movements::Ended;
use super::notable::Notable;
use super::party::Tokens;
use super::peers::Peers;
use super::sender::Sender;
use super::settings::Settings;
use super::stack::Stack;
use super::starcodes::StarCodes;
use super::talk::Talk;
use super::traced::TraceBudget;
use super::triggers::Asked;
use super::trunks::Trunks;
use crate::calls::{Records, Traces};
use crate::http::Metrics;
use crate::phones::Phones;
use crate::standing::{Policy, Standing};
use crate::transport::Transports;

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

    /// A connection is gone.
    pub(crate) fn closed(&self, connection: ConnectionId) {
        self.locations.closed(connection);
    }

    /// Whether what somebody asserts of callers is believed.
    pub(crate) fn believes(&self, sender: &Sender) -> bool {
        match sender {
            Sender::Phone(_) => false,
            Sender::Trunk(trunk) => self.trunks.is_trusted(trunk),
            Sender::Edge(_) | Sender::Peer(_) => true,
        }
    }
}

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

    fn is_answered_here(&self, request: &Incoming<'_>) -> bool {
        self.has_last_word(request)
    }

    fn is_vital(&self, request: &Message) -> bool {
        let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
        uri.is_some_and(|uri| self.is_emergency(&super::invite::dialed(&uri)))
    }
}
