//! An office to measure: a cluster with ten thousand people logged in at their phones, and edges as processes.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::{StreamExt as _, TryStreamExt as _};
use hotdesk_proto::v1;
use hotdesk_proto::v1::directory_client::DirectoryClient;

use super::{DOMAIN, SECRET, command, free_addresses, usage};
use crate::hotdesk::{Hotdesk, LoginStream, Setup, device, fresh_id, login};
use crate::process::{Process, free_ports, hotdesk_binary};

/// Requests that are outstanding while the office is filled.
const AT_ONCE: usize = 128;
/// The office's site in the directory.
const SITE: &str = "hq";

/// The cluster, and what edges need to know of it.
pub struct Office {
    /// Its nodes.
    pub nodes: Hotdesk,
    folder: PathBuf,
    key_file: PathBuf,
}

/// How an edge for a measurement differs from the defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct EdgeSetup {
    /// Phones prove who they are by MD5 digest; otherwise the whole of loopback is let in.
    pub digest: bool,
}

impl Office {
    /// Starts `nodes` nodes with their data under `folder` and imports `users` people with `phones` (1 or 2) phones each.
    ///
    /// # Errors
    /// When the cluster does not start or the import is rejected.
    pub async fn start(folder: &Path, nodes: usize, users: u64, phones: u64) -> Result<Self> {
        let key_file = folder.join("line.key");
        let key: String = [fresh_id(), fresh_id()]
            .concat()
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
        std::fs::write(&key_file, key).context("write the line key")?;
        let setup = Setup {
            nodes,
            ..Setup::default()
        };
        let sip = format!(
            "\n[sip]\ndomain = \"{DOMAIN}\"\nkey_file = \"{}\"\n",
            key_file.display()
        );
        let nodes = Hotdesk::start_with(folder, setup, &sip)
            .await
            .context("start the nodes")?;
        nodes.fill(users, phones, "").await.context("import the people")?;
        Ok(Self {
            nodes,
            folder: folder.to_owned(),
            key_file,
        })
    }

    /// Logs people in, each at their first phone.
    ///
    /// # Errors
    /// When a login is refused.
    pub async fn log_in(&self, users: u64) -> Result<()> {
        let stream = LoginStream::open(self.nodes.channel(self.nodes.leader()).await?).await?;
        let logins = futures::stream::iter(0..users).map(|user| {
            let stream = Arc::clone(&stream);
            async move { stream.login(login(user, 0, "")).await }
        });
        logins
            .buffer_unordered(AT_ONCE)
            .try_for_each(|_| async { Ok(()) })
            .await
            .context("log in")
    }

    /// Gives everybody's first phone the password [`SECRET`].
    ///
    /// # Errors
    /// When a node refuses it.
    pub async fn set_secrets(&self, users: u64) -> Result<()> {
        let directory = DirectoryClient::new(self.nodes.channel(self.nodes.leader()).await?);
        let requests = futures::stream::iter(0..users).map(|user| {
            let mut directory = directory.clone();
            async move {
                let request = v1::SetDeviceSecretRequest {
                    request_id: fresh_id().to_vec(),
                    device: device(user, 0),
                    secret: Some(v1::set_device_secret_request::Secret::Password(SECRET.into())),
                    by: "bench".into(),
                    revoke: false,
                };
                directory.set_device_secret(request).await
            }
        });
        let done = requests
            .buffer_unordered(AT_ONCE)
            .try_for_each(|_| async { Ok(()) });
        done.await.context("set the phones' passwords")
    }

    /// Starts an edge and waits until it knows everybody.
    ///
    /// # Errors
    /// When it is not ready within 60 s.
    pub fn edge(&self, name: &str, setup: EdgeSetup) -> Result<Edge> {
        let sip = free_addresses(1)?[0];
        let http = SocketAddr::from(([127, 0, 0, 1], free_ports(1)?[0]));
        let config = self.folder.join(format!("{name}.toml"));
        std::fs::write(&config, self.config(name, setup, sip, http))?;
        let mut command = command(hotdesk_binary()?);
        command.arg("edge").arg("--config").arg(&config);
        let log = self.folder.join(format!("{name}.log"));
        let edge = Edge {
            process: Process::start(command, &log)?,
            address: sip,
        };
        let deadline = Instant::now() + Duration::from_secs(60);
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
        Ok(edge)
    }

    fn config(&self, name: &str, setup: EdgeSetup, sip: SocketAddr, http: SocketAddr) -> String {
        let nodes: Vec<String> = self
            .nodes
            .nodes()
            .iter()
            .map(|node| format!("\"{node}\""))
            .collect();
        let open = if setup.digest { "[]" } else { "[\"127.0.0.0/8\"]" };
        // All load comes from one address, which is not how an office looks: the bound for one source is lifted.
        format!(
            "site = \"{SITE}\"\nnodes = [{nodes}]\n\n\
             [sip]\ndomain = \"{DOMAIN}\"\nkey_file = \"{key}\"\nworkers = 2\n\n\
             [[sip.listen]]\ntransport = \"udp\"\naddress = \"{sip}\"\n\n\
             [registrar]\ndata_dir = \"{data}\"\nalgorithms = [\"MD5\"]\n\n\
             [security]\ndanger_open_networks = {open}\nrequests_per_source_max = 0\n\n\
             [announce]\nid = \"{name}\"\nuri = \"sip:{sip}\"\n\n\
             [http]\nlisten = \"{http}\"\n\n\
             [telemetry]\nlog = \"warn\"\n",
            nodes = nodes.join(", "),
            key = self.key_file.display(),
            data = self.folder.join(format!("{name}-data")).display(),
        )
    }
}

/// A running edge; it ends with this.
pub struct Edge {
    process: Process,
    address: SocketAddr,
}

impl Edge {
    /// Where it speaks SIP over UDP.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its memory in bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        usage::memory(self.id())
    }
}

/// Whether the edge's `/readyz` says 200.
pub(crate) fn is_ready(http: SocketAddr) -> bool {
    get(http, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// What a server answers at a path, with its head.
pub(crate) fn get(http: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&http, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
