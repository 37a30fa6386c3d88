//! Putting the SIP side together, and taking it down in good order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hotdesk_client::{Client, WatchedTable, v1};
use hotdesk_sip::digest::{
    Brake, BrakeSettings, Challenger, Settings as DigestSettings, ThrottleSettings, UriCheck,
};
use hotdesk_sip::event::{
    Dialogs, DialogsLimits, Ids, Notifier, NotifierSettings, Subscriber, SubscriberSettings,
};
use hotdesk_sip::proxy::{Actions, ListenerInfo, Settings as ProxySettings};
use hotdesk_sip::secret::LineKey;
use hotdesk_sip::trace::{Bounds, Detail, Redactor};
use hotdesk_store::Ledger;
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::app::{App, TICK, TraceBudget, now_ms};
use super::disk::Disk;
use super::duties::{Activity, Serving, announce};
use super::emergency::Emergency;
use super::hosts::Hosts;
use super::lamps::Lamps;
use super::locations::{KEY_PREFIX, Locations};
use super::meter::Meter;
use super::movements;
use super::notable::Notable;
use super::party::Tokens;
use super::peers::Peers;
use super::report::Report;
use super::settings::Settings;
use super::stack::Stack;
use super::starcodes::StarCodes;
use super::trunks::Trunks;
use crate::calls::{Records, Rotation, Traces};
use crate::config::Config;
use crate::http::{HttpConfig, HttpServer, Metrics, Sources, Token};
use crate::phones::Phones;
use crate::standing::Standing;
use crate::starcode::Voice;
use crate::transport::{Emergency as EmergencyPeek, Limits, ListenConfig, OutgoingTls, TlsFiles, Transports};

/// Why the SIP side does not start.
#[derive(Debug, thiserror::Error)]
pub enum SipStartError {
    /// A setting that cannot be used.
    #[error("{0}")]
    Setting(String),
    /// A file that cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The directory of the registrations.
    #[error("the registrations cannot be opened: {0}")]
    Ledger(String),
    /// A listener.
    #[error(transparent)]
    Transport(#[from] crate::transport::StartError),
    /// The status page.
    #[error(transparent)]
    Http(#[from] crate::http::StartError),
}

/// The running SIP side of an edge.
pub struct SipEdge {
    app: Arc<App>,
    stack: Arc<Stack>,
    transports: Transports,
    http: Option<HttpServer>,
    ledger: Option<Arc<Disk>>,
    tasks: Vec<JoinHandle<()>>,
}

impl SipEdge {
    /// Starts listening. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Settings, files, addresses or directories that cannot be used; nothing is left running then.
    pub fn start(config: &Config, client: Client, table: WatchedTable) -> Result<Self, SipStartError> {
        let runtime = Handle::current();
        let mut settings = Settings::of(config);
        settings.voicemail_account = voicemail_account(config)?;
        let key = line_key(config)?;
        let (ledger, stored) = ledger(config)?;
        let transports = Transports::bind(listen(config), outgoing(config), limits(config), &runtime)?;
        let infos = transports.listeners().to_vec();
        let proxy = proxy_settings(config, &infos);
        let stack = Arc::new(Stack::new(proxy, config.sip.shards, transports.clone()));
        let parts = Parts {
            config,
            settings,
            key,
            ledger: ledger.clone(),
            stored,
            client,
            table,
            infos,
            transports: transports.clone(),
            runtime: runtime.clone(),
        };
        let app = Arc::new(parts.app()?);
        // Set once, here.
        let _ = app.stack.set(Arc::downgrade(&stack));
        stack.set_app(Arc::clone(&app));
        let http = http(config, &app, &stack, &runtime)?;
        let mut edge = Self {
            app,
            stack,
            transports,
            http,
            ledger,
            tasks: Vec::new(),
        };
        edge.begin_duties(config, &runtime);
        edge.transports
            .serve(Arc::clone(&edge.stack) as Arc<dyn crate::transport::Handler>)?;
        tracing::info!(
            edge_id = %edge.app.settings.edge,
            domain = %edge.app.settings.domain,
            listeners = edge.addresses().iter().map(|(what, at)| format!("{what} {at}")).collect::<Vec<_>>().join(", "),
            registrations = edge.app.locations.len(),
            "SIP is served"
        );
        Ok(edge)
    }

    /// Where the edge listens: transport and bound address.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let listeners = self.transports.listeners().iter();
        listeners
            .map(|listener| (listener.transport.parameter(), listener.local))
            .collect()
    }

    /// Where the status page is.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(HttpServer::local)
    }

    /// How many contacts are registered here.
    #[must_use]
    pub fn registrations(&self) -> usize {
        self.app.locations.len()
    }

    /// Reads all certificates again.
    ///
    /// # Errors
    /// When one cannot be used: the old ones stay in use.
    pub fn reload_certificates(&self) -> Result<(), crate::transport::CertificateError> {
        self.transports.reload_certificates()
    }

    /// Opens the file of call records anew, after something else has moved it away.
    pub fn reopen_records(&self) {
        if let Some(records) = &self.app.records {
            records.reopen();
        }
    }

    /// Stops listening and writes everything to the disk. Calls that go on find their way again after a restart.
    pub async fn stop(mut self) {
        self.transports.stop().await;
        if let Some(http) = self.http.take() {
            http.stop().await;
        }
        for task in self.tasks.drain(..) {
            task.abort();
            // Cancelled, or ended before.
            let _ = task.await;
        }
        let Some(ledger) = self.ledger.take() else {
            return;
        };
        let closed = tokio::task::spawn_blocking(move || ledger.close()).await;
        if !matches!(closed, Ok(Ok(()))) {
            tracing::error!(problem = ?closed, "the registrations were not all written");
        }
    }

    fn begin_duties(&mut self, config: &Config, runtime: &Handle) {
        let app = &self.app;
        let mut spawn = |task: JoinHandle<()>| self.tasks.push(task);
        spawn(runtime.spawn(Arc::clone(&app.hosts).follow()));
        spawn(runtime.spawn(movements::follow(Arc::clone(app), app.table.subscribe())));
        spawn(runtime.spawn(Arc::clone(&app.serving).report(app.client.clone())));
        let every = config.activity_report_every;
        spawn(runtime.spawn(Arc::clone(&app.activity).report(app.client.clone(), every)));
        spawn(runtime.spawn(tick(Arc::clone(app))));
        spawn(runtime.spawn(super::phones::follow(Arc::clone(app), app.table.subscribe())));
        spawn(runtime.spawn(Arc::clone(&app.phones.reports).report(app.client.clone())));
        if let Some(uri) = &config.announce.uri {
            let edge = v1::Edge {
                id: app.settings.edge.to_string(),
                site: config.site.clone(),
                uri: uri.to_string(),
            };
            spawn(runtime.spawn(announce(app.client.clone(), app.table.clone(), edge)));
        }
    }
}

/// What the edge looks after by itself.
async fn tick(app: Arc<App>) {
    const REVIEW_EVERY: Duration = Duration::from_secs(60);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut review = Instant::now();
    loop {
        ticks.tick().await;
        let now = Instant::now();
        let mut out = Actions::new();
        app.lamps_timeout(now, &mut out);
        app.probe_trunks(&mut out);
        for changed in app.locations.expire() {
            tracing::info!(aor = %changed.aor, reason = "expired", "registration changed");
            app.tell_registration(&changed.aor, &changed.changes, &mut out);
            app.phone_gone(&changed.aor);
        }
        let due = app.emergency.due();
        if due || now >= review {
            review = now + REVIEW_EVERY;
            let released = app.emergency.review();
            app.released(&released, &mut out);
            app.end_lost_calls();
            // Who is in a long call is not idle.
            for (device, epoch) in app.talk.sessions() {
                app.activity.seen(&device, epoch);
            }
        }
        app.report_standing();
        app.perform(out);
    }
}

struct Parts<'a> {
    config: &'a Config,
    settings: Settings,
    key: LineKey,
    ledger: Option<Arc<Disk>>,
    stored: Vec<(Vec<u8>, Vec<u8>)>,
    client: Client,
    table: WatchedTable,
    infos: Vec<ListenerInfo>,
    transports: Transports,
    runtime: Handle,
}

impl Parts<'_> {
    fn app(self) -> Result<App, SipStartError> {
        let Self {
            config,
            settings,
            key,
            ledger,
            stored,
            client,
            table,
            infos,
            transports,
            runtime,
        } = self;
        let (hosts, notable): (Arc<Hosts>, Arc<Notable>) = Default::default();
        let setting = SipStartError::Setting;
        let trunks =
            Trunks::new(&config.trunks, Arc::clone(&hosts), &infos, Arc::clone(&notable)).map_err(setting)?;
        let trusted = config.security.trusted_peers.clone();
        let edge = settings.edge.clone();
        let peers = Peers::new(table.clone(), Arc::clone(&hosts), &infos, edge.clone(), trusted);
        let redactor = Redactor::new(&config.dialplan.star_codes.login);
        let records = config.calls.cdr_file.as_ref().map(|path| {
            Records::start(path, Rotation::default(), redactor.clone()).map_err(|source| {
                SipStartError::File {
                    path: path.clone(),
                    source,
                }
            })
        });
        let bounds = Bounds {
            calls: config.calls.traces_max,
            ..Bounds::default()
        };
        let find = |key: &[u8]| {
            stored
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value.clone())
        };
        let emergencies = find(super::emergency::KEY);
        let contacts = stored.iter().filter_map(|(name, value)| {
            let aor = name.strip_prefix(KEY_PREFIX)?;
            Some((SmolStr::new(std::str::from_utf8(aor).ok()?), value.clone()))
        });
        let subscriptions: Vec<_> = stored
            .iter()
            .filter_map(|(name, value)| {
                let id = name.strip_prefix(super::lamps::KEY_PREFIX)?;
                Some((std::str::from_utf8(id).ok()?.to_owned(), value.clone()))
            })
            .collect();
        let notifier = restored(subscriptions);
        let metrics = Metrics::new();
        let mut digest = DigestSettings::new(config.sip.realm());
        // Which counts were used with older nonces is forgotten with the process that saw them.
        digest.not_before_ms = now_ms();
        // Looked at where the edge's own names are known (`sender.rs`).
        digest.uri_check = UriCheck::None;
        Ok(App {
            plan: config.dialplan.clone(),
            challenger: Challenger::new(digest, key.nonce_key(&edge)),
            brake: Mutex::new(brake(config)),
            gruu_key: key.gruu_key(),
            passes: key.edge_passes(),
            tokens: Tokens::new(&key.dialog_key(&edge)[..]),
            locations: Locations::new(ledger.clone(), contacts.collect()),
            emergency: Emergency::new(
                config.dialplan.emergency.clone(),
                settings.site.clone(),
                emergencies.as_deref(),
                ledger.clone(),
                client.clone(),
                runtime.clone(),
            ),
            notable,
            standing_told: Mutex::new(Standing::Starting),
            meter: Meter::new(config.security.requests_per_source_max),
            calls: Mutex::new(Dialogs::new(DialogsLimits::default())),
            legs: super::legs::Legs::default(),
            talk: super::talk::Talk::default(),
            ended: movements::Ended::default(),
            deferred: Mutex::default(),
            lamps: Lamps::new(
                notifier,
                Subscriber::new(SubscriberSettings::default(), Ids::new(random_key())),
                ledger,
            ),
            serving: Arc::new(Serving::new(edge, table.clone())),
            activity: Arc::new(Activity::default()),
            star_codes: StarCodes::new(
                Voice::new(crate::starcode::Settings::default(), runtime.clone()),
                client.clone(),
                table.clone(),
            ),
            phones: Phones::new(config.phones.clone(), &metrics),
            metrics,
            records: records.transpose()?,
            traces: Arc::new(Traces::new(bounds, Detail::default(), redactor)),
            traced: TraceBudget::default(),
            listeners: infos,
            stack: OnceLock::new(),
            settings,
            key,
            client,
            table,
            hosts,
            trunks,
            peers,
            transports,
            runtime,
        })
    }
}

fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    fastrand::Rng::new().fill(&mut key);
    key
}

fn restored(records: Vec<(String, Vec<u8>)>) -> Notifier {
    let mut notifier = Notifier::new(NotifierSettings::default(), Ids::new(random_key()));
    for (id, record) in records {
        if let Err(error) = notifier.restore(&id, &record, Instant::now(), now_ms()) {
            tracing::warn!(%error, "a subscription on the disk cannot be read; the watcher will subscribe again");
        }
    }
    notifier
}

fn voicemail_account(config: &Config) -> Result<Option<(String, String)>, SipStartError> {
    let (Some(username), Some(path)) = (&config.voicemail_username, &config.voicemail_password_file) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(|source| SipStartError::File {
        path: path.clone(),
        source,
    })?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Some((username.to_string(), password)))
}

fn line_key(config: &Config) -> Result<LineKey, SipStartError> {
    let Some(path) = &config.sip.key_file else {
        return Err(SipStartError::Setting(
            "sip.key_file must be set: the file with the line key, the same at all nodes and edges; make one with \
             `openssl rand -hex 32`"
                .into(),
        ));
    };
    let bytes = std::fs::read(path).map_err(|source| SipStartError::File {
        path: path.clone(),
        source,
    })?;
    LineKey::read(&bytes)
        .map_err(|error| SipStartError::Setting(format!("sip.key_file {}: {error}", path.display())))
}

type Stored = Vec<(Vec<u8>, Vec<u8>)>;

fn ledger(config: &Config) -> Result<(Option<Arc<Disk>>, Stored), SipStartError> {
    let Some(dir) = &config.registrar.data_dir else {
        return Ok((None, Vec::new()));
    };
    let (ledger, entries) = Ledger::open(dir).map_err(|error| SipStartError::Ledger(error.to_string()))?;
    Ok((Some(Arc::new(Disk::new(ledger))), entries))
}

fn listen(config: &Config) -> Vec<ListenConfig> {
    let one = |listen: &crate::config::Listen| ListenConfig {
        transport: listen.transport,
        address: listen.address,
        advertise: listen.advertise.clone(),
        tls: listen
            .cert_file
            .clone()
            .zip(listen.key_file.clone())
            .map(|(cert, key)| TlsFiles {
                cert,
                key,
                client_ca: listen.client_ca_file.clone(),
                require_client: listen.require_client,
            }),
        workers: config.sip.workers,
    };
    config.sip.listen.iter().map(one).collect()
}

fn outgoing(config: &Config) -> OutgoingTls {
    let tls = &config.sip.tls_outgoing;
    OutgoingTls {
        ca: tls.ca_file.clone().or_else(system_authorities),
        identity: tls.cert_file.clone().zip(tls.key_file.clone()),
    }
}

/// The file with the authorities that the operating system trusts, where there is one.
fn system_authorities() -> Option<PathBuf> {
    // Debian and its kin, Red Hat and its kin, Alpine and the BSDs.
    const FILES: [&str; 3] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];
    FILES.map(PathBuf::from).into_iter().find(|file| file.is_file())
}

fn limits(config: &Config) -> Limits {
    let (plan, numbers) = (config.dialplan.emergency.clone(), config.dialplan.numbers.clone());
    Limits {
        connections_max: config.sip.connections_max,
        connections_per_source_max: config.sip.connections_per_source_max,
        emergency: EmergencyPeek::new(move |user| {
            super::emergency_call::is_emergency_number(&plan, &numbers, user)
        }),
        ..Limits::default()
    }
}

/// Finished transactions are remembered for half a minute, those under way for moments: so many more there are.
const FINISHED_PER_PENDING: usize = 4;

/// The settings of one shard: it has its share of what the whole edge may hold.
fn proxy_settings(config: &Config, infos: &[ListenerInfo]) -> ProxySettings {
    let transactions_max = config.sip.transactions_max.div_ceil(config.sip.shards.max(1));
    let mut loop_key = [0; 16];
    fastrand::Rng::new().fill(&mut loop_key);
    ProxySettings {
        listeners: infos.to_vec(),
        server: config.sip.server.clone(),
        t1: config.sip.t1,
        t2: config.sip.t2,
        t4: config.sip.t4,
        timer_c: config.sip.timer_c,
        loop_key,
        transactions_max,
        finished_max: transactions_max * FINISHED_PER_PENDING,
        ..ProxySettings::default()
    }
}

fn brake(config: &Config) -> Brake {
    let security = &config.security;
    let account = ThrottleSettings {
        free: security.failures_free,
        first_delay: security.failure_delay,
        delay_max: security.failure_delay_max,
        forgive_after: security.forgive_after,
        ..BrakeSettings::default().account
    };
    // An office behind one address has many who mistype.
    let source = ThrottleSettings {
        free: account.free.saturating_mul(4),
        ..account
    };
    Brake::new(BrakeSettings { source, account })
}

fn http(
    config: &Config,
    app: &Arc<App>,
    stack: &Arc<Stack>,
    runtime: &Handle,
) -> Result<Option<HttpServer>, SipStartError> {
    let Some(listen) = config.http.listen else {
        return Ok(None);
    };
    let token = match &config.http.token_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| SipStartError::File {
                path: path.clone(),
                source,
            })?;
            let empty = || SipStartError::Setting(format!("http.token_file {} is empty", path.display()));
            Some(Token::new(&text).ok_or_else(empty)?)
        }
        None => None,
    };
    let report = Arc::new(Report::new(Arc::clone(app), Arc::downgrade(stack)));
    report.measure();
    let sources = Sources {
        metrics: app.metrics.clone(),
        status: report,
        calls: Arc::clone(&app.traces) as Arc<dyn crate::http::CallSource>,
    };
    Ok(Some(HttpServer::start(
        &HttpConfig { listen, token },
        sources,
        runtime,
    )?))
}
