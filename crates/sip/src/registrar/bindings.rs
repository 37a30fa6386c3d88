//! What is bound to an address of record.

use bytes::Bytes;
use smol_str::SmolStr;

use crate::hop::{ConnectionId, Hop};
use crate::secret::{GruuKey, TempGruu};
use crate::value::Params;

/// All contacts of one address of record. Times are Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// In the order in which they were created. Look at [`live`](Self::live): some may have run out.
    pub contacts: Vec<Contact>,
    /// The id of the next contact.
    pub(super) next_id: u32,
}

/// One binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Unique within its [`Bindings`], never given again: the `id` of a contact in reginfo (RFC 3680 §5.3).
    pub id: u32,
    /// The contact URI as the phone wrote it.
    pub uri: Bytes,
    /// The header parameters as the phone wrote them (`;+sip.instance="<...>";methods="..."`), without `expires`.
    pub params: Bytes,
    /// The `+sip.instance`, without quotes and angle brackets.
    pub instance: Option<SmolStr>,
    /// The `reg-id`; only where Outbound is in use, which takes an instance too.
    pub reg_id: Option<u32>,
    /// Preference in thousandths, 0 to 1000.
    pub q: u16,
    /// The Path values in their order: as Route values they lead to the phone (RFC 3327).
    pub path: Vec<Bytes>,
    /// From where the REGISTER came: the flow. Without a path, requests go here, whatever the URI says; so they
    /// reach a phone behind NAT.
    pub hop: Hop,
    /// When it runs out.
    pub expires_at_ms: u64,
    /// The Call-ID of the last REGISTER.
    pub call_id: Bytes,
    /// The CSeq number of the last REGISTER.
    pub cseq: u32,
    /// The User-Agent, cut where it is very long.
    pub user_agent: SmolStr,
    /// When it was created.
    pub created_ms: u64,
    /// When the last REGISTER came.
    pub received_ms: u64,
    /// The session's epoch, for a session line.
    pub epoch: Option<u64>,
}

/// What happened to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub kind: ChangeKind,
    /// The contact as it is now, or as it was before it went.
    pub contact: Contact,
}

/// The events of RFC 3680 §5.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Is new.
    Created,
    /// Goes on; other things of it may have changed.
    Refreshed,
    /// Goes on, but ends earlier than it would have.
    Shortened,
    /// Ran out.
    Expired,
    /// The phone took it back.
    Unregistered,
    /// We took it back, since the session is over. The phone may try again.
    Deactivated,
    /// We dropped it, since there were too many. The phone need not try again.
    Rejected,
}

impl ChangeKind {
    /// The event's name in reginfo, and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Refreshed => "refreshed",
            Self::Shortened => "shortened",
            Self::Expired => "expired",
            Self::Unregistered => "unregistered",
            Self::Deactivated => "deactivated",
            Self::Rejected => "rejected",
        }
    }

    /// Whether the contact is gone.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Created | Self::Refreshed | Self::Shortened)
    }
}

impl Contact {
    /// Has not run out.
    #[must_use]
    pub const fn is_live(&self, now_ms: u64) -> bool {
        self.expires_at_ms > now_ms
    }

    /// For how long it is bound still, in seconds, rounded up.
    #[must_use]
    pub const fn expires_in_s(&self, now_ms: u64) -> u64 {
        self.expires_at_ms.saturating_sub(now_ms).div_ceil(1000)
    }

    /// One of the header parameters, without quotes: `methods`, `audio`, ...
    #[must_use]
    pub fn param(&self, name: &str) -> Option<String> {
        let params = Params::parse(&self.params);
        params.text(name).map(str::to_owned)
    }

    /// It came over a stream whose connection is not known any more: after a restart, or when it was closed. A
    /// phone behind NAT cannot be reached until it comes back.
    #[must_use]
    pub fn has_lost_flow(&self) -> bool {
        self.path.is_empty() && self.hop.transport.is_reliable() && self.hop.connection.is_none()
    }
}

/// === Looking ===
impl Bindings {
    /// The contacts that have not run out.
    pub fn live(&self, now_ms: u64) -> impl Iterator<Item = &Contact> {
        self.contacts
            .iter()
            .filter(move |contact| contact.is_live(now_ms))
    }

    /// Nothing is bound any more: the record can be thrown away.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// When the next contact runs out.
    #[must_use]
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.contacts.iter().map(|contact| contact.expires_at_ms).min()
    }

    /// Where the phone is most likely to be reached: the contact heard of last, those with a lost flow after all
    /// others.
    #[must_use]
    pub fn best_flow(&self, now_ms: u64) -> Option<&Contact> {
        self.live(now_ms).max_by_key(|contact| freshness(contact))
    }

    /// Where a call goes: the best flow of each instance, and every contact without one; the most wanted (`q`)
    /// first, then the one heard of last. Two flows of one phone are never rung at once (RFC 5626 §7).
    #[must_use]
    pub fn targets(&self, now_ms: u64) -> Vec<&Contact> {
        let mut targets: Vec<_> = self.live(now_ms).collect();
        targets.sort_by_key(|contact| std::cmp::Reverse(freshness(contact)));
        let mut seen: Vec<&SmolStr> = Vec::new();
        targets.retain(|contact| match &contact.instance {
            Some(instance) if seen.contains(&instance) => false,
            Some(instance) => {
                seen.push(instance);
                true
            }
            None => true,
        });
        // Stable: within one q, the fresher stays in front.
        targets.sort_by_key(|contact| std::cmp::Reverse(contact.q));
        targets
    }

    /// The other flows of the same phone, the best first: to be tried when one failed (430 or no connection).
    #[must_use]
    pub fn other_flows(&self, now_ms: u64, failed: &Contact) -> Vec<&Contact> {
        let same = |contact: &&Contact| {
            contact.id != failed.id && contact.instance.is_some() && contact.instance == failed.instance
        };
        let mut flows: Vec<_> = self.live(now_ms).filter(same).collect();
        flows.sort_by_key(|contact| std::cmp::Reverse(freshness(contact)));
        flows
    }

    /// The best flow of one instance: where a public GRUU leads, whose `gr` parameter is the instance.
    #[must_use]
    pub fn by_instance(&self, now_ms: u64, instance: &str) -> Option<&Contact> {
        self.live(now_ms)
            .filter(|contact| contact.instance.as_deref() == Some(instance))
            .max_by_key(|contact| freshness(contact))
    }

    /// Where a temporary GRUU leads: `None` when the registration in which it was given out is over.
    #[must_use]
    pub fn by_temp_gruu(&self, now_ms: u64, key: &GruuKey, gruu: &TempGruu) -> Option<&Contact> {
        self.live(now_ms)
            .filter(|contact| contact.instance.as_ref() == Some(&gruu.instance))
            .filter(|contact| key.is_of(gruu, &contact.call_id))
            .max_by_key(|contact| freshness(contact))
    }
}

fn freshness(contact: &Contact) -> (bool, u64, u32) {
    (!contact.has_lost_flow(), contact.received_ms, contact.id)
}

/// === Changing ===
impl Bindings {
    /// Removes what has run out.
    pub fn expire(&mut self, now_ms: u64) -> Vec<Change> {
        self.take(ChangeKind::Expired, |contact| !contact.is_live(now_ms))
    }

    /// Removes the session-line contacts of epochs before this one: their session is over. Those of a device's own
    /// line stay.
    pub fn deactivate(&mut self, before_epoch: u64) -> Vec<Change> {
        self.take(ChangeKind::Deactivated, |contact| {
            contact.epoch.is_some_and(|epoch| epoch < before_epoch)
        })
    }

    /// Removes the session-line contacts of all epochs but these: what is left is what the user's sessions are.
    pub fn keep_epochs(&mut self, current: &[u64]) -> Vec<Change> {
        self.take(ChangeKind::Deactivated, |contact| {
            contact.epoch.is_some_and(|epoch| !current.contains(&epoch))
        })
    }

    /// A connection was closed. The contacts that came over it stay until they run out, but their flow is lost.
    /// Returns whether there were any.
    pub fn connection_closed(&mut self, closed: ConnectionId) -> bool {
        let mut any = false;
        for contact in &mut self.contacts {
            if contact.hop.connection == Some(closed) {
                contact.hop.connection = None;
                any = true;
            }
        }
        any
    }

    pub(super) fn take(&mut self, kind: ChangeKind, gone: impl Fn(&Contact) -> bool) -> Vec<Change> {
        self.contacts
            .extract_if(.., |contact| gone(contact))
            .map(|contact| Change { kind, contact })
            .collect()
    }
}
