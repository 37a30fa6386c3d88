//! What the configuration means for the parts below. Files are read here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotdesk_sip::digest::{Brake, BrakeSettings, ThrottleSettings};
use hotdesk_sip::proxy::{ListenerInfo, Settings as ProxySettings};
use hotdesk_sip::secret::LineKey;
use hotdesk_store::Ledger;

use super::SipStartError;
use crate::config::Config;
use crate::http::Token;
use crate::sip::disk::Disk;
use crate::transport::{Emergency as EmergencyPeek, Limits, ListenConfig, OutgoingTls, TlsFiles};

pub(super) fn voicemail_account(config: &Config) -> Result<Option<(String, String)>, SipStartError> {
    let (Some(username), Some(path)) = (&config.voicemail_username, &config.voicemail_password_file) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Some((username.to_string(), password)))
}

pub(super) fn line_key(config: &Config) -> Result<LineKey, SipStartError> {
    let Some(path) = &config.sip.key_file else {
        return Err(SipStartError::Setting(
            "sip.key_file must be set: the file with the line key, the same at all nodes and edges; make one with \
             `openssl rand -hex 32`"
                .into(),
        ));
    };
    let bytes = std::fs::read(path).map_err(at(path))?;
    LineKey::read(&bytes)
        .map_err(|error| SipStartError::Setting(format!("sip.key_file {}: {error}", path.display())))
}

type Stored = Vec<(Vec<u8>, Vec<u8>)>;

pub(super) fn ledger(config: &Config) -> Result<(Option<Arc<Disk>>, Stored), SipStartError> {
    let Some(dir) = &config.registrar.data_dir else {
        return Ok((None, Vec::new()));
    };
    let (ledger, entries) = Ledger::open(dir).map_err(|error| SipStartError::Ledger(error.to_string()))?;
    Ok((Some(Arc::new(Disk::new(ledger))), entries))
}

pub(super) fn listen(config: &Config) -> Vec<ListenConfig> {
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

pub(super) fn outgoing(config: &Config) -> OutgoingTls {
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

pub(super) fn limits(config: &Config) -> Limits {
    let (plan, numbers) = (config.dialplan.emergency.clone(), config.dialplan.numbers.clone());
    Limits {
        connections_max: config.sip.connections_max,
        connections_per_source_max: config.sip.connections_per_source_max,
        emergency: EmergencyPeek::new(move |user| {
            crate::sip::emergency_call::is_emergency_number(&plan, &numbers, user)
        }),
        ..Limits::default()
    }
}

/// Finished transactions are remembered for half a minute, those under way for moments: so many more there are.
const FINISHED_PER_PENDING: usize = 4;

/// The settings of one shard: it has its share of what the whole edge may hold.
pub(super) fn proxy_settings(config: &Config, infos: &[ListenerInfo]) -> ProxySettings {
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

pub(super) fn brake(config: &Config) -> Brake {
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

pub(super) fn http_token(config: &Config) -> Result<Option<Token>, SipStartError> {
    let Some(path) = &config.http.token_file else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    let empty = || SipStartError::Setting(format!("http.token_file {} is empty", path.display()));
    Ok(Some(Token::new(&text).ok_or_else(empty)?))
}

/// The error for a file that cannot be read or written.
pub(super) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> SipStartError {
    let path = path.to_owned();
    move |source| SipStartError::File { path, source }
}
