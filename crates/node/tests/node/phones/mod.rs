//! What phones are served: an office with phones, asked over HTTP as phones do.

mod app;
mod built_in;
mod certificates;
mod code;
mod companion;
mod cut_off;
mod documents;
mod em;
mod em_app;
mod enrolment;
mod other_offices;
mod pages;
mod plug_and_play;
mod secrets;
mod turned_away;
mod visits;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use hotdesk_core::{
    Action, Actor, Command, Device, DeviceId, Done, Outcome, RequestId, SealedSecret, State, TimeMs,
};
use hotdesk_node::Config;
use hotdesk_sip::secret::{LineKey, PhoneSecret};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{PATIENCE, World};

const KEY: [u8; 32] = *b"a line key of thirty-two letters";
/// The phone at Chicago's desk 12, a Yealink.
const MAC: &str = "001565a0b1c2";
const AGENT: &str = "Yealink SIP-T54W 96.86.0.100 00:15:65:a0:b1:c2";
/// A Poly at the same office.
const POLY: &str = "64167f04a1b2";
const POLY_AGENT: &str = "FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 (SN:64167f04a1b2) Type/Application";

/// Settings that serve phones over plain HTTP.
fn serving_phones(config: &mut Config) {
    let key: PathBuf = config.node.data_dir.with_file_name("line.key");
    std::fs::write(&key, KEY).unwrap();
    config.sip.key_file = Some(key);
    config.sip.domain = Some("example.com".into());
    config.phones.http_listen = vec!["127.0.0.1:0".into()];
    config.phones.registrar = Some("127.0.0.1:5060;transport=tcp".into());
}

/// Ada and Bob, chi-1 and the like, and two phones by their addresses, each with a generated password.
async fn office() -> World {
    office_with(|_| {}).await
}

async fn office_with(settings: impl FnOnce(&mut Config)) -> World {
    let world = World::office_with(|config| {
        serving_phones(config);
        settings(config);
    })
    .await;
    put_phone(&world, MAC, "yealink-t54w").await;
    put_phone(&world, POLY, "poly-vvx450").await;
    world
}

/// A phone in the directory with a generated password, and a closed window.
async fn put_phone(world: &World, mac: &str, model: &str) {
    let device = Device {
        model: model.into(),
        desk: "12".into(),
        ..Device::new(mac.parse().unwrap(), "chicago".parse().unwrap())
    };
    act(world, Action::PutDevice(device)).await.unwrap();
    give_secret(world, mac, 7).await;
}

async fn give_secret(world: &World, device: &str, seed: u128) {
    renew_secret(world, device, seed, false).await;
}

/// Another generated password; what the phone knew before stays good, or not.
async fn renew_secret(world: &World, device: &str, seed: u128, keeps_former: bool) {
    let set = Action::SetDeviceSecret {
        device: device.parse().unwrap(),
        sealed: Some(SealedSecret(vec![1; 60].into())),
        seed: Some(seed),
        keeps_former,
    };
    act(world, set).await.unwrap();
}

async fn open_window(world: &World, device: &str) {
    let until = state(world).clock().plus_ms(3_600_000);
    let open = Action::OpenEnrolment {
        device: device.parse().unwrap(),
        until,
    };
    act(world, open).await.unwrap();
}

/// Has the cluster decide.
async fn act(world: &World, action: Action) -> Outcome {
    let command = Command {
        request_id: Some(RequestId(fresh())),
        actor: Actor("test".into()),
        action,
    };
    let decision = world
        .node
        .cluster()
        .propose(command, Instant::now() + PATIENCE)
        .await;
    let decision = decision.expect("a cluster of one decides");
    Outcome::clone(&decision.outcome)
}

/// Another number each time.
fn fresh() -> u128 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64 | 0xf4e5
}

fn state(world: &World) -> State {
    world.node.cluster().local().state
}

fn device(world: &World, id: &str) -> Device {
    let id: DeviceId = id.parse().unwrap();
    Device::clone(state(world).device(&id).expect("the phone is in the directory"))
}

/// The token in the phone's document path.
fn token(world: &World, id: &str) -> String {
    let seed = device(world, id).secret_seed.expect("a generated password");
    let key = LineKey::read(&KEY).unwrap();
    key.phone_secret(PhoneSecret::Documents, id, seed)
        .as_str()
        .to_owned()
}

fn own_path(world: &World, id: &str, file: &str) -> String {
    format!("/p/{}/{file}", token(world, id))
}

/// Waits until something holds of the state.
async fn eventually(world: &World, what: &str, holds: impl Fn(&State) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds(&state(world)) {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A request, to be completed.
struct Ask<'a> {
    method: &'a str,
    host: &'a str,
    path: String,
    agent: Option<&'a str>,
    more: Vec<(&'a str, String)>,
    body: Vec<u8>,
}

fn get(path: impl Into<String>) -> Ask<'static> {
    Ask {
        method: "GET",
        host: "x",
        path: path.into(),
        agent: None,
        more: Vec::new(),
        body: Vec::new(),
    }
}

impl<'a> Ask<'a> {
    fn method(self, method: &'a str) -> Self {
        Self { method, ..self }
    }

    fn by(self, agent: &'a str) -> Self {
        Self {
            agent: Some(agent),
            ..self
        }
    }

    fn with(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    fn showing(self, user: &str, password: &str) -> Self {
        let pair = BASE64.encode(format!("{user}:{password}").as_bytes());
        self.with("Authorization", format!("Basic {pair}"))
    }

    async fn send(self, world: &World) -> Answer {
        let address = *world.node.phones_addresses().last().expect("phones are served");
        self.send_to(address).await
    }

    async fn send_to(self, address: SocketAddr) -> Answer {
        self.send_over(TcpStream::connect(address).await.unwrap()).await
    }

    async fn send_over(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Answer {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.method, self.path, self.host
        );
        if let Some(agent) = self.agent {
            write!(head, "User-Agent: {agent}\r\n").unwrap();
        }
        for (name, value) in &self.more {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !self.body.is_empty() {
            write!(head, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        // The server may answer, and close, before it has read all.
        let _ = stream.write_all(&self.body).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        Answer::read(&bytes)
    }
}

/// An answer: status, headers with names in lower case, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    /// The same where it is no text.
    bytes: Vec<u8>,
}

impl Answer {
    fn read(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap()[9..12].parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        Self {
            status,
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
            bytes: answer[head.len() + 4..].to_vec(),
        }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Has this status, and says this.
    #[track_caller]
    fn is(&self, status: u16, part: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.contains(part), "expected {part:?} in:\n{}", self.body);
    }
}

#[track_caller]
fn put(outcome: Outcome) {
    assert!(matches!(outcome, Ok(Done::Put { .. })), "{outcome:?}");
}

const fn far(state: &State) -> TimeMs {
    TimeMs(state.clock().0 + 3_600_000)
}
