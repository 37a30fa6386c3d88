//! `hotdesk restore`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hotdesk_core::{SiteId, State};
use hotdesk_proto::internal::v1::membership::{Node, Voters};
use hotdesk_proto::internal::v1::{LogId, Membership};
use hotdesk_proto::snapshot::{self, Header};
use hotdesk_store::{DataDir, Expect, OpenError, SnapshotDir, SnapshotStore as _};
use serde_json::json;
use uuid::Uuid;

use crate::connect::Context;
use crate::exit::{Own, Problem};

/// Arguments of `restore`.
#[derive(Debug, Args)]
#[command(after_help = "\
Works offline, on the machine where the node will run. The directory begins a new cluster of one voter; the old \
cluster's nodes cannot join it, and it cannot be mistaken for the old one. Start the node with `founders` naming \
it alone, and the same pepper as before; then let the other offices join with fresh directories.

Examples:
  hotdesk restore hotdesk.backup --data-dir data/chicago --node-id 1 --site chicago \\
          --address 127.0.0.1:7300
  hotdesk node --config node.chicago.toml")]
pub(crate) struct RestoreArgs {
    /// A file that `hotdesk backup` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The directory to make; must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// The id of the node that will run on it
    #[arg(long, value_name = "NODE", value_parser = clap::value_parser!(u64).range(1..))]
    node_id: u64,
    /// host:port at which other nodes will reach it; its `advertise`
    #[arg(long, value_name = "HOST:PORT")]
    address: String,
    /// The office where it stands
    #[arg(long, value_name = "SITE")]
    site: String,
}

impl RestoreArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let site = SiteId::parse(&self.site)
            .map_err(|error| Problem::own(Own::BadArgument, error.to_string(), "Correct --site."))?;
        let (old, state) = read_backup(&self.file)?;
        let state = for_a_new_cluster(&state)?;
        refuse_filled(&self.data_dir)?;

        let cluster_id = Uuid::new_v4().to_string();
        let header = first_header(&cluster_id, &state, self.node_id, &self.address, site.as_str());
        let counts = state.counts();
        let index = state.index();
        make(&self.data_dir, self.node_id, &cluster_id, header, state).await?;

        let value = json!({
            "data_dir": self.data_dir,
            "node_id": self.node_id,
            "cluster_id": cluster_id,
            "restored_from": old.cluster_id,
            "index": index,
            "sites": counts.sites,
            "users": counts.users,
            "devices": counts.devices,
            "sessions": counts.sessions,
        });
        context.out.show(&value, || {
            let tick = context.out.paint.green("✓");
            format!(
                "{tick} {} begins cluster {cluster_id} with the state of entry {index}\n  \
                 {} sites, {} users, {} phones, {} sessions, from cluster {}\n\n\
                 Now start the node: its configuration has node.id = {}, data_dir = {:?} and\n\
                 founders = {{ {} = {:?} }}. Let the other offices join with fresh directories.",
                self.data_dir.display(),
                counts.sites,
                counts.users,
                counts.devices,
                counts.sessions,
                old.cluster_id,
                self.node_id,
                self.data_dir,
                self.node_id,
                self.address,
            )
        })?;
        Ok(())
    }
}

fn read_backup(path: &Path) -> Result<(Header, State), Problem> {
    let file = File::open(path).map_err(|error| Problem::file("read", path, &error))?;
    snapshot::read(BufReader::new(file)).map_err(|error| {
        Problem::own(
            Own::File,
            format!("{} cannot be restored: {error}", path.display()),
            "Use a file that `hotdesk backup` wrote, whole, and a program that is not older than it.",
        )
    })
}

/// How many entries the log skips: more than a year of thirty a second. What was written after the backup is lost, but
/// phones may still have documents and passwords of epochs from then: none of those epochs may be given again.
const INDEXES_SKIPPED: u64 = 1 << 30;

/// The state as the new cluster begins with it. What phones show by the backup, they may have exchanged for something
/// newer since, which this state knows nothing of: all are told again.
fn for_a_new_cluster(state: &State) -> Result<State, Problem> {
    let mut parts = state.parts();
    parts.index = parts.index.saturating_add(INDEXES_SKIPPED);
    for device in &mut parts.devices {
        if device.shown.is_some() {
            Arc::make_mut(device).shown = None;
        }
    }
    State::restore(parts).map_err(|violation| {
        Problem::own(
            Own::File,
            format!("the backup contradicts itself: {violation}"),
            "Use another backup.",
        )
    })
}

/// What is there already is somebody's data.
fn refuse_filled(path: &Path) -> Result<(), Problem> {
    let filled = match path.read_dir() {
        Ok(mut names) => names.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Problem::file("look into", path, &error)),
    };
    if !filled {
        return Ok(());
    }
    Err(Problem::own(
        Own::File,
        format!("{} is not empty", path.display()),
        "Give a directory that does not exist yet; move the old one away if it is not needed.",
    ))
}

/// The new cluster's log goes on where the state's ended, so that epochs go on rising; its terms begin anew.
/// The one voter is the node itself.
fn first_header(cluster_id: &str, state: &State, node_id: u64, address: &str, site: &str) -> Header {
    let log_id = LogId {
        term: 0,
        leader: node_id,
        index: state.index(),
    };
    Header {
        cluster_id: cluster_id.to_owned(),
        last_log_id: Some(log_id),
        membership_log_id: Some(log_id),
        membership: Membership {
            configs: vec![Voters {
                node_ids: vec![node_id],
            }],
            nodes: vec![Node {
                id: node_id,
                address: address.to_owned(),
                site: site.to_owned(),
            }],
        },
    }
}

async fn make(
    path: &Path,
    node_id: u64,
    cluster_id: &str,
    header: Header,
    state: State,
) -> Result<(), Problem> {
    let expect = Expect {
        node_id,
        cluster_id: Some(cluster_id.to_owned()),
    };
    let data_dir = DataDir::open(path, expect)?;
    let snapshots = SnapshotDir::open(&data_dir)?;
    snapshots
        .save(header, state)
        .await
        .map_err(|error| Problem::file("write the state into", path, &error))?;
    Ok(())
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        let mut problem = Self::own(Own::File, error.to_string(), error.what_to_do());
        problem.code = error.code().into();
        problem
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::phones::{Shown, ShownBy};
    use hotdesk_core::{Device, Site, TimeMs};

    use super::*;

    #[test]
    fn every_phone_is_told_again_after_a_restore() {
        let shown = Shown {
            stamp: 7,
            at: TimeMs(1),
            how: ShownBy::Document,
        };
        let phone = Device {
            shown: Some(shown),
            changed: 7,
            ..Device::new("chi-1".parse().unwrap(), "chicago".parse().unwrap())
        };
        let mut parts = State::new().parts();
        parts.index = 9;
        parts.sites.push(Arc::new(Site::new("chicago".parse().unwrap())));
        parts.devices.push(Arc::new(phone.clone()));
        let restored = for_a_new_cluster(&State::restore(parts).unwrap()).unwrap();
        let expected = Device { shown: None, ..phone };
        assert_eq!(**restored.device(&expected.id).unwrap(), expected);
        assert_eq!(
            (restored.index(), restored.wanted_stamp(&expected.id)),
            (9 + INDEXES_SKIPPED, 7)
        );
    }
}
