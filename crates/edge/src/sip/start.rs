//! Putting the SIP side together, and taking it down in good order.

mod configured;
mod parts;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotdesk_client::{Client, WatchedTable, v1};
use hotdesk_sip::proxy::Actions;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::app::App;
use super::disk::Disk;
use super::duties::announce;
use super::movements;
use super::report::Report;
use super::settings::Settings;
use super::stack::Stack;
use crate::config::Config;
use crate::http::{HttpConfig, HttpServer, Sources};
use crate::transport::Transports;

use configured::{http_token, ledger, limits, line_key, listen, outgoing, proxy_settings, voicemail_account};
use parts::Parts;

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

/// How often timers that are not a call's are looked at.
const TICK: Duration = Duration::from_millis(200);

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
            app.end_lost_calls(now);
            // Who is in a long call is not idle.
            for (device, epoch) in app.talk.sessions() {
                app.activity.seen(&device, epoch);
            }
        }
        app.report_standing();
        app.perform(out);
    }
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
    let token = http_token(config)?;
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
