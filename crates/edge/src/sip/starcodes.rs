//! Star codes: the edge answers the call itself, asks for extension and PIN, and logs the phone in or out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hotdesk_client::{Client, Error, Pin as ClientPin, WatchedTable};
use hotdesk_routing::StarCode;
use hotdesk_sip::event::Dialog;
use hotdesk_sip::media::info_digit;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::{Decision, Incoming, OutgoingRequest};
use hotdesk_sip::starcode::{Answer, Code, Pin, Refusal};
use hotdesk_sip::trace::{Direction, Outcome as Ending};
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::{App, Tag, now_ms};
use super::calls::Setup;
use super::party::Party;
use super::reply::{busy, reply};
use crate::starcode::{Accepted, Call as Voiced, Cluster, Ended, Place, Voice};

/// The star-code calls that go on.
pub(crate) struct StarCodes {
    voice: Voice,
    cluster: Arc<Door>,
    calls: Arc<Mutex<HashMap<Bytes, Spoken>>>,
}

/// A star-code call.
struct Spoken {
    device: SmolStr,
    call: Voiced,
}

/// Why a star code is not answered.
enum Unanswerable {
    /// Too many at once.
    Busy,
    /// The phone offers nothing that is spoken here.
    Offer,
}

/// What star codes do, by way of the nearest node.
pub(crate) struct Door {
    client: Client,
    table: WatchedTable,
}

impl StarCodes {
    pub(crate) fn new(voice: Voice, client: Client, table: WatchedTable) -> Self {
        Self {
            voice,
            cluster: Arc::new(Door { client, table }),
            calls: Arc::default(),
        }
    }

    pub(crate) fn has(&self, call_id: &[u8]) -> bool {
        self.calls.lock().contains_key(call_id)
    }

    /// Whether somebody is dialling a star code at a phone. There are few such calls at a time.
    pub(crate) fn is_at(&self, device: &str) -> bool {
        self.calls.lock().values().any(|spoken| spoken.device == device)
    }

    /// A request inside such a call; `None`: it belongs to another.
    pub(crate) fn within(&self, _app: &App, incoming: &Incoming<'_>) -> Option<Decision<App>> {
        let request = incoming.message;
        let call_id = request.call_id()?;
        let call = self.calls.lock().get(call_id)?.call.clone();
        let answer = match request.method()? {
            Method::Bye => {
                call.hung_up();
                self.calls.lock().remove(call_id);
                reply(request, 200, "OK")
            }
            Method::Info => {
                if let Some(digit) = info_digit(request) {
                    call.digit(digit);
                }
                reply(request, 200, "OK")
            }
            Method::Invite | Method::Update if !request.body().is_empty() => {
                match call.answer(request.body()) {
                    Ok(sdp) => {
                        let mut answer = reply(request, 200, "OK");
                        answer.set_body(Some("application/sdp"), sdp);
                        answer
                    }
                    Err(_) => reply(request, 488, "Not Acceptable Here"),
                }
            }
            _ => reply(request, 200, "OK"),
        };
        Some(Decision::Reply(answer))
    }

    /// Our 200 was never acknowledged: nobody listens.
    pub(crate) fn unacknowledged(&self, call_id: &[u8]) {
        if let Some(spoken) = self.calls.lock().remove(call_id) {
            spoken.call.hung_up();
        }
    }
}

impl App {
    /// Answers a star code.
    pub(crate) fn star_code(
        &self,
        incoming: &Incoming<'_>,
        mut setup: Setup,
        code: StarCode,
    ) -> Decision<Self> {
        let request = incoming.message;
        setup.record.direction = Direction::Service;
        setup.record.reason = label(&code).into();
        let Party::Phone(device) = setup.from.clone() else {
            setup.record.outcome = Ending::Refused;
            setup.record.status = 403;
            self.close(setup.record);
            return Decision::Reply(reply(request, 403, "Only a phone of the office can do this"));
        };
        let listener = self.listeners.get(usize::from(incoming.from.listener.0));
        let local = listener.map(|listener| listener.local.ip());
        let accepted = local
            .ok_or(Unanswerable::Busy)
            .and_then(|local| self.answer_voice(request, incoming, local));
        let (accepted, sdp) = match accepted {
            Ok(accepted) => accepted,
            Err(problem) => {
                setup.record.outcome = Ending::Failed;
                let answer = match problem {
                    Unanswerable::Busy => busy(request, "Too many such calls at once", 2),
                    Unanswerable::Offer => reply(request, 488, "Not Acceptable Here"),
                };
                setup.record.status = answer.status().unwrap_or(0);
                self.close(setup.record);
                return Decision::Reply(answer);
            }
        };
        let tag = format!("{:016x}", fastrand::u64(..));
        let mut answer = Message::reply(request, 200, "OK", Some(&tag));
        answer.push(Header::new(
            Name::Contact,
            format!("<{}>", self.contact_at(incoming.from, "star-codes")),
        ));
        answer.set_body(Some("application/sdp"), sdp);
        let cluster = Arc::clone(&self.star_codes.cluster);
        let (call, ended) = accepted.start(to_code(code), device.clone(), cluster);
        let spoken = Spoken { device, call };
        self.star_codes.calls.lock().insert(setup.call_id.clone(), spoken);
        setup.record.answer_ms = Some(now_ms());
        setup.record.outcome = Ending::Answered;
        setup.record.status = 200;
        self.when_over(incoming, &tag, setup, ended);
        Decision::Reply(answer)
    }

    /// A socket for the call, and the answer to the phone's offer.
    fn answer_voice(
        &self,
        request: &Message,
        incoming: &Incoming<'_>,
        local: IpAddr,
    ) -> Result<(Accepted, String), Unanswerable> {
        let place = Place {
            bind: local,
            advertise: local,
            signalling: incoming.from.remote.ip(),
        };
        let reserved = self
            .star_codes
            .voice
            .reserve(place)
            .map_err(|_| Unanswerable::Busy)?;
        reserved.answer(request.body()).map_err(|_| Unanswerable::Offer)
    }

    /// Hangs up when all is said, and writes the record.
    fn when_over(
        &self,
        incoming: &Incoming<'_>,
        tag: &str,
        setup: Setup,
        ended: tokio::sync::oneshot::Receiver<Ended>,
    ) {
        let dialog = Dialog::of_request(incoming.message, tag);
        let (from, stack) = (incoming.from.clone(), self.stack.get().cloned());
        let calls = Arc::clone(&self.star_codes.calls);
        self.runtime.spawn(async move {
            let why = ended.await;
            calls.lock().remove(&setup.call_id);
            let Some(stack) = stack.and_then(|stack| stack.upgrade()) else {
                return;
            };
            if let (Ok(Ended::Done | Ended::Stopped), Ok(mut dialog)) = (why, dialog) {
                let message = dialog.request(Method::Bye);
                stack.request(OutgoingRequest {
                    message,
                    to: from,
                    tag: Tag::Quiet,
                });
            }
            stack.close_record(setup.record);
        });
    }
}

fn label(code: &StarCode) -> &'static str {
    match code {
        StarCode::Login { .. } => "login",
        StarCode::Logout => "logout",
        StarCode::WhoAmI => "who_am_i",
    }
}

fn to_code(code: StarCode) -> Code {
    match code {
        StarCode::Login { extension, pin } => Code::Login {
            extension,
            pin: pin.and_then(|pin| Pin::parse(pin.reveal())),
        },
        StarCode::Logout => Code::Logout,
        StarCode::WhoAmI => Code::WhoAmI,
    }
}

impl Cluster for Door {
    async fn login(&self, device: SmolStr, extension: SmolStr, pin: Pin) -> Answer {
        let pin = ClientPin::new(pin.reveal());
        match self.client.login(&extension, &device, &pin).await {
            Ok(_) => Answer::LoggedIn { extension },
            Err(error) => Answer::Refused(refusal(&error)),
        }
    }

    async fn logout(&self, device: SmolStr) -> Answer {
        match self.client.logout_device(&device).await {
            Ok(response) if response.ended.is_empty() => Answer::Nobody,
            Ok(_) => Answer::LoggedOut,
            Err(error) => Answer::Refused(refusal(&error)),
        }
    }

    async fn who_am_i(&self, device: SmolStr) -> Answer {
        let device = self.table.by_device(&device);
        let user = device.as_ref().and_then(|device| device.user());
        match user {
            Some(user) => Answer::LoggedIn {
                extension: user.extension().unwrap_or_else(|| user.user()).into(),
            },
            None => Answer::Nobody,
        }
    }
}

/// What the person hears.
fn refusal(error: &Error) -> Refusal {
    let Error::Refused(refused) = error else {
        return Refusal::Unreachable;
    };
    by_reason(&refused.reason)
}

fn by_reason(reason: &str) -> Refusal {
    match reason {
        "USER_LOCKED" | "TOO_MANY_WRONG_PINS" => Refusal::Locked,
        "DEVICE_ON_HOLD" => Refusal::OnHold,
        "DEVICE_BUSY" => Refusal::InUse,
        "LOGGED_IN_ELSEWHERE" => Refusal::Elsewhere,
        "DEVICE_NOT_ALLOWED" | "DEVICE_DISABLED" | "UNKNOWN_DEVICE" => Refusal::NotHere,
        _ => Refusal::WrongPin,
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::{Refusal as Why, TimeMs};

    use super::*;

    #[test]
    fn nobody_hears_of_a_wrong_pin_when_it_was_not_the_pin() {
        let (user, device, site) = (
            "ada".parse().unwrap(),
            "chi-1".parse().unwrap(),
            "chicago".parse().unwrap(),
        );
        let until = TimeMs(1);
        let (user, device) = (|| Clone::clone(&user), || Clone::clone(&device));
        for (why, expected) in [
            (Why::UserLocked { user: user(), until }, Refusal::Locked),
            (
                Why::DeviceNotAllowed {
                    user: user(),
                    device: device(),
                },
                Refusal::NotHere,
            ),
            (Why::DeviceDisabled { device: device() }, Refusal::NotHere),
            (Why::UnknownDevice { device: device() }, Refusal::NotHere),
            (Why::DeviceBusy { device: device() }, Refusal::InUse),
            (
                Why::LoggedInElsewhere {
                    user: user(),
                    device: device(),
                    site,
                },
                Refusal::Elsewhere,
            ),
            (
                Why::DeviceOnHold {
                    device: device(),
                    until,
                },
                Refusal::OnHold,
            ),
        ] {
            let heard = by_reason(&why.name().to_ascii_uppercase());
            assert_eq!(heard, expected, "{why:?}");
        }
    }
}
