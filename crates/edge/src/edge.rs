//! The edge: the table, and one task that watches over it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use hotdesk_client::{Applied, Client, Options, TableOptions, TableState, Tls, Token, WatchedTable};

use crate::config::Config;
use crate::journal::{Journal, Line, What};
use crate::route::{NoRoute, Route};
use crate::sip::{SipEdge, SipStartError};
use crate::standing::{Policy, Standing};

/// A running edge. Cheap to clone; it stops with its last clone.
#[derive(Clone)]
pub struct Edge {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    client: Client,
    table: WatchedTable,
    watcher: JoinHandle<()>,
}

/// Why an edge does not start.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StartError(#[from] hotdesk_client::Error);

/// How an edge is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The office.
    pub site: String,
    /// How the table is fed.
    pub table: TableState,
    /// The log index up to which the table is complete.
    pub index: u64,
    /// How old the table may be; `Duration::MAX` before it has been complete.
    pub age: Duration,
    /// What that means.
    pub standing: Standing,
    /// Users known.
    pub users: usize,
    /// Phones known, in all offices.
    pub devices: usize,
    /// Sessions at this office.
    pub sessions_here: usize,
}

impl Edge {
    /// Starts watching; returns at once. Until a node has been heard from, look-ups find nothing
    /// ([`ready`](Self::ready) waits for that). Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Addresses or certificates that cannot be used. Nodes that do not answer are no error: they are tried
    /// again for as long as the edge runs.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let client = Client::new(client_options(&config)?)?;
        let table_options = TableOptions {
            silence_max: config.silence_max,
            ..TableOptions::default()
        };
        let table = WatchedTable::start(client.clone(), table_options);
        let config = Arc::new(config);
        let applied = table.subscribe();
        let watcher = tokio::spawn(watch(Arc::clone(&config), table.clone(), applied));
        tracing::info!(
            site_id = config.site,
            nodes = config.nodes.join(","),
            "edge started"
        );
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                client,
                table,
                watcher,
            }),
        })
    }

    /// Starts the SIP side, if the configuration has one (`sip.domain`). Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Settings, files, addresses or directories that cannot be used.
    pub fn start_sip(&self) -> Result<Option<SipEdge>, SipStartError> {
        let Inner {
            config,
            table,
            client,
            ..
        } = &*self.inner;
        if !config.has_sip() {
            return Ok(None);
        }
        SipEdge::start(config, client.clone(), table.clone()).map(Some)
    }

    /// Where a call to an extension goes; `None` when nowhere ([`route`](Self::route) says why).
    #[must_use]
    pub fn lookup(&self, extension: &str) -> Option<Route> {
        self.route(extension).ok()
    }

    /// Where a call to an extension goes. Never waits.
    ///
    /// # Errors
    /// Why it goes nowhere.
    pub fn route(&self, extension: &str) -> Result<Route, NoRoute> {
        let Inner { config, table, .. } = &*self.inner;
        let age = table.age();
        let standing = Standing::of(age, config.lease, config.policy);
        match standing {
            Standing::Starting => return Err(NoRoute::Starting),
            Standing::Expired(Policy::Strict) => {
                let lease = config.lease;
                return Err(NoRoute::LeaseExpired { age, lease });
            }
            Standing::Good | Standing::Expired(Policy::Survive) => {}
        }
        let Some(user) = table.by_extension(extension) else {
            let extension = SmolStr::new(extension);
            return Err(NoRoute::UnknownExtension { extension });
        };
        if user.is_empty() {
            let user = SmolStr::new(user.user());
            return Err(NoRoute::NotLoggedIn { user });
        }
        Ok(Route {
            user,
            age,
            unconfirmed: standing != Standing::Good,
        })
    }

    /// How the edge is doing. Counts users and phones, so it is for people and probes, not for each call.
    #[must_use]
    pub fn status(&self) -> Status {
        let Inner { config, table, .. } = &*self.inner;
        let age = table.age();
        let (users, devices) = table.counts();
        Status {
            site: config.site.clone(),
            table: table.state(),
            index: table.index(),
            age,
            standing: Standing::of(age, config.lease, config.policy),
            users,
            devices,
            sessions_here: table.sessions(Some(&config.site)).len(),
        }
    }

    /// Waits until a node has been heard from and the table is complete. Returns whether that was before the
    /// deadline.
    pub async fn ready(&self, deadline: Instant) -> bool {
        self.inner.table.ready(deadline).await
    }

    /// The table itself, for more than calls to extensions.
    #[must_use]
    pub fn table(&self) -> &WatchedTable {
        &self.inner.table
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

fn client_options(config: &Config) -> Result<Options, hotdesk_client::Error> {
    let tls = config.ca_file.as_ref().map(|ca| {
        let identity = config.cert_file.as_deref().zip(config.key_file.as_deref());
        let mut tls = Tls::read(ca, identity)?;
        tls.domain = config.tls_domain.clone();
        Ok::<_, hotdesk_client::Error>(tls)
    });
    let token = config.token_file.as_ref().map(|path| {
        let text = std::fs::read_to_string(path).map_err(|error| hotdesk_client::Error::InvalidOption {
            option: "tls.token_file",
            problem: format!("file {} cannot be read: {error}", path.display()),
        })?;
        Ok::<_, hotdesk_client::Error>(Token::new(text.trim()))
    });
    Ok(Options {
        admin_token: token.transpose()?,
        connect_timeout: config.connect_timeout,
        tls: tls.transpose()?,
        ..Options::new(config.nodes.iter()).with_by(format!("edge:{}", config.site))
    })
}

/// Writes who comes and goes, how old the table is, and what it means when it is too old.
async fn watch(config: Arc<Config>, table: WatchedTable, mut applied: broadcast::Receiver<Applied>) {
    let mut journal = Journal::of(&config.site);
    let mut complete = false;
    let mut standing = Standing::Starting;
    let mut report = pin!(sleep(config.report_every));
    loop {
        let now_is = Standing::of(table.age(), config.lease, config.policy);
        if now_is != standing {
            say(&config, &table, standing, now_is);
            standing = now_is;
        }
        tokio::select! {
            // In this order, so that what has been applied is said before what its age means.
            biased;
            event = applied.recv() => match event {
                Ok(Applied::Entry { events, .. }) => write(&config.site, &journal.entry(&events)),
                Ok(Applied::Replaced { .. }) | Err(RecvError::Lagged(_)) => {
                    let lines = journal.compare(table.sessions(Some(&config.site)));
                    // Those found at the start did not begin now.
                    if complete {
                        write(&config.site, &lines);
                    }
                    complete = true;
                }
                // The table is gone, and with it the edge.
                Err(RecvError::Closed) => return,
            },
            () = sleep_until(next_look(&config, &table)) => {}
            () = &mut report, if !config.report_every.is_zero() => {
                let (age_ms, index, sessions) = (milliseconds(table.age()), table.index(), journal.len());
                tracing::info!(site_id = config.site, age_ms, log_index = index, sessions, "age of the binding table");
                report.as_mut().reset(Instant::now() + config.report_every);
            }
        }
    }
}

/// When the lease runs out if nothing is heard; while it has run out, soon, for what is heard comes without an
/// event of its own.
fn next_look(config: &Config, table: &WatchedTable) -> Instant {
    const LOOK_AGAIN: Duration = Duration::from_millis(50);
    let left = config.lease.saturating_sub(table.age());
    Instant::now() + left.max(LOOK_AGAIN)
}

fn say(config: &Config, table: &WatchedTable, before: Standing, now: Standing) {
    let (site_id, age_ms) = (&config.site, milliseconds(table.age()));
    match (before, now) {
        (_, Standing::Expired(policy)) => tracing::warn!(
            site_id,
            age_ms,
            lease_ms = milliseconds(config.lease),
            %policy,
            why = why(&table.state()),
            "cut off from the cluster for longer than the lease: {}",
            policy.meaning()
        ),
        (Standing::Starting, Standing::Good) => {
            let sessions = table.sessions(Some(site_id)).len();
            tracing::info!(
                site_id,
                age_ms,
                log_index = table.index(),
                sessions,
                "binding table is complete"
            );
        }
        (_, Standing::Good) => tracing::info!(site_id, age_ms, "the cluster has been heard from again"),
        // A table that was complete stays so.
        (_, Standing::Starting) => {}
    }
}

fn why(state: &TableState) -> &str {
    match state {
        TableState::CutOff { problem, .. } => problem,
        TableState::Connecting { problem } => problem.as_deref().unwrap_or("no node has answered"),
        TableState::Live { .. } => "the node has nothing new to tell",
    }
}

fn write(site_id: &str, lines: &[Line]) {
    for Line {
        what,
        user,
        device,
        epoch,
        reason,
    } in lines
    {
        let (user_id, device_id) = (user.as_str(), device.as_str());
        match what {
            What::Began => tracing::info!(user_id, device_id, site_id, epoch, reason, "session began"),
            What::Ended => tracing::info!(user_id, device_id, site_id, epoch, reason, "session ended"),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
