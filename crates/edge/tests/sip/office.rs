//! An office to test in: users, phones, an edge, trunks.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hotdesk_client::v1;
use hotdesk_client::v1::event::Kind;
use hotdesk_client::v1::watch_response::Item;
use hotdesk_edge::config::Listen;
use hotdesk_edge::{Config, Edge, SipEdge};
use hotdesk_routing::Trunk;
use hotdesk_sip::digest::Ha1s;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::secret::LineKey;
use hotdesk_softphone::{Account, Call, Softphone};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::fake::{Fake, PATIENCE, Watch};

pub(crate) const DOMAIN: &str = "example.com";
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// An edge with its node. Dropping it leaves its threads to the end of the test.
pub(crate) struct Office {
    pub(crate) fake: Fake,
    pub(crate) watch: Watch,
    pub(crate) config: Config,
    pub(crate) edge: Edge,
    pub(crate) sip: SipEdge,
    dir: TempDir,
    pub(crate) index: u64,
}

/// What the directory has; `sessions` as user, phone, site, epoch.
#[derive(Clone, Default)]
pub(crate) struct Company {
    pub(crate) sessions: Vec<(&'static str, &'static str, &'static str, u64)>,
    pub(crate) edges: Vec<(&'static str, String)>,
    /// Phones that load documents: phone, model. The log has it that they show what they should, but for the sessions
    /// above.
    pub(crate) phones: Vec<(&'static str, &'static str)>,
}

/// From what the passwords of phones that load documents are made.
pub(crate) const SEED: u128 = 7;

/// When the phones were put into the directory.
pub(crate) const PUT_AT: u64 = 3;

pub(crate) fn session(user: &str, device: &str, site: &str, epoch: u64) -> v1::Session {
    v1::Session {
        user: user.into(),
        device: device.into(),
        site: site.into(),
        epoch,
        ..v1::Session::default()
    }
}

pub(crate) fn key() -> LineKey {
    LineKey::read(KEY.as_bytes()).unwrap()
}

/// A phone as the directory has it.
pub(crate) fn device(id: &str, site: &str) -> v1::Device {
    v1::Device {
        id: id.into(),
        site: site.into(),
        desk: format!("desk of {id}"),
        has_secret: true,
        sealed_secret: key().seal(id, &Ha1s::of(id, DOMAIN, &password(id))),
        serving: site.into(),
        ..v1::Device::default()
    }
}

/// ada 2001, bob 2002, eve 2003; phones c1 to c3 in Chicago and n1 in New York.
fn snapshot(company: &Company) -> v1::SnapshotPart {
    let user = |id: &str, name: &str, extension: &str| v1::User {
        id: id.into(),
        display_name: name.into(),
        extension: extension.into(),
        ..v1::User::default()
    };
    let desk_phone = |device: v1::Device| {
        let known = company.phones.iter().find(|(id, _)| *id == device.id);
        let Some((id, model)) = known else {
            return device;
        };
        let ha1s = Ha1s::of(id, DOMAIN, &key().device_password(id, SEED));
        v1::Device {
            model: (*model).into(),
            sealed_secret: key().seal(id, &ha1s),
            secret_seed: SEED.to_be_bytes().to_vec(),
            changed: PUT_AT,
            shown: Some(v1::Shown {
                stamp: PUT_AT,
                ..v1::Shown::default()
            }),
            ..device
        }
    };
    let site = |id: &str, location: &str| v1::Site {
        id: id.into(),
        time_zone: "America/Chicago".into(),
        emergency_location: location.into(),
        ..v1::Site::default()
    };
    v1::SnapshotPart {
        users: vec![
            user("ada", "Ada Lovelace", "2001"),
            user("bob", "Bob", "2002"),
            user("eve", "Eve", "2003"),
        ],
        devices: vec![
            desk_phone(device("c1", "chicago")),
            desk_phone(device("c2", "chicago")),
            desk_phone(device("c3", "chicago")),
            desk_phone(device("n1", "new-york")),
        ],
        sites: vec![
            site("chicago", "233 S Wacker Dr, Chicago"),
            site("new-york", "350 5th Ave, New York"),
        ],
        sessions: company
            .sessions
            .iter()
            .map(|(user, device, site, epoch)| session(user, device, site, *epoch))
            .collect(),
        edges: company
            .edges
            .iter()
            .map(|(id, uri)| v1::Edge {
                id: (*id).into(),
                site: (*id).into(),
                uri: uri.clone(),
            })
            .collect(),
        ..v1::SnapshotPart::default()
    }
}

pub(crate) fn password(device: &str) -> String {
    format!("secret-of-{device}")
}

/// A port that is free now.
pub(crate) fn free_port() -> SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap()
}

pub(crate) fn trunk(id: &str, at: SocketAddr) -> Trunk {
    Trunk {
        id: id.into(),
        uri: format!("sip:{at}").into(),
        options_every: Duration::ZERO,
        ..Trunk::default()
    }
}

fn base(site: &str, at: SocketAddr, dir: &Path) -> Config {
    let key_file = dir.join("line.key");
    std::fs::write(&key_file, KEY).unwrap();
    let mut config = Config {
        site: site.into(),
        ..Config::default()
    };
    config.sip.domain = DOMAIN.into();
    config.sip.key_file = Some(key_file);
    config.sip.listen = vec![Listen {
        address: at,
        ..Listen::default()
    }];
    config.registrar.data_dir = Some(dir.join("data"));
    config.security.requests_per_source_max = 0;
    config
}

impl Office {
    /// Chicago, at any port.
    pub(crate) async fn start(company: Company, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::start_at("chicago", free_port(), company, adjust).await
    }

    pub(crate) async fn start_at(
        site: &str,
        at: SocketAddr,
        company: Company,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = base(site, at, dir.path());
        adjust(&mut config);
        let mut fake = Fake::start().await;
        config.nodes = vec![fake.address.clone()];
        let config = config.completed();
        let (edge, sip, watch) = open(&config, &mut fake, &company).await;
        Self {
            fake,
            watch,
            config,
            edge,
            sip,
            dir,
            index: 10,
        }
    }

    /// Stops the edge and starts it again, with what is on its disk.
    pub(crate) async fn restart(self, company: Company) -> Self {
        let Self {
            mut fake,
            watch,
            config,
            edge,
            sip,
            dir,
            index,
        } = self;
        sip.stop().await;
        drop((edge, watch));
        let (edge, sip, watch) = open(&config, &mut fake, &company).await;
        Self {
            fake,
            watch,
            config,
            edge,
            sip,
            dir,
            index,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        // The first listener is the phones'.
        self.sip.addresses()[0].1
    }

    /// A phone with its own line, registered.
    pub(crate) async fn phone(&self, device: &str) -> Softphone {
        let phone = self.unregistered(device).await;
        assert_eq!(phone.register(600).await.unwrap().status(), Some(200), "{device}");
        phone
    }

    /// A phone that loads documents, with its own line registered; it answers no NOTIFY by itself.
    pub(crate) async fn desk_phone(&self, device: &str) -> Softphone {
        let account = Account::device(device, &key().device_password(device, SEED), DOMAIN);
        let phone = Softphone::start(account, self.address()).await.unwrap();
        phone.leave_notifies();
        assert_eq!(phone.register(600).await.unwrap().status(), Some(200), "{device}");
        phone
    }

    pub(crate) async fn unregistered(&self, device: &str) -> Softphone {
        let account = Account::device(device, &password(device), DOMAIN);
        Softphone::start(account, self.address()).await.unwrap()
    }

    /// A phone with a session line, not registered.
    pub(crate) async fn session_line(&self, user: &str, extension: &str, epoch: u64) -> Softphone {
        let account = Account {
            user: extension.into(),
            auth_user: LineKey::line_username(extension, epoch),
            password: key().line_password(user, epoch).to_string(),
            domain: DOMAIN.into(),
            display_name: String::new(),
        };
        Softphone::start(account, self.address()).await.unwrap()
    }

    /// What a trunk is, to the edge.
    pub(crate) async fn carrier(&self, at: SocketAddr) -> Softphone {
        let account = Account::device("carrier", "", "carrier.example.net");
        Softphone::start_at(account, at, self.address()).await.unwrap()
    }

    /// One log entry, and waits until the edge has it.
    pub(crate) async fn entry(&mut self, kinds: Vec<Kind>) {
        self.index += 1;
        let index = self.index;
        let event = |kind| v1::Event {
            index,
            kind: Some(kind),
            ..v1::Event::default()
        };
        let events = kinds.into_iter().map(event).collect();
        self.watch
            .send(Item::Events(v1::EntryEvents { index, events }))
            .await;
        eventually("the edge has the entry", || self.edge.table().index() >= index).await;
    }

    /// `user` leaves `from` for `to`.
    pub(crate) async fn moves(&mut self, user: &str, from: (&str, &str, u64), to: (&str, &str, u64)) {
        let elsewhere = v1::end_reason::LoggedInElsewhere {
            device: to.0.into(),
            site: to.1.into(),
            epoch: to.2,
        };
        let reason = v1::end_reason::Reason::LoggedInElsewhere(elsewhere);
        self.entry(vec![
            Kind::SessionEnded(v1::EndedSession {
                session: Some(session(user, from.0, from.1, from.2)),
                reason: Some(v1::EndReason { reason: Some(reason) }),
            }),
            Kind::SessionStarted(session(user, to.0, to.1, to.2)),
        ])
        .await;
    }
}

async fn open(config: &Config, fake: &mut Fake, company: &Company) -> (Edge, SipEdge, Watch) {
    let edge = Edge::start(config.clone()).unwrap();
    let sip = edge.start_sip().unwrap().unwrap();
    let watch = fake.watch().await;
    watch
        .send(Item::SnapshotBegin(v1::SnapshotBegin { index: 10 }))
        .await;
    watch.send(Item::SnapshotPart(snapshot(company))).await;
    let end = v1::SnapshotEnd { index: 10, age_ms: 0 };
    watch.send(Item::SnapshotEnd(end)).await;
    assert!(edge.ready(Instant::now() + PATIENCE).await);
    (edge, sip, watch)
}

pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited for: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// `from` calls and `to` answers.
pub(crate) async fn talk<'a>(from: &'a Softphone, dialed: &str, to: &'a Softphone) -> (Call<'a>, Call<'a>) {
    let (made, taken) = tokio::join!(from.call(dialed, PATIENCE), async {
        to.incoming(PATIENCE).await.unwrap().answer().await.unwrap()
    });
    let made = made.unwrap();
    assert_eq!(made.status(), 200, "{dialed}");
    (made.answered().unwrap(), taken)
}

/// A request out of the blue, for [`Softphone::ask`].
pub(crate) fn request(method: Method, uri: &str, from: &str) -> Message {
    let mut request = Message::request(method, uri);
    request.push(Header::new(Name::MaxForwards, "70"));
    request.push(Header::new(
        Name::From,
        format!("<{from}>;tag={:x}", fastrand::u32(..)),
    ));
    request.push(Header::new(Name::To, format!("<{uri}>")));
    request.push(Header::new(Name::CallId, format!("{:x}", fastrand::u64(..))));
    request
}

pub(crate) fn texts(message: &Message, name: &Name) -> Vec<String> {
    let values = message.values(name);
    values
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .collect()
}
