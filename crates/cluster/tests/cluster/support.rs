//! Nodes in one process, each with its own runtime: taking the runtime away is the closest to `kill -9` that
//! one process can do to a part of itself.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hotdesk_cluster::{Cluster, Config, Decision, Local, ProposeError, ReadError, Role, StartError, Timing};
use hotdesk_core::{
    Action, Actor, Command, Device, DeviceId, Done, RequestId, Site, SiteId, User, UserId, UserName,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

pub(crate) const TOKEN: &str = "a token for tests";

/// A node that listens.
pub(crate) struct Office {
    pub(crate) cluster: Cluster,
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

/// Where nodes keep their data; gone at the end.
pub(crate) struct World {
    dir: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        // RUST_LOG=hotdesk_cluster=debug says what the nodes do.
        let log =
            tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env());
        let _ = log.with_test_writer().try_init();
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(crate) fn path(&self, id: u64) -> PathBuf {
        self.dir.path().join(format!("node-{id}"))
    }

    pub(crate) fn config(&self, id: u64, address: SocketAddr, role: Role) -> Config {
        let site = format!("site-{id}");
        let mut config = Config::new(id, &site, &address.to_string(), TOKEN, self.path(id), role);
        config.timing = Timing::fast();
        config
    }

    /// Starts founders 1 to `count` and waits until all of them are ready.
    pub(crate) fn found(&self, count: u64, adjust: impl Fn(&mut Config)) -> Vec<Office> {
        let listeners: BTreeMap<u64, Seat> = (1..=count).map(|id| (id, Seat::take(None))).collect();
        let founders = listeners
            .iter()
            .map(|(id, seat)| (*id, seat.address.to_string()))
            .collect();
        let role = Role::Founder { founders };
        let mut offices = Vec::new();
        for (id, seat) in listeners {
            let mut config = self.config(id, seat.address, role.clone());
            adjust(&mut config);
            offices.push(Office::start(seat, config).expect("start"));
        }
        for office in &offices {
            office.wait_ready();
        }
        offices
    }
}

/// A runtime and a listener, before there is a node.
pub(crate) struct Seat {
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    listener: TcpListener,
}

impl Seat {
    /// On any free port, or on the one that a node had before.
    pub(crate) fn take(address: Option<SocketAddr>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let wanted = address.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
        // A port that was used a moment ago may take a moment.
        let listener = eventually("the port is free", || {
            runtime.block_on(TcpListener::bind(wanted)).ok()
        });
        let address = listener.local_addr().expect("an address");
        Self {
            address,
            runtime,
            listener,
        }
    }
}

impl Office {
    pub(crate) fn start(seat: Seat, config: Config) -> Result<Self, StartError> {
        Self::start_with(seat, config, |server| server)
    }

    /// The same with a server of one's own.
    pub(crate) fn start_with(
        seat: Seat,
        config: Config,
        adjust: impl FnOnce(Server) -> Server,
    ) -> Result<Self, StartError> {
        let Seat {
            address,
            runtime,
            listener,
        } = seat;
        let cluster = runtime.block_on(Cluster::start(config))?;
        let server = Server::builder()
            .tcp_nodelay(true)
            .http2_keepalive_interval(Some(Duration::from_secs(2)));
        let server = adjust(server)
            .add_routes(cluster.routes())
            .serve_with_incoming(TcpListenerStream::new(listener));
        runtime.spawn(server);
        Ok(Self {
            cluster,
            address,
            runtime: Some(runtime),
        })
    }

    /// Starts what was stopped or killed, in the same directory at the same address.
    pub(crate) fn restart(world: &World, id: u64, address: SocketAddr, adjust: impl Fn(&mut Config)) -> Self {
        let role = Role::Founder {
            founders: BTreeMap::from([(id, address.to_string())]),
        };
        let mut config = world.config(id, address, role);
        adjust(&mut config);
        // The old node's threads may hold the directory for a moment longer.
        eventually("the directory is free", || {
            match Self::start(Seat::take(Some(address)), config.clone()) {
                Ok(office) => Some(office),
                Err(StartError::Open(hotdesk_store::OpenError::InUse { .. })) => None,
                Err(error) => panic!("start node {id} again: {error}"),
            }
        })
    }

    /// Runs something on the node's own runtime.
    pub(crate) fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let runtime = self.runtime.as_ref().expect("the node runs");
        runtime.block_on(runtime.spawn(work)).expect("no panic")
    }

    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.as_ref().expect("the node runs").spawn(work)
    }

    pub(crate) fn wait_ready(&self) {
        let cluster = self.cluster.clone();
        let ready = self.run(async move { cluster.wait_ready(in_secs(20)).await });
        assert!(
            ready,
            "node {} is not ready: {:?}",
            self.cluster.node_id(),
            self.cluster.status()
        );
    }

    pub(crate) fn propose(&self, command: Command, limit: Duration) -> Result<Decision, ProposeError> {
        let cluster = self.cluster.clone();
        self.run(async move { cluster.propose(command, Instant::now() + limit).await })
    }

    /// Proposes and expects it to be done.
    pub(crate) fn done(&self, command: Command) -> (Done, u64) {
        let what = command.action.name();
        let decision = self.propose(command, Duration::from_secs(10));
        let decision =
            decision.unwrap_or_else(|error| panic!("{what} at node {}: {error}", self.cluster.node_id()));
        match &*decision.outcome {
            Ok(done) => (done.clone(), decision.index),
            Err(refusal) => panic!("{what}: {refusal:?}"),
        }
    }

    pub(crate) fn read_barrier(&self, limit: Duration) -> Result<u64, ReadError> {
        let cluster = self.cluster.clone();
        self.run(async move { cluster.read_barrier(Instant::now() + limit).await })
    }

    /// The state after a barrier.
    pub(crate) fn linearizable(&self) -> Local {
        let index = self.read_barrier(Duration::from_secs(10)).expect("a barrier");
        let local = self.cluster.local();
        assert!(
            local.index >= index,
            "applied {} but read at {index}",
            local.index
        );
        local
    }

    /// Stops it in order.
    pub(crate) fn shutdown(mut self) {
        let cluster = self.cluster.clone();
        self.run(async move { cluster.shutdown().await });
        self.kill_runtime();
    }

    /// Stops it without a word.
    pub(crate) fn kill(mut self) {
        self.kill_runtime();
    }

    fn kill_runtime(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.kill_runtime();
    }
}

pub(crate) fn in_secs(secs: u64) -> Instant {
    Instant::now() + Duration::from_secs(secs)
}

/// Waits until something is there.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = in_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within 30 seconds: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// The office that leads.
pub(crate) fn leader(offices: &[Office]) -> usize {
    eventually("there is a leader", || {
        offices.iter().position(|office| office.cluster.is_leader())
    })
}

/// Any office that does not lead.
pub(crate) fn follower(offices: &[Office]) -> usize {
    let leader = leader(offices);
    (0..offices.len())
        .find(|office| *office != leader)
        .expect("more than one office")
}

pub(crate) fn command(id: u128, action: Action) -> Command {
    Command {
        request_id: Some(RequestId(id)),
        actor: Actor("test".into()),
        action,
    }
}

pub(crate) fn put_site(id: u128) -> Command {
    command(id, Action::PutSite(site(&format!("office-{id}"))))
}

pub(crate) fn site(id: &str) -> Site {
    Site {
        name: id.into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "Main Street 1".into(),
        ..Site::new(SiteId::parse(id).expect("a site id"))
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        display_name: id.into(),
        ..User::new(UserId::parse(id).expect("a user id"))
    }
}

pub(crate) fn device(id: &str, site: &str) -> Device {
    let site = SiteId::parse(site).expect("a site id");
    Device {
        desk: "12".into(),
        model: "test".into(),
        ..Device::new(DeviceId::parse(id).expect("a device id"), site)
    }
}

pub(crate) fn login(id: u128, user: &str, device: &str) -> Command {
    command(
        id,
        Action::Login {
            user: UserName::parse(user).expect("a user name"),
            device: DeviceId::parse(device).expect("a device id"),
            credential_version: None,
        },
    )
}

/// A site, one user and two phones.
pub(crate) fn furnish(office: &Office) {
    office.done(command(1 << 64, Action::PutSite(site("chicago"))));
    office.done(command(2 << 64, Action::PutUser(user("ada"))));
    office.done(command(3 << 64, Action::PutDevice(device("desk-1", "chicago"))));
    office.done(command(4 << 64, Action::PutDevice(device("desk-2", "chicago"))));
}

/// The whole state as bytes, for comparing copies.
pub(crate) fn bytes_of(office: &Office) -> Vec<u8> {
    let state = office.cluster.state_handle();
    let mut bytes = Vec::new();
    state.write_snapshot(&mut bytes).expect("write to memory");
    bytes
}

/// All offices have the same state, to the byte.
pub(crate) fn assert_agreement(offices: &[&Office]) {
    for office in offices {
        office.read_barrier(Duration::from_secs(20)).expect("a barrier");
    }
    eventually("all copies are the same", || {
        let mut copies = offices.iter().map(|office| bytes_of(office));
        let first = copies.next()?;
        copies.all(|copy| copy == first).then_some(())
    });
}
