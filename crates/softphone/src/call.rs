//! Calls: made, taken, and while they last.

use std::time::Duration;

use bytes::Bytes;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::value::NameAddr;
use tokio::time::{Instant, timeout_at};

use crate::link::Responses;
use crate::{Error, Softphone};

/// How an attempt to call ended.
pub enum Outcome<'a> {
    /// Somebody answered.
    Answered(Box<Call<'a>>),
    /// The final response is another one.
    Refused(Message),
    /// Nobody answered in time, and the call was cancelled; the final response (487 as a rule).
    Cancelled(Message),
}

/// A call that was answered.
pub struct Call<'a> {
    phone: &'a Softphone,
    call_id: Bytes,
    local: Bytes,
    remote: Bytes,
    target: Bytes,
    routes: Vec<Bytes>,
    cseq: u32,
    /// The response that answered it, or the INVITE that was answered.
    pub by: Message,
}

/// A call that rings at the phone.
pub struct Incoming<'a> {
    phone: &'a Softphone,
    /// The INVITE as it came.
    pub invite: Message,
    tag: String,
}

impl<'a> Outcome<'a> {
    /// The call, when somebody answered.
    #[must_use]
    pub fn answered(self) -> Option<Call<'a>> {
        match self {
            Self::Answered(call) => Some(*call),
            Self::Refused(_) | Self::Cancelled(_) => None,
        }
    }

    /// The status that ended the attempt.
    #[must_use]
    pub fn status(&self) -> u16 {
        let response = match self {
            Self::Answered(call) => &call.by,
            Self::Refused(response) | Self::Cancelled(response) => response,
        };
        response.status().unwrap_or(0)
    }
}

/// Calls; see [`Softphone::call`].
pub(crate) async fn dial<'a>(
    phone: &'a Softphone,
    dialed: &str,
    patience: Duration,
) -> Result<Outcome<'a>, Error> {
    let deadline = Instant::now() + patience;
    let invite = invite(phone, dialed);
    let mut responses = phone.send(&invite, None).await?;
    let (mut response, mut cancelled) = final_response(&mut responses, deadline).await?;
    if let Some(credentials) = phone.credentials(&invite, &response).filter(|_| !cancelled) {
        responses
            .send_along(&along(responses.request(), Method::Ack, Some(&response)))
            .await?;
        responses = phone.send(&invite, Some(credentials)).await?;
        (response, cancelled) = final_response(&mut responses, deadline).await?;
    }
    if response.status().is_some_and(|status| status < 300) {
        let call = Call::made(phone, response)?;
        call.acknowledge().await?;
        return Ok(Outcome::Answered(Box::new(call)));
    }
    responses
        .send_along(&along(responses.request(), Method::Ack, Some(&response)))
        .await?;
    Ok(if cancelled {
        Outcome::Cancelled(response)
    } else {
        Outcome::Refused(response)
    })
}

/// Waits for the final response; cancels when the deadline comes first. Returns whether it was cancelled.
async fn final_response(responses: &mut Responses, deadline: Instant) -> Result<(Message, bool), Error> {
    let mut cancelled = false;
    loop {
        let response = if cancelled {
            responses.next().await?
        } else {
            match timeout_at(deadline, responses.wait()).await {
                Ok(response) => response?,
                Err(_elapsed) => {
                    cancelled = true;
                    responses
                        .send_along(&along(responses.request(), Method::Cancel, None))
                        .await?;
                    continue;
                }
            }
        };
        // The answer to the CANCEL has the same branch.
        let to_invite = response.cseq().is_ok_and(|cseq| cseq.method == Method::Invite);
        if to_invite && response.status().is_some_and(|status| status >= 200) {
            return Ok((response, cancelled));
        }
    }
}

fn invite(phone: &Softphone, dialed: &str) -> Message {
    let account = &phone.account;
    let uri = if dialed.contains(':') {
        dialed.to_owned()
    } else {
        format!("sip:{dialed}@{}", account.domain)
    };
    let mut request = Message::request(Method::Invite, &uri);
    let name = &account.display_name;
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("\"{name}\" ")
    };
    request.push(Header::new(Name::MaxForwards, "70"));
    let from = format!("{name}<{}>;tag={:08x}", account.address(), fastrand::u32(..));
    request.push(Header::new(Name::From, from));
    request.push(Header::new(Name::To, format!("<{uri}>")));
    request.push(Header::new(
        Name::CallId,
        format!("{:016x}@softphone", fastrand::u64(..)),
    ));
    request.push(Header::new(Name::Contact, format!("<{}>", phone.contact())));
    request.set_body(Some("application/sdp"), sdp(phone));
    request
}

/// A description of sound that is never sent: enough for the other side to agree to (RFC 3264).
fn sdp(phone: &Softphone) -> String {
    let ip = phone.local().ip();
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    format!(
        "v=0\r\no=- 1 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP 0 101\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
        phone.local().port()
    )
}

/// What goes the way of an INVITE, hop by hop: CANCEL (RFC 3261 §9.1), and the ACK of a refusal, which has the
/// refusal's To (§17.1.1.3).
fn along(invite: &Message, method: Method, refusal: Option<&Message>) -> Message {
    let mut message = Message::request(method.clone(), invite.uri().cloned().unwrap_or_default());
    let to = refusal.unwrap_or(invite).header(&Name::To);
    for header in invite.headers() {
        match header.name() {
            Name::Via | Name::From | Name::CallId | Name::MaxForwards | Name::Route => {
                message.push(header.clone())
            }
            Name::To => message.push(to.unwrap_or(header).clone()),
            Name::CSeq => {
                let number = invite.cseq().map_or(1, |cseq| cseq.number);
                message.push(Header::new(Name::CSeq, format!("{number} {method}")));
            }
            _ => {}
        }
    }
    message
}

impl<'a> Call<'a> {
    /// A call that we made and somebody answered.
    fn made(phone: &'a Softphone, response: Message) -> Result<Self, Error> {
        let value = |name: Name| {
            response
                .header(&name)
                .map(Header::raw_bytes)
                .ok_or(Error::Answer("incomplete answer"))
        };
        let mut routes: Vec<Bytes> = response
            .values(&Name::RecordRoute)
            .map(Bytes::copy_from_slice)
            .collect();
        routes.reverse();
        Ok(Self {
            phone,
            call_id: value(Name::CallId)?,
            local: value(Name::From)?,
            remote: value(Name::To)?,
            target: target(&response)?,
            routes,
            cseq: response.cseq().map_or(1, |cseq| cseq.number),
            by: response,
        })
    }

    /// A call that came in and that we answered with this tag.
    fn taken(phone: &'a Softphone, invite: Message, tag: &str) -> Result<Self, Error> {
        let value = |name: Name| {
            invite
                .header(&name)
                .map(Header::raw_bytes)
                .ok_or(Error::Answer("incomplete INVITE"))
        };
        let mut local = value(Name::To)?.to_vec();
        local.extend_from_slice(format!(";tag={tag}").as_bytes());
        Ok(Self {
            phone,
            call_id: value(Name::CallId)?,
            local: local.into(),
            remote: value(Name::From)?,
            target: target(&invite)?,
            routes: invite
                .values(&Name::RecordRoute)
                .map(Bytes::copy_from_slice)
                .collect(),
            cseq: 0,
            by: invite,
        })
    }

    /// Its Call-ID.
    #[must_use]
    pub const fn id(&self) -> &Bytes {
        &self.call_id
    }

    /// A request inside the call; returns the final response.
    ///
    /// # Errors
    /// No answer.
    pub async fn request(&mut self, method: Method, body: Option<(&str, String)>) -> Result<Message, Error> {
        self.cseq += 1;
        let mut request = self.message(&method, self.cseq);
        request.push(Header::new(Name::Contact, format!("<{}>", self.phone.contact())));
        if let Some((content_type, body)) = body {
            request.set_body(Some(content_type), body);
        }
        self.phone.link.request(request).await?.last().await
    }

    /// Hangs up; returns the final response.
    ///
    /// # Errors
    /// No answer.
    pub async fn hang_up(mut self) -> Result<Message, Error> {
        self.request(Method::Bye, None).await
    }

    /// Waits until the other side hangs up, and answers it.
    ///
    /// # Errors
    /// It did not within `patience`.
    pub async fn ended(&self, patience: Duration) -> Result<Message, Error> {
        let deadline = Instant::now() + patience;
        loop {
            let request = self.phone.next_request(deadline).await?;
            if request.call_id() != Some(&self.call_id) {
                continue;
            }
            match request.method() {
                Some(Method::Bye) => {
                    self.phone.reply(&request, 200, "OK").await?;
                    return Ok(request);
                }
                Some(Method::Ack) => {}
                _ => self.phone.reply(&request, 200, "OK").await?,
            }
        }
    }

    async fn acknowledge(&self) -> Result<(), Error> {
        self.phone.link.send(self.message(&Method::Ack, self.cseq)).await
    }

    fn message(&self, method: &Method, number: u32) -> Message {
        let mut request = Message::request(method.clone(), &self.target);
        for route in &self.routes {
            request.push(Header::new(Name::Route, route));
        }
        request.push(Header::new(Name::MaxForwards, "70"));
        request.push(Header::new(Name::From, &self.local));
        request.push(Header::new(Name::To, &self.remote));
        request.push(Header::new(Name::CallId, &self.call_id));
        request.push(Header::new(Name::CSeq, format!("{number} {method}")));
        request
    }
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(phone: &'a Softphone, invite: Message) -> Self {
        let tag = format!("{:08x}", fastrand::u32(..));
        Self { phone, invite, tag }
    }

    /// Whom the phone shows: the asserted name and number, else From.
    #[must_use]
    pub fn shown(&self) -> String {
        let asserted = self
            .invite
            .values(&Name::PAssertedIdentity)
            .next()
            .map(NameAddr::parse);
        let Some(Ok(address)) = asserted.or_else(|| Some(self.invite.from())) else {
            return String::new();
        };
        let number = address.uri.user_text().unwrap_or_default().into_owned();
        match std::str::from_utf8(&address.display) {
            Ok(name) if !name.is_empty() => format!("{name}, {number}"),
            _ => number,
        }
    }

    /// Rings.
    ///
    /// # Errors
    /// The socket's.
    pub async fn ring(&self) -> Result<(), Error> {
        self.send(180, "Ringing").await
    }

    /// Refuses.
    ///
    /// # Errors
    /// The socket's.
    pub async fn refuse(self, status: u16, reason: &str) -> Result<(), Error> {
        self.send(status, reason).await
    }

    /// Takes the call.
    ///
    /// # Errors
    /// The socket's, or an INVITE without a Contact.
    pub async fn answer(self) -> Result<Call<'a>, Error> {
        let mut reply = Message::reply(&self.invite, 200, "OK", Some(&self.tag));
        for route in self.invite.all(&Name::RecordRoute) {
            reply.push(route.clone());
        }
        reply.push(Header::new(Name::Contact, format!("<{}>", self.phone.contact())));
        reply.set_body(Some("application/sdp"), sdp(self.phone));
        self.phone.link.reply(&self.invite, &reply).await?;
        Call::taken(self.phone, self.invite, &self.tag)
    }

    /// Waits until the caller gives up, and does what RFC 3261 §9.2 says: 200 for the CANCEL, 487 for the INVITE.
    /// Returns the CANCEL.
    ///
    /// # Errors
    /// The caller did not within `patience`.
    pub async fn cancelled(self, patience: Duration) -> Result<Message, Error> {
        let deadline = Instant::now() + patience;
        loop {
            let request = self.phone.next_request(deadline).await?;
            if request.method() == Some(&Method::Cancel) && request.call_id() == self.invite.call_id() {
                self.phone.reply(&request, 200, "OK").await?;
                self.send(487, "Request Terminated").await?;
                return Ok(request);
            }
        }
    }

    async fn send(&self, status: u16, reason: &str) -> Result<(), Error> {
        let mut reply = Message::reply(&self.invite, status, reason, Some(&self.tag));
        for route in self.invite.all(&Name::RecordRoute) {
            reply.push(route.clone());
        }
        reply.push(Header::new(Name::Contact, format!("<{}>", self.phone.contact())));
        self.phone.link.reply(&self.invite, &reply).await
    }
}

fn target(message: &Message) -> Result<Bytes, Error> {
    let contacts = message.contacts().map_err(|_| Error::Answer("bad Contact"))?;
    let contact = contacts.first().ok_or(Error::Answer("no Contact"))?;
    Ok(Bytes::copy_from_slice(contact.uri.as_bytes()))
}
