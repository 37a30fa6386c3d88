//! Records of subscriptions for the edge's store, so that lamps live through a restart of the edge.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Notifier, Pending, Subscription, SubscriptionId};
use crate::event::Package;
use crate::event::codec::{Reader, Writer};
use crate::event::dialog::{Dialog, ROUTES_MAX};

/// A record that cannot be read: of a newer version, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subscription's record is damaged or of a newer version")]
pub struct BadRecord;

/// The version of the record.
const VERSION: u8 = 1;

/// After a restart everybody is told the state anew, spread over this time: all at once would be a flood.
const SPREAD: Duration = Duration::from_secs(30);

impl Notifier {
    /// What a store must write or remove since the last call: each of them is in [`record`](Self::record), or gone.
    pub fn take_changed(&mut self) -> Vec<SubscriptionId> {
        let mut changed: Vec<_> = self.changed.drain().collect();
        changed.sort_unstable();
        changed
    }

    /// The record of a subscription; `None`: there is none (any more). `unix_ms` is the wall clock at `now`.
    #[must_use]
    pub fn record(&self, id: &SubscriptionId, now: Instant, unix_ms: u64) -> Option<Vec<u8>> {
        let subscription = self.subscriptions.get(id)?;
        let left = subscription.expires.saturating_duration_since(now).as_millis();
        let expires_ms = unix_ms.saturating_add(u64::try_from(left).unwrap_or(u64::MAX));
        Some(subscription.record(expires_ms))
    }

    /// Takes a record back after a restart. The watcher gets a NOTIFY within half a minute. `Ok(false)`: its time
    /// is over, or the tables are full; the record can be removed.
    ///
    /// # Errors
    /// When it cannot be read; it should be left alone then, a newer release may have written it.
    pub fn restore(
        &mut self,
        id: &str,
        record: &[u8],
        now: Instant,
        unix_ms: u64,
    ) -> Result<bool, BadRecord> {
        let (mut subscription, expires_ms) = Subscription::of_record(record, now).ok_or(BadRecord)?;
        let left = Duration::from_millis(expires_ms.saturating_sub(unix_ms));
        let full = self.subscriptions.len() >= self.settings.subscriptions_max;
        if left.is_zero() || full {
            return Ok(false);
        }
        // A clock that was set back must not make a subscription last for ever.
        subscription.expires = now + left.min(self.settings.expires_max);
        let step = SPREAD / 64 * u32::try_from(self.subscriptions.len() % 64).unwrap_or(0);
        subscription.pending = Some(Pending {
            not_before: now + step,
            full: true,
        });
        subscription.due = subscription.next_due();
        subscription.reserve();
        self.insert(SubscriptionId(id.into()), subscription);
        Ok(true)
    }
}

impl Subscription {
    fn record(&self, expires_ms: u64) -> Vec<u8> {
        let mut record = Writer::default();
        let package = match self.package {
            Package::Reg => 0,
            Package::Dialog => 1,
            Package::MessageSummary => 2,
        };
        record.u8(VERSION).u8(package).u64(expires_ms);
        record
            .bytes(self.resource.as_bytes())
            .bytes(self.watcher.as_bytes());
        record.bytes(&self.dialog.call_id).bytes(&self.dialog.local);
        record.bytes(&self.dialog.remote).bytes(&self.dialog.target);
        record.u8(u8::try_from(self.dialog.routes.len()).unwrap_or(u8::MAX));
        for route in &self.dialog.routes {
            record.bytes(route);
        }
        record.u8(u8::from(self.event_id.is_some()));
        record.bytes(self.event_id.as_deref().unwrap_or_default().as_bytes());
        record.bytes(self.contact.as_bytes()).hop(&self.hop);
        record.u32(self.subscribe_cseq).u32(self.reserved);
        record.finish()
    }

    fn of_record(record: &[u8], now: Instant) -> Option<(Self, u64)> {
        let mut record = Reader(record);
        if record.u8()? != VERSION {
            return None;
        }
        let package = match record.u8()? {
            0 => Package::Reg,
            1 => Package::Dialog,
            2 => Package::MessageSummary,
            _ => return None,
        };
        let expires_ms = record.u64()?;
        let (resource, watcher) = (record.text()?, record.text()?);
        let mut dialog = Dialog {
            call_id: record.bytes()?,
            local: record.bytes()?,
            remote: record.bytes()?,
            target: record.bytes()?,
            routes: Vec::new(),
            cseq: 0,
        };
        let routes = usize::from(record.u8()?);
        if routes > ROUTES_MAX {
            return None;
        }
        dialog.routes = (0..routes)
            .map(|_| record.bytes())
            .collect::<Option<Vec<Bytes>>>()?;
        let (has_id, event_id) = (record.u8()? == 1, record.text()?);
        let (contact, hop) = (record.text()?, record.hop()?);
        let (subscribe_cseq, reserved) = (record.u32()?, record.u32()?);
        dialog.cseq = reserved;
        let subscription = Self {
            package,
            resource,
            watcher,
            dialog,
            event_id: has_id.then_some(event_id),
            contact,
            hop,
            subscribe_cseq,
            expires: now,
            version: reserved,
            reserved,
            last_sent: None,
            waiting: None,
            pending: None,
            failures: 0,
            due: now,
        };
        record.0.is_empty().then_some((subscription, expires_ms))
    }
}
