//! What phones and the people in front of them meet: documents, login pages, enrolment.
//!
//! Served on listeners of their own (`listen.rs`), from this node's copy of the state. What a phone shows is made by
//! the pure crate `hotdesk_phone`; here is who may ask for it, and what is told to the cluster afterwards.
//!
//! | path | what |
//! |---|---|
//! | `/p/<token>/<file>` | documents of an enrolled phone; the token is the phone's own secret |
//! | `/p/<token>/app` | its login application |
//! | `/e/<token>/<file>` | first contact with a one-time enrolment token |
//! | `/<file>` | first contact of an approved phone, or of one that nobody knows |
//! | `/p/<token>/app/authenticate` | a Cisco phone asks whether a push is ours |
//! | `/emservice/EMServiceServlet`, `/emapp/EMAppServlet` | Cisco's Extension Mobility interface, where it is on |
//! | `/healthz` | the listener works |

mod app;
mod certificates;
mod companion;
mod desk;
mod documents;
mod em;
mod listen;
mod login;
mod metrics;
mod networks;
mod office;
pub(crate) mod offices;
mod paths;
mod plug_and_play;
mod push_auth;
mod reports;
mod serve;
mod settings;
mod strangers;
mod timing;
mod tokens;
mod trouble;

use std::sync::Arc;
use std::time::Instant;

use hotdesk_core::{Device, DeviceId, Epoch, MacAddress, State, TimeMs};
use hotdesk_phone::{Desk, Vendor};

use self::desk::{Maker, NoDesk};
use self::documents::Enrolments;
use self::paths::{Age, Paths};
use self::reports::Reporter;
use self::strangers::Strangers;
use self::timing::Timing;
use self::tokens::Tokens;
use crate::lines::Lines;
use crate::services::{self, Shared};

pub(crate) use em::{check_applications, check_hosts};
pub(crate) use listen::{Bound, Peer, Running};
pub(crate) use metrics::Metrics;
pub(crate) use networks::Networks;
pub(crate) use settings::Settings;

/// Everything that serving phones needs.
pub(crate) struct Phones {
    /// The node.
    pub(crate) shared: Arc<Shared>,
    /// What is configured.
    pub(crate) settings: Settings,
    /// What pages carry on: signed, with an end.
    tokens: Tokens,
    paths: Paths,
    reporter: Reporter,
    strangers: Strangers,
    timing: Timing,
    enrolments: Enrolments,
}

impl Phones {
    /// What serves, and the work that tells the cluster about it.
    fn new(shared: Arc<Shared>, settings: Settings) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (reporter, reporting) = Reporter::new(Arc::clone(&shared));
        let phones = Self {
            tokens: Tokens::new(shared.lines.as_ref().map(Lines::page_key)),
            shared,
            strangers: Strangers::new(settings.strangers_per_minute_max),
            settings,
            paths: Paths::default(),
            reporter,
            timing: Timing::default(),
            enrolments: Enrolments::default(),
        };
        (phones, reporting)
    }

    /// What `device` should show now, by this node's copy; waits for nothing.
    ///
    /// # Errors
    /// [`NoDesk`]: what is missing, for people.
    pub(crate) fn desk(&self, state: &State, device: &Device) -> Result<Desk, NoDesk> {
        let maker = Maker {
            settings: &self.settings,
            lines: self.shared.lines.as_ref().ok_or(NoDesk::LineKey)?,
        };
        let desk = maker.desk(state, device)?;
        // The phone will come with it, perhaps before all phones may be gone through again.
        self.paths.remember(desk.service.token.expose(), &device.id);
        Ok(desk)
    }

    /// The phone whose document path has this token, now.
    pub(crate) fn phone_of_token(&self, token: &str) -> Option<DeviceId> {
        let found = self.phone_of(&self.shared.cluster.local().state, token, None);
        found.and_then(|(device, age)| (age == Age::Current).then_some(device))
    }

    /// The same in a state, with former tokens; `hint` is the phone's address where the request has one.
    fn phone_of(&self, state: &State, token: &str, hint: Option<MacAddress>) -> Option<(DeviceId, Age)> {
        let lines = self.shared.lines.as_ref()?;
        self.paths.find(lines, state, token, hint, self.now(state))
    }

    /// The document of this stamp was fetched by the phone. Told to the cluster in batches; never waits.
    pub(crate) fn fetched(&self, device: &DeviceId, stamp: u64) {
        if let Some((vendor, took)) = self.timing.end(device, stamp, Instant::now()) {
            self.shared.metrics.phones.screen(vendor, took);
        }
        self.reporter.shown(device, stamp);
    }

    /// A login from a phone has been decided: measures how long it took to be callable, and starts the clock of how
    /// long it takes until the phone has fetched its document.
    pub(crate) fn login_timed(
        &self,
        device: &DeviceId,
        vendor: Vendor,
        submitted: Instant,
        committed: Instant,
        epoch: Epoch,
    ) {
        let callable = committed.saturating_duration_since(submitted);
        self.shared.metrics.phones.callable(vendor, callable);
        self.timing.begin(device, vendor, submitted, epoch);
    }

    /// The log's clock, or this machine's when nothing has been logged for a while.
    fn now(&self, state: &State) -> TimeMs {
        state.clock().max(services::now())
    }
}
