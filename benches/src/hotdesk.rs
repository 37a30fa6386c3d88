//! Three nodes of ours as real processes on loopback, a directory in them, and logins that evict.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

use crate::process::{Process, free_ports, hotdesk_binary};

/// How many rows of an import go into one message.
const ROWS_PER_MESSAGE: usize = 900;

/// A cluster of processes; the folder that it was started with holds data and logs.
pub struct Hotdesk {
    nodes: Vec<Process>,
    addresses: Vec<String>,
    configs: Vec<std::path::PathBuf>,
    folder: std::path::PathBuf,
    leader: usize,
}

/// How a cluster for a measurement differs from the defaults.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many voters.
    pub nodes: usize,
    /// argon2id memory in KiB for the rounds that check PINs.
    pub pin_memory_kib: u32,
    /// Passes over that memory.
    pub pin_passes: u32,
}

/// Where one node of a cluster is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its port on loopback.
    pub port: u16,
    /// Where the other nodes reach it, host:port.
    pub advertised: String,
    /// More of its configuration: whole sections, TOML.
    pub more: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            nodes: 3,
            pin_memory_kib: 19_456,
            pin_passes: 2,
        }
    }
}

impl Hotdesk {
    /// Starts the nodes with their data under `folder` and waits for a leader.
    ///
    /// # Errors
    /// When a node cannot be started or no leader is elected within 60 s.
    pub async fn start(folder: &Path, setup: Setup) -> Result<Self> {
        Self::start_with(folder, setup, "").await
    }

    /// As [`start`](Self::start), with more of the nodes' configuration: whole sections, TOML.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(folder: &Path, setup: Setup, more: &str) -> Result<Self> {
        let ports = free_ports(setup.nodes)?;
        let places: Vec<Place> = ports
            .iter()
            .map(|port| Place {
                port: *port,
                advertised: format!("127.0.0.1:{port}"),
                more: more.to_owned(),
            })
            .collect();
        Self::start_at(folder, setup, &places).await
    }

    /// As [`start`](Self::start), one node at each of these places.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_at(folder: &Path, setup: Setup, places: &[Place]) -> Result<Self> {
        let binary = hotdesk_binary()?;
        let founders: String = places
            .iter()
            .enumerate()
            .map(|(i, place)| format!("{} = \"{}\"\n", i + 1, place.advertised))
            .collect();
        let mut nodes = Vec::new();
        let mut configs = Vec::new();
        for (i, place) in places.iter().enumerate() {
            let id = i + 1;
            let config = folder.join(format!("node-{id}.toml"));
            let text = format!(
                "listen = \"127.0.0.1:{port}\"\nadvertise = \"{advertised}\"\n\n\
                 [node]\nid = {id}\nsite = \"site-{id}\"\ndata_dir = \"{data}\"\n\n[cluster]\ntoken = \"bench\"\n\n[cluster.founders]\n{founders}\n\
                 [pin]\ndanger_no_pepper = true\nmemory_kib = {memory}\niterations = {passes}\n\n[auth]\nallow_vouched_logins = true\n\n\
                 [telemetry]\nlog = \"warn\"\n{more}",
                port = place.port,
                advertised = place.advertised,
                data = folder.join(format!("data-{id}")).display(),
                memory = setup.pin_memory_kib,
                passes = setup.pin_passes,
                more = place.more,
            );
            std::fs::write(&config, text).with_context(|| format!("write {}", config.display()))?;
            nodes.push(start_node(&binary, &config, folder, id)?);
            configs.push(config);
        }
        let addresses: Vec<String> = places
            .iter()
            .map(|place| format!("http://127.0.0.1:{}", place.port))
            .collect();
        let leader = wait_for_leader(&addresses).await?;
        Ok(Self {
            nodes,
            addresses,
            configs,
            folder: folder.to_owned(),
            leader,
        })
    }

    /// Has node `i` lead.
    ///
    /// # Errors
    /// When the cluster does not follow.
    pub async fn lead(&mut self, i: usize) -> Result<()> {
        if self.leader != i {
            let request = v1::NodeRequest {
                node_id: i as u64 + 1,
            };
            let mut admin = AdminClient::new(self.channel(self.leader).await?);
            admin
                .transfer_leader(request)
                .await
                .context("hand the lead over")?;
            self.leader = i;
        }
        Ok(())
    }

    /// The process of node `i`.
    #[must_use]
    pub fn process(&self, i: usize) -> u32 {
        self.nodes[i].id()
    }

    /// The position of the leader among the nodes.
    #[must_use]
    pub const fn leader(&self) -> usize {
        self.leader
    }

    /// Ends node `i` at once and starts it again; returns how long it took until it answered a look-up of `name`.
    ///
    /// # Errors
    /// When it does not come back within two minutes.
    pub async fn restart(&mut self, i: usize, name: &str) -> Result<Duration> {
        let binary = hotdesk_binary()?;
        drop(self.nodes.remove(i));
        let start = Instant::now();
        self.nodes
            .insert(i, start_node(&binary, &self.configs[i], &self.folder, i + 1)?);
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while start.elapsed() < Duration::from_secs(120) {
            pause.tick().await;
            let Ok(channel) = self.channel(i).await else {
                continue;
            };
            let request = v1::ResolveRequest {
                name: name.into(),
                consistency: 0,
            };
            if SessionsClient::new(channel).resolve(request).await.is_ok() {
                return Ok(start.elapsed());
            }
        }
        bail!(
            "node {} did not come back; its log is in {}",
            i + 1,
            self.folder.display()
        )
    }

    /// The gRPC addresses of all nodes, as host:port, the leader's first.
    #[must_use]
    pub fn nodes(&self) -> Vec<String> {
        let all = self
            .addresses
            .iter()
            .cycle()
            .skip(self.leader)
            .take(self.addresses.len());
        all.map(|address| address.trim_start_matches("http://").to_owned())
            .collect()
    }

    /// The gRPC address of node `i`.
    #[must_use]
    pub fn address(&self, i: usize) -> String {
        self.addresses[i].clone()
    }

    /// Resident memory of node `i` in bytes.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident(&self, i: usize) -> Result<u64> {
        self.nodes[i].resident()
    }

    /// A connection of its own to node `i`.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn channel(&self, i: usize) -> Result<Channel> {
        let endpoint = Endpoint::from_shared(self.addresses[i % self.addresses.len()].clone())?;
        Ok(endpoint.tcp_nodelay(true).connect().await?)
    }

    /// What node `i` says of the cluster.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn status(&self, i: usize) -> Result<v1::ClusterStatusResponse> {
        let mut admin = AdminClient::new(self.channel(i).await?);
        Ok(admin
            .cluster_status(v1::ClusterStatusRequest {})
            .await?
            .into_inner())
    }

    /// Imports one site, `users` users with extensions, and `phones` (1 or 2) phones for each. With `pin`, all get this PIN.
    ///
    /// # Errors
    /// When the import is rejected.
    pub async fn fill(&self, users: u64, phones: u64, pin: &str) -> Result<()> {
        const USERS_PER_IMPORT: u64 = 100_000;
        for from in (0..users).step_by(USERS_PER_IMPORT as usize) {
            self.import(from, users.min(from + USERS_PER_IMPORT), phones, pin)
                .await?;
        }
        Ok(())
    }

    async fn import(&self, from: u64, to: u64, phones: u64, pin: &str) -> Result<()> {
        let site = v1::Site {
            id: "hq".into(),
            name: "HQ".into(),
            ..Default::default()
        };
        let pin = pin.to_owned();
        let people = (from..to).flat_map(move |i| {
            let user = row(v1::import_row::Record::User(user(i)), &pin);
            let devices =
                (0..phones.max(1)).map(move |which| row(v1::import_row::Record::Device(phone(i, which)), ""));
            std::iter::once(user).chain(devices)
        });
        let site = row(v1::import_row::Record::Site(site), "");
        self.import_rows(std::iter::once(site).chain(people)).await
    }

    /// Imports rows at the leader, all or none.
    ///
    /// # Errors
    /// When the import is rejected.
    pub async fn import_rows(
        &self,
        rows: impl Iterator<Item = v1::ImportRow> + Send + 'static,
    ) -> Result<()> {
        use v1::import_request::Item;
        let mut directory = DirectoryClient::new(self.channel(self.leader).await?);
        let (send, receive) = mpsc::channel(8);
        let feeder = tokio::spawn(async move {
            let header = v1::ImportHeader {
                import_id: fresh_id().to_vec(),
                by: "bench".into(),
            };
            send.send(Item::Header(header)).await.ok();
            let mut sent = 0;
            let mut rows = rows.peekable();
            while rows.peek().is_some() {
                let rows: Vec<_> = rows.by_ref().take(ROWS_PER_MESSAGE).collect();
                sent += rows.len() as u64;
                send.send(Item::Rows(v1::ImportRows { rows })).await.ok();
            }
            send.send(Item::Commit(v1::ImportCommit {
                rows: sent,
                dry_run: false,
            }))
            .await
            .ok();
        });
        let requests = tokio_stream::StreamExt::map(ReceiverStream::new(receive), |item| v1::ImportRequest {
            item: Some(item),
        });
        let mut answers = directory.import(requests).await?.into_inner();
        let mut done = false;
        while let Some(answer) = answers.message().await? {
            match answer.item {
                Some(v1::import_response::Item::Rejected(rejected)) => {
                    bail!("the import was rejected: {:?}", rejected.rows.first())
                }
                Some(v1::import_response::Item::Done(_)) => done = true,
                _ => {}
            }
        }
        feeder.await?;
        if !done {
            bail!("the import ended without an answer");
        }
        Ok(())
    }
}

fn start_node(binary: &Path, config: &Path, folder: &Path, id: usize) -> Result<Process> {
    let mut command = Command::new(binary);
    command.arg("node").arg("--config").arg(config);
    Process::start(command, &folder.join(format!("node-{id}.log")))
}

async fn wait_for_leader(addresses: &[String]) -> Result<usize> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    while Instant::now() < deadline {
        pause.tick().await;
        for (i, address) in addresses.iter().enumerate() {
            let Ok(channel) = Endpoint::from_shared(address.clone())?.connect().await else {
                continue;
            };
            let answer = AdminClient::new(channel)
                .cluster_status(v1::ClusterStatusRequest {})
                .await;
            if answer.is_ok_and(|status| status.get_ref().role() == v1::Role::Leader) {
                return Ok(i);
            }
        }
    }
    bail!("no leader within 60 s; the nodes' logs are beside their data")
}

/// A row of an import; the PIN is of a user.
#[must_use]
pub fn row(record: v1::import_row::Record, pin: &str) -> v1::ImportRow {
    v1::ImportRow {
        record: Some(record),
        pin: pin.into(),
    }
}

/// The record of user `i`.
#[must_use]
pub fn user(i: u64) -> v1::User {
    v1::User {
        id: format!("user-{i:07}"),
        display_name: format!("User Number {i}"),
        extension: extension(i),
        ..Default::default()
    }
}

fn phone(i: u64, which: u64) -> v1::Device {
    v1::Device {
        id: device(i, which),
        site: "hq".into(),
        model: "generic".into(),
        ..Default::default()
    }
}

/// The extension of user `i`.
#[must_use]
pub fn extension(i: u64) -> String {
    format!("7{i:07}")
}

/// One of the two phones (`which` 0 or 1) of user `i`.
#[must_use]
pub fn device(i: u64, which: u64) -> String {
    format!("02{which:02x}{i:08x}")
}

/// 16 random bytes.
#[must_use]
pub fn fresh_id() -> [u8; 16] {
    uuid::Uuid::new_v4().into_bytes()
}

/// The login that moves user `i` to the phone of round `sequence`; with `pin`, the PIN is checked.
#[must_use]
pub fn login(i: u64, sequence: u64, pin: &str) -> v1::LoginRequest {
    v1::LoginRequest {
        request_id: fresh_id().to_vec(),
        user: extension(i),
        device: device(i, sequence % 2),
        pin: pin.into(),
        vouched: pin.is_empty(),
        by: "bench".into(),
    }
}

/// One stream of logins to a node; any number outstanding.
pub struct LoginStream {
    requests: mpsc::Sender<v1::LoginStreamRequest>,
    waiting: Arc<Mutex<Waiting>>,
    next: AtomicU64,
}

type Waiting = HashMap<u64, oneshot::Sender<v1::LoginStreamResponse>>;

impl LoginStream {
    /// Opens a stream to the node behind `channel`.
    ///
    /// # Errors
    /// When the node refuses it.
    pub async fn open(channel: Channel) -> Result<Arc<Self>> {
        let (requests, receive) = mpsc::channel(1024);
        let mut answers = SessionsClient::new(channel)
            .login_stream(ReceiverStream::new(receive))
            .await?
            .into_inner();
        let waiting: Arc<Mutex<Waiting>> = Arc::default();
        let shared = Arc::clone(&waiting);
        tokio::spawn(async move {
            while let Ok(Some(answer)) = answers.message().await {
                if let Some(waiter) = shared.lock().await.remove(&answer.seq) {
                    waiter.send(answer).ok();
                }
            }
            // Whoever still waits learns of the end by its sender being dropped.
            shared.lock().await.clear();
        });
        Ok(Arc::new(Self {
            requests,
            waiting,
            next: AtomicU64::new(1),
        }))
    }

    /// Sends one login and waits for its answer.
    ///
    /// # Errors
    /// When it is refused or the stream ends.
    pub async fn login(&self, login: v1::LoginRequest) -> Result<v1::LoginResponse> {
        let seq = self.next.fetch_add(1, Ordering::Relaxed);
        let (send, receive) = oneshot::channel();
        self.waiting.lock().await.insert(seq, send);
        self.requests
            .send(v1::LoginStreamRequest {
                seq,
                login: Some(login),
            })
            .await
            .context("the stream has ended")?;
        match receive
            .await
            .context("the stream has ended")?
            .result
            .context("an answer without result")?
        {
            v1::login_stream_response::Result::Response(response) => Ok(response),
            v1::login_stream_response::Result::Error(error) => bail!("{}: {}", error.code, error.message),
        }
    }
}
