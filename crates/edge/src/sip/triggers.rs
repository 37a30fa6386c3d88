//! Telling a phone: the vendor's message, on the phone's own flow or to its own web server, and what became of it.

use std::net::SocketAddr;
use std::sync::Arc;

use hotdesk_phone::reconcile::Answer;
use hotdesk_phone::{Aim, HttpPush, Notice, Notify, Service, Trigger, Vendor, adapter};
use hotdesk_sip::digest::{Secret, answer};
use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::Actions;
use hotdesk_sip::secret::PhoneSecret;
use hotdesk_sip::uri::Uri;
use smol_str::SmolStr;

use super::app::{App, Tag};
use super::phones::Driven;
use crate::phones::{Moved, Pushed, Target, is_own_network, push};

/// What a phone was told.
pub(crate) struct Told {
    device: SmolStr,
    vendor: Vendor,
    /// A name of the adapter's, for metrics.
    means: &'static str,
    what: What,
}

/// Why.
#[derive(Clone, Copy)]
enum What {
    Load { ticket: u64 },
    Notice,
}

/// A NOTIFY on its way.
pub(crate) struct Asked {
    told: Told,
    request: Message,
    to: Hop,
    /// How many challenges were answered.
    proofs: u8,
}

/// The phone's own account, then that of its web interface: some phones want the one, some the other.
const PROOFS_MAX: u8 = 2;

impl App {
    /// Tells a phone to load its document.
    pub(crate) fn tell_to_load(
        self: &Arc<Self>,
        device: &str,
        means: usize,
        ticket: u64,
        out: &mut Actions<Self>,
    ) {
        match self.driven(device) {
            Some(driven) => self.load(&driven, means, ticket, out),
            None => self.load_answered(device, ticket, Answer::Refused),
        }
    }

    /// Tells a phone that was disabled to load once more: nothing of who used it last is to stay on its screen, and a
    /// phone without a registration cannot be told any more. What becomes of it, nobody waits for.
    pub(crate) fn tell_to_leave(self: &Arc<Self>, device: &str, out: &mut Actions<Self>) {
        /// No ticket of the reconciler's.
        const NO_TICKET: u64 = 0;
        if let Some(driven) = self
            .driven_to_leave(device)
            .filter(|_| !self.is_phone_busy(device))
        {
            self.load(&driven, 0, NO_TICKET, out);
        }
    }

    fn load(self: &Arc<Self>, driven: &Driven, means: usize, ticket: u64, out: &mut Actions<Self>) {
        let device = driven.device.device();
        let Some(means) = self.phones.means(driven.vendor).into_iter().nth(means) else {
            self.load_answered(device, ticket, Answer::Refused);
            return;
        };
        let session = self.session_at(driven);
        let registrar = self.registrar_of(&driven.line.flow);
        let register_call_id = String::from_utf8_lossy(&driven.line.call_id);
        let aim = Aim {
            device,
            stamp: driven.wanted,
            session: session.as_ref(),
            registrar: &registrar,
            domain: &self.settings.domain,
            register_call_id: &register_call_id,
        };
        let adapter = adapter(driven.vendor);
        let trigger = adapter.trigger(&means, &aim);
        if trigger.is_some() && !adapter.loads_document(&means) {
            self.phones.state().gives_only_line(device, driven.wanted);
        }
        let told = Told {
            device: device.into(),
            vendor: driven.vendor,
            means: means.name,
            what: What::Load { ticket },
        };
        self.tell(driven, told, trigger, out);
    }

    /// Says on a phone's screen where its user has gone.
    pub(crate) fn tell_moved(self: &Arc<Self>, device: &str, moved: &Moved, out: &mut Actions<Self>) {
        let page = self.driven(device).and_then(|driven| {
            let base = self.phones.settings.node_url.as_deref()?;
            let token = self.key.phone_secret(PhoneSecret::Documents, device, driven.seed);
            let url = format!("{base}/p/{}/app/moved", *token);
            let screen = self.moved_screen(&driven, moved, &url);
            let notice = Notice {
                screen: &screen,
                url: &url,
            };
            let trigger = adapter(driven.vendor).notice(&notice)?;
            Some((driven, trigger))
        });
        let Some((driven, trigger)) = page else {
            self.notice_answered(device, false);
            return;
        };
        let told = Told {
            device: device.into(),
            vendor: driven.vendor,
            means: "notice",
            what: What::Notice,
        };
        self.tell(&driven, told, Some(trigger), out);
    }

    fn tell(
        self: &Arc<Self>,
        driven: &Driven,
        told: Told,
        trigger: Option<Trigger>,
        out: &mut Actions<Self>,
    ) {
        match trigger {
            Some(Trigger::Notify(notify)) => {
                let request = self.unsolicited(driven, &notify);
                let to = driven.line.reach.hop.clone();
                let asked = Asked {
                    told,
                    request: request.clone(),
                    to: to.clone(),
                    proofs: 0,
                };
                out.request(request, to, Tag::Trigger(Box::new(asked)));
            }
            Some(Trigger::Http(push)) => self.push_to(driven, told, push),
            None => self.told(&told, Answer::Refused, "not for this"),
        }
    }
}

/// === Over SIP ===
impl App {
    /// A NOTIFY that belongs to no subscription, complete but for Via.
    fn unsolicited(&self, driven: &Driven, notify: &Notify) -> Message {
        let reach = &driven.line.reach;
        let account = format!("sip:{}@{}", driven.device.device(), self.settings.domain);
        let mut message = Message::request(Method::Notify, &reach.uri);
        for route in &reach.path {
            message.push(Header::new(Name::Route, route));
        }
        for (name, value) in [
            (Name::MaxForwards, "70".to_owned()),
            (Name::From, format!("<{account}>;tag={:016x}", fastrand::u64(..))),
            (Name::To, format!("<{account}>")),
            (Name::CallId, format!("{:032x}", fastrand::u128(..))),
            (Name::CSeq, "1 NOTIFY".to_owned()),
            (
                Name::Contact,
                format!("<{}>", self.contact_at(&reach.hop, super::lamps::CONTACT_USER)),
            ),
        ] {
            message.push(Header::new(name, value));
        }
        if let Some(event) = &notify.event {
            message.push(Header::new(Name::Event, event.as_str()));
        }
        if let Some(state) = notify.subscription_state {
            message.push(Header::new(Name::SubscriptionState, state));
        }
        message.set_body(notify.content_type, notify.body.clone());
        message
    }

    /// A phone has answered, or has not.
    pub(crate) fn trigger_answered(
        &self,
        mut asked: Box<Asked>,
        response: Option<&Message>,
        out: &mut Actions<Self>,
    ) {
        if let Some(challenge) = response.filter(|response| matches!(response.status(), Some(401 | 407)))
            && asked.proofs < PROOFS_MAX
            && let Some(header) = self.prove(&asked, challenge)
        {
            asked.proofs += 1;
            let number = u32::from(asked.proofs) + 1;
            asked
                .request
                .set(Header::new(Name::CSeq, format!("{number} NOTIFY")));
            asked.request.set(header);
            let (request, to) = (asked.request.clone(), asked.to.clone());
            out.request(request, to, Tag::Trigger(asked));
            return;
        }
        let (answer, why) = judge(response.and_then(Message::status));
        self.told(&asked.told, answer, why);
    }

    fn prove(&self, asked: &Asked, challenge: &Message) -> Option<Header> {
        let device = asked.told.device.as_str();
        let seed = self.table.by_device(device)?.seed_in_use()?;
        let (user, password) = if asked.proofs == 0 {
            (device, self.key.device_password(device, seed))
        } else {
            let password = self.key.phone_secret(PhoneSecret::Web, device, seed);
            (Service::WEB_USER, password)
        };
        let request = &asked.request;
        let secret = Secret::Password(&password);
        let (method, uri) = (request.method()?, request.uri()?);
        answer(challenge.headers(), user, secret, method, uri, request.body()).ok()
    }
}

/// Whether the phone has understood, will never, or may next time.
const fn judge(status: Option<u16>) -> (Answer, &'static str) {
    match status {
        Some(200..300) => (Answer::Taken, "taken"),
        Some(401 | 407) => (Answer::Refused, "wrong password"),
        // Busy, not found in time, or too much to do: it may be otherwise next time.
        Some(408 | 480 | 486 | 491 | 500 | 503 | 504) => (Answer::Lost, "not now"),
        Some(_) => (Answer::Refused, "refused"),
        None => (Answer::Lost, "no answer"),
    }
}

/// === Over HTTP ===
impl App {
    fn push_to(self: &Arc<Self>, driven: &Driven, told: Told, trigger: HttpPush) {
        let at = match self.web_server(driven) {
            Ok(at) => at,
            Err(why) => return self.told(&told, Answer::Refused, why),
        };
        let device = driven.device.device();
        let target = Target {
            at,
            user: Service::WEB_USER.to_owned(),
            password: self.key.phone_secret(PhoneSecret::Web, device, driven.known_seed),
        };
        let app = Arc::clone(self);
        self.runtime.spawn(async move {
            let (answer, why) = match push(&target, &trigger).await {
                Pushed::Taken => (Answer::Taken, String::from("taken")),
                Pushed::Refused(why) => (Answer::Refused, why),
                Pushed::Lost(why) => (Answer::Lost, why),
            };
            app.told(&told, answer, &why);
        });
    }

    /// Where a phone's web server is: at the address from which it registers, if that is the phone's own.
    fn web_server(&self, driven: &Driven) -> Result<SocketAddr, &'static str> {
        let settings = &self.phones.settings;
        if !settings.http_push {
            return Err("pushes are off");
        }
        let address = driven.line.flow.remote.ip();
        let contact = Uri::parse(&driven.line.reach.uri).ok().and_then(|uri| uri.ip());
        if !driven.line.reach.path.is_empty() || contact != Some(address) {
            return Err("something stands between the phone and this edge");
        }
        if !is_own_network(address) {
            return Err("its address is not of a private network");
        }
        Ok(SocketAddr::new(address, settings.http_port))
    }
}

/// === What became of it ===
impl App {
    fn told(&self, told: &Told, answer: Answer, why: &str) {
        let outcome = match answer {
            Answer::Taken => "taken",
            Answer::Refused => "refused",
            Answer::Lost => "lost",
        };
        let vendor = told.vendor.name();
        self.phones.metrics.trigger(vendor, told.means, outcome);
        if answer != Answer::Taken {
            tracing::info!(
                device_id = %told.device,
                vendor,
                means = told.means,
                outcome,
                reason = why,
                "a message to a phone was not taken"
            );
        }
        match told.what {
            What::Load { ticket } => self.load_answered(&told.device, ticket, answer),
            What::Notice => self.notice_answered(&told.device, answer == Answer::Taken),
        }
    }

    fn load_answered(&self, device: &str, ticket: u64, answer: Answer) {
        let now_ms = self.phones.now_ms();
        self.phones
            .state()
            .reconciler
            .answered(now_ms, device, ticket, answer);
        self.phones.wake.notify_one();
    }

    fn notice_answered(&self, device: &str, is_shown: bool) {
        let now_ms = self.phones.now_ms();
        self.phones.state().notices.answered(device, now_ms, is_shown);
        self.phones.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_phone_answers_decides_whether_it_is_told_again() {
        for (status, expected) in [
            (Some(200), Answer::Taken),
            (Some(202), Answer::Taken),
            (Some(401), Answer::Refused),
            (Some(489), Answer::Refused),
            (Some(481), Answer::Refused),
            (Some(405), Answer::Refused),
            (Some(603), Answer::Refused),
            (Some(480), Answer::Lost),
            (Some(486), Answer::Lost),
            (Some(503), Answer::Lost),
            (None, Answer::Lost),
        ] {
            assert_eq!(judge(status).0, expected, "{status:?}");
        }
    }
}
