//! All offices together: started, filled with the sample, stopped.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use hotdesk_client::Imported;
use hotdesk_client::v1::{ClusterStatusResponse, RowProblem};
use tokio::time::Instant;
use uuid::Uuid;

use super::listen::listeners;
use super::office::{OFFICES, Office, pepper, position};
use super::phones;
use super::sample;
use crate::exit::{Own, Problem};
use crate::import::Sheet;

/// How long founding the cluster or an election may take before the demo gives up.
const LEADER_MAX: Duration = Duration::from_secs(60);
/// How often the demo asks whether something has come about.
pub(crate) const ASK_EVERY: Duration = Duration::from_millis(20);

/// What listens where.
pub(crate) struct Ports {
    /// The first of the nodes' ports, where one was asked for.
    pub(crate) nodes: Option<u16>,
    /// The first of those that they take where none was, if they are free.
    pub(crate) usual: Option<u16>,
    /// Where the edges serve phones.
    pub(crate) sip: Vec<SocketAddr>,
    /// Where the nodes serve phones' documents and pages.
    pub(crate) pages: Vec<SocketAddr>,
}

/// All of them, in the order of [`OFFICES`].
pub(crate) struct Offices {
    pub(crate) all: Vec<Office>,
}

impl Offices {
    /// Starts three offices on directories under `dir`, and returns when they have a leader.
    ///
    /// # Errors
    /// When a node does not start, or no leader is elected.
    pub(crate) async fn start(dir: &Path, ports: &Ports) -> Result<Self, Problem> {
        fs::create_dir_all(dir).map_err(|error| Problem::file("make the directory", dir, &error))?;
        make_pepper(dir)?;
        phones::make_line_key(dir)?;
        phones::make_applications(dir)?;
        let listeners = listeners(dir, ports.nodes, ports.usual).await?;
        let addresses: Vec<SocketAddr> = listeners
            .iter()
            .map(tokio::net::TcpListener::local_addr)
            .collect::<Result<_, _>>()
            .map_err(|error| Problem::own(Own::Service, error.to_string(), "Try again."))?;
        let starting = OFFICES
            .into_iter()
            .zip(listeners)
            .map(|(place, listener)| Office::start(place, dir, listener, &addresses, ports));
        let offices = Self {
            all: try_join_all(starting).await?,
        };
        offices.leader().await?;
        Ok(offices)
    }

    /// Waits until all running nodes know the same leader; its office's position.
    ///
    /// # Errors
    /// When that does not come about.
    pub(crate) async fn leader(&self) -> Result<usize, Problem> {
        let deadline = Instant::now() + LEADER_MAX;
        let mut known = Vec::new();
        while Instant::now() < deadline {
            known.clear();
            for office in self.all.iter().filter(|office| office.is_up()) {
                let status = office.client.cluster_status().await;
                known.push(status.map_or(0, |status| status.leader_id));
            }
            if let Some(leader) = agreed(&known)
                && let Some(place) = OFFICES.iter().find(|place| place.node_id == leader)
                && self.all[position(*place)].is_up()
            {
                return Ok(position(*place));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Err(Problem::own(
            Own::Demo,
            format!(
                "the offices did not agree on a leader within {} s; they said {known:?}",
                LEADER_MAX.as_secs()
            ),
            "Run it again with --log info to see why; a very slow disk can be the reason.",
        ))
    }

    /// Imports the sample, unless the directory had one already; returns how many rows.
    ///
    /// # Errors
    /// When the import is refused or fails.
    pub(crate) async fn fill(&self, sheets: &[Sheet]) -> Result<usize, Problem> {
        if self.status().await?.users > 0 {
            return Ok(0);
        }
        let mut rows = 0;
        for sheet in sheets {
            match self.all[0].client.import(&sheet.rows, false, |_| {}).await? {
                Imported::Done(_) => rows += sheet.rows.len(),
                Imported::Rejected(problems) => return Err(rejected(sheet, &problems)),
            }
        }
        phones::set_passwords(&self.all[0].client, &sample::devices(sheets)).await?;
        Ok(rows)
    }

    /// The cluster as the first running node sees it.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn status(&self) -> Result<ClusterStatusResponse, Problem> {
        let up = self
            .all
            .iter()
            .find(|office| office.is_up())
            .unwrap_or(&self.all[0]);
        Ok(up.client.cluster_status().await?)
    }

    /// Stops all edges and nodes in good order.
    pub(crate) async fn stop(&mut self) {
        join_all(self.all.iter_mut().map(Office::stop_edge)).await;
        join_all(self.all.iter_mut().map(Office::stop_node)).await;
    }
}

/// What all say, when they all say the same and know it.
fn agreed(known: &[u64]) -> Option<u64> {
    let first = *known.first()?;
    (first != 0 && known.iter().all(|other| *other == first)).then_some(first)
}

fn rejected(sheet: &Sheet, problems: &[RowProblem]) -> Problem {
    let first = problems.first().map(|problem| sheet.locate(problem));
    Problem::own(
        Own::Demo,
        format!("the sample {} was refused: {first:?}", sheet.kind.name()),
        "This is a mistake in the program; please report it.",
    )
}

/// Each demo has a pepper of its own; a kept directory keeps it, because without it no PIN can be checked.
fn make_pepper(dir: &Path) -> Result<(), Problem> {
    let path = pepper(dir);
    if path.exists() {
        return Ok(());
    }
    let secret = format!("{}{}\n", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    fs::write(&path, secret).map_err(|error| Problem::file("write", &path, &error))
}
