//! A call begins: who calls, what is decided, who rings first.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use hotdesk_routing::{
    Call as Dialled, Caller, Decision as Way, History, Refusal, Ring, RingGroup, RingPlace, Routed, Whom,
    Why, on_failure, route,
};
use hotdesk_sip::digest::Kind;
use hotdesk_sip::message::Message;
use hotdesk_sip::proxy::{Actions, Decision, Incoming, Plan, RecordRoute};
use hotdesk_sip::trace::{Cdr, Direction, Forward, Outcome as Ending};
use hotdesk_sip::uri::{Scheme, Uri};
use jiff::Timestamp;
use smol_str::SmolStr;

use super::app::{App, now_ms};
use super::calls::{Call, Setup, Slots};
use super::party::Party;
use super::reply::reply;
use super::sender::{Line, Sender};
use super::shown::{asked, outside_number};
use super::targets::{EPOCH_PARAM, USER_PARAM};
use crate::standing::{Policy, Standing};

/// How often a call can be turned elsewhere before its first phone rings.
const TURNS_MAX: usize = 8;

impl App {
    pub(crate) fn invite(
        &self,
        now: Instant,
        incoming: &Incoming<'_>,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        let request = incoming.message;
        let Some(uri) = request.uri().and_then(|uri| Uri::parse(uri).ok()) else {
            return Decision::Reply(reply(request, 400, "Bad Request-URI"));
        };
        let dialed = dialed(&uri);
        let sender = match self.sender(now, request, incoming.from, Kind::Proxy) {
            Ok(sender) => sender,
            // An emergency call asks for no password: the phone may be unknown here because no node can be asked.
            Err(refusal) => match self.emergency_sender(request, incoming, &dialed) {
                Some(sender) => sender,
                None => return Decision::Reply(*refusal),
            },
        };
        if matches!(uri.scheme, Scheme::Sip | Scheme::Sips)
            && !self.is_our_domain(&uri)
            && !self.is_emergency(&dialed)
        {
            return self.refuse_early(
                request,
                &sender,
                &dialed,
                403,
                "Calls to other domains are not possible here",
                "foreign_domain",
            );
        }
        if let (Sender::Edge(_), Some(epoch)) = (&sender, uri.params.text(EPOCH_PARAM)) {
            return self.invited_by_edge(now, incoming, &sender, &uri, epoch, out);
        }
        let (caller, session) = self.caller(&sender, request);
        let call = Dialled { dialed, caller };
        let routed = self.routed(&call, &uri);
        let setup = self.setup(incoming, &sender, call, routed, session);
        self.go(now, incoming, setup, out)
    }

    /// What routing says; a phone's own address and GRUU ring that phone.
    fn routed(&self, call: &Dialled, uri: &Uri) -> Routed {
        let routed = route(&self.plan, self, call, Timestamp::now());
        let unknown = matches!(&routed.decision, Way::Refuse(refusal) if refusal.status == 404);
        let inside = matches!(call.caller, Caller::User { .. } | Caller::Peer { .. });
        let gruu = uri.params.get("gr").is_some();
        let device = (unknown && inside || gruu)
            .then(|| self.table.by_device(&call.dialed))
            .flatten();
        match device {
            Some(device) => Routed {
                decision: ring_session(SmolStr::default(), device.device().into(), 0),
                history: History::default(),
                hide: routed.hide,
            },
            None => routed,
        }
    }

    /// Who calls, as routing sees it; and the session that the call is made with. While the lease has run out under
    /// `strict` nobody is known to sit anywhere.
    pub(crate) fn caller(&self, sender: &Sender, request: &Message) -> (Caller, Option<(SmolStr, u64)>) {
        match sender {
            Sender::Phone(line) => self.phone_caller(line),
            Sender::Trunk(trunk) => {
                let number = outside_number(request, self.trunks.is_trusted(trunk));
                (
                    Caller::Trunk {
                        trunk: trunk.clone(),
                        number,
                    },
                    None,
                )
            }
            Sender::Edge(peer) | Sender::Peer(peer) => {
                let number = outside_number(request, true);
                (
                    Caller::Peer {
                        peer: peer.clone(),
                        number,
                    },
                    None,
                )
            }
        }
    }

    fn phone_caller(&self, line: &Line) -> (Caller, Option<(SmolStr, u64)>) {
        let phone = self.phone(&line.device);
        // The table as it is now: the line was looked up a moment ago, and the session may be over since.
        let device = self.table.by_device(line.device.device());
        let known = !matches!(
            self.standing(),
            Standing::Expired(Policy::Strict) | Standing::Starting
        );
        let binding = device
            .as_ref()
            .filter(|_| known)
            .and_then(|device| device.binding());
        // A session line speaks for its own session only, whoever else sits there by now.
        let binding = binding.filter(|binding| {
            let own = line.session.as_ref().map(|(_, epoch)| *epoch);
            own.is_none_or(|epoch| epoch == binding.epoch)
        });
        match (binding, device.as_ref().and_then(|device| device.user())) {
            (Some(binding), Some(user)) => {
                let session = Some((binding.user.clone(), binding.epoch));
                (
                    Caller::User {
                        person: self.person(user),
                        phone,
                    },
                    session,
                )
            }
            _ => (Caller::Neutral(phone), None),
        }
    }

    fn setup(
        &self,
        incoming: &Incoming<'_>,
        sender: &Sender,
        dialled: Dialled,
        routed: Routed,
        session: Option<(SmolStr, u64)>,
    ) -> Setup {
        let request = incoming.message;
        let believed = self.believes(sender);
        let call_id = Bytes::copy_from_slice(request.call_id().unwrap_or_default());
        let from = match sender {
            Sender::Phone(line) => Party::Phone(line.device.device().into()),
            Sender::Trunk(trunk) => Party::Trunk(trunk.clone()),
            Sender::Edge(edge) => Party::Edge(edge.clone()),
            Sender::Peer(_) => Party::Address(incoming.from.clone()),
        };
        let emergency = matches!(routed.decision, Way::Emergency(_));
        Setup {
            record: self.record(&call_id, &dialled, session.as_ref(), sender),
            asked: asked(request, routed.hide, believed),
            dialled,
            routed,
            tried: Vec::new(),
            rounds: VecDeque::new(),
            trunks_left: Vec::new(),
            slots: Slots {
                _inward: match sender {
                    Sender::Trunk(trunk) => self.trunks.take(trunk, true),
                    Sender::Phone(_) | Sender::Edge(_) | Sender::Peer(_) => None,
                },
                outward: None,
            },
            round_start: 0,
            authorized: None,
            followed: None,
            from,
            session,
            instance: instance(request),
            request: emergency.then(|| request.clone()),
            emergency,
            call_id,
        }
    }

    /// Turns the call until somebody can ring, or it is refused.
    pub(crate) fn go(
        &self,
        now: Instant,
        incoming: &Incoming<'_>,
        mut setup: Setup,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        let request = incoming.message;
        if let Way::StarCode(code) = &setup.routed.decision {
            let code = code.clone();
            return self.star_code(incoming, setup, code);
        }
        for _turn in 0..TURNS_MAX {
            if let Way::Refuse(refusal) = &setup.routed.decision {
                let refusal = refusal.clone();
                return self.refuse(now, request, setup, &refusal, out);
            }
            if self.leaves_office(&setup.routed.decision) && !self.may_leave_office() {
                return self.refuse(now, request, setup, &cut_off(), out);
            }
            self.emergency_begins(&setup, out);
            self.follow(now, request, incoming, &mut setup, out);
            setup.rounds = self.rounds(&mut setup);
            if let Some(group) = self.next_round(now, &mut setup, out) {
                let plan = Plan {
                    groups: VecDeque::from([group]),
                    record_route: Some(RecordRoute {
                        user: self.tokens.sign(&setup.from, &setup.call_id),
                        params: SmolStr::default(),
                    }),
                };
                self.note_forwards(&mut setup);
                if let Some(stack) = self.stack() {
                    let pending = stack.pending(&setup.call_id, incoming.pending);
                    self.talk.rings(&setup.call_id, pending);
                }
                return Decision::Forward {
                    plan,
                    call: Call::Setup(Box::new(setup)),
                };
            }
            if !self.turn(&mut setup, Why::Unreachable) {
                break;
            }
        }
        self.refuse(now, request, setup, &unreachable(), out)
    }

    /// Asks routing where the call goes instead. Whether there is such a place.
    pub(crate) fn turn(&self, setup: &mut Setup, why: Why) -> bool {
        let whom = match &setup.routed.decision {
            Way::Ring(ring) => ring.whom.clone(),
            _ => return false,
        };
        let Setup { dialled, routed, .. } = setup;
        let next = on_failure(
            &self.plan,
            self,
            dialled,
            &whom,
            why,
            &routed.history,
            Timestamp::now(),
        );
        if matches!(next.decision, Way::GiveUp) {
            return false;
        }
        let hide = routed.hide;
        setup.routed = Routed { hide, ..next };
        true
    }

    /// The answer to a call that is not made; it is recorded and counted.
    fn refuse(
        &self,
        now: Instant,
        request: &Message,
        mut setup: Setup,
        refusal: &Refusal,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        self.metrics.refused(refusal.label);
        if let Some(id) = &setup.followed {
            // It was on its way to somebody who then could not be reached.
            self.followed(out, |calls, changes| calls.ended(now, id, changes));
            self.legs.forget(&setup.call_id);
        }
        if setup.emergency {
            self.emergency.end(&String::from_utf8_lossy(&setup.call_id));
        }
        setup.record.outcome = if refusal.status == 404 {
            Ending::Failed
        } else {
            Ending::Refused
        };
        setup.record.status = refusal.status;
        setup.record.reason = refusal.label.into();
        self.note_forwards(&mut setup);
        self.close(setup.record);
        Decision::Reply(reply(request, refusal.status, &refusal.reason))
    }

    fn refuse_early(
        &self,
        request: &Message,
        sender: &Sender,
        dialed: &SmolStr,
        status: u16,
        reason: &str,
        label: &'static str,
    ) -> Decision<Self> {
        let (caller, session) = self.caller(sender, request);
        let dialled = Dialled {
            dialed: dialed.clone(),
            caller,
        };
        let mut record = self.record(
            request.call_id().unwrap_or_default(),
            &dialled,
            session.as_ref(),
            sender,
        );
        self.metrics.refused(label);
        record.outcome = Ending::Refused;
        record.status = status;
        record.reason = label.into();
        self.close(record);
        Decision::Reply(reply(request, status, reason))
    }

    /// A call that another edge has routed to one of our phones, for the session that it knows of.
    fn invited_by_edge(
        &self,
        now: Instant,
        incoming: &Incoming<'_>,
        sender: &Sender,
        uri: &Uri,
        epoch: &str,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        let request = incoming.message;
        let device = SmolStr::new(uri.user_text().unwrap_or_default());
        let Ok(epoch) = epoch.parse::<u64>() else {
            return Decision::Reply(reply(request, 400, "Bad epoch"));
        };
        let user = SmolStr::new(uri.params.text(USER_PARAM).unwrap_or_default());
        let here = self.table.by_device(&device);
        let here = here.as_ref().and_then(|device| device.binding());
        let current = match here {
            // The phone itself is called, whoever sits there.
            _ if user.is_empty() => true,
            Some(binding) if binding.epoch == epoch => true,
            // The login may not have come to this edge yet; what has ended here has.
            other => {
                epoch
                    > other
                        .map_or(0, |binding| binding.epoch)
                        .max(self.ended.last(&device))
            }
        };
        if !current {
            return self.refuse_early(
                request,
                sender,
                &device,
                480,
                "The user has left this phone",
                "stale_epoch",
            );
        }
        let (caller, session) = self.caller(sender, request);
        let dialled = Dialled {
            dialed: user.clone(),
            caller,
        };
        // Forwarding is the calling edge's: a failure goes back to it as it is.
        let decision = ring_session(user, device, epoch);
        let routed = Routed {
            decision,
            history: History::default(),
            hide: None,
        };
        let setup = self.setup(incoming, sender, dialled, routed, session);
        self.go(now, incoming, setup, out)
    }

    fn record(
        &self,
        call_id: &[u8],
        dialled: &Dialled,
        session: Option<&(SmolStr, u64)>,
        sender: &Sender,
    ) -> Cdr {
        let mut record = Cdr {
            call_id: String::from_utf8_lossy(call_id).into(),
            edge: self.settings.edge.as_str().into(),
            start_ms: now_ms(),
            dialled: dialled.dialed.as_str().into(),
            ..Cdr::default()
        };
        let boxed = |text: &str| Some(text.into());
        if let Some(phone) = dialled.caller.phone() {
            record.caller.device = boxed(&phone.device);
            record.caller.site = boxed(&phone.site);
        }
        if let Some((user, epoch)) = session {
            record.caller.user = boxed(user);
            record.caller.epoch = Some(*epoch);
        }
        let person = dialled.caller.person();
        let extension = person.and_then(|person| person.extension.as_deref());
        record.caller.number = extension
            .or_else(|| dialled.caller.outside_number())
            .map(Into::into);
        record.direction = match sender {
            Sender::Trunk(_) => Direction::Inbound,
            _ => Direction::Internal,
        };
        record
    }

    pub(crate) fn note_forwards(&self, setup: &mut Setup) {
        let turns = setup.routed.history.turns();
        let forward = |turn: &hotdesk_routing::Turn| Forward {
            user: turn.by.as_str().into(),
            why: turn.why.name().into(),
        };
        setup.record.forwarded_by = turns.iter().map(forward).collect();
        setup.record.emergency = matches!(setup.routed.decision, Way::Emergency(_) | Way::CallBack { .. });
        let outward = matches!(setup.routed.decision, Way::Outward(_) | Way::Emergency(_));
        setup.record.direction = match (setup.record.direction, outward) {
            (Direction::Inbound | Direction::Transit, true) => Direction::Transit,
            (Direction::Transit, false) => Direction::Inbound,
            (_, true) => Direction::Outbound,
            (Direction::Outbound, false) => Direction::Internal,
            (other, false) => other,
        };
    }

    /// Whether a decision leads out of this office.
    fn leaves_office(&self, decision: &Way) -> bool {
        matches!(decision, Way::Outward(_))
    }
}

/// The instance that the Request-URI's GRUU names.
fn instance(request: &Message) -> Option<SmolStr> {
    let uri = Uri::parse(request.uri()?).ok()?;
    uri.params
        .text("gr")
        .filter(|gr| !gr.is_empty())
        .map(SmolStr::new)
}

/// What was dialled: the user part of a sip URI, a whole tel or urn URI.
pub(crate) fn dialed(uri: &Uri) -> SmolStr {
    match uri.scheme {
        Scheme::Sip | Scheme::Sips => SmolStr::new(uri.user_text().unwrap_or_default()),
        _ => SmolStr::from(String::from_utf8_lossy(uri.as_bytes())),
    }
}

/// One phone, as one session; nothing is known of what else its user wants.
fn ring_session(user: SmolStr, device: SmolStr, epoch: u64) -> Way {
    let places = vec![RingPlace { user, device, epoch }];
    let groups = vec![RingGroup { places, ring: None }];
    Way::Ring(Ring {
        whom: Whom::User(SmolStr::default()),
        groups,
    })
}

fn unreachable() -> Refusal {
    Refusal {
        status: 480,
        reason: "Nobody can be reached there now".into(),
        label: "unreachable",
    }
}

fn cut_off() -> Refusal {
    Refusal {
        status: 503,
        reason: "This office is cut off: only calls inside it are possible, and emergency calls".into(),
        label: "cut_off",
    }
}
