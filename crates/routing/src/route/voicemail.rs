//! Mailboxes.

use std::fmt::Write as _;

use super::Way;
use super::refuse;
use crate::number::Dialed;
use crate::{Decision, Directory, MailboxUse, Person, VoicemailCall};

impl<D: Directory + ?Sized> Way<'_, D> {
    /// The voicemail number, or the prefix that leads straight to a mailbox.
    pub(super) fn voicemail(&self, dialed: &Dialed) -> Option<Decision> {
        let config = &self.plan.voicemail;
        if config.number.as_deref().is_some_and(|number| dialed.is(number)) {
            let decision = match (self.may_call_inside(), self.call.caller.person()) {
                (Err(refusal), _) => Decision::Refuse(refusal),
                // From outside there is no telling whose mailbox is meant.
                (Ok(()), None) => Decision::Refuse(refuse::no_mailbox()),
                (Ok(()), Some(person)) => self
                    .mailbox(person, MailboxUse::Listen)
                    .unwrap_or_else(|| Decision::Refuse(refuse::no_mailbox())),
            };
            return Some(decision);
        }
        let prefix = config
            .leave_prefix
            .as_deref()
            .filter(|prefix| !prefix.is_empty())?;
        let person = self.dir.user_by_name(dialed.digits()?.strip_prefix(prefix)?)?;
        if let Err(refusal) = self.may_call_inside() {
            return Some(Decision::Refuse(refusal));
        }
        let left = self.mailbox_of(&person).filter(|_| !person.disabled);
        Some(left.unwrap_or_else(|| Decision::Refuse(refuse::no_mailbox())))
    }

    /// To leave a message for a user who has a mailbox.
    pub(super) fn mailbox_of(&self, person: &Person) -> Option<Decision> {
        person.calls.as_ref()?.voicemail.as_ref()?;
        self.mailbox(person, MailboxUse::Leave)
    }

    /// A call to a user's mailbox: the one that is set, else the extension's. `None` without a voicemail server.
    pub(super) fn mailbox(&self, person: &Person, purpose: MailboxUse) -> Option<Decision> {
        let config = &self.plan.voicemail;
        let target = match purpose {
            MailboxUse::Listen => config.listen_target.as_ref().or(config.target.as_ref()),
            MailboxUse::Leave => config.target.as_ref(),
        }?;
        let set = person.calls.as_ref().and_then(|calls| calls.voicemail.clone());
        let mailbox = set
            .or_else(|| person.extension.clone())
            .unwrap_or_else(|| person.user.clone());
        Some(Decision::Voicemail(VoicemailCall {
            uri: target.replace("{mailbox}", &escaped(&mailbox)).into(),
            mailbox,
            purpose,
        }))
    }
}

/// As it may stand in the user part of a SIP URI (RFC 3261 §25.1, unreserved).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()+".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
