//! Who is registered where: the contacts of this office's phones, in memory and on the disk.
//!
//! A new or changed contact is answered only when it is on its way to the disk and a crash of the process cannot lose
//! it; a mere refresh is answered at once and written behind: what a crash then loses is the longer expiry, and the
//! phone refreshes long before the old one runs out.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use hotdesk_sip::hop::{ConnectionId, Hop};
use hotdesk_sip::registrar::{Bindings, Change, ChangeKind, Contact};
use hotdesk_sip::uri::Uri;
use parking_lot::Mutex;
use smol_str::SmolStr;

use super::app::now_ms;
use super::disk::Disk;
use super::sender::session_key;

/// How many tables the addresses of record are spread over.
const TABLES: usize = 64;

/// What the keys of contacts begin with in the ledger.
pub(crate) const KEY_PREFIX: &[u8] = b"aor/";

/// All contacts.
pub(crate) struct Locations {
    tables: Vec<Mutex<Table>>,
    hasher: foldhash::fast::RandomState,
    /// Which phones' contacts came over a connection.
    flows: Mutex<HashMap<ConnectionId, HashSet<SmolStr>>>,
    ledger: Option<Arc<Disk>>,
    contacts: AtomicUsize,
}

#[derive(Default)]
struct Table {
    bindings: HashMap<SmolStr, Bindings>,
    /// Until when the disk says that each is registered.
    kept_until_ms: HashMap<SmolStr, u64>,
    /// When each has something that runs out.
    due: BTreeSet<(u64, SmolStr)>,
}

/// A way to reach a phone.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) uri: Bytes,
    pub(crate) path: Vec<Bytes>,
    pub(crate) hop: Hop,
}

/// How a phone's own line is registered.
#[derive(Clone, Debug)]
pub(crate) struct OwnLine {
    /// The way to it.
    pub(crate) reach: Reach,
    /// From where it registers.
    pub(crate) flow: Hop,
    /// The Call-ID of its last REGISTER.
    pub(crate) call_id: Bytes,
    /// What the phone says that it is.
    pub(crate) user_agent: SmolStr,
}

/// What changed, what the deciding function gave besides, and the bytes to be kept, if any.
pub(crate) type Changing<T> = (Vec<Change>, T, Option<Vec<u8>>);

/// An address of record whose contacts changed.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) aor: SmolStr,
    pub(crate) changes: Vec<Change>,
}

impl Locations {
    /// With what the disk remembers; `stored` are the ledger's records under [`KEY_PREFIX`], without it.
    pub(crate) fn new(ledger: Option<Arc<Disk>>, stored: Vec<(SmolStr, Vec<u8>)>) -> Self {
        let locations = Self {
            tables: std::iter::repeat_with(Mutex::default).take(TABLES).collect(),
            hasher: foldhash::fast::RandomState::default(),
            flows: Mutex::default(),
            ledger,
            contacts: AtomicUsize::new(0),
        };
        for (aor, bytes) in stored {
            match Bindings::decode(&bytes) {
                Ok(bindings) => {
                    let mut table = locations.table(&aor).lock();
                    locations
                        .contacts
                        .fetch_add(bindings.contacts.len(), Ordering::Relaxed);
                    table.put(&aor, bindings);
                }
                Err(error) => {
                    tracing::error!(aor = %aor, %error, "a registration on the disk cannot be read")
                }
            }
        }
        locations
    }

    fn table(&self, aor: &str) -> &Mutex<Table> {
        let at = usize::try_from(self.hasher.hash_one(aor) % TABLES as u64).unwrap_or(0);
        &self.tables[at]
    }

    /// Lets `change` decide what becomes of an address of record's contacts, and keeps it. Returns what `change`
    /// gave besides. `done` is called when it is safe, at once when nothing needs to wait for the disk.
    pub(crate) fn change<T, E>(
        &self,
        aor: &str,
        change: impl FnOnce(&Bindings) -> Result<(Bindings, Vec<Change>, T), E>,
    ) -> Result<Changing<T>, E> {
        let mut table = self.table(aor).lock();
        let empty = Bindings::default();
        let current = table.bindings.get(aor).unwrap_or(&empty);
        let before = current.contacts.len();
        let (bindings, changes, more) = change(current)?;
        if changes.is_empty() {
            return Ok((changes, more, None));
        }
        self.count(before, bindings.contacts.len());
        self.note_flows(aor, &bindings);
        let write = self.ledger.is_some() && (must_wait(&changes) || table.must_write(aor, &bindings));
        let bytes = write.then(|| bindings.encode());
        if write && let Some(until) = bindings.next_expiry_ms() {
            table.kept_until_ms.insert(aor.into(), until);
        }
        table.put(aor, bindings);
        Ok((changes, more, bytes))
    }

    /// Writes an address of record's contacts to the disk. `done` is called when a crash of the process can no longer
    /// lose them; at once where the edge has no disk.
    pub(crate) fn keep(&self, aor: &str, bytes: Option<Vec<u8>>, done: impl FnOnce(bool) + Send + 'static) {
        match (&self.ledger, bytes) {
            (Some(ledger), Some(bytes)) => {
                let mut key = KEY_PREFIX.to_vec();
                key.extend_from_slice(aor.as_bytes());
                // An address of record without contacts leaves no record.
                let empty = Bindings::decode(&bytes).is_ok_and(|bindings| bindings.is_empty());
                let value = (!empty).then_some(bytes);
                ledger.write(vec![(key, value)], Box::new(move |result| done(result.is_ok())));
            }
            _ => done(true),
        }
    }

    fn count(&self, before: usize, after: usize) {
        if after >= before {
            self.contacts.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.contacts.fetch_sub(before - after, Ordering::Relaxed);
        }
    }

    fn note_flows(&self, aor: &str, bindings: &Bindings) {
        for contact in &bindings.contacts {
            if let Some(connection) = contact.hop.connection {
                let mut flows = self.flows.lock();
                flows.entry(connection).or_default().insert(aor.into());
            }
        }
    }
}

/// === Looking ===
impl Locations {
    /// All contacts of an address of record.
    pub(crate) fn bindings(&self, aor: &str) -> Option<Bindings> {
        self.table(aor).lock().bindings.get(aor).cloned()
    }

    /// The ways to a phone by its own line, the one to be tried first in front.
    pub(crate) fn of_device(&self, device: &str) -> Vec<Reach> {
        self.reach(device, |contact| contact.epoch.is_none())
    }

    /// The ways to a phone by the session line of this epoch.
    pub(crate) fn of_session(&self, user: &str, epoch: u64) -> Vec<Reach> {
        self.reach(&session_key(user, epoch), |contact| contact.epoch == Some(epoch))
    }

    /// The way to the phone that a public GRUU names.
    pub(crate) fn of_instance(&self, device: &str, instance: &str) -> Option<Reach> {
        let table = self.table(device).lock();
        table
            .bindings
            .get(device)?
            .by_instance(now_ms(), instance)
            .map(Reach::of)
    }

    /// The way to the contact with this very URI, for requests inside a dialog.
    pub(crate) fn of_contact(&self, device: &str, uri: &[u8]) -> Option<Reach> {
        let table = self.table(device).lock();
        let bindings = table.bindings.get(device)?;
        let same = bindings.live(now_ms()).find(|contact| contact.uri == uri);
        same.map(Reach::of)
    }

    /// The flow over which a phone was heard of last.
    pub(crate) fn best_flow(&self, device: &str) -> Option<Reach> {
        let table = self.table(device).lock();
        table.bindings.get(device)?.best_flow(now_ms()).map(Reach::of)
    }

    /// How a phone's own line is registered; where it has several contacts, the one heard of last.
    pub(crate) fn own_line(&self, device: &str) -> Option<OwnLine> {
        let table = self.table(device).lock();
        let contact = table.bindings.get(device)?.best_flow(now_ms())?;
        Some(OwnLine {
            reach: Reach::of(contact),
            flow: contact.hop.clone(),
            call_id: contact.call_id.clone(),
            user_agent: contact.user_agent.clone(),
        })
    }

    fn reach(&self, aor: &str, wanted: impl Fn(&Contact) -> bool) -> Vec<Reach> {
        let table = self.table(aor).lock();
        let Some(bindings) = table.bindings.get(aor) else {
            return Vec::new();
        };
        let targets = bindings.targets(now_ms());
        targets
            .into_iter()
            .filter(|contact| wanted(contact))
            .map(Reach::of)
            .collect()
    }

    /// Whether an account has a registration from this address: then nobody can lock it out by guessing.
    pub(crate) fn is_home(&self, account: &str, source: IpAddr) -> bool {
        let table = self.table(account).lock();
        let bindings = table.bindings.get(account);
        bindings.is_some_and(|bindings| {
            bindings
                .live(now_ms())
                .any(|contact| contact.hop.remote.ip() == source)
        })
    }

    /// The address of record whose contact came the same way. Looks through everything: for emergencies.
    pub(crate) fn aor_of_flow(&self, from: &Hop) -> Option<SmolStr> {
        let same = |contact: &Contact| {
            let hop = &contact.hop;
            hop.transport == from.transport
                && if from.connection.is_some() {
                    hop.connection == from.connection
                } else {
                    hop.remote == from.remote
                }
        };
        let now = now_ms();
        self.tables.iter().find_map(|table| {
            let table = table.lock();
            let mut all = table.bindings.iter();
            let found = all.find(|(_, bindings)| bindings.live(now).any(same));
            found.map(|(aor, _)| aor.clone())
        })
    }

    /// How many contacts there are.
    pub(crate) fn len(&self) -> usize {
        self.contacts.load(Ordering::Relaxed)
    }

    /// All addresses of record that have contacts. Looks through everything: for the start and for people.
    pub(crate) fn aors(&self) -> Vec<SmolStr> {
        self.tables
            .iter()
            .flat_map(|table| table.lock().bindings.keys().cloned().collect::<Vec<_>>())
            .collect()
    }
}

/// === Ending ===
impl Locations {
    /// Removes what has run out.
    pub(crate) fn expire(&self) -> Vec<Changed> {
        let mut all = Vec::new();
        for table in &self.tables {
            let due: Vec<SmolStr> = {
                let table = table.lock();
                let now = now_ms();
                table
                    .due
                    .iter()
                    .take_while(|(at, _)| *at <= now)
                    .map(|(_, aor)| aor.clone())
                    .collect()
            };
            all.extend(
                due.into_iter()
                    .filter_map(|aor| self.end(&aor, |bindings| bindings.expire(now_ms()))),
            );
        }
        all
    }

    /// Removes the contacts of a session that is over.
    pub(crate) fn deactivate(&self, user: &str, epoch: u64) -> Option<Changed> {
        self.end(&session_key(user, epoch), |bindings| bindings.keep_epochs(&[]))
    }

    /// Removes everything.
    pub(crate) fn drop_all(&self, aor: &str) -> Option<Changed> {
        self.end(aor, |bindings| bindings.expire(u64::MAX))
    }

    fn end(&self, aor: &str, take: impl FnOnce(&mut Bindings) -> Vec<Change>) -> Option<Changed> {
        let result: Result<_, std::convert::Infallible> = self.change(aor, |current| {
            let mut bindings = current.clone();
            let changes = take(&mut bindings);
            Ok((bindings, changes, ()))
        });
        let Ok((changes, (), bytes)) = result;
        if changes.is_empty() {
            return None;
        }
        let aor_kept = SmolStr::new(aor);
        self.keep(aor, bytes, move |kept| {
            if !kept {
                tracing::error!(aor = %aor_kept, "a registration that ended is still on the disk");
            }
        });
        Some(Changed {
            aor: aor.into(),
            changes,
        })
    }

    /// A connection is gone, and with it the way to the phones behind it.
    pub(crate) fn closed(&self, connection: ConnectionId) {
        let aors = self.flows.lock().remove(&connection).unwrap_or_default();
        for aor in aors {
            if let Some(bindings) = self.table(&aor).lock().bindings.get_mut(&aor) {
                bindings.connection_closed(connection);
            }
        }
    }
}

impl Table {
    /// Whether a refresh has to be written: what the disk says runs out in the first half of the time that the phone
    /// was given. A phone that refreshes early and often so costs the disk nothing.
    fn must_write(&self, aor: &str, bindings: &Bindings) -> bool {
        let kept_until = self.kept_until_ms.get(aor).copied().unwrap_or(0);
        let now = now_ms();
        let until = bindings.next_expiry_ms().unwrap_or(now);
        kept_until < now + until.saturating_sub(now) / 2
    }

    fn put(&mut self, aor: &str, bindings: Bindings) {
        let before = self.bindings.get(aor).and_then(Bindings::next_expiry_ms);
        let after = bindings.next_expiry_ms();
        if before != after {
            if let Some(before) = before {
                self.due.remove(&(before, aor.into()));
            }
            if let Some(after) = after {
                self.due.insert((after, aor.into()));
            }
        }
        if bindings.is_empty() {
            self.bindings.remove(aor);
            self.kept_until_ms.remove(aor);
        } else {
            self.bindings.insert(aor.into(), bindings);
        }
    }
}

impl Reach {
    fn of(contact: &Contact) -> Self {
        Self {
            uri: contact.uri.clone(),
            path: contact.path.clone(),
            hop: destination(
                &contact.uri,
                contact.path.is_empty() && contact.reg_id.is_none(),
                &contact.hop,
            ),
        }
    }
}

/// Where a contact is reached. Over its connection, or at the address from which it registered: that gets through NAT,
/// whatever the phone believes its own address to be. Only where the two addresses are the same, so that there is no
/// NAT between, the port of the contact counts: the phone may send from another than the one at which it listens.
fn destination(uri: &[u8], direct: bool, flow: &Hop) -> Hop {
    let mut hop = flow.clone();
    if hop.transport.is_reliable() || !direct {
        return hop;
    }
    let contact = Uri::parse(uri).ok().filter(Uri::is_sip);
    if let Some(contact) = contact
        && contact.ip() == Some(hop.remote.ip())
    {
        hop.remote
            .set_port(contact.port.unwrap_or_else(|| hop.transport.default_port()));
    }
    hop
}

/// Whether the answer to a REGISTER has to wait for the disk: somebody is to be found at a new place, or not any
/// more at an old one.
pub(crate) fn must_wait(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.kind != ChangeKind::Refreshed)
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::hop::{ListenerId, Transport};

    use super::*;

    #[test]
    fn a_contact_is_reached_at_its_own_port_unless_there_is_a_nat_between() {
        let flow = |transport, remote: &str| Hop::to(ListenerId(0), transport, remote.parse().unwrap());
        for (uri, transport, remote, expected) in [
            (
                "sip:a@192.0.2.1:5070",
                Transport::Udp,
                "192.0.2.1:40000",
                "192.0.2.1:5070",
            ),
            (
                "sip:a@192.0.2.1",
                Transport::Udp,
                "192.0.2.1:40000",
                "192.0.2.1:5060",
            ),
            (
                "sip:a@10.0.0.7:5070",
                Transport::Udp,
                "192.0.2.1:40000",
                "192.0.2.1:40000",
            ),
            (
                "sip:a@phone.invalid:5070",
                Transport::Udp,
                "192.0.2.1:40000",
                "192.0.2.1:40000",
            ),
            (
                "sip:a@[2001:db8::1]:5070",
                Transport::Udp,
                "[2001:db8::1]:4",
                "[2001:db8::1]:5070",
            ),
            (
                "sip:a@192.0.2.1:5070",
                Transport::Tcp,
                "192.0.2.1:40000",
                "192.0.2.1:40000",
            ),
        ] {
            let hop = destination(uri.as_bytes(), true, &flow(transport, remote));
            assert_eq!(hop.remote, expected.parse().unwrap(), "{uri} {transport}");
            let behind_a_path = destination(uri.as_bytes(), false, &flow(transport, remote));
            assert_eq!(behind_a_path.remote, remote.parse().unwrap(), "{uri} {transport}");
        }
    }
}
