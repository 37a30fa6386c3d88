//! An office's edge: its process, and what it says of itself.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::config::{self, EdgePlace};
use super::{Company, PATIENCE};
use crate::ground::Office;
use crate::tools::Process;
use crate::wait::eventually;

/// The host number of an office's edge.
pub const EDGE: u8 = 1;

/// The host number of an office's PBX, whose word an edge takes.
pub const PBX: u8 = 17;

/// An edge.
pub struct Edge {
    /// Which office it serves.
    pub office: usize,
    process: Option<Process>,
    program: &'static str,
    http: SocketAddr,
    config: PathBuf,
    log: PathBuf,
}

impl Edge {
    pub(super) fn start(company: &Company, office: usize) -> Self {
        let place = company.office(office);
        let http = if company.plan.namespaces {
            // Each namespace has a loopback of its own.
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 7380)
        } else {
            SocketAddr::new(place.ip(EDGE), 7380)
        };
        // Its own node first.
        let mut nodes: Vec<SocketAddr> = (0..company.nodes.len())
            .map(|i| company.node_address(i))
            .collect();
        let own = office % nodes.len();
        nodes.rotate_left(own);
        let mut more = Vec::new();
        if company.plan.phones {
            more.push(config::edge_phones(company.pages(own)));
        }
        more.push(with_hosts(&company.plan.edge, place));
        let text = config::edge(
            &EdgePlace {
                office,
                ip: place.ip(EDGE),
                nodes,
                pbx: place.ip(PBX),
                http,
                folder: company.folder(),
            },
            &more,
        );
        let config = company.folder().join(format!("edge-{office}.toml"));
        std::fs::write(&config, text).expect("write the configuration");
        let mut edge = Self {
            office,
            process: None,
            program: company.plan.program,
            http,
            config,
            log: company.folder().join(format!("edge-{office}.log")),
        };
        edge.start_again(place);
        edge
    }

    /// Starts it when it does not run.
    ///
    /// # Panics
    /// When it runs.
    pub fn start_again(&mut self, office: &Office) {
        assert!(self.process.is_none(), "the edge runs already");
        let mut command = office.command(Path::new(self.program));
        command.args(["edge", "--config"]).arg(&self.config);
        self.process = Some(Process::start(&mut command, &self.log));
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Waits until it can route calls.
    pub async fn ready(&mut self, office: &Office) {
        eventually("the edge is ready", PATIENCE, || {
            let ended = self.process.as_mut().and_then(Process::ended);
            assert!(ended.is_none(), "the edge ended with {ended:?}:\n{}", self.log());
            let answer = self.get(office, "/readyz");
            std::future::ready(answer.filter(|answer| answer.0 == 200).map(|_| ()))
        })
        .await;
    }

    /// Whether its process lives.
    pub fn lives(&mut self) -> bool {
        self.process
            .as_mut()
            .is_some_and(|process| process.ended().is_none())
    }

    /// Asks its HTTP listener; status and body.
    #[must_use]
    pub fn get(&self, office: &Office, path: &str) -> Option<(u16, String)> {
        let http = self.http;
        let text = office.within(|| ask(http, path).ok())?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }

    /// Its status, as it tells programs.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn status(&self, office: &Office) -> Value {
        let (_, body) = self.get(office, "/status.json").expect("a status");
        serde_json::from_str(&body).expect("JSON")
    }

    /// The sum of a metric over all its label sets that contain `labels`.
    #[must_use]
    pub fn metric(&self, office: &Office, name: &str, labels: &str) -> f64 {
        let (_, text) = self.get(office, "/metrics").unwrap_or_default();
        text.lines()
            .filter(|line| !line.starts_with('#') && line.contains(labels))
            .filter(|line| line.split(['{', ' ']).next() == Some(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Memory that it has resident, in KiB.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// `{host-15}` stands for the address of the office's host 15.
fn with_hosts(toml: &str, office: &Office) -> String {
    (3..20).fold(toml.to_owned(), |text, host| {
        text.replace(&format!("{{host-{host}}}"), &office.ip(host).to_string())
    })
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}
