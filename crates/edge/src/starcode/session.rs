//! One call: a task that speaks, listens and asks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_sip::media::sdp::{Agreed, Local, NotAcceptable, Offer};
use hotdesk_sip::media::{Digit, FRAME_TIME, KeyDecoder, Outgoing, Packet, Player};
use hotdesk_sip::starcode::{Answer, Code, Dialogue, Effect, Input};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::net::UdpSocket;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::{Cluster, Reserved};

/// Key presses that wait for the task; more at once are lost. Nobody types so fast.
const EVENTS_MAX: usize = 32;

/// The largest RTP packet that is read; what is larger is cut, and is no key event.
const PACKET_BYTES_MAX: usize = 1500;

/// A call that is answered and can be started.
#[derive(Debug)]
pub struct Accepted {
    reserved: Reserved,
    agreed: Agreed,
}

/// The handle of a running call. The call goes on when it is dropped, but then only the time ends it.
#[derive(Clone, Debug)]
pub struct Call {
    events: mpsc::Sender<Event>,
    local: Arc<Mutex<Local>>,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All is said: send a BYE.
    Done,
    /// It lasted too long, or its socket failed: send a BYE.
    Stopped,
    /// The phone hung up ([`Call::hung_up`]): nothing to send.
    HungUp,
}

#[derive(Debug)]
enum Event {
    Digit(Digit),
    Agreed(Agreed),
    HungUp,
}

impl Accepted {
    pub(super) const fn new(reserved: Reserved, agreed: Agreed) -> Self {
        Self { reserved, agreed }
    }

    /// Starts to speak. The second value tells when and why it is over; it is dropped without a word only when the
    /// runtime ends.
    pub fn start(
        self,
        code: Code,
        device: SmolStr,
        cluster: Arc<impl Cluster>,
    ) -> (Call, oneshot::Receiver<Ended>) {
        let (events, inbox) = mpsc::channel(EVENTS_MAX);
        let (end, ended) = oneshot::channel();
        let call = Call {
            events,
            local: Arc::new(Mutex::new(self.reserved.local)),
        };
        let runtime = self.reserved.runtime.clone();
        runtime.spawn(async move {
            let why = match Session::new(self, device, cluster) {
                Ok((session, permit)) => {
                    let why = session.run(code, inbox).await;
                    drop(permit);
                    why
                }
                Err(error) => {
                    tracing::warn!(%error, "no media for a star code");
                    Ended::Stopped
                }
            };
            // Whoever started it may not care.
            let _ = end.send(why);
        });
        (call, ended)
    }
}

impl Call {
    /// A key came in an INFO request. Does not block.
    pub fn digit(&self, digit: Digit) {
        let _ = self.events.try_send(Event::Digit(digit));
    }

    /// The phone sent a BYE. What the cluster has been asked goes on.
    pub fn hung_up(&self) {
        // A full inbox would keep it: then the time ends the call.
        let _ = self.events.try_send(Event::HungUp);
    }

    /// Answers a further offer (hold, resume, another address), for the 200 to a re-INVITE or UPDATE.
    ///
    /// # Errors
    /// As for the first; the call goes on as it was.
    pub fn answer(&self, offer: &[u8]) -> Result<String, NotAcceptable> {
        let offer = Offer::read(offer)?;
        let mut local = self.local.lock();
        local.version += 1;
        let answer = offer.answer(&local);
        let _ = self.events.try_send(Event::Agreed(*offer.agreed()));
        Ok(answer)
    }
}

struct Session<C> {
    socket: UdpSocket,
    agreed: Agreed,
    signalling: IpAddr,
    /// Where packets come from, once one came: all goes there, and nothing is heard from elsewhere.
    source: Option<SocketAddr>,
    outgoing: Outgoing,
    player: Player,
    keys: KeyDecoder,
    /// Some phones send each key twice, as event and in INFO: the way of the first counts.
    keys_by_info: Option<bool>,
    device: SmolStr,
    cluster: Arc<C>,
    asked: Option<oneshot::Receiver<Answer>>,
    hanging_up: bool,
    duration_max: Duration,
}

impl<C: Cluster> Session<C> {
    fn new(
        accepted: Accepted,
        device: SmolStr,
        cluster: Arc<C>,
    ) -> std::io::Result<(Self, OwnedSemaphorePermit)> {
        let Accepted { reserved, agreed } = accepted;
        let session = Self {
            socket: UdpSocket::from_std(reserved.socket)?,
            agreed,
            signalling: reserved.signalling,
            source: None,
            outgoing: Outgoing::new(agreed.payload_type, fastrand::u64(..)),
            player: Player::new(agreed.codec),
            keys: KeyDecoder::new(),
            keys_by_info: None,
            device,
            cluster,
            asked: None,
            hanging_up: false,
            duration_max: reserved.duration_max,
        };
        Ok((session, reserved.permit))
    }

    async fn run(mut self, code: Code, mut inbox: mpsc::Receiver<Event>) -> Ended {
        let (mut dialogue, effects) = Dialogue::start(Instant::now().into_std(), code);
        self.perform(effects);
        let end = Instant::now() + self.duration_max;
        let mut frames = interval(FRAME_TIME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut packet = [0; PACKET_BYTES_MAX];
        loop {
            let timeout = dialogue.next_timeout().map_or(end, |at| end.min(at.into()));
            let input = tokio::select! {
                _ = frames.tick() => {
                    if self.hanging_up && self.player.is_idle() {
                        return Ended::Done;
                    }
                    self.speak().await;
                    continue;
                }
                received = self.socket.recv_from(&mut packet) => match received {
                    Ok((length, from)) => self.hear(&packet[..length], from).map(Input::Digit),
                    // An ICMP error of an earlier packet: the phone does not listen yet.
                    Err(_) => None,
                },
                event = inbox.recv(), if !inbox.is_closed() || !inbox.is_empty() => match event {
                    Some(Event::Digit(digit)) => self.by_info(true).then_some(Input::Digit(digit)),
                    Some(Event::Agreed(agreed)) => {
                        self.agree(agreed);
                        None
                    }
                    Some(Event::HungUp) => return Ended::HungUp,
                    None => {
                        inbox.close();
                        None
                    }
                },
                answer = answered(&mut self.asked) => answer.map(Input::Answer),
                () = sleep_until(timeout) => {
                    if Instant::now() >= end {
                        return Ended::Stopped;
                    }
                    Some(Input::Tick)
                }
            };
            if let Some(input) = input {
                let effects = dialogue.handle(Instant::now().into_std(), input);
                self.perform(effects);
            }
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Play(clips) => {
                    self.player.clear();
                    self.player.push(clips);
                }
                Effect::Login { extension, pin } => {
                    self.ask(|cluster, device| async move { cluster.login(device, extension, pin).await });
                }
                Effect::Logout => self.ask(|cluster, device| async move { cluster.logout(device).await }),
                Effect::WhoAmI => self.ask(|cluster, device| async move { cluster.who_am_i(device).await }),
                Effect::HangUp => self.hanging_up = true,
            }
        }
    }

    /// In a task of its own: a person who dials `*12` and hangs up at once is logged out all the same.
    fn ask<F>(&mut self, question: impl FnOnce(Arc<C>, SmolStr) -> F)
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let (tell, asked) = oneshot::channel();
        let question = question(Arc::clone(&self.cluster), self.device.clone());
        tokio::spawn(async move {
            // Nobody listens any more after a hang-up.
            let _ = tell.send(question.await);
        });
        self.asked = Some(asked);
    }

    /// Sends the next frame; its time passes also when it is not sent.
    async fn speak(&mut self) {
        let frame = self.player.next_frame();
        match self.source.or(self.agreed.remote).filter(|_| self.agreed.sends) {
            Some(to) => {
                let packet = self.outgoing.packet(&frame);
                // A lost packet is 20 ms of silence; an unreachable phone hangs up by itself or by time.
                let _ = self.socket.send_to(&packet, to).await;
            }
            None => self.outgoing.skip(),
        }
    }

    /// A key, when the packet is the first to tell of it.
    fn hear(&mut self, datagram: &[u8], from: SocketAddr) -> Option<Digit> {
        let is_theirs = match self.source {
            Some(source) => source == from,
            None => from.ip() == self.signalling || Some(from.ip()) == self.agreed.remote.map(|to| to.ip()),
        };
        let packet = Packet::parse(datagram).ok().filter(|_| is_theirs)?;
        let is_event = Some(packet.payload_type) == self.agreed.key_events;
        if !is_event && packet.payload_type != self.agreed.payload_type {
            return None;
        }
        self.source = Some(from);
        let digit = if is_event { self.keys.packet(&packet) } else { None };
        digit.filter(|_| self.by_info(false))
    }

    fn by_info(&mut self, by_info: bool) -> bool {
        *self.keys_by_info.get_or_insert(by_info) == by_info
    }

    fn agree(&mut self, agreed: Agreed) {
        if agreed.remote != self.agreed.remote {
            self.source = None;
        }
        if (agreed.codec, agreed.payload_type) != (self.agreed.codec, self.agreed.payload_type) {
            self.player.set_codec(agreed.codec);
            self.outgoing.set_payload_type(agreed.payload_type);
        }
        self.agreed = agreed;
    }
}

/// What the cluster said; pending while nothing is asked, `None` when its task died.
async fn answered(asked: &mut Option<oneshot::Receiver<Answer>>) -> Option<Answer> {
    let Some(waiting) = asked else {
        return std::future::pending().await;
    };
    let answer = waiting.await.ok();
    *asked = None;
    answer
}
