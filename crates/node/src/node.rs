//! A node: started from a configuration, stopped in good order.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_cluster::Cluster;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::auth::Auth;
use crate::config::{Config, Secrets, is_loopback};
use crate::error::StartError;
use crate::guesses::Guesses;
use crate::http::{self, Metrics};
use crate::lines::Lines;
use crate::phones;
use crate::pins::{Cost, Pins};
use crate::secret::Secret;
use crate::server::{incoming, peer_tls, router, server, set_health};
use crate::services::{Gate, Shared};

/// How long connections may take to end once all calls have been answered.
const CONNECTIONS_END_IN: Duration = Duration::from_secs(1);

/// What nodes show each other where no token is configured, which is accepted on loopback only: there it keeps
/// nobody out who could not read the configuration as well.
const LOOPBACK_TOKEN: &str = "loopback";

/// A running node. Dropping it closes its listener at once; [`shutdown`](Self::shutdown) does it in good order.
///
/// ```text
/// start ──► serving ── shutdown ──► draining ──► stopped
///              └─────── fatal (a failed disk, say) ─┘
/// ```
pub struct Node {
    address: SocketAddr,
    shared: Arc<Shared>,
    health: HealthReporter,
    server: JoinHandle<()>,
    http: Option<JoinHandle<()>>,
    http_address: Option<SocketAddr>,
    phones: Option<phones::Running>,
    stop_server: Option<oneshot::Sender<()>>,
    stopped: watch::Receiver<Option<String>>,
    shutdown_timeout: Duration,
}

impl Node {
    /// Starts a node. Returns when it serves; it may then still be waiting to be part of a cluster.
    ///
    /// # Errors
    /// [`StartError`]; each sentence says what to do.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let failed = |source| StartError::Listen {
            listen: config.listen.clone(),
            source,
        };
        let listener = TcpListener::bind(&config.listen).await.map_err(failed)?;
        Self::start_on(config, listener).await
    }

    /// As [`start`](Self::start), on a listener that is bound already: `config.listen` is not looked at. For
    /// several nodes in one process, which have to know each other's ports before any of them starts.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_on(config: Config, listener: TcpListener) -> Result<Self, StartError> {
        config.check()?;
        let secrets = config.secrets()?;
        let failed = |source| StartError::Listen {
            listen: config.listen.clone(),
            source,
        };
        let address = listener.local_addr().map_err(failed)?;
        warn_of_open_doors(&config, &secrets, address);

        let pins = pins(&config, secrets.pepper)?;
        let lines = Lines::of(&config.sip)?;
        let http = http_listener(&config).await?;
        let phones = phones::Bound::new(&config).await?;
        let server = server(&config.tls)?;
        let cluster = Cluster::start(cluster_config(&config, secrets.token.as_ref(), address)?).await?;
        let shared = Arc::new(Shared {
            node_id: config.node.id,
            cluster,
            pins,
            auth: Auth::new(
                secrets.admin_token,
                secrets.edge_token,
                config.auth.allow_vouched_logins,
            ),
            guesses: Guesses::new(&config.limits),
            lines,
            gate: Gate::new(config.limits.calls_max, config.limits.call_timeout),
            metrics: Metrics::default(),
            watchers: Arc::new(Semaphore::new(config.limits.watchers_max as usize)),
        });
        let http_address = http.as_ref().and_then(|listener| listener.local_addr().ok());
        let http = http.map(|listener| http::serve(Arc::clone(&shared), secrets.http_token, listener));
        let phones = phones.map(|bound| bound.serve(Arc::clone(&shared)));
        let health = HealthReporter::new();
        let router = router(
            &shared,
            phones.as_ref().map(phones::Running::phones),
            shared.cluster.routes(),
            &health,
            &config.limits,
            server,
        );
        set_health(&health, ServingStatus::Serving).await;

        let (stopped_sender, stopped) = watch::channel(None);
        let (stop_server, stop) = oneshot::channel::<()>();
        let server = tokio::spawn({
            let (health, fatal) = (health.clone(), shared.cluster.fatal());
            async move {
                let serving = router.serve_with_incoming_shutdown(incoming(listener), async {
                    let _ = stop.await;
                });
                tokio::select! {
                    served = serving => {
                        if let Err(error) = served {
                            tracing::error!(%error, "listener failed");
                            stopped_sender.send_replace(Some(format!("the listener failed: {error}")));
                        }
                    }
                    // The services go on: local reads are still good, and everything else says why not.
                    () = not_serving_once_fatal(&health, fatal, &stopped_sender) => {}
                }
            }
        });
        tracing::info!(node_id = config.node.id, site_id = config.node.site, %address, "node started");
        Ok(Self {
            address,
            shared,
            health,
            server,
            http,
            http_address,
            phones,
            stop_server: Some(stop_server),
            stopped,
            shutdown_timeout: config.limits.shutdown_timeout,
        })
    }

    /// Where the node listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the node answers look-ups over HTTP; `None` where that is off.
    #[must_use]
    pub const fn http_address(&self) -> Option<SocketAddr> {
        self.http_address
    }

    /// Where phones are served: the encrypted listeners first, then the plain ones, in the order of the configuration.
    #[must_use]
    pub fn phones_addresses(&self) -> &[SocketAddr] {
        self.phones.as_ref().map_or(&[], phones::Running::addresses)
    }

    /// Where SIP plug-and-play is answered; `None` where that is off.
    #[must_use]
    pub fn plug_and_play_address(&self) -> Option<SocketAddr> {
        self.phones.as_ref()?.plug_and_play()
    }

    /// The node's part in the cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.shared.cluster
    }

    /// Resolves with the reason when the node can do its work no longer. Never resolves after a shutdown.
    pub fn stopped(&self) -> impl Future<Output = String> + Send + 'static {
        let mut stopped = self.stopped.clone();
        async move {
            let reason = stopped
                .wait_for(Option::is_some)
                .await
                .ok()
                .and_then(|reason| reason.clone());
            match reason {
                Some(reason) => reason,
                None => std::future::pending().await,
            }
        }
    }

    /// Stops in good order: says so to whoever asks for its health, hands leadership over, lets no more calls in,
    /// waits for those that are in (at most `limits.shutdown_timeout_ms`), ends the streams, and closes the log.
    pub async fn shutdown(mut self) {
        tracing::info!(node_id = self.shared.node_id, "node stopping");
        set_health(&self.health, ServingStatus::NotServing).await;
        self.shared.gate.close();
        if let Some(phones) = &mut self.phones {
            phones.shutdown().await;
        }
        if timeout(self.shutdown_timeout, self.shared.gate.empty())
            .await
            .is_err()
        {
            tracing::warn!("calls were cut off by the shutdown");
        }
        self.shared.cluster.shutdown().await;
        if let Some(stop) = self.stop_server.take() {
            // It has ended already when nobody listens.
            let _ = stop.send(());
        }
        // Other nodes keep their streams open for as long as they can.
        let _ = timeout(CONNECTIONS_END_IN, &mut self.server).await;
        tracing::info!(node_id = self.shared.node_id, "node stopped");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.server.abort();
        if let Some(http) = &self.http {
            http.abort();
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("node_id", &self.shared.node_id)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Bound before the cluster is started, so that a port that is taken stops the start.
async fn http_listener(config: &Config) -> Result<Option<TcpListener>, StartError> {
    let Some(listen) = &config.http.listen else {
        return Ok(None);
    };
    match TcpListener::bind(listen).await {
        Ok(listener) => Ok(Some(listener)),
        Err(source) => Err(StartError::Listen {
            listen: listen.clone(),
            source,
        }),
    }
}

async fn not_serving_once_fatal(
    health: &HealthReporter,
    mut fatal: watch::Receiver<Option<String>>,
    stopped: &watch::Sender<Option<String>>,
) {
    let reason = match fatal.wait_for(Option::is_some).await {
        Ok(reason) => reason.clone(),
        // The cluster was shut down, which is no failure.
        Err(_) => None,
    };
    if let Some(reason) = reason {
        tracing::error!(reason, "node stopped working");
        set_health(health, ServingStatus::NotServing).await;
        stopped.send_replace(Some(reason));
    }
    std::future::pending().await
}

fn pins(config: &Config, pepper: Option<Secret>) -> Result<Pins, StartError> {
    let pin = &config.pin;
    let cost = Cost {
        memory_kib: pin.memory_kib,
        iterations: pin.iterations,
    };
    let parallel = match pin.checks_parallel {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        given => given as usize,
    };
    Pins::new(
        cost,
        pepper.unwrap_or_default(),
        parallel,
        pin.checks_queued_max as usize,
    )
    .map_err(|problem| StartError::Config(crate::config::ConfigError::of_key("pin.memory_kib", problem)))
}

fn cluster_config(
    config: &Config,
    token: Option<&Secret>,
    address: SocketAddr,
) -> Result<hotdesk_cluster::Config, StartError> {
    use hotdesk_cluster::Role;
    let cluster = &config.cluster;
    let role = if !cluster.founders.is_empty() {
        Role::Founder {
            founders: cluster.founders.clone(),
        }
    } else if !cluster.join.is_empty() {
        Role::Join {
            addresses: cluster.join.clone(),
        }
    } else {
        Role::Replica {
            addresses: cluster.replica_of.clone(),
        }
    };
    let advertise = config.advertise.clone().unwrap_or_else(|| address.to_string());
    let token = token.map_or(LOOPBACK_TOKEN, Secret::reveal);
    let data_dir = config.node.data_dir.clone();
    let mut made = hotdesk_cluster::Config::new(
        config.node.id,
        &config.node.site,
        &advertise,
        token,
        data_dir,
        role,
    );
    made.tls = peer_tls(&config.tls)?;
    made.timing = hotdesk_cluster::Timing {
        heartbeat: config.timing.heartbeat,
        election_min: config.timing.election_min,
        election_max: config.timing.election_max,
    };
    made.snapshot_every = config.storage.snapshot_every;
    made.keep_log = config.storage.keep_log;
    Ok(made)
}

fn warn_of_open_doors(config: &Config, secrets: &Secrets, address: SocketAddr) {
    if secrets.admin_token.is_none() {
        tracing::warn!(%address, "no auth.admin_token: whoever reaches this address can administer the cluster");
    }
    let http = config.http.listen.as_deref();
    if let (Some(listen), None) = (http.filter(|listen| !is_loopback(listen)), &secrets.http_token) {
        tracing::warn!(
            listen,
            "no http.token: whoever reaches this address can ask who is where"
        );
    }
    if secrets.pepper.is_none() {
        tracing::warn!("no pepper: whoever gets hold of the data can try all short PINs");
    }
    if config.auth.allow_vouched_logins && secrets.admin_token.is_none() {
        tracing::warn!(%address, "whoever reaches this address can log anybody in without a PIN");
    }
}
