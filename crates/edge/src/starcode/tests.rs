//! A phone over loopback: real sockets, real time (a prompt lasts as long as it lasts), but nothing waits for a time to
//! pass: the phone reads packets until it has heard what it waits for.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hotdesk_sip::media::{Digit, Packet, Prompt};
use hotdesk_sip::starcode::{Answer, Code, Pin, Refusal};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::net::UdpSocket;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::*;

const HERE: std::net::IpAddr = std::net::IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes down what it is asked.
#[derive(Default)]
struct Fake {
    asked: Mutex<Vec<String>>,
    answer: Mutex<Option<Answer>>,
}

impl Fake {
    fn answers(answer: Answer) -> Arc<Self> {
        let answer = Mutex::new(Some(answer));
        Arc::new(Self {
            answer,
            ..Self::default()
        })
    }

    async fn note(&self, question: String) -> Answer {
        self.asked.lock().push(question);
        let answer = self.answer.lock().clone();
        match answer {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

impl Cluster for Fake {
    async fn login(&self, device: SmolStr, extension: SmolStr, pin: Pin) -> Answer {
        self.note(format!("login {device} {extension} {}", pin.reveal()))
            .await
    }

    async fn logout(&self, device: SmolStr) -> Answer {
        self.note(format!("logout {device}")).await
    }

    async fn who_am_i(&self, device: SmolStr) -> Answer {
        self.note(format!("who {device}")).await
    }
}

/// The phone's side of a call.
struct Phone {
    socket: UdpSocket,
    edge: SocketAddr,
    timestamp: u32,
    heard: Vec<u8>,
}

fn place() -> Place {
    Place {
        bind: HERE,
        advertise: HERE,
        signalling: HERE,
    }
}

fn voice(settings: Settings) -> Voice {
    let ports = 0..=0;
    Voice::new(Settings { ports, ..settings }, Handle::current())
}

fn offer(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    )
}

async fn dial(code: &str, fake: &Arc<Fake>) -> (Phone, Call, oneshot::Receiver<Ended>) {
    let socket = UdpSocket::bind((HERE, 0)).await.unwrap();
    let reserved = voice(Settings::default()).reserve(place()).unwrap();
    let (accepted, answer) = reserved
        .answer(offer(socket.local_addr().unwrap().port()).as_bytes())
        .unwrap();
    let port = answer
        .lines()
        .find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok());
    let edge = SocketAddr::new(HERE, port.expect("a port in the answer"));
    let (call, ended) = accepted.start(Code::parse(code).unwrap(), "chi-12".into(), Arc::clone(fake));
    let phone = Phone {
        socket,
        edge,
        timestamp: 0,
        heard: Vec::new(),
    };
    (phone, call, ended)
}

impl Phone {
    /// Presses keys as events, each packet twice.
    async fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.timestamp += 1600;
            let event = "0123456789*#".find(key).expect("a key") as u8;
            for (flags, duration) in [(0, 160_u16), (0x80, 800)] {
                let [high, low] = duration.to_be_bytes();
                self.send(101, &[event, flags, high, low]).await;
                self.send(101, &[event, flags, high, low]).await;
            }
        }
    }

    async fn send(&self, payload_type: u8, payload: &[u8]) {
        let packet = Packet {
            payload_type,
            marker: false,
            sequence: 0,
            timestamp: self.timestamp,
            ssrc: 9,
            payload,
        };
        self.socket.send_to(&packet.to_vec(), self.edge).await.unwrap();
    }

    /// Listens until the prompt has begun.
    async fn hear(&mut self, prompt: Prompt) {
        // Somewhere in the middle of it, and long enough to be no other.
        let wanted = &prompt.sound()[800..1440];
        let mut buffer = [0; 2048];
        timeout(PATIENCE, async {
            while !self.heard.windows(wanted.len()).any(|heard| heard == wanted) {
                let length = self.socket.recv(&mut buffer).await.unwrap();
                let packet = Packet::parse(&buffer[..length]).unwrap();
                assert_eq!((packet.payload_type, packet.payload.len()), (0, 160));
                self.heard.extend(packet.payload);
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{prompt:?} was not heard"));
        self.heard.clear();
    }
}

async fn end(ended: oneshot::Receiver<Ended>) -> Ended {
    timeout(PATIENCE, ended)
        .await
        .expect("the call ends")
        .expect("the task lives")
}

#[tokio::test]
async fn a_login_by_keys_reaches_the_cluster_and_is_confirmed_by_voice() {
    let extension = "2".into();
    let fake = Fake::answers(Answer::LoggedIn { extension });
    let (mut phone, _call, ended) = dial("*11", &fake).await;
    phone.hear(Prompt::EnterExtension).await;
    phone.press("2#").await;
    phone.hear(Prompt::EnterPin).await;
    phone.press("4711#").await;
    phone.hear(Prompt::LoggedInAs).await;
    phone.hear(Prompt::Two).await;
    assert_eq!(end(ended).await, Ended::Done);
    assert_eq!(*fake.asked.lock(), ["login chi-12 2 4711"]);
}

#[tokio::test]
async fn keys_by_info_work_too_and_the_same_key_as_event_does_not_count_again() {
    let fake = Fake::answers(Answer::Refused(Refusal::Locked));
    let (mut phone, call, ended) = dial("*11*2041", &fake).await;
    phone.hear(Prompt::EnterPin).await;
    for key in "4711".chars() {
        call.digit(Digit::from_char(key).unwrap());
        // The event reaches the task before the next key does, or after it: no matter, it does not count.
        phone.press(&key.to_string()).await;
    }
    call.digit(Digit::POUND);
    phone.hear(Prompt::Locked).await;
    assert_eq!(end(ended).await, Ended::Done);
    let asked = fake.asked.lock().clone();
    // Whichever way came first was kept to the end, so each digit counted once.
    assert_eq!(asked, ["login chi-12 2041 4711"]);
}

#[tokio::test]
async fn who_hangs_up_at_once_is_logged_out_all_the_same() {
    let fake = Fake::answers(Answer::LoggedOut);
    let (_phone, call, ended) = dial("*12", &fake).await;
    call.hung_up();
    assert_eq!(end(ended).await, Ended::HungUp);
    let asked = async {
        while fake.asked.lock().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, asked).await.expect("the cluster is asked");
}

#[tokio::test]
async fn a_call_is_not_longer_than_it_may_be() {
    let settings = Settings {
        duration_max: Duration::from_millis(50),
        ..Settings::default()
    };
    let voice = voice(settings);
    let (accepted, _) = voice
        .reserve(place())
        .unwrap()
        .answer(offer(9).as_bytes())
        .unwrap();
    assert_eq!(voice.calls(), 1);
    let (_call, ended) = accepted.start(Code::WhoAmI, "chi-12".into(), Arc::new(Fake::default()));
    assert_eq!(end(ended).await, Ended::Stopped);
    assert_eq!(voice.calls(), 0);
}

#[tokio::test]
async fn the_pool_is_bounded_and_refusals_give_their_socket_back() {
    let calls_max = 2;
    let voice = voice(Settings {
        calls_max,
        ..Settings::default()
    });
    for _ in 0..5 {
        let encrypted = offer(9).replace("RTP/AVP", "RTP/SAVP");
        assert!(
            voice
                .reserve(place())
                .unwrap()
                .answer(encrypted.as_bytes())
                .is_err()
        );
        let other_family = offer(9).replace("c=IN IP4 127.0.0.1", "c=IN IP6 ::1");
        assert!(
            voice
                .reserve(place())
                .unwrap()
                .answer(other_family.as_bytes())
                .is_err()
        );
    }
    let both = [voice.reserve(place()).unwrap(), voice.reserve(place()).unwrap()];
    assert!(matches!(voice.reserve(place()), Err(NoVoice::Busy)));
    drop(both);
    assert!(voice.reserve(place()).is_ok());
}

#[tokio::test]
async fn a_call_that_came_without_an_offer_gets_ours() {
    let reserved = voice(Settings::default()).reserve(place()).unwrap();
    assert!(reserved.offer().contains("a=rtpmap:101 telephone-event/8000"));
    assert!(reserved.accept(offer(9).as_bytes()).is_ok());
}

#[tokio::test]
async fn a_further_offer_is_answered_with_the_next_version() {
    let fake = Arc::new(Fake::default());
    let (_phone, call, _ended) = dial("*13", &fake).await;
    let held = call
        .answer(format!("{}a=sendonly\r\n", offer(9)).as_bytes())
        .unwrap();
    assert!(
        held.contains(" 2 IN IP4 127.0.0.1") && held.ends_with("a=recvonly\r\n"),
        "{held}"
    );
    assert!(call.answer(b"nonsense").is_err());
    assert!(
        call.answer(offer(9).as_bytes())
            .unwrap()
            .contains(" 3 IN IP4 127.0.0.1")
    );
}

#[tokio::test]
async fn keys_from_elsewhere_do_not_count() {
    let fake = Fake::answers(Answer::Nobody);
    let (mut phone, _call, ended) = dial("*11*2041", &fake).await;
    // The phone is heard first, by a frame of sound; then nobody else is.
    phone.send(0, &[0xff; 160]).await;
    phone.hear(Prompt::EnterPin).await;
    let (socket, edge) = (UdpSocket::bind((HERE, 0)).await.unwrap(), phone.edge);
    let mut stranger = Phone {
        socket,
        edge,
        timestamp: 0,
        heard: Vec::new(),
    };
    stranger.press("99").await;
    phone.press("4711#").await;
    phone.hear(Prompt::Nobody).await;
    assert_eq!(end(ended).await, Ended::Done);
    assert_eq!(*fake.asked.lock(), ["login chi-12 2041 4711"]);
}
