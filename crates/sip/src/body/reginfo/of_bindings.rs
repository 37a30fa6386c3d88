//! From the registrar's bindings to a document.

use smol_str::{SmolStr, format_smolstr};

use super::{Contact, Happened, Registration, State};
use crate::registrar::{self, Bindings, Change, ChangeKind};
use crate::value::NameAddr;

impl From<ChangeKind> for Happened {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Created => Self::Created,
            ChangeKind::Refreshed => Self::Refreshed,
            ChangeKind::Shortened => Self::Shortened,
            ChangeKind::Expired => Self::Expired,
            ChangeKind::Unregistered => Self::Unregistered,
            ChangeKind::Deactivated => Self::Deactivated,
            ChangeKind::Rejected => Self::Rejected,
        }
    }
}

impl Registration {
    /// The full state of one address of record: what is bound, and what `changes` say has gone just now, so that a
    /// watcher learns why. A GRUU is left out; whoever makes them can set it.
    ///
    /// `id` names the registration and must be the same each time; `now_ms` is Unix time in milliseconds.
    #[must_use]
    pub fn of(aor: &str, id: &str, bindings: &Bindings, changes: &[Change], now_ms: u64) -> Self {
        let event = |contact: &registrar::Contact| {
            let change = changes.iter().rfind(|change| change.contact.id == contact.id);
            match change {
                Some(change) if !change.kind.is_end() => change.kind.into(),
                _ if contact.received_ms > contact.created_ms => Happened::Refreshed,
                _ => Happened::Created,
            }
        };
        let live = bindings.live(now_ms);
        let mut contacts: Vec<Contact> = live
            .map(|contact| Contact::of(contact, event(contact), now_ms))
            .collect();
        let active = !contacts.is_empty();
        let ended = changes.iter().filter(|change| change.kind.is_end());
        contacts.extend(ended.map(|change| Contact::of(&change.contact, change.kind.into(), now_ms)));
        let state = match (active, contacts.is_empty()) {
            (true, _) => State::Active,
            (false, false) => State::Terminated,
            (false, true) => State::Init,
        };
        Self {
            aor: aor.into(),
            id: id.into(),
            state,
            contacts,
        }
    }
}

impl Contact {
    /// One binding, as it is at `now_ms`.
    #[must_use]
    pub fn of(binding: &registrar::Contact, happened: Happened, now_ms: u64) -> Self {
        let text = |bytes: &[u8]| SmolStr::new(String::from_utf8_lossy(bytes));
        let mut contact = Self::new(format_smolstr!("{}", binding.id), text(&binding.uri), happened);
        contact.expires_s = Some(u32::try_from(binding.expires_in_s(now_ms)).unwrap_or(u32::MAX));
        contact.registered_s = Some(now_ms.saturating_sub(binding.created_ms) / 1000);
        contact.q = (binding.q != 1000).then(|| format_smolstr!("0.{:03}", binding.q));
        contact.call_id = Some(text(&binding.call_id));
        contact.cseq = Some(binding.cseq);
        let whole = [b"<", &binding.uri[..], b">", &binding.params[..]].concat();
        if let Ok(address) = NameAddr::parse(&whole) {
            let params = address
                .params
                .iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case(b"q"));
            contact.params = params
                .map(|(name, value)| (text(name), text(value.unwrap_or_default())))
                .collect();
        }
        contact
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hop::{Hop, ListenerId, Transport};

    fn binding(id: u32) -> registrar::Contact {
        registrar::Contact {
            id,
            uri: "sip:2041@192.0.2.7".into(),
            params: ";q=0.5;+sip.instance=\"<urn:uuid:1>\";audio".into(),
            instance: Some("urn:uuid:1".into()),
            reg_id: None,
            q: 500,
            path: Vec::new(),
            hop: Hop::to(ListenerId(0), Transport::Udp, "192.0.2.7:5060".parse().unwrap()),
            expires_at_ms: 70_000,
            call_id: "c1".into(),
            cseq: 3,
            user_agent: SmolStr::default(),
            created_ms: 4_000,
            received_ms: 4_000,
            epoch: Some(7),
        }
    }

    fn change(kind: ChangeKind, id: u32) -> Change {
        Change {
            kind,
            contact: binding(id),
        }
    }

    #[test]
    fn a_binding_is_told_with_all_it_says_of_itself() {
        let contact = Contact::of(&binding(4), Happened::Created, 10_000);
        let mut expected = Contact::new("4", "sip:2041@192.0.2.7", Happened::Created);
        expected.expires_s = Some(60);
        expected.registered_s = Some(6);
        expected.q = Some("0.500".into());
        expected.call_id = Some("c1".into());
        expected.cseq = Some(3);
        expected.params = vec![
            ("+sip.instance".into(), "\"<urn:uuid:1>\"".into()),
            ("audio".into(), SmolStr::default()),
        ];
        assert_eq!(contact, expected);
    }

    #[test]
    fn what_is_bound_and_what_has_just_gone_make_the_state() {
        use ChangeKind::{Created, Deactivated, Refreshed, Shortened};
        // (bound, changes, state, events)
        type Row<'a> = (&'a [u32], &'a [(ChangeKind, u32)], State, &'a [Happened]);
        let table: &[Row<'_>] = &[
            (&[], &[], State::Init, &[]),
            (&[1], &[], State::Active, &[Happened::Created]),
            (&[1], &[(Refreshed, 1)], State::Active, &[Happened::Refreshed]),
            (
                &[1],
                &[(Created, 1), (Shortened, 1)],
                State::Active,
                &[Happened::Shortened],
            ),
            (
                &[],
                &[(Deactivated, 1)],
                State::Terminated,
                &[Happened::Deactivated],
            ),
            (
                &[2],
                &[(Deactivated, 1), (Created, 2)],
                State::Active,
                &[Happened::Created, Happened::Deactivated],
            ),
        ];
        for (bound, changes, state, events) in table {
            let mut bindings = Bindings::default();
            bindings.contacts = bound.iter().map(|id| binding(*id)).collect();
            let changes: Vec<_> = changes.iter().map(|(kind, id)| change(*kind, *id)).collect();
            let told = Registration::of("sip:2041@example.com", "2041", &bindings, &changes, 10_000);
            assert_eq!(told.state, *state);
            let happened: Vec<_> = told.contacts.iter().map(|contact| contact.happened).collect();
            assert_eq!(happened, *events);
        }
    }

    #[test]
    fn what_ran_out_is_not_told_as_bound() {
        let mut bindings = Bindings::default();
        bindings.contacts = vec![binding(1)];
        let told = Registration::of("sip:2041@example.com", "2041", &bindings, &[], 70_000);
        assert_eq!((told.state, told.contacts), (State::Init, vec![]));
    }
}
