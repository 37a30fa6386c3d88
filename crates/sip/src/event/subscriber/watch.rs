//! One subscription of ours: where it stands, and its dialog.

use std::time::Instant;

use bytes::Bytes;
use smol_str::SmolStr;

use super::{Asked, Mailbox};
use crate::body::message_summary;
use crate::event::dialog::{self, Dialog};
use crate::event::{Package, tag};
use crate::message::{Header, Message, Method, Name};
use crate::value::NameAddr;

/// The subscription for one user.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) mailbox: Mailbox,
    pub(super) dialog: Dialog,
    pub(super) tag: SmolStr,
    /// Whether the other side's tag is known.
    pub(super) established: bool,
    pub(super) stage: Stage,
    /// When the stage is over.
    pub(super) due: Instant,
    pub(super) failures: u32,
    /// Credentials were sent with the last request, so that another challenge is a refusal.
    pub(super) authorized: bool,
    /// A NOTIFY was heard in this dialog.
    pub(super) notified: bool,
    /// When the subscription runs out at the server.
    pub(super) expires: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// A SUBSCRIBE is on its way.
    Asking,
    /// It stands.
    Active,
    /// It failed; we ask again later.
    Resting,
}

/// === impl Watch ===
impl Watch {
    /// Not asked for yet.
    pub(super) fn new(now: Instant, mailbox: Mailbox, tag: SmolStr, call_id: &str) -> Self {
        let dialog = Dialog {
            call_id: Bytes::copy_from_slice(call_id.as_bytes()),
            local: format!("<{}>;tag={tag}", mailbox.from).into(),
            remote: format!("<{}>", mailbox.uri).into(),
            target: Bytes::copy_from_slice(mailbox.uri.as_bytes()),
            routes: Vec::new(),
            cseq: 0,
        };
        Self {
            mailbox,
            dialog,
            tag,
            established: false,
            stage: Stage::Resting,
            due: now,
            failures: 0,
            authorized: false,
            notified: false,
            expires: now,
        }
    }

    pub(super) fn subscribe(&mut self, user: &str, expires_s: u64) -> Asked {
        let mut message = self.dialog.request(Method::Subscribe);
        message.push(Header::new(Name::Contact, format!("<{}>", self.mailbox.contact)));
        message.push(Header::new(Name::Event, Package::MessageSummary.as_str()));
        message.push(Header::new(Name::Accept, message_summary::CONTENT_TYPE));
        message.push(Header::new(Name::Expires, expires_s.to_string()));
        message.set_body(None, Bytes::new());
        Asked {
            message,
            to: self.mailbox.hop.clone(),
            user: user.into(),
            cseq: self.dialog.cseq,
        }
    }

    /// Whether a NOTIFY with our tag is of this dialog: the first may come before the 200, from any fork.
    pub(super) fn belongs(&self, notify: &Message) -> bool {
        let same_call = notify.call_id() == Some(&self.dialog.call_id[..]);
        let known = NameAddr::parse(&self.dialog.remote);
        let same_tag = !self.established || tag(known) == tag(notify.from());
        same_call && same_tag && self.stage != Stage::Resting
    }

    pub(super) fn heard(&mut self, notify: &Message) {
        self.notified = true;
        if !self.established {
            self.learn_dialog(notify, false);
        } else if let Ok(target) = dialog::target(notify) {
            self.dialog.target = target;
        }
        if self.stage == Stage::Active {
            self.failures = 0;
        }
    }

    /// Takes the other side's tag, target and the route set from the 200 or from a NOTIFY that was faster.
    pub(super) fn learn_dialog(&mut self, message: &Message, asked_by_us: bool) {
        if self.established {
            return;
        }
        let header = if asked_by_us { Name::To } else { Name::From };
        let Some(remote) = message.header(&header) else {
            return;
        };
        let learned = Dialog {
            remote: remote.value().into_owned().into(),
            target: dialog::target(message).unwrap_or_else(|_| self.dialog.target.clone()),
            routes: dialog::routes(message, asked_by_us),
            ..self.dialog.clone()
        };
        if let Ok(learned) = learned.bounded() {
            self.dialog = learned;
            self.established = true;
        }
    }
}
