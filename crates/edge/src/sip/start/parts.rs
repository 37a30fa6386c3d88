//! Putting the application together.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use hotdesk_client::{Client, WatchedTable};
use hotdesk_sip::digest::{Challenger, Settings as DigestSettings, UriCheck};
use hotdesk_sip::event::{
    Dialogs, DialogsLimits, Ids, Notifier, NotifierSettings, Subscriber, SubscriberSettings,
};
use hotdesk_sip::proxy::ListenerInfo;
use hotdesk_sip::secret::LineKey;
use hotdesk_sip::trace::{Bounds, Detail, Redactor};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::runtime::Handle;

use super::SipStartError;
use super::configured::{at, brake};
use crate::calls::{Records, Rotation, Traces};
use crate::config::Config;
use crate::http::Metrics;
use crate::phones::Phones;
use crate::sip::app::{App, now_ms};
use crate::sip::disk::Disk;
use crate::sip::duties::{Activity, Serving};
use crate::sip::emergency::Emergency;
use crate::sip::hosts::Hosts;
use crate::sip::lamps::Lamps;
use crate::sip::locations::{KEY_PREFIX, Locations};
use crate::sip::meter::Meter;
use crate::sip::movements;
use crate::sip::notable::Notable;
use crate::sip::party::Tokens;
use crate::sip::peers::Peers;
use crate::sip::settings::Settings;
use crate::sip::starcodes::StarCodes;
use crate::sip::traced::TraceBudget;
use crate::sip::trunks::Trunks;
use crate::standing::Standing;
use crate::starcode::Voice;
use crate::transport::Transports;

pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) settings: Settings,
    pub(super) key: LineKey,
    pub(super) ledger: Option<Arc<Disk>>,
    pub(super) stored: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) client: Client,
    pub(super) table: WatchedTable,
    pub(super) infos: Vec<ListenerInfo>,
    pub(super) transports: Transports,
    pub(super) runtime: Handle,
}

impl Parts<'_> {
    pub(super) fn app(self) -> Result<App, SipStartError> {
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
        let records = config
            .calls
            .cdr_file
            .as_ref()
            .map(|path| Records::start(path, Rotation::default(), redactor.clone()).map_err(at(path)));
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
        let emergencies = find(crate::sip::emergency::KEY);
        let contacts = stored.iter().filter_map(|(name, value)| {
            let aor = name.strip_prefix(KEY_PREFIX)?;
            Some((SmolStr::new(std::str::from_utf8(aor).ok()?), value.clone()))
        });
        let subscriptions: Vec<_> = stored
            .iter()
            .filter_map(|(name, value)| {
                let id = name.strip_prefix(crate::sip::lamps::KEY_PREFIX)?;
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
            legs: crate::sip::legs::Legs::default(),
            talk: crate::sip::talk::Talk::default(),
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
