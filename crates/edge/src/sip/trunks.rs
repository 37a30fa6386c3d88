//! The trunks of the office: where they are, whether they are there, and whose calls are theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hotdesk_routing::trunk::{TrunkStatus, TrunkTransport};
use hotdesk_routing::{NumberPlan, Trunk, TrunkHealth};
use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use hotdesk_sip::proxy::ListenerInfo;
use hotdesk_sip::uri::Uri;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::now_ms;
use super::hosts::Hosts;
use super::notable::Notable;
use super::settings::contains;

/// All trunks.
pub(crate) struct Trunks {
    lines: Vec<Line>,
    health: Mutex<TrunkHealth>,
    hosts: Arc<Hosts>,
    listeners: Vec<ListenerInfo>,
    notable: Arc<Notable>,
}

struct Line {
    trunk: Trunk,
    host: SmolStr,
    port: u16,
    transport: Transport,
    password: Option<String>,
    /// Calls that it carries now, those included that are being set up.
    calls: Arc<AtomicU32>,
}

/// One call's place at a trunk; given back when it is dropped, however the call ends.
pub(crate) struct Slot(Arc<AtomicU32>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Trunks {
    /// Checks the configured trunks.
    ///
    /// # Errors
    /// A sentence that names the trunk and what is wrong with it.
    pub(crate) fn new(
        trunks: &[Trunk],
        hosts: Arc<Hosts>,
        listeners: &[ListenerInfo],
        notable: Arc<Notable>,
    ) -> Result<Self, String> {
        let lines = trunks.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        for line in &lines {
            // Asked for once, so that the address is there when the first call comes.
            hosts.addresses(&line.host);
        }
        Ok(Self {
            lines,
            health: Mutex::new(TrunkHealth::new(trunks, now_ms())),
            hosts,
            listeners: listeners.to_vec(),
            notable,
        })
    }

    fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.trunk.id == id)
    }

    /// The trunk whose calls come from there.
    pub(crate) fn of_address(&self, from: &Hop) -> Option<SmolStr> {
        let ip = from.remote.ip().to_canonical();
        let is_its = |line: &&Line| {
            if !line.trunk.from.is_empty() {
                return contains(&line.trunk.from, ip);
            }
            // Its own address and port: phones may share the address with it, in a laboratory.
            let port = from.transport != Transport::Udp || from.remote.port() == line.port;
            port && self.hosts.is_at(&line.host, ip)
        };
        self.lines.iter().find(is_its).map(|line| line.trunk.id.clone())
    }

    /// Where a trunk is, when its name could be looked up and one of our listeners speaks its transport.
    pub(crate) fn hop(&self, id: &str) -> Option<Hop> {
        let line = self.line(id)?;
        let remote = self.hosts.address(&line.host, line.port)?;
        let listener = listener_for(&self.listeners, line.transport, remote.is_ipv4())?;
        let mut hop = Hop::to(listener, line.transport, remote);
        hop.server_name = line.transport.is_secure().then(|| line.host.clone());
        Some(hop)
    }

    /// The Request-URI for a number at a trunk.
    pub(crate) fn uri(&self, id: &str, plan: &NumberPlan, number: &str) -> Option<String> {
        let line = self.line(id)?;
        let number = line.trunk.number(plan, number);
        let transport = match line.transport {
            Transport::Udp => String::new(),
            other => format!(";transport={other}"),
        };
        Some(format!(
            "sip:{number}@{}:{}{transport};user=phone",
            line.host, line.port
        ))
    }

    /// Whether it belongs to the company.
    pub(crate) fn is_trusted(&self, id: &str) -> bool {
        self.line(id).is_some_and(|line| line.trunk.trusted)
    }

    /// Its account for digest.
    pub(crate) fn account(&self, id: &str) -> Option<(&str, &str)> {
        let line = self.line(id)?;
        Some((line.trunk.username.as_deref()?, line.password.as_deref()?))
    }

    /// These trunks in the order in which to try them.
    pub(crate) fn order(&self, trunks: &[SmolStr]) -> Vec<SmolStr> {
        self.health.lock().order(trunks, fastrand::u64(..))
    }

    /// All of these trunks for an emergency call, in their order; those that are down come last, and are tried too.
    pub(crate) fn order_for_emergency(&self, trunks: Vec<SmolStr>) -> Vec<SmolStr> {
        let health = self.health.lock();
        let (mut up, down): (Vec<_>, Vec<_>) = trunks.into_iter().partition(|trunk| health.is_up(trunk));
        up.extend(down);
        up
    }

    /// A place for a call at a trunk; `None` when it is full. `always`: as many as come, for calls that come in by it
    /// and for emergency calls.
    pub(crate) fn take(&self, id: &str, always: bool) -> Option<Slot> {
        let line = self.line(id)?;
        let most = line.trunk.calls_max;
        let room = |calls: u32| (always || most == 0 || calls < most).then_some(calls + 1);
        let taken = line
            .calls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        taken.is_ok().then(|| Slot(Arc::clone(&line.calls)))
    }

    /// What became of a call there.
    pub(crate) fn called(&self, id: &str, status: Option<u16>) {
        let change = self.health.lock().called(id, status, now_ms());
        self.say(change);
    }

    /// Trunks to be asked with OPTIONS now.
    pub(crate) fn due(&self) -> Vec<SmolStr> {
        let due = self.health.lock().due(now_ms());
        due.into_iter().map(|probe| probe.trunk).collect()
    }

    /// What OPTIONS gave.
    pub(crate) fn answered(&self, id: &str, status: Option<u16>) {
        let change = self
            .health
            .lock()
            .answered(id, status, now_ms(), fastrand::u64(..));
        self.say(change);
    }

    fn say(&self, change: Option<TrunkStatus>) {
        let Some(TrunkStatus { trunk, up, .. }) = change else {
            return;
        };
        if up {
            tracing::info!(trunk_id = %trunk, "trunk is up");
        } else {
            tracing::warn!(trunk_id = %trunk, "trunk is down");
        }
        let state = if up { "up" } else { "down" };
        self.notable.note(format!("trunk {trunk} is {state}"));
    }

    /// All, for the status page.
    pub(crate) fn status(&self) -> Vec<TrunkStatus> {
        self.health.lock().status()
    }

    /// The URI of a trunk itself, for OPTIONS.
    pub(crate) fn own_uri(&self, id: &str) -> Option<String> {
        let line = self.line(id)?;
        Some(format!("sip:{}:{}", line.host, line.port))
    }
}

/// The listener that sends to somebody: the first that speaks the transport and the family.
pub(crate) fn listener_for(
    listeners: &[ListenerInfo],
    transport: Transport,
    ipv4: bool,
) -> Option<ListenerId> {
    let fits = |listener: &ListenerInfo| listener.transport == transport && listener.local.is_ipv4() == ipv4;
    let at = listeners.iter().position(fits).or_else(|| {
        // Streams to others can be opened without a listener of our own; any of the family lends its address.
        let family = |listener: &ListenerInfo| listener.local.is_ipv4() == ipv4;
        transport
            .is_reliable()
            .then(|| listeners.iter().position(family))
            .flatten()
    })?;
    u16::try_from(at).ok().map(ListenerId)
}

fn line(trunk: &Trunk) -> Result<Line, String> {
    let bad = |problem: &str| format!("trunk {}: {problem}", trunk.id);
    let uri =
        Uri::parse(trunk.uri.as_bytes()).map_err(|error| bad(&format!("uri {:?}: {error}", trunk.uri)))?;
    if uri.host.is_empty() {
        return Err(bad("uri must name a host, such as sip:sbc.example.com:5060"));
    }
    let transport = match trunk.transport {
        TrunkTransport::Udp => Transport::Udp,
        TrunkTransport::Tcp => Transport::Tcp,
        TrunkTransport::Tls => Transport::Tls,
    };
    let password = match &trunk.password_file {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| bad(&format!("cannot read password_file {}: {error}", file.display())))?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        None => None,
    };
    Ok(Line {
        host: uri.host.clone(),
        port: uri.port.unwrap_or_else(|| transport.default_port()),
        transport,
        password,
        calls: Arc::default(),
        trunk: trunk.clone(),
    })
}
