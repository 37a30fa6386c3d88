//! Who sends a request: one of our phones, a trunk, another edge. Nobody else gets anything done here.
//!
//! A trunk is known by its address, another edge by its pass or its certificate, a phone by its digest. A phone
//! proves one of two accounts:
//!
//! | line | user name | password | speaks for |
//! |---|---|---|---|
//! | device line | the device's id | set by the operator, kept as HA1 in the directory | whoever is logged in there now |
//! | session line | `<extension>.<epoch>` | derived from the user and the epoch | that user, for that epoch only |
//!
//! **Invariant:** a session line of an epoch that is over is refused with 403, however right its password is, and
//! that is logged: it is what an evicted phone does that has not been told.

use std::sync::Arc;
use std::time::Instant;

use hotdesk_client::{DeviceBinding, UserBindings};
use hotdesk_core::Epoch;
use hotdesk_sip::digest::{Credentials, Ha1s, Kind, Verdict};
use hotdesk_sip::hop::Hop;
use hotdesk_sip::message::{Header, Message, Name};
use hotdesk_sip::secret::EdgePasses;
use hotdesk_sip::uri::Uri;
use smol_str::{SmolStr, format_smolstr};

use super::app::{App, now_ms};
use super::reply::reply;
use super::settings::contains;

/// Who sends a request.
#[derive(Clone, Debug)]
pub(crate) enum Sender {
    /// One of our phones.
    Phone(Line),
    /// A trunk, by its id.
    Trunk(SmolStr),
    /// The edge of another office, by its id.
    Edge(SmolStr),
    /// A peer on a trusted network: a PBX of the company.
    Peer(SmolStr),
}

/// A phone, and the line that it has proved to have.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The phone.
    pub(crate) device: Arc<DeviceBinding>,
    /// The session, for a session line.
    pub(crate) session: Option<(Arc<UserBindings>, u64)>,
}

/// An account as its user name names it.
enum Account {
    Device(Arc<DeviceBinding>),
    Session { user: Arc<UserBindings>, epoch: u64 },
}

impl Line {
    /// The key of the line's contacts: the device, or the session. Each session has its own, so the phones of a user
    /// who has several do not see, count or remove each other's contacts.
    pub(crate) fn key(&self) -> SmolStr {
        match &self.session {
            Some((user, epoch)) => session_key(user.user(), *epoch),
            None => self.device.device().into(),
        }
    }
}

/// The key of a session line's contacts. No id of a device or user has a semicolon in it.
pub(crate) fn session_key(user: &str, epoch: u64) -> SmolStr {
    format_smolstr!("{user};{epoch}")
}

/// The user and the epoch of such a key; `None` for a device's.
pub(crate) fn session_of_key(key: &str) -> Option<(&str, u64)> {
    let (user, epoch) = key.rsplit_once(';')?;
    Some((user, epoch.parse().ok()?))
}

impl App {
    /// Who sends this request.
    ///
    /// # Errors
    /// The answer that it gets instead: a challenge, 403, 503.
    pub(crate) fn sender(
        &self,
        now: Instant,
        request: &Message,
        from: &Hop,
        kind: Kind,
    ) -> Result<Sender, Box<Message>> {
        match self.neighbour(request, from) {
            Some(neighbour) => Ok(neighbour),
            None => self.line(now, request, from, kind).map(Sender::Phone),
        }
    }

    /// Who is known without proof by digest.
    pub(crate) fn neighbour(&self, request: &Message, from: &Hop) -> Option<Sender> {
        if let Some(trunk) = self.trunks.of_address(from) {
            return Some(Sender::Trunk(trunk));
        }
        let edge = self.edge_by_pass(request);
        if let Some(edge) = edge.or_else(|| self.peers.of_hop(from, &self.transports)) {
            return Some(Sender::Edge(edge));
        }
        if let Some(name) = self.trusted_name(from) {
            return Some(Sender::Peer(name));
        }
        let peer = contains(&self.settings.peer_networks, from.remote.ip());
        peer.then(|| Sender::Peer(SmolStr::from(from.remote.ip().to_string())))
    }

    /// The name of a proxy of the company that a connection's certificate proves.
    fn trusted_name(&self, from: &Hop) -> Option<SmolStr> {
        let trusted = &self.settings.trusted_names;
        if trusted.is_empty() || !from.transport.is_secure() {
            return None;
        }
        let names = self.transports.peer_certificate(from.connection?)?;
        let dns = |name: &&SmolStr| names.dns.iter().any(|dns| dns.eq_ignore_ascii_case(name));
        trusted.iter().find(dns).cloned()
    }

    /// The edge that a request's pass names.
    fn edge_by_pass(&self, request: &Message) -> Option<SmolStr> {
        let pass = request.header(&EdgePasses::name())?.text()?;
        let edge = self
            .passes
            .open(&pass, now_ms() / 1000, request.call_id()?, request.uri()?)?;
        (edge != self.settings.edge).then_some(edge)
    }

    fn line(&self, now: Instant, request: &Message, from: &Hop, kind: Kind) -> Result<Line, Box<Message>> {
        if contains(&self.settings.open_networks, from.remote.ip()) {
            return self
                .line_by_word(request)
                .ok_or_else(|| reply(request, 403, "Unknown account").into());
        }
        let username = claimed(request, kind);
        let source = from.remote.ip();
        let at_home = username
            .as_deref()
            .is_some_and(|account| self.locations.is_home(&self.key_of_account(account), source));
        if let Some(wait) = self
            .brake
            .lock()
            .refused_for(now, source, username.as_deref(), at_home)
        {
            self.metrics.refused("throttled");
            let mut refusal = reply(request, 503, "Too many wrong passwords, try again later");
            let seconds = wait.as_secs().saturating_add(1);
            refusal.push(Header::new(Name::RetryAfter, seconds.to_string()));
            return Err(refusal.into());
        }
        let (mut account, mut elsewhere) = (None, false);
        let verdict = self
            .challenger
            .check_message(now_ms(), kind, request, |credentials| {
                elsewhere = !self.is_same_place(&credentials.uri, request);
                let (found, ha1s) = self.account(credentials)?;
                account = Some(found);
                Some(ha1s)
            });
        if elsewhere {
            return Err(reply(request, 400, "Digest uri is not the Request-URI").into());
        }
        self.metrics.authentication(verdict.name());
        match (verdict, account) {
            (Verdict::Ok { username, .. }, Some(account)) => {
                self.brake.lock().succeeded(&username);
                self.admit(request, account, from)
            }
            (Verdict::Malformed(problem), _) => Err(reply(request, 400, problem).into()),
            (Verdict::Wrong, _) => {
                let account = username.unwrap_or_default();
                self.brake.lock().failed(now, source, &account);
                tracing::warn!(account = %account, peer = %from, "wrong password or unknown account");
                Err(self.challenge(request, kind, false).into())
            }
            (Verdict::Stale | Verdict::Replayed, _) => Err(self.challenge(request, kind, true).into()),
            (Verdict::Missing | Verdict::Ok { .. }, _) => Err(self.challenge(request, kind, false).into()),
        }
    }

    /// The key of the contacts of whoever has this user name for digest.
    fn key_of_account(&self, username: &str) -> SmolStr {
        let session = || {
            let (extension, epoch) = username.rsplit_once('.')?;
            let user = self.table.by_name(extension)?;
            Some(session_key(user.user(), epoch.parse().ok()?))
        };
        match self.table.by_device(username) {
            Some(device) => device.device().into(),
            None => session().unwrap_or_else(|| username.into()),
        }
    }

    /// Whether the `uri` of a digest means the Request-URI (RFC 7616 §3.4.6). All our names are one place: user agents
    /// write the address of their proxy there, or the domain, and leave the user out.
    fn is_same_place(&self, digest_uri: &[u8], request: &Message) -> bool {
        let Some(uri) = request.uri().filter(|uri| ***uri != *digest_uri) else {
            return true;
        };
        let (Ok(asked), Ok(proved)) = (Uri::parse(uri), Uri::parse(digest_uri)) else {
            return false;
        };
        let same_host = asked.host.eq_ignore_ascii_case(&proved.host)
            || (self.is_our_domain(&asked) && self.is_our_domain(&proved));
        asked.is_sip() && proved.is_sip() && same_host && (proved.user.is_none() || proved.user == asked.user)
    }

    /// The password was right; is the account good now?
    fn admit(&self, request: &Message, account: Account, from: &Hop) -> Result<Line, Box<Message>> {
        match account {
            Account::Device(device) => Ok(Line {
                device,
                session: None,
            }),
            Account::Session { user, epoch } => {
                let at = user.bindings().find(|binding| binding.epoch == epoch);
                let device = at.and_then(|binding| self.table.by_device(&binding.device));
                if let Some(device) = device {
                    let session = Some((user, epoch));
                    return Ok(Line { device, session });
                }
                let newest = user.newest().map_or(0, |binding| binding.epoch);
                if epoch > newest && Epoch(epoch).index() > self.table.index() {
                    // The phone is ahead of this edge's table: the login is on its way here.
                    let mut refusal = reply(request, 503, "The login is not known here yet");
                    refusal.push(Header::new(Name::RetryAfter, "1"));
                    return Err(refusal.into());
                }
                let user_id = user.user();
                tracing::warn!(user_id, epoch, peer = %from, "a session that is over was used");
                self.metrics.refused("stale_epoch");
                Err(reply(request, 403, "Logged in elsewhere or logged out").into())
            }
        }
    }

    /// Finds an account and what proves it. Whether there is one shows in the result only: the work is much the same,
    /// here and in the challenger.
    fn account(&self, credentials: &Credentials) -> Option<(Account, Ha1s)> {
        let username = credentials.username.as_str();
        if let Some(device) = self
            .table
            .by_device(username)
            .filter(|device| !device.is_disabled())
        {
            let ha1s = self.key.open(device.device(), device.sealed_secret()?)?;
            let ha1s = ha1s.only(self.settings.algorithms.allowed());
            return Some((Account::Device(device), ha1s));
        }
        let (extension, epoch) = username.rsplit_once('.').unwrap_or((username, "0"));
        let epoch = epoch.parse().ok();
        let user = self.table.by_name(extension);
        // Worked out for nobody as well, so that an answer takes as long.
        let user_id = user.as_ref().map_or("", |user| user.user());
        let realm = self.challenger.realm();
        let ha1s = self.key.line_ha1s(user_id, extension, epoch.unwrap_or(0), realm);
        let account = Account::Session {
            user: user?,
            epoch: epoch.filter(|_| username.contains('.'))?,
        };
        Some((account, ha1s))
    }

    /// On an open network: the line that From names. For laboratories and measurements.
    fn line_by_word(&self, request: &Message) -> Option<Line> {
        let from = request.from().ok()?;
        let name = from.uri.user_text()?;
        if let Some(device) = self.table.by_device(&name) {
            return Some(Line {
                device,
                session: None,
            });
        }
        let user = self.table.by_name(&name)?;
        let (epoch, device) = {
            let binding = user.newest()?;
            (binding.epoch, self.table.by_device(&binding.device)?)
        };
        Some(Line {
            device,
            session: Some((user, epoch)),
        })
    }

    fn challenge(&self, request: &Message, kind: Kind, stale: bool) -> Message {
        let phrase = match kind {
            Kind::Www => "Unauthorized",
            Kind::Proxy => "Proxy Authentication Required",
        };
        let algorithms = self.settings.algorithms.offered(request);
        let mut challenge = reply(request, kind.status(), phrase);
        for header in self
            .challenger
            .challenge_headers(now_ms(), kind, algorithms, stale)
        {
            challenge.push(header);
        }
        challenge
    }
}

/// The user name of the first credentials.
fn claimed(request: &Message, kind: Kind) -> Option<SmolStr> {
    let value = request.header(&kind.answer())?.value();
    Some(Credentials::parse(&value).ok()?.username)
}
