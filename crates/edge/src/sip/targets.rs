//! From a decision to targets: which contact at which hop, and what is changed on the way there.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_routing::identity::Towards;
use hotdesk_routing::{Decision, Outward, Ring, RingGroup, RingPlace, VoicemailCall};
use hotdesk_sip::digest::{Secret, answer};
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::proxy::{Actions, Edit, Group, TARGETS_MAX, Target};
use hotdesk_sip::secret::EdgePasses;
use hotdesk_sip::uri::Uri;
use smol_str::{SmolStr, format_smolstr};

use super::app::{App, now_ms};
use super::calls::{Setup, Tried};
use super::party::Party;

/// A target, and who it is.
pub(crate) struct Aim {
    pub(crate) target: Target,
    pub(crate) tried: Tried,
}

/// The name of the URI parameters between edges: whose session a call is for.
pub(crate) const USER_PARAM: &str = "hd-user";
/// The session's epoch: the other edge refuses the call when it is over.
pub(crate) const EPOCH_PARAM: &str = "hd-epoch";

/// How a target is marked that is another edge, for requests that begin no call.
pub(crate) const TO_EDGE: SmolStr = SmolStr::new_static("edge");

/// Targets that ring at the same time.
pub(crate) struct Round {
    aims: Vec<Aim>,
    ring_max: Option<Duration>,
}

impl App {
    /// Whom a decision rings, one round after the other. Empty: nobody can be reached.
    pub(crate) fn rounds(&self, setup: &mut Setup) -> VecDeque<Round> {
        let aims = match setup.routed.decision.clone() {
            Decision::Ring(ring) => return self.ring(setup, &ring),
            Decision::CallBack { device } => self.phone_aims(setup, &device, None),
            Decision::Voicemail(call) => self.voicemail_aim(setup, &call).into_iter().collect(),
            Decision::Outward(outward) => {
                setup.trunks_left = self.trunks.order(&outward.trunks);
                self.trunk_round(setup).into_iter().collect()
            }
            Decision::Emergency(call) => {
                setup.trunks_left = self.trunks.order_for_emergency(call.trunks);
                self.trunk_round(setup).into_iter().collect()
            }
            Decision::StarCode(_) | Decision::Refuse(_) | Decision::GiveUp => Vec::new(),
        };
        Round::of(aims, None).into_iter().collect()
    }

    fn ring(&self, setup: &Setup, ring: &Ring) -> VecDeque<Round> {
        let round = |group: &RingGroup| {
            let aims = group
                .places
                .iter()
                .flat_map(|place| self.place_aims(setup, place));
            Round::of(aims.collect(), group.ring)
        };
        ring.groups.iter().filter_map(round).collect()
    }

    /// The next round, if there is one: its phones ring from now on.
    pub(crate) fn next_round(
        &self,
        now: Instant,
        setup: &mut Setup,
        out: &mut Actions<Self>,
    ) -> Option<Group> {
        let round = match setup.rounds.pop_front() {
            Some(round) => round,
            None => Round::of(vec![self.trunk_round(setup)?], None)?,
        };
        let Round { aims, ring_max } = round;
        self.withdraw_round(now, setup, out);
        setup.round_start = setup.tried.len();
        let mut targets = Vec::with_capacity(aims.len());
        for Aim { target, tried } in aims {
            self.offered(now, setup, &tried, out);
            if let Party::Trunk(trunk) = &tried.party {
                setup.record.trunk = Some(trunk.as_str().into());
            }
            setup.tried.push(tried);
            targets.push(target);
        }
        Some(Group { targets, ring_max })
    }

    /// Where a session rings: at the session line where the phone has registered one, else at the phone's own line;
    /// at another office through its edge.
    fn place_aims(&self, setup: &Setup, place: &RingPlace) -> Vec<Aim> {
        let mut contacts = match &setup.instance {
            Some(instance) => Vec::from_iter(self.locations.of_instance(&place.device, instance)),
            None => self.locations.of_session(&place.user, place.epoch),
        };
        if contacts.is_empty() && setup.instance.is_none() {
            contacts = self.locations.of_device(&place.device);
        }
        if contacts.is_empty() {
            return self.edge_aim(setup, place).into_iter().collect();
        }
        self.contact_aims(setup, &place.device, Some((&place.user, place.epoch)), &contacts)
    }

    /// A phone itself, whoever is logged in there.
    pub(crate) fn phone_aims(
        &self,
        setup: &Setup,
        device: &str,
        session: Option<(&SmolStr, u64)>,
    ) -> Vec<Aim> {
        let mut contacts = self.locations.of_device(device);
        if contacts.is_empty() {
            let lines = self.session_lines_at(device).into_iter();
            contacts = lines
                .flat_map(|(user, epoch)| self.locations.of_session(&user, epoch))
                .collect();
        }
        self.contact_aims(setup, device, session, &contacts)
    }

    /// The sessions whose line a phone may have registered: the one there now, and those that ended while it was held
    /// for an emergency.
    pub(crate) fn session_lines_at(&self, device: &str) -> Vec<(SmolStr, u64)> {
        let known = self.table.by_device(device);
        let binding = known.as_ref().and_then(|known| known.binding());
        let now = binding.map(|binding| (binding.user.clone(), binding.epoch));
        let deferred = self.deferred.lock();
        let held = deferred.iter().filter(|(_, at, _)| at == device);
        let held = held.map(|(user, _, epoch)| (user.clone(), *epoch));
        now.into_iter().chain(held).collect()
    }

    fn contact_aims(
        &self,
        setup: &Setup,
        device: &str,
        session: Option<(&SmolStr, u64)>,
        contacts: &[super::locations::Reach],
    ) -> Vec<Aim> {
        let edits = self.identity_edits(&setup.dialled.caller, &setup.asked, Towards::Phone, None);
        let aim = |reach: &super::locations::Reach| {
            let mut target = Target::new(reach.uri.clone(), reach.hop.clone());
            target.routes.clone_from(&reach.path);
            target.edits.clone_from(&edits);
            target.id = device.into();
            Aim {
                tried: Tried {
                    party: Party::Phone(device.into()),
                    user: session.map(|(user, _)| user.clone()),
                    epoch: session.map(|(_, epoch)| epoch),
                    hop: reach.hop.clone(),
                },
                target,
            }
        };
        contacts.iter().map(aim).collect()
    }

    /// A phone that another office's edge serves.
    fn edge_aim(&self, setup: &Setup, place: &RingPlace) -> Option<Aim> {
        let device = self.table.by_device(&place.device)?;
        let edge = SmolStr::new(device.serving()?);
        if edge == self.settings.edge || !self.may_leave_office() {
            return None;
        }
        let (hop, route) = self.peers.hop(&edge)?;
        let uri = format!(
            "sip:{}@{};{USER_PARAM}={};{EPOCH_PARAM}={}",
            place.device, self.settings.domain, place.user, place.epoch
        );
        let mut target = Target::new(Bytes::from(uri), hop.clone());
        target.routes.push(Bytes::from(route));
        let pass = self.pass(&setup.call_id, &target.uri);
        target.edits = self.identity_edits(&setup.dialled.caller, &setup.asked, Towards::Peer, None);
        target.edits.push(pass);
        target.id = place.device.clone();
        let tried = Tried {
            party: Party::Edge(edge),
            user: Some(place.user.clone()),
            epoch: Some(place.epoch),
            hop,
        };
        Some(Aim { target, tried })
    }

    /// Shows another edge that a request is ours.
    pub(crate) fn pass(&self, call_id: &[u8], uri: &[u8]) -> Edit {
        let pass = self
            .passes
            .make(&self.settings.edge, now_ms() / 1000, call_id, uri);
        Edit::Set(Header::new(EdgePasses::name(), pass))
    }

    fn voicemail_aim(&self, setup: &Setup, call: &VoicemailCall) -> Option<Aim> {
        let uri = Uri::parse(call.uri.as_bytes()).ok()?;
        let hop = self.hop_of_uri(&uri)?;
        let mut target = Target::new(Bytes::copy_from_slice(call.uri.as_bytes()), hop.clone());
        target.edits = self.identity_edits(&setup.dialled.caller, &setup.asked, Towards::Peer, None);
        target.edits.extend(self.diversion(setup));
        target.id = format_smolstr!("voicemail:{}", call.mailbox);
        let tried = Tried {
            party: Party::Address(hop.clone()),
            user: None,
            epoch: None,
            hop,
        };
        Some(Aim { target, tried })
    }

    /// The next trunk that can be reached, for an outward or an emergency call.
    fn trunk_round(&self, setup: &mut Setup) -> Option<Aim> {
        while !setup.trunks_left.is_empty() {
            let trunk = setup.trunks_left.remove(0);
            let Some(slot) = self.trunks.take(&trunk, setup.emergency) else {
                continue;
            };
            let aim = match setup.routed.decision.clone() {
                Decision::Outward(outward) => self.outward_aim(setup, &outward, &trunk),
                Decision::Emergency(call) => self.emergency_aim(setup, &call, &trunk),
                _ => None,
            };
            if aim.is_some() {
                setup.slots.outward = Some(slot);
                return aim;
            }
        }
        None
    }

    /// The same trunk again, with the password that it has asked for; once.
    pub(crate) fn answer_trunk(
        &self,
        now: Instant,
        setup: &mut Setup,
        trunk: &SmolStr,
        request: &Message,
        challenge: &Message,
        out: &mut Actions<Self>,
    ) -> Option<Group> {
        let asked = matches!(challenge.status(), Some(401 | 407)) && setup.authorized.as_ref() != Some(trunk);
        let (username, password) = self.trunks.account(trunk).filter(|_| asked)?;
        let mut aim = match setup.routed.decision.clone() {
            Decision::Outward(outward) => self.outward_aim(setup, &outward, trunk)?,
            Decision::Emergency(call) => self.emergency_aim(setup, &call, trunk)?,
            _ => return None,
        };
        let secret = Secret::Password(password);
        let (method, body) = (request.method()?, request.body());
        let header = answer(
            challenge.headers(),
            username,
            secret,
            method,
            &aim.target.uri,
            body,
        )
        .ok()?;
        aim.target.edits.push(Edit::Push(header));
        setup.authorized = Some(trunk.clone());
        setup.rounds.push_front(Round::of(vec![aim], None)?);
        self.next_round(now, setup, out)
    }

    fn outward_aim(&self, setup: &Setup, outward: &Outward, trunk: &SmolStr) -> Option<Aim> {
        let towards = if self.trunks.is_trusted(trunk) {
            Towards::Peer
        } else {
            Towards::Outside
        };
        let mut edits = self.identity_edits(&setup.dialled.caller, &setup.asked, towards, None);
        edits.extend(self.diversion(setup));
        self.trunk_aim(trunk, &outward.number, edits)
    }

    pub(crate) fn trunk_aim(&self, trunk: &SmolStr, number: &str, edits: Vec<Edit>) -> Option<Aim> {
        let hop = self.trunks.hop(trunk)?;
        let uri = self.trunks.uri(trunk, &self.plan.numbers, number)?;
        let mut target = Target::new(Bytes::from(uri), hop.clone());
        target.edits = edits;
        target.id = format_smolstr!("trunk:{trunk}");
        let tried = Tried {
            party: Party::Trunk(trunk.clone()),
            user: None,
            epoch: None,
            hop,
        };
        Some(Aim { target, tried })
    }

    /// Who has forwarded the call, the last one first (RFC 5806 §7): voicemail greets by it, and the network bills it.
    fn diversion(&self, setup: &Setup) -> Vec<Edit> {
        let turns = setup.routed.history.turns();
        let header = |turn: &hotdesk_routing::Turn| {
            let number = turn.number.as_deref().unwrap_or(&turn.by);
            let value = format!(
                "<sip:{number}@{}>;reason={}",
                self.settings.domain,
                reason(turn.why)
            );
            Edit::Front(Header::new(Name::Diversion, value))
        };
        turns.iter().map(header).collect()
    }
}

impl Round {
    fn of(mut aims: Vec<Aim>, ring_max: Option<Duration>) -> Option<Self> {
        // The core rings no more than that, and both count the targets alike.
        aims.truncate(TARGETS_MAX);
        (!aims.is_empty()).then_some(Self { aims, ring_max })
    }
}

/// The words of RFC 5806 §4.
const fn reason(why: hotdesk_routing::Why) -> &'static str {
    use hotdesk_routing::Why;
    match why {
        Why::Always => "unconditional",
        Why::Schedule => "time-of-day",
        Why::DoNotDisturb => "do-not-disturb",
        Why::NotLoggedIn | Why::Unreachable => "unavailable",
        Why::Busy => "user-busy",
        Why::NoAnswer => "no-answer",
        Why::Declined => "deflection",
    }
}
