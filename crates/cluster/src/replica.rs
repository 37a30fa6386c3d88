//! A copy outside of consensus: fed by the nearest core node, or the next one when that fails.

use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::feed_response::Item;
use hotdesk_store::types::{Entry, SnapshotMeta};
use hotdesk_store::wire::entry_from;
use hotdesk_store::{Incoming, SnapshotDir};
use openraft::RaftSnapshotBuilder;
use openraft::storage::RaftStateMachine;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::Streaming;

use crate::found::{belong, hello};
use crate::leadership::{Known, Leader};
use crate::node::Node;
use crate::snapshot_transfer::{finish, meta_of, open};
use crate::types::{C, StateMachine};

/// A source that says nothing for so long is given up; it says something twice a second.
const SILENCE_MAX: Duration = Duration::from_secs(4);
/// How long to wait after no source could feed.
const PAUSE: Duration = Duration::from_millis(300);
/// How often a replica that is not fed by its nearest source looks whether it could be.
const NEARER_EVERY: Duration = Duration::from_secs(30);
/// How often the source is asked how it is, at most.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What a replica knows of its sources.
#[derive(Debug)]
pub(crate) struct Replica {
    sources: Vec<String>,
    /// The source that feeds now.
    source: watch::Sender<Option<String>>,
    pub(crate) snapshots: SnapshotDir,
    /// The last entry that its own snapshot covers.
    pub(crate) snapshot_index: Arc<Mutex<u64>>,
}

impl Replica {
    pub(crate) fn new(sources: Vec<String>, snapshots: SnapshotDir, snapshot_index: u64) -> Self {
        Self {
            sources,
            source: watch::Sender::new(None),
            snapshots,
            snapshot_index: Arc::new(Mutex::new(snapshot_index)),
        }
    }
}

/// Lets itself be fed for as long as the node runs.
pub(crate) async fn run(node: Arc<Node>, mut machine: StateMachine) {
    loop {
        let crate::node::Core::Replica(replica) = &node.core else {
            return;
        };
        for (place, source) in replica.sources.iter().enumerate() {
            let mut feeding = Feeding {
                node: &node,
                replica,
                machine: &mut machine,
                arriving: None,
            };
            let end = feeding.from(source, place > 0).await;
            replica.source.send_replace(None);
            match end {
                // The nearest one is back.
                End::Nearer => break,
                End::Broken(why) => {
                    tracing::warn!(source, reason = %why, "the source does not feed");
                    node.wait_for(Some(format!("{source}: {why}")));
                }
                End::Unfit(why) => return node.fail(why),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Why feeding ended.
enum End {
    Nearer,
    Broken(String),
    /// This node's own disk, or data that cannot be.
    Unfit(String),
}

struct Feeding<'a> {
    node: &'a Arc<Node>,
    replica: &'a Replica,
    machine: &'a mut StateMachine,
    arriving: Option<Arriving>,
}

/// A snapshot that is coming in.
struct Arriving {
    meta: SnapshotMeta,
    incoming: Incoming,
    /// Where the next chunk begins. What is here from an earlier attempt is passed over.
    offset: u64,
}

impl Feeding<'_> {
    async fn from(&mut self, source: &str, look_for_nearer: bool) -> End {
        let mut stream = match self.open(source).await {
            Ok(stream) => stream,
            Err(why) => return End::Broken(why),
        };
        tracing::info!(source, from = self.node.next_index(), "fed by");
        self.node.wait_for(None);
        self.replica.source.send_replace(Some(source.to_owned()));
        let mut look_at = Instant::now() + NEARER_EVERY;
        loop {
            let item = match tokio::time::timeout(SILENCE_MAX, stream.message()).await {
                Ok(Ok(Some(message))) => message.item,
                Ok(Ok(None)) => return End::Broken("the source ended the feed".into()),
                Ok(Err(status)) => return End::Broken(status.message().to_owned()),
                Err(_) => return End::Broken("the source is silent".into()),
            };
            if let Some(end) = self.take(item).await {
                return end;
            }
            if look_for_nearer && self.arriving.is_none() && Instant::now() >= look_at {
                look_at = Instant::now() + NEARER_EVERY;
                let nearest = self.replica.sources.first();
                if let Some(nearest) = nearest
                    && hello(self.node, nearest).await.is_ok()
                {
                    return End::Nearer;
                }
            }
        }
    }

    async fn open(&self, source: &str) -> Result<Streaming<wire::FeedResponse>, String> {
        let hello = hello(self.node, source).await?;
        if hello.cluster_id.is_empty() {
            return Err("it belongs to no cluster yet".into());
        }
        belong(self.node, &hello.cluster_id)?;
        let mut client = self.node.channels.peer(source).map_err(|bad| bad.to_string())?;
        let from_index = self.node.next_index();
        let opened = tokio::time::timeout(SILENCE_MAX, client.feed(wire::FeedRequest { from_index })).await;
        let opened = opened.map_err(|_| "no answer".to_owned())?;
        opened
            .map(tonic::Response::into_inner)
            .map_err(|status| status.message().to_owned())
    }

    async fn take(&mut self, item: Option<Item>) -> Option<End> {
        let taken = match item {
            Some(Item::Entry(entry)) => match entry_from(entry) {
                Ok(entry) => self.apply(entry).await,
                Err(invalid) => Err(End::Unfit(format!(
                    "an entry was not understood ({invalid}): this node needs the version of its source"
                ))),
            },
            Some(Item::SnapshotBegin(begin)) => self.begin(begin).await,
            Some(Item::SnapshotChunk(chunk)) => self.chunk(&chunk),
            Some(Item::SnapshotEnd(_)) => self.install().await,
            Some(Item::Progress(_)) | None => Ok(()),
        };
        taken.err()
    }

    async fn apply(&mut self, entry: Entry) -> Result<(), End> {
        let index = entry.log_id.index;
        let next = self.node.next_index();
        if index != next {
            return Err(End::Broken(format!(
                "entry {index} came where entry {next} was due"
            )));
        }
        let entries = stream::iter([Ok((entry, None))]);
        let done = RaftStateMachine::<C>::apply(self.machine, entries).await;
        done.map_err(|error| End::Unfit(format!("apply entry {index}: {error}")))?;
        self.keep(index).await
    }

    /// Writes a snapshot now and then, so that a restart goes on from there.
    async fn keep(&mut self, index: u64) -> Result<(), End> {
        let due = *self.replica.snapshot_index.lock() + self.node.config.snapshot_every;
        if index < due {
            return Ok(());
        }
        *self.replica.snapshot_index.lock() = index;
        let mut builder = RaftStateMachine::<C>::get_snapshot_builder(self.machine).await;
        // It holds the state as it is now; entries go on being applied meanwhile.
        tokio::spawn(async move {
            if let Err(error) = RaftSnapshotBuilder::<C>::build_snapshot(&mut builder).await {
                // The next one may work; until then a restart begins further back.
                tracing::error!(%error, log_index = index, "the snapshot could not be written");
            }
        });
        Ok(())
    }

    async fn begin(&mut self, begin: wire::SnapshotBegin) -> Result<(), End> {
        let broken = |status: tonic::Status| End::Broken(status.message().to_owned());
        let id = begin
            .id
            .ok_or_else(|| End::Broken("a snapshot came without its id".into()))?;
        let meta =
            meta_of(&id, begin.membership_log_id.as_ref(), begin.membership.as_ref()).map_err(broken)?;
        let incoming = open(self.replica.snapshots.clone(), id).await.map_err(broken)?;
        self.arriving = Some(Arriving {
            meta,
            incoming,
            offset: 0,
        });
        Ok(())
    }

    fn chunk(&mut self, chunk: &[u8]) -> Result<(), End> {
        let Some(arriving) = &mut self.arriving else {
            return Err(End::Broken(
                "a piece of a snapshot came without its beginning".into(),
            ));
        };
        let begin = arriving.offset;
        arriving.offset += chunk.len() as u64;
        let here = usize::try_from(arriving.incoming.offset().saturating_sub(begin)).unwrap_or(usize::MAX);
        let Some(rest) = chunk.get(here..).filter(|rest| !rest.is_empty()) else {
            return Ok(());
        };
        let written = arriving.incoming.write(begin + here as u64, rest);
        written.map_err(|error| End::Broken(error.to_string()))
    }

    async fn install(&mut self) -> Result<(), End> {
        let Some(arriving) = self.arriving.take() else {
            return Err(End::Broken(
                "the end of a snapshot came without its beginning".into(),
            ));
        };
        let file = finish(arriving.incoming)
            .await
            .map_err(|status| End::Broken(status.message().to_owned()))?;
        let installed = RaftStateMachine::<C>::install_snapshot(self.machine, &arriving.meta, file).await;
        installed.map_err(|error| End::Unfit(format!("install a snapshot: {error}")))?;
        *self.replica.snapshot_index.lock() = self.node.applied();
        Ok(())
    }
}

/// Asks the source who leads, how far it is and how old that is, and keeps the age of this copy from the
/// answers.
pub(crate) async fn follow(node: Arc<Node>) {
    let crate::node::Core::Replica(replica) = &node.core else {
        return;
    };
    let mut sources = replica.source.subscribe();
    let period = node.config.timing.heartbeat.min(ASK_EVERY) * 2;
    loop {
        let source = sources.borrow_and_update().clone();
        let asked_at = Instant::now();
        let answer = match &source {
            Some(source) => hello(&node, source).await.ok(),
            None => None,
        };
        match answer {
            Some(answer) => heard(&node, &answer, asked_at).await,
            None if node.age.cut_off() => node.publish(Leader::Nobody),
            None => {}
        }
        tokio::select! {
            _ = sources.changed() => {}
            () = tokio::time::sleep_until(asked_at + period) => {}
        }
    }
}

async fn heard(node: &Node, answer: &wire::HelloResponse, asked_at: Instant) {
    let age = answer.age_ms.map(Duration::from_millis);
    if let Some(at) = age.and_then(|age| asked_at.checked_sub(age)) {
        node.age.heard(at);
        if tokio::time::timeout(ASK_EVERY, node.wait_applied(answer.index))
            .await
            .is_ok()
        {
            node.age.complete(at);
        }
    }
    let known = answer.leader_id != 0 && !answer.leader_address.is_empty();
    node.publish(if known && !node.age.cut_off() {
        Leader::Other(Known {
            id: answer.leader_id,
            address: answer.leader_address.clone(),
        })
    } else {
        Leader::Nobody
    });
}
