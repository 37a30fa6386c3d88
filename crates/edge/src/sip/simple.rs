//! Requests that begin no call: OPTIONS, MESSAGE and their like.

use std::time::Instant;

use hotdesk_routing::identity::Towards;
use hotdesk_sip::digest::Kind;
use hotdesk_sip::event::Package;
use hotdesk_sip::message::{Header, Method, Name};
use hotdesk_sip::proxy::{Decision, Edit, Incoming, Plan, Target};
use hotdesk_sip::uri::Uri;
use smol_str::SmolStr;

use super::app::App;
use super::calls::Call;
use super::reply::reply;

/// What the edge takes itself or passes on.
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PRACK, UPDATE, INFO, REFER, MESSAGE, PUBLISH";

impl App {
    pub(super) fn options(&self, now: Instant, incoming: &Incoming<'_>) -> Decision<Self> {
        let request = incoming.message;
        let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
        let to_us = uri
            .as_ref()
            .is_some_and(|uri| uri.user.is_none() && self.is_our_domain(uri));
        // One that may go no further is answered for whomever it was meant for.
        if to_us || request.max_forwards() == Some(0) {
            let mut answer = reply(request, 200, "OK");
            answer.push(Header::new(Name::Allow, ALLOW));
            answer.push(Header::new(Name::AllowEvents, "dialog, message-summary, reg"));
            answer.push(Header::new(Name::Accept, "application/sdp"));
            answer.push(Header::new(Name::Supported, "path, outbound, gruu"));
            return Decision::Reply(answer);
        }
        self.simple(now, incoming)
    }

    /// Whether a request that may go no further is answered here.
    pub(super) fn has_last_word(&self, incoming: &Incoming<'_>) -> bool {
        let request = incoming.message;
        let dialed = || {
            let uri = request.uri().and_then(|uri| Uri::parse(uri).ok());
            uri.map(|uri| super::invite::dialed(&uri)).unwrap_or_default()
        };
        let is_own_call = || self.star_codes.has(request.call_id().unwrap_or_default());
        match request.method() {
            Some(Method::Register) => true,
            Some(Method::Subscribe) if incoming.in_dialog => self.is_own_subscription(request),
            // A user's lamp is where the user sits.
            Some(Method::Subscribe) => {
                Package::of(request) != Some(Package::Dialog) || !self.has_moved(&dialed())
            }
            Some(Method::Notify) if Package::of(request) == Some(Package::MessageSummary) => true,
            _ if incoming.in_dialog => is_own_call(),
            Some(Method::Invite) => hotdesk_routing::is_star_code(&self.plan, &dialed()),
            Some(Method::Options) => true,
            _ => false,
        }
    }

    /// A request outside of a dialog that begins no call: to the phones where its user sits.
    pub(super) fn simple(&self, now: Instant, incoming: &Incoming<'_>) -> Decision<Self> {
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
}
