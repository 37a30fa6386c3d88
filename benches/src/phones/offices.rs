//! Three nodes and two edges as processes, with the network between them and the directory in them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::{StreamExt as _, TryStreamExt as _};
use hotdesk_phonesim::model;
use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_sip::secret::{LineKey, PhoneSecret};

use super::pins::PinCost;
use super::{OFFICES, PIN, Person};
use crate::hotdesk::{Hotdesk, Place, Setup, fresh_id, row, user};
use crate::process::{Process, free_ports, hotdesk_binary};
use crate::sip::office::{get, is_ready};
use crate::sip::{DOMAIN, free_addresses, usage};
use crate::wan::Wan;

/// What a byte takes from one site to another.
pub const ONE_WAY: Duration = Duration::from_millis(20);
/// Where relays between edges are: edges believe each other by this address, so no phone may have it.
const BETWEEN_EDGES: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 8);
/// Where calls that look come from. They need no password there; phones elsewhere do.
pub const PROBES: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
/// The node at neither office. It leads, so that every login has the same way to go.
const THIRD: usize = 2;
const NODES: usize = 3;
/// Requests that are outstanding while the directory is filled.
const AT_ONCE: usize = 64;
const READY_MAX: Duration = Duration::from_secs(60);

/// Everything that runs. It ends with this.
pub struct Offices {
    /// The nodes.
    pub nodes: Hotdesk,
    /// The network.
    pub wan: Wan,
    edges: Vec<Edge>,
    pages: Vec<SocketAddr>,
    key: LineKey,
}

struct Edge {
    process: Process,
    sip: SocketAddr,
    http: SocketAddr,
}

/// Processor time and memory of a process.
#[derive(Clone, Debug)]
pub struct Used {
    /// Which.
    pub name: String,
    /// Since it began.
    pub processor: Duration,
    /// In bytes.
    pub memory: u64,
}

impl Offices {
    /// Starts everything with its data under `folder`, and puts these people and their phones into the
    /// directory.
    ///
    /// # Errors
    /// When something does not start, or the directory is refused.
    pub async fn start(folder: &Path, cost: PinCost, people: &[Person]) -> Result<Self> {
        let wan = Wan::new(ONE_WAY)?;
        let key_file = folder.join("line.key");
        let key =
            LineKey::read(&make_key(&key_file)?).map_err(|error| anyhow::anyhow!("line key: {error}"))?;
        let (ports, pages) = (free_ports(NODES)?, free_ports(NODES)?);
        let pages: Vec<_> = pages
            .into_iter()
            .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
            .collect();
        let sip = free_addresses(OFFICES)?;
        let mut places = Vec::new();
        for (i, port) in ports.iter().enumerate() {
            let relay = wan.before(([127, 0, 0, 1], *port).into(), Ipv4Addr::LOCALHOST)?;
            places.push(Place {
                port: *port,
                advertised: relay.to_string(),
                // The third site has no phones; what its node says of an edge is never used.
                more: node_sections(&key_file, pages[i], sip[i % OFFICES]),
            });
        }
        let setup = Setup {
            nodes: NODES,
            pin_memory_kib: cost.memory_kib,
            pin_passes: cost.passes,
        };
        let mut nodes = Hotdesk::start_at(folder, setup, &places).await?;
        nodes.lead(THIRD).await?;
        fill(&nodes, people).await?;
        let mut edges = Vec::new();
        for (office, sip) in sip.into_iter().enumerate() {
            let relay = wan.before(sip, BETWEEN_EDGES)?;
            let own_node = SocketAddr::from(([127, 0, 0, 1], ports[office]));
            edges.push(Edge::start(
                folder,
                &key_file,
                office,
                own_node,
                sip,
                relay,
                pages[office],
            )?);
        }
        Ok(Self {
            nodes,
            wan,
            edges,
            pages,
            key,
        })
    }

    /// Where an office's edge takes calls and registrations.
    #[must_use]
    pub fn edge(&self, office: usize) -> SocketAddr {
        self.edges[office].sip
    }

    /// Where a phone finds its documents and pages at its office's node; ends with a slash.
    #[must_use]
    pub fn provisioning(&self, person: Person, office: usize) -> String {
        let device = person.device(office);
        let token = self
            .key
            .phone_secret(PhoneSecret::Documents, &device, seed(person, office));
        format!("http://{}/p/{}/", self.pages[office], token.as_str())
    }

    /// The password of a phone's own line.
    #[must_use]
    pub fn password(&self, person: Person, office: usize) -> String {
        let password = self
            .key
            .device_password(&person.device(office), seed(person, office));
        password.as_str().to_owned()
    }

    /// What all processes have used by now.
    #[must_use]
    pub fn used(&self) -> Vec<Used> {
        let used = |name: String, id| Used {
            name,
            processor: usage::processor_time(id),
            memory: usage::memory(id),
        };
        let nodes = (0..NODES).map(|i| used(format!("node {}", i + 1), self.nodes.process(i)));
        let edges = self.edges.iter().enumerate();
        let edges = edges.map(|(i, edge)| used(format!("edge {}", i + 1), edge.process.id()));
        nodes.chain(edges).collect()
    }

    /// The sum of a counter over all edges and labels: "phones_given_up", "phone_triggers".
    ///
    /// # Errors
    /// When an edge does not answer.
    pub fn counted(&self, name: &str) -> Result<u64> {
        let name = format!("hotdesk_edge_{name}_total");
        let mut sum = 0.0;
        for edge in &self.edges {
            let metrics = get(edge.http, "/metrics").context("ask an edge for its metrics")?;
            ensure!(metrics.starts_with("HTTP/1.1 200"), "an edge shows no metrics");
            // One that has never counted anything is not shown.
            let values = metrics.lines().filter(|line| line.starts_with(&name));
            sum += values
                .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
                .sum::<f64>();
        }
        Ok(sum as u64)
    }
}

impl Edge {
    fn start(
        folder: &Path,
        key_file: &Path,
        office: usize,
        node: SocketAddr,
        sip: SocketAddr,
        relay: SocketAddr,
        pages: SocketAddr,
    ) -> Result<Self> {
        let name = format!("edge-{}", office + 1);
        let http = SocketAddr::from(([127, 0, 0, 1], free_ports(1)?[0]));
        // Phones and calls all come from one machine, which is not how an office looks: the bound for one
        // source is lifted. Simulated phones have no web servers, and are told over SIP only.
        let text = format!(
            "site = \"{site}\"\nnodes = [\"{node}\"]\n\n\
             [sip]\ndomain = \"{DOMAIN}\"\nkey_file = \"{key}\"\nworkers = 2\n\n\
             [[sip.listen]]\ntransport = \"udp\"\naddress = \"{sip}\"\n\n\
             [[sip.listen]]\ntransport = \"tcp\"\naddress = \"{sip}\"\n\n\
             [registrar]\ndata_dir = \"{data}\"\nalgorithms = [\"MD5\"]\n\n\
             [security]\ntrusted_peers = [\"{BETWEEN_EDGES}/32\"]\ndanger_open_networks = [\"{PROBES}/32\"]\n\
             requests_per_source_max = 0\n\n\
             [announce]\nid = \"{name}\"\nuri = \"sip:{relay};transport=tcp\"\n\n\
             [http]\nlisten = \"{http}\"\n\n\
             [phones]\nhttp_push = false\nnode_url = \"http://{pages}\"\n\n\
             [telemetry]\nlog = \"warn\"\n",
            site = site(office),
            key = key_file.display(),
            data = folder.join(format!("{name}-data")).display(),
        );
        let config = folder.join(format!("{name}.toml"));
        std::fs::write(&config, text)?;
        let mut command = std::process::Command::new(hotdesk_binary()?);
        command.arg("edge").arg("--config").arg(&config);
        let log = folder.join(format!("{name}.log"));
        let process = Process::start(command, &log)?;
        let deadline = Instant::now() + READY_MAX;
        while !is_ready(http) {
            if Instant::now() > deadline {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!(
                    "{name} is not ready: {}",
                    said.lines().last().unwrap_or("it said nothing")
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Self { process, sip, http })
    }
}

fn make_key(file: &PathBuf) -> Result<Vec<u8>> {
    let mut key = String::new();
    for byte in [fresh_id(), fresh_id()].concat() {
        let _ = write!(key, "{byte:02x}");
    }
    std::fs::write(file, &key).context("write the line key")?;
    Ok(key.into_bytes())
}

fn node_sections(key_file: &Path, pages: SocketAddr, edge: SocketAddr) -> String {
    format!(
        "\n[sip]\ndomain = \"{DOMAIN}\"\nkey_file = \"{}\"\n\n\
         [phones]\nhttp_listen = [\"{pages}\"]\nurl = \"http://{pages}\"\nregistrar = \"{edge};transport=udp\"\n",
        key_file.display()
    )
}

/// The site of an office, as nodes and edges name it.
fn site(office: usize) -> String {
    format!("site-{}", office + 1)
}

/// What a phone's secrets are made from. A request's id may be any number, only not that of another request.
fn seed(person: Person, office: usize) -> u128 {
    const SECRETS: u128 = 0x5ec2_e700 << 96;
    SECRETS | u128::from(person.number) << 8 | office as u128
}

async fn fill(nodes: &Hotdesk, people: &[Person]) -> Result<()> {
    use v1::import_row::Record;
    let sites = (0..OFFICES).map(|office| {
        let site = v1::Site {
            id: site(office),
            name: format!("Office {}", office + 1),
            ..Default::default()
        };
        row(Record::Site(site), "")
    });
    let users = people
        .iter()
        .map(|person| row(Record::User(user(person.number)), PIN));
    let phones = people.iter().flat_map(|person| {
        let model = model(person.vendor).map_or("", |model| model.hardware_model());
        person.offices().map(move |office| {
            let device = v1::Device {
                id: person.device(office),
                site: site(office),
                desk: format!("{}", person.number),
                model: format!("{} {model}", person.vendor.name()),
                ..Default::default()
            };
            row(Record::Device(device), "")
        })
    });
    let rows: Vec<_> = sites.chain(users).chain(phones).collect();
    nodes
        .import_rows(rows.into_iter())
        .await
        .context("import the people")?;
    let directory = DirectoryClient::new(nodes.channel(nodes.leader()).await?);
    let secrets = people
        .iter()
        .flat_map(|person| person.offices().map(|office| (*person, office)));
    let secrets = futures::stream::iter(secrets).map(|(person, office)| {
        let mut directory = directory.clone();
        async move {
            let request = v1::SetDeviceSecretRequest {
                request_id: seed(person, office).to_be_bytes().to_vec(),
                device: person.device(office),
                secret: Some(v1::set_device_secret_request::Secret::Generate(true)),
                by: "bench".into(),
                revoke: false,
            };
            directory.set_device_secret(request).await
        }
    });
    let done = secrets
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) });
    done.await.context("give the phones passwords")
}
