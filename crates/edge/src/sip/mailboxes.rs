//! Waiting messages follow the user (RFC 3842): the edge watches the mailbox of whoever sits at one of its phones, and
//! tells that phone. When the user leaves, the lamp goes out.

use std::time::Instant;

use hotdesk_sip::body::message_summary::MessageSummary;
use hotdesk_sip::digest::{Secret, answer};
use hotdesk_sip::event::Asked;
use hotdesk_sip::event::{Heard, Mailbox, Notice, Package};
use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Header, Message};
use hotdesk_sip::proxy::Actions;
use hotdesk_sip::uri::Uri;
use smol_str::SmolStr;

use super::app::{App, Tag};

impl App {
    /// What the lamp of a phone shows: what waits for whoever sits there.
    pub(crate) fn summary_at(&self, device: &str) -> MessageSummary {
        let user = self.table.by_device(device).and_then(|device| {
            let binding = device.binding()?;
            Some(binding.user.clone())
        });
        let known = user.and_then(|user| self.lamps.waiting.lock().get(&user).cloned());
        known.unwrap_or_else(|| MessageSummary::nothing(None))
    }

    /// A user has sat down at one of our phones.
    pub(crate) fn watch_mailbox(&self, now: Instant, user: &str, out: &mut Actions<Self>) {
        let Some(mailbox) = self.mailbox_of(user) else {
            return;
        };
        let mut asked = Vec::new();
        if !self.lamps.subscriber.lock().start(now, user, mailbox, &mut asked) {
            tracing::warn!(
                user_id = user,
                "too many mailboxes are watched; this user's lamp stays off"
            );
        }
        self.send_asked(asked, out);
    }

    /// A user has left the last of our phones.
    pub(crate) fn leave_mailbox(&self, user: &str, out: &mut Actions<Self>) {
        let mut asked = Vec::new();
        self.lamps.subscriber.lock().stop(user, &mut asked);
        self.lamps.waiting.lock().remove(user);
        self.send_asked(asked, out);
    }

    fn mailbox_of(&self, user: &str) -> Option<Mailbox> {
        let pattern = self.settings.mwi_uri.as_ref()?;
        let known = self.table.by_user(user)?;
        let mailbox = known.calls().and_then(|calls| calls.voicemail.clone())?;
        let uri = pattern.replace("{mailbox}", &mailbox);
        let hop = self.hop_of_uri(&Uri::parse(uri.as_bytes()).ok()?)?;
        let name = known.extension().unwrap_or(user);
        Some(Mailbox {
            uri: uri.into(),
            from: SmolStr::from(format!("sip:{name}@{}", self.settings.domain)),
            contact: SmolStr::from(self.contact_at(&hop, "mailboxes")),
            hop,
        })
    }

    pub(crate) fn send_asked(&self, asked: Vec<Asked>, out: &mut Actions<Self>) {
        for Asked {
            message,
            to,
            user,
            cseq,
        } in asked
        {
            out.request(message, to, Tag::Mailbox { user, cseq });
        }
    }

    /// The voicemail server has answered a SUBSCRIBE.
    pub(crate) fn mailbox_answered(
        &self,
        now: Instant,
        user: &SmolStr,
        cseq: u32,
        response: Option<&Message>,
        out: &mut Actions<Self>,
    ) {
        let account = self.settings.voicemail_account.clone();
        let mut authorize =
            |request: &Message, challenge: &Message| authorize(account.as_ref(), request, challenge);
        let mut asked = Vec::new();
        let heard =
            self.lamps
                .subscriber
                .lock()
                .answered(now, user, cseq, response, &mut authorize, &mut asked);
        self.send_asked(asked, out);
        if let Some(heard) = heard {
            self.heard(now, heard, out);
        }
    }

    /// A NOTIFY that belongs to a subscription of ours; `None`: it is for somebody else.
    pub(crate) fn mailbox_notified(
        &self,
        now: Instant,
        request: &Message,
        from: &Hop,
        out: &mut Actions<Self>,
    ) -> Option<Message> {
        let (answer, heard) = self.lamps.subscriber.lock().notified(now, request);
        if answer.status() == Some(481) {
            return None;
        }
        tracing::debug!(peer = %from, "message summary");
        if let Some(heard) = heard {
            self.heard(now, heard, out);
        }
        Some(answer)
    }

    pub(crate) fn heard(&self, now: Instant, heard: Heard, out: &mut Actions<Self>) {
        match heard {
            Heard::Waiting { user, summary } => {
                self.lamps.waiting.lock().insert(user.clone(), summary);
                for device in self.phones_of(&user) {
                    self.light(now, &device, out);
                }
            }
            Heard::Lost { user, why } => {
                tracing::warn!(user_id = %user, ?why, "the mailbox cannot be watched; trying again");
            }
        }
    }

    /// Sets the lamp of a phone: by its subscription, or by a NOTIFY that it did not ask for, as phones expect of
    /// registrars.
    pub(crate) fn light(&self, now: Instant, device: &str, out: &mut Actions<Self>) {
        if self
            .lamps
            .notifier
            .lock()
            .is_watched(Package::MessageSummary, device)
        {
            self.publish(now, Package::MessageSummary, device, out);
            return;
        }
        if self.settings.mwi_uri.is_none() {
            // Without a voicemail server there is nothing that a lamp could show.
            return;
        }
        let Some(reach) = self.locations.of_device(device).into_iter().next() else {
            return;
        };
        let to = format!("sip:{device}@{}", self.settings.domain);
        let notice = Notice {
            target: &reach.uri,
            routes: &reach.path,
            from: &to,
            to: &to,
            contact: &self.contact_at(&reach.hop, super::lamps::CONTACT_USER),
            tag: &format!("{:016x}", fastrand::u64(..)),
            call_id: &format!("{:032x}", fastrand::u128(..)),
            cseq: 1,
            event: "message-summary",
            body: Some((
                Package::MessageSummary.content_type(),
                self.summary_at(device).write(),
            )),
        };
        out.request(
            notice.build(),
            reach.hop.clone(),
            Tag::Notice {
                device: device.into(),
            },
        );
    }

    /// The phones at this edge where a user sits.
    pub(crate) fn phones_of(&self, user: &str) -> Vec<SmolStr> {
        let user = self.table.by_user(user);
        let bindings = user.iter().flat_map(|user| user.bindings());
        bindings
            .map(|binding| binding.device.clone())
            .filter(|device| !self.locations.of_device(device).is_empty())
            .collect()
    }
}

fn authorize(account: Option<&(String, String)>, request: &Message, challenge: &Message) -> Option<Header> {
    let (username, password) = account?;
    let (method, uri) = (request.method()?, request.uri()?);
    answer(
        challenge.headers(),
        username,
        Secret::Password(password),
        method,
        uri,
        request.body(),
    )
    .ok()
}
