//! REGISTER: who may, what is bound, and when it is answered (RFC 3261 §10.3).

use std::sync::Arc;
use std::time::Instant;

use hotdesk_sip::digest::Kind;
use hotdesk_sip::message::{Message, Method};
use hotdesk_sip::proxy::{Actions, Decision, Incoming};
use hotdesk_sip::registrar::{Change, Gruu, Refused, Registered, Rules, register};
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::{App, now_ms};
use super::locations::must_wait;
use super::reply::reply;
use super::sender::{Line, Sender};

impl App {
    pub(crate) fn register(
        &self,
        now: Instant,
        incoming: &Incoming<'_>,
        out: &mut Actions<Self>,
    ) -> Decision<Self> {
        let request = incoming.message;
        let line = match self.registering(now, incoming) {
            Ok(line) => line,
            Err(refusal) => {
                self.metrics.registration("refused");
                return Decision::Reply(*refusal);
            }
        };
        let aor = line.key();
        let epoch = line.session.as_ref().map(|(_, epoch)| *epoch);
        let registered = self.locations.change(&aor, |current| {
            let rules = self.rules(&aor, epoch);
            let registered = register(request, incoming.from, now_ms(), &rules, current)?;
            let answer = registered.reply(request, &format!("{:016x}", fastrand::u64(..)));
            let Registered {
                bindings, changes, ..
            } = registered;
            Ok((bindings, changes, answer))
        });
        let (changes, answer, bytes) = match registered {
            Ok(registered) => registered,
            Err(refused) => return self.refused(request, &refused),
        };
        if changes.is_empty() {
            return Decision::Reply(answer);
        }
        self.registration_changed(&line, &aor, &changes, out);
        if !must_wait(&changes) {
            self.locations.keep(&aor, bytes, |_kept| {});
            return Decision::Reply(answer);
        }
        self.answer_when_kept(incoming, &aor, bytes, answer)
    }

    /// Answers once the disk has it. The disk's own thread answers, so that nothing waits here.
    fn answer_when_kept(
        &self,
        incoming: &Incoming<'_>,
        aor: &SmolStr,
        bytes: Option<Vec<u8>>,
        answer: Message,
    ) -> Decision<Self> {
        if bytes.is_none() {
            return Decision::Reply(answer);
        }
        let Some(stack) = self.stack() else {
            return Decision::Reply(answer);
        };
        let request = incoming.message.clone();
        let pending = stack.pending(request.call_id().unwrap_or_default(), incoming.pending);
        let aor_kept = aor.clone();
        // Refused at once (the disk is full, or its queue), the disk answers on this very thread, which holds the
        // shard: then the answer is given as that of the decision.
        let here = std::thread::current().id();
        let refused_here = Arc::new(Mutex::new(None));
        let refused = Arc::clone(&refused_here);
        self.locations.keep(aor, bytes, move |kept| {
            let answer = if kept {
                answer
            } else {
                tracing::error!(aor = %aor_kept, "a registration cannot be written to the disk");
                reply(&request, 500, "The registration could not be stored")
            };
            if std::thread::current().id() == here {
                *refused.lock() = Some(answer);
            } else {
                stack.reply(pending, answer);
            }
        });
        let refused = refused_here.lock().take();
        refused.map_or(Decision::Wait, Decision::Reply)
    }

    /// The line that may register; what it registers must be its own address of record.
    fn registering(&self, now: Instant, incoming: &Incoming<'_>) -> Result<Line, Box<Message>> {
        let request = incoming.message;
        let to = request
            .to()
            .map_err(|_| Box::new(reply(request, 400, "Bad To")))?;
        if !self.is_our_domain(&to.uri) {
            return Err(reply(request, 404, "Not a domain of this registrar").into());
        }
        let line = match self.sender(now, request, incoming.from, Kind::Www)? {
            Sender::Phone(line) => line,
            Sender::Trunk(_) | Sender::Edge(_) | Sender::Peer(_) => {
                return Err(reply(request, 403, "Only phones register here").into());
            }
        };
        let name = to.uri.user_text().unwrap_or_default();
        let own = match &line.session {
            Some((user, _)) => self
                .table
                .by_name(&name)
                .is_some_and(|named| named.user() == user.user()),
            None => self
                .table
                .by_device(&name)
                .is_some_and(|named| named.device() == line.device.device()),
        };
        if own {
            Ok(line)
        } else {
            Err(reply(request, 403, "This account may not register that address").into())
        }
    }

    fn rules<'a>(&'a self, aor: &'a SmolStr, epoch: Option<u64>) -> Rules<'a> {
        let registrar = &self.settings.registrar;
        Rules {
            expires_min_s: registrar.expires_min_s,
            expires_default_s: registrar.expires_default_s,
            expires_max_s: registrar.expires_max_s,
            contacts_max: registrar.contacts_max,
            gruu: epoch.is_none().then_some(Gruu {
                key: &self.gruu_key,
                account: aor,
                domain: &self.settings.domain,
            }),
            epoch,
            ..Rules::default()
        }
    }

    fn refused(&self, request: &Message, refused: &Refused) -> Decision<Self> {
        self.metrics.registration("refused");
        Decision::Reply(refused.reply(request, &format!("{:016x}", fastrand::u64(..))))
    }

    /// Who has to know: watchers of the registration, the cluster when the phone is new here, the lamp.
    fn registration_changed(&self, line: &Line, aor: &SmolStr, changes: &[Change], out: &mut Actions<Self>) {
        let device = line.device.device();
        for change in changes {
            self.metrics.registration(change.kind.name());
            if change.kind.is_end() || change.kind.name() == "created" {
                tracing::info!(
                    device_id = device,
                    aor = %aor,
                    peer = %change.contact.hop,
                    reason = change.kind.name(),
                    "registration changed"
                );
            }
        }
        self.tell_registration(aor, changes, out);
        self.phone_registered(line, changes);
        let began = changes.iter().any(|change| !change.kind.is_end());
        if began {
            self.serving.serves(device);
            if changes.iter().any(|change| change.kind.name() == "created") {
                self.light(Instant::now(), device, out);
            }
        }
    }
}

/// Whether a request is one that a phone sends by itself every few minutes: no sign of a person.
pub(crate) const fn is_housekeeping(method: &Method) -> bool {
    matches!(
        method,
        Method::Register | Method::Options | Method::Subscribe | Method::Notify | Method::Publish
    )
}
