//! Which cluster this node belongs to: known from the directory, or learned once and written down.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hotdesk_store::{DataDir, OpenError};
use parking_lot::Mutex;

/// The cluster's id, shared by everything that speaks to other nodes.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Where it is written down; let go of when the node shuts down, so that the directory can be opened again.
    dir: Mutex<Option<DataDir>>,
    cluster: ArcSwapOption<String>,
}

impl Identity {
    pub(crate) fn new(dir: DataDir) -> Self {
        let cluster = ArcSwapOption::from(dir.cluster_id().map(Arc::new));
        Self {
            dir: Mutex::new(Some(dir)),
            cluster,
        }
    }

    /// The cluster's id, once known.
    pub(crate) fn cluster_id(&self) -> Option<Arc<String>> {
        self.cluster.load_full()
    }

    /// Writes down, for good, that this node belongs to `cluster_id`. Saying it again is fine.
    ///
    /// # Errors
    /// When the node belongs to another cluster already, or the disk does not take it.
    pub(crate) fn adopt(&self, cluster_id: &str) -> Result<(), OpenError> {
        if self
            .cluster
            .load()
            .as_ref()
            .is_some_and(|known| ***known == *cluster_id)
        {
            return Ok(());
        }
        let dir = self.dir.lock();
        let Some(dir) = dir.as_ref() else {
            return Ok(());
        };
        dir.set_cluster_id(cluster_id)?;
        self.cluster.store(Some(Arc::new(cluster_id.to_owned())));
        tracing::info!(cluster_id, "this node belongs to a cluster now");
        Ok(())
    }

    /// Lets go of the directory.
    pub(crate) fn close(&self) {
        self.dir.lock().take();
    }
}
