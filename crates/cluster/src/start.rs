//! Putting a node together.

use std::sync::Arc;

use hotdesk_core::State;
use hotdesk_store::types::NodeId;
use hotdesk_store::{DataDir, Expect, LogOptions, Machine, Observer, SledLog, SnapshotDir, StateHandle};
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::Fatal;
use openraft::impls::TokioRuntime;
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::age::Age;
use crate::channel::Channels;
use crate::config::{Config, Role};
use crate::error::StartError;
use crate::identity::Identity;
use crate::leadership::Leader;
use crate::network::Network;
use crate::node::{Core, Node, PeerLines, RaftCore, RaftWriter};
use crate::propose::{Dispatcher, Proposer, Stop, Writer};
use crate::read::Reader;
use crate::replica::Replica;
use crate::types::{C, Raft, StateMachine};
use crate::watch::{Guard, Hub};
use crate::{duties, found, leadership, replica, snapshot_duty};

/// See [`Cluster::start`](crate::Cluster::start).
pub(crate) async fn start(config: Config) -> Result<Arc<Node>, StartError> {
    check(&config)?;
    let hub = Hub::new(&config.limits);
    let opened = open(&config, &hub).await?;
    hub.start_at(opened.state.read(State::index));

    let identity = Arc::new(Identity::new(opened.dir));
    let channels = Arc::new(Channels::new(&config, Arc::clone(&identity))?);
    let leader = watch::Sender::new(Leader::Nobody);
    let stop = watch::Sender::new(Stop::No);
    let (proposer, queue) = Proposer::new(config.limits.proposals, leader.subscribe(), stop.subscribe());
    let (reader, questions) = Reader::new();
    let lines = Arc::new(PeerLines(Arc::clone(&channels)));

    let mut machine = None;
    let mut raft = None;
    let core = match opened.storage {
        Storage::Raft {
            log,
            machine,
            snapshots,
        } => {
            let network = Network::new(config.node_id, Arc::clone(&channels), config.timing.election_max);
            let core = start_raft(&config, network, log, machine, snapshots).await?;
            let initialized = core.silence.is_some();
            raft = Some((core.raft.clone(), initialized));
            Core::Raft(Box::new(core))
        }
        Storage::Replica {
            machine: its,
            snapshots,
            sources,
        } => {
            machine = Some(its);
            let index = opened.state.last_applied().map_or(0, |id| id.index);
            Core::Replica(Replica::new(sources, snapshots, index))
        }
    };
    let writer = raft
        .as_ref()
        .map(|(raft, _)| Arc::new(RaftWriter(raft.clone())) as Arc<dyn Writer>);
    let dispatcher = Dispatcher::new(
        config.node_id,
        queue,
        writer,
        lines,
        leader.subscribe(),
        stop.subscribe(),
    );

    let node = Arc::new(Node {
        age: Age::new(config.timing.election_max),
        config,
        core,
        state: opened.state,
        hub,
        identity,
        channels,
        proposer,
        reader,
        leader,
        stop,
        fatal: watch::Sender::new(None),
        waiting_for: Mutex::default(),
        tasks: Mutex::default(),
        dispatching: Mutex::default(),
    });
    *node.dispatching.lock() = Some(tokio::spawn(dispatcher.run()));
    node.spawn(questions.run(Arc::downgrade(&node)));
    let machine_gone = opened.machine_gone;
    let watched = Arc::clone(&node);
    node.spawn(async move {
        let _ = machine_gone.await;
        if *watched.stop.borrow() == Stop::No {
            watched.fail("the state machine has stopped; the log says why".into());
        }
    });
    if let Some((raft, initialized)) = raft {
        node.spawn(leadership::follow(Arc::clone(&node), raft.clone()));
        node.spawn(duties::lead(Arc::clone(&node), raft.clone()));
        if let Core::Raft(core) = &node.core {
            node.spawn(snapshot_duty::bound_the_log(
                Arc::clone(&node),
                raft.clone(),
                core.monitor.clone(),
            ));
        }
        node.spawn(found::settle(Arc::clone(&node), raft.clone(), initialized));
        node.spawn(watch_for_failure(Arc::clone(&node), raft));
    }
    if let Some(machine) = machine {
        node.spawn(replica::run(Arc::clone(&node), machine));
        node.spawn(replica::follow(Arc::clone(&node)));
    }
    Ok(node)
}

fn check(config: &Config) -> Result<(), StartError> {
    let wrong = |field, problem: &str| {
        Err(StartError::Config {
            field,
            problem: problem.to_owned(),
        })
    };
    if config.node_id == 0 {
        return wrong("node_id", "must not be 0");
    }
    if config.advertise.is_empty() {
        return wrong(
            "advertise",
            "must be the host:port at which other nodes reach this one",
        );
    }
    if config.token.0.is_empty() {
        return wrong("token", "must not be empty: whoever knows it may speak as a node");
    }
    match &config.role {
        Role::Founder { founders } => match founders.get(&config.node_id) {
            None => wrong("founders", "must hold this node too"),
            Some(address) if *address != config.advertise => {
                wrong("founders", "must hold this node with the address in `advertise`")
            }
            Some(_) => Ok(()),
        },
        Role::Join { .. } => Ok(()),
        Role::Replica { addresses } if addresses.is_empty() => {
            wrong("addresses", "must name at least one core node to be fed by")
        }
        Role::Replica { .. } => Ok(()),
    }
}

/// What a data directory holds.
struct Opened {
    dir: DataDir,
    state: StateHandle,
    storage: Storage,
    /// Told when the state machine is dropped.
    machine_gone: oneshot::Receiver<()>,
}

enum Storage {
    Raft {
        log: SledLog<TokioRuntime>,
        machine: StateMachine,
        snapshots: SnapshotDir,
    },
    Replica {
        machine: StateMachine,
        snapshots: SnapshotDir,
        sources: Vec<String>,
    },
}

/// Opens everything; on a thread that may block, as a large log or snapshot takes seconds.
async fn open(config: &Config, hub: &Hub) -> Result<Opened, StartError> {
    let path = config.data_dir.clone();
    let expect = Expect {
        node_id: config.node_id,
        cluster_id: None,
    };
    let role = config.role.clone();
    let (guard, machine_gone) = Guard::new(hub.clone());
    let observer: Arc<dyn Observer> = Arc::new(guard);
    let opening = tokio::task::spawn_blocking(move || -> Result<Opened, StartError> {
        let dir = DataDir::open(path, expect)?;
        let snapshots = SnapshotDir::open(&dir)?;
        let (machine, state) = Machine::open(snapshots.clone(), observer, dir.cluster_id())?;
        let storage = match role {
            Role::Replica { addresses } => Storage::Replica {
                machine,
                snapshots,
                sources: addresses,
            },
            Role::Founder { .. } | Role::Join { .. } => Storage::Raft {
                log: SledLog::open(&dir, LogOptions::default())?,
                machine,
                snapshots,
            },
        };
        Ok(Opened {
            dir,
            state,
            storage,
            machine_gone,
        })
    });
    opening
        .await
        .map_err(|_| StartError::Consensus("opening the data directory panicked".into()))?
}

async fn start_raft(
    config: &Config,
    network: Network,
    log: SledLog<TokioRuntime>,
    machine: StateMachine,
    snapshots: SnapshotDir,
) -> Result<RaftCore, StartError> {
    let consensus = config.consensus().map_err(|error| StartError::Config {
        field: "timing",
        problem: error.to_string(),
    })?;
    let (reader, monitor) = (log.reader(), log.monitor());
    let id: NodeId = config.node_id;
    let failed = |error: Fatal<C>| StartError::Consensus(error.to_string());
    let raft = Raft::new(id, Arc::new(consensus), network, log, machine)
        .await
        .map_err(failed)?;
    let initialized = raft.is_initialized().await.map_err(failed)?;
    Ok(RaftCore {
        raft,
        log: reader,
        monitor,
        snapshots,
        silence: initialized.then_some(config.timing.election_min),
    })
}

/// Notices when consensus stops by itself.
async fn watch_for_failure(node: Arc<Node>, raft: Raft) {
    let mut metrics = raft.metrics();
    let why = loop {
        if let Err(fatal) = &metrics.borrow_and_update().running_state {
            break fatal.to_string();
        }
        if metrics.changed().await.is_err() {
            break "consensus is gone".to_owned();
        }
    };
    if *node.stop.borrow() == Stop::No {
        node.fail(why);
    }
}
