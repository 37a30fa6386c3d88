//! One account of a phone: registered for as long as it is on, and the call on it.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotdesk_sip::digest::{Algorithm, Challenger, Ha1s, Kind, NonceKey, Settings as DigestSettings, Verdict};
use hotdesk_sip::message::{Message, Method, Name};
use hotdesk_softphone::{Account as SipAccount, Call, Incoming, Outcome, Softphone};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::model::Account;

/// How long a registration is asked for, and when it is refreshed.
const EXPIRES_S: u32 = 600;
const REFRESH: Duration = Duration::from_secs(480);
/// How long to wait after a registration that failed.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a phone lets another one ring.
const RING_MAX: Duration = Duration::from_secs(30);
/// How long a phone rings before one that answers by itself does.
const RINGS_FOR: Duration = Duration::from_millis(200);

/// What a line is told to do.
#[derive(Debug)]
pub(crate) enum Order {
    Dial(String),
    Answer,
    HangUp,
    /// Unregister and end.
    Stop,
}

/// What happened on a line.
#[derive(Debug)]
pub(crate) enum Happened {
    Registered(bool),
    Notified {
        event: String,
        content_type: String,
        body: String,
    },
    Ringing(String),
    Calling(String),
    Talking(String),
    Ended,
    Refused(String),
}

/// What a line needs to know of its phone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) local: IpAddr,
    pub(crate) challenges: bool,
    pub(crate) answers: bool,
}

/// An account that is on.
pub(crate) struct Line {
    pub(crate) account: Account,
    pub(crate) is_registered: bool,
    orders: mpsc::UnboundedSender<Order>,
    /// `None` once it says goodbye by itself.
    task: Option<JoinHandle<()>>,
}

impl Line {
    /// Switches an account on. What happens is told under `number`.
    pub(crate) fn start(
        account: Account,
        number: u64,
        manner: Manner,
        told: mpsc::UnboundedSender<(u64, Happened)>,
    ) -> Self {
        let (orders, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(account.clone(), number, manner, receiver, told));
        Self {
            account,
            is_registered: false,
            orders,
            task: Some(task),
        }
    }

    pub(crate) fn order(&self, order: Order) {
        // A line that has ended takes no orders.
        let _ = self.orders.send(order);
    }

    /// Unregisters in the background.
    pub(crate) fn stop(mut self) {
        self.order(Order::Stop);
        // Not aborted by the drop below: it says goodbye first, and then ends.
        self.task = None;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct Talker {
    phone: Softphone,
    challenger: Challenger,
    account: Account,
    number: u64,
    manner: Manner,
    told: mpsc::UnboundedSender<(u64, Happened)>,
}

/// What is up on the line.
enum Up<'a> {
    Nothing,
    Ringing(Box<Incoming<'a>>),
    Talking(Box<Call<'a>>),
}

async fn run(
    account: Account,
    number: u64,
    manner: Manner,
    orders: mpsc::UnboundedReceiver<Order>,
    told: mpsc::UnboundedSender<(u64, Happened)>,
) {
    let Ok(edge) = resolve(&account.registrar).await else {
        let _ = told.send((
            number,
            Happened::Refused(format!("no address for {}", account.registrar)),
        ));
        return;
    };
    let sip = SipAccount {
        user: account.user.clone(),
        auth_user: account.auth_user.clone(),
        password: account.password.clone(),
        domain: account.domain.clone(),
        display_name: account.display_name.clone(),
    };
    let local = SocketAddr::new(manner.local, 0);
    let Ok(phone) = Softphone::start_at(sip, local, edge).await else {
        let _ = told.send((number, Happened::Refused("no port for SIP".into())));
        return;
    };
    phone.leave_notifies();
    let mut key = [0; 32];
    key.iter_mut().for_each(|byte| *byte = fastrand::u8(..));
    let talker = Talker {
        phone,
        challenger: Challenger::new(DigestSettings::new("phone"), NonceKey::new(&key)),
        account,
        number,
        manner,
        told,
    };
    talker.talk(orders).await;
}

async fn resolve(registrar: &str) -> Result<SocketAddr, std::io::Error> {
    let mut found = tokio::net::lookup_host(registrar).await?;
    found.next().ok_or_else(|| std::io::ErrorKind::NotFound.into())
}

impl Talker {
    async fn talk(self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut refresh = Instant::now();
        let mut up = Up::Nothing;
        let mut answer_at: Option<Instant> = None;
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            tokio::select! {
                () = tokio::time::sleep_until(refresh) => refresh = Instant::now() + self.register().await,
                () = tokio::time::sleep_until(answer_at.unwrap_or(far)), if answer_at.is_some() => {
                    answer_at = None;
                    up = self.ordered(Order::Answer, up).await;
                }
                order = orders.recv() => match order {
                    None => return,
                    Some(Order::Stop) => {
                        if let Up::Talking(call) = up {
                            let _ = call.hang_up().await;
                        }
                        let _ = self.phone.register(0).await;
                        return;
                    }
                    Some(order) => up = self.ordered(order, up).await,
                },
                request = self.phone.next_request(far) => {
                    let Ok(request) = request else { continue };
                    let was_ringing = matches!(up, Up::Ringing(_));
                    up = self.requested(request, up).await;
                    if self.manner.answers && !was_ringing && matches!(up, Up::Ringing(_)) {
                        answer_at = Some(Instant::now() + RINGS_FOR);
                    }
                }
            }
        }
    }

    fn tell(&self, happened: Happened) {
        // The phone may have been switched off.
        let _ = self.told.send((self.number, happened));
    }

    /// Registers; returns when to do it again.
    async fn register(&self) -> Duration {
        let answer = self.phone.register(EXPIRES_S).await;
        let status = answer.ok().and_then(|answer| answer.status());
        self.tell(Happened::Registered(status == Some(200)));
        if status == Some(200) { REFRESH } else { AGAIN }
    }

    async fn ordered<'a>(&'a self, order: Order, up: Up<'a>) -> Up<'a> {
        match (order, up) {
            (Order::Dial(number), Up::Nothing) => self.dial(&number).await,
            (Order::Answer, Up::Ringing(incoming)) => {
                let who = incoming.shown();
                match incoming.answer().await {
                    Ok(call) => {
                        self.tell(Happened::Talking(who));
                        Up::Talking(Box::new(call))
                    }
                    Err(_gone) => self.over(),
                }
            }
            (Order::HangUp, Up::Ringing(incoming)) => {
                let _ = incoming.refuse(603, "Decline").await;
                self.over()
            }
            (Order::HangUp, Up::Talking(call)) => {
                let _ = call.hang_up().await;
                self.over()
            }
            (_, up) => up,
        }
    }

    fn over(&self) -> Up<'static> {
        self.tell(Happened::Ended);
        Up::Nothing
    }

    async fn dial(&self, number: &str) -> Up<'_> {
        self.tell(Happened::Calling(number.to_owned()));
        match self.phone.call(number, RING_MAX).await {
            Ok(Outcome::Answered(call)) => {
                self.tell(Happened::Talking(number.to_owned()));
                Up::Talking(call)
            }
            Ok(Outcome::Refused(response) | Outcome::Cancelled(response)) => {
                let reason = response
                    .reason()
                    .map(|reason| String::from_utf8_lossy(reason).into_owned());
                let status = response.status().unwrap_or(0);
                self.tell(Happened::Refused(format!(
                    "{status} {}",
                    reason.unwrap_or_default()
                )));
                Up::Nothing
            }
            Err(error) => {
                self.tell(Happened::Refused(error.to_string()));
                Up::Nothing
            }
        }
    }

    async fn requested<'a>(&'a self, request: Message, up: Up<'a>) -> Up<'a> {
        match (request.method(), up) {
            (Some(Method::Notify), up) => {
                self.notified(&request).await;
                up
            }
            (Some(Method::Invite), Up::Nothing) => {
                let incoming = self.phone.incoming_of(request);
                let _ = incoming.ring().await;
                self.tell(Happened::Ringing(incoming.shown()));
                Up::Ringing(Box::new(incoming))
            }
            (Some(Method::Invite), up) => {
                let _ = self.phone.reply(&request, 486, "Busy Here").await;
                up
            }
            (Some(Method::Cancel), Up::Ringing(incoming))
                if request.call_id() == incoming.invite.call_id() =>
            {
                let _ = self.phone.reply(&request, 200, "OK").await;
                let _ = incoming.refuse(487, "Request Terminated").await;
                self.over()
            }
            (Some(Method::Bye), Up::Talking(call)) if request.call_id() == Some(call.id()) => {
                let _ = self.phone.reply(&request, 200, "OK").await;
                self.over()
            }
            (Some(Method::Ack | Method::Options), up) => up,
            (_, up) => {
                let _ = self.phone.reply(&request, 200, "OK").await;
                up
            }
        }
    }

    /// A NOTIFY: taken, or challenged first.
    async fn notified(&self, request: &Message) {
        if self.manner.challenges && !self.is_authentic(request) {
            let mut reply = Message::reply(request, 401, "Unauthorized", Some("phone"));
            for header in self
                .challenger
                .challenge_headers(now_ms(), Kind::Www, &[Algorithm::Md5], false)
            {
                reply.push(header);
            }
            let _ = self.phone.reply_with(request, &reply).await;
            return;
        }
        let _ = self.phone.reply(request, 200, "OK").await;
        let text = |name: &Name| {
            let value = request.header(name).map(|header| header.value().into_owned());
            String::from_utf8_lossy(&value.unwrap_or_default()).into_owned()
        };
        self.tell(Happened::Notified {
            event: text(&Name::Event),
            content_type: text(&Name::ContentType),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        });
    }

    fn is_authentic(&self, request: &Message) -> bool {
        let ha1s = || {
            Ha1s::of(
                &self.account.auth_user,
                self.challenger.realm(),
                &self.account.password,
            )
        };
        let verdict = self
            .challenger
            .check_message(now_ms(), Kind::Www, request, |_| Some(ha1s()));
        matches!(verdict, Verdict::Ok { username, .. } if username == self.account.auth_user)
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
