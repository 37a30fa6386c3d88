//! Logins that phones have built in: the phone asks for the user's document with user id and PIN.
//!
//! A phone goes on asking with what was typed once: at every check for news, after a restart, after its user has logged
//! in somewhere else. Only the first of these is a login. So:
//! - while the user is logged in at this phone, the document is given without looking at the PIN: the phone has shown
//!   who it is, and its own document would say the same;
//! - where the file's name says by which document the phone was told to ask for it, and that was an older one, the phone
//!   gets what it should show now;
//! - a phone that has not loaded a document since its last session ended, and asks as the user of that session, is not
//!   somebody who types a PIN, however long ago that was: it must not take the session back from where the user is now.
//!
//! The last rule holds until the log has it that the phone shows something newer than that end, which it does when it has
//! fetched its own document: at its start, or when its edge tells it. Nothing of it is in a node's memory. Until then:
//!
//! | family | what it asks for | what it gets |
//! |---|---|---|
//! | Cisco MPP | `em-<stamp>-<user>.xml` | the stamp decides: with an older one, what it should show now |
//! | Grandstream | its own document, under another name | that document: neutral, it ends the asking |
//! | Poly, Mitel | a user's document beside its own | 401, as for a wrong PIN |
//!
//! So somebody who really types a PIN at such a phone does it once more when the phone is neutral.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use hotdesk_cluster::Local;
use hotdesk_core::{RecentAt, State, UserId, UserName};
use hotdesk_phone::{Recognised, Vendor, user_file_stamp};

use super::Asked;
use super::identify::{self, Identified, basic};
use super::refused::{Refused, Result};
use crate::guesses::Origin;
use crate::phones::login::{LogIn, Proof, log_in};
use crate::services::new_request_id;

/// How long to wait for this node's copy to have the login.
const COPY_WITHIN: Duration = Duration::from_secs(3);

/// What is known of a phone that asks as a user who is not logged in there.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// The stamp in the name of the file that it asks for.
    told_by: Option<u64>,
    /// What it should show.
    wanted: u64,
    /// When it last changed by itself: at the end of its last session, or later.
    changed: u64,
    /// What it shows.
    shown: Option<u64>,
    /// Whether that user was the last one there; `None`: nobody remembers who was.
    was_last: Option<bool>,
    /// The file is its own document.
    is_own: bool,
}

/// What such a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// Somebody has typed it.
    ToLogIn,
    /// A repetition; it takes what it should show now.
    ForDocument,
    /// A repetition; it is asked for the PIN again.
    InVain,
}

impl Facts {
    fn judge(self) -> Asks {
        let is_repeated = match self.told_by {
            Some(stamp) => stamp < self.wanted,
            None => self.has_not_loaded() && self.was_last.unwrap_or_else(|| self.shown.is_some()),
        };
        match is_repeated {
            false => Asks::ToLogIn,
            true if self.is_own || self.told_by.is_some() => Asks::ForDocument,
            true => Asks::InVain,
        }
    }

    /// Not since its last session ended, as far as is known.
    fn has_not_loaded(self) -> bool {
        self.shown.is_none_or(|shown| shown < self.changed)
    }
}

impl Asked<'_> {
    /// Makes sure that the user is logged in at the phone. Gives a copy that has the login, when there was none.
    pub(super) async fn log_in(
        &self,
        local: &Local,
        phone: &Identified,
        recognised: &Recognised,
        (named, name): (&str, &str),
    ) -> Result<Option<Local>> {
        let Some(mut given) = basic(self.headers) else {
            return Err(Refused::ask_for_pin("user id and PIN, please"));
        };
        let device = &phone.device.id;
        let user = user_of(&local.state, &given.user);
        if !named.is_empty() && user_of(&local.state, named) != user {
            return Err(Refused::ask_for_pin("the document is another user's"));
        }
        if let Some(user) = &user {
            let session = local.state.session_at(device);
            if session.is_some_and(|session| session.user == *user) {
                return Ok(None);
            }
        }
        match facts(&local.state, phone, user.as_ref(), recognised, name).judge() {
            Asks::ToLogIn => {}
            Asks::ForDocument => return Ok(None),
            Asks::InVain => return Err(Refused::ask_for_pin("the user is logged in here no longer")),
        }
        self.may_change()?;
        let request = LogIn {
            user: std::mem::take(&mut given.user),
            device: device.clone(),
            proof: Proof::Pin {
                typed: std::mem::take(&mut given.password),
                origin: self.origin(phone),
            },
            surface: "built-in",
            request_id: new_request_id(),
            address: Some(self.peer.address),
        };
        match log_in(self.phones, request).await {
            Ok(done) => {
                let (vendor, epoch) = (recognised.vendor, done.session.epoch);
                self.phones
                    .login_timed(device, vendor, self.at, Instant::now(), epoch);
                Ok(Some(self.copy_with(done.index).await?))
            }
            Err(trouble) => {
                let status = match trouble.reason {
                    "wrong_pin" | "unknown_user" | "pin_required" | "invalid_argument" => {
                        StatusCode::UNAUTHORIZED
                    }
                    _ if trouble.retryable => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::FORBIDDEN,
                };
                Err(Refused::login(status, trouble.to_string(), device))
            }
        }
    }

    /// A phone that has not shown who it is has only been named.
    fn origin(&self, phone: &Identified) -> Origin {
        match phone.proof {
            identify::Proof::Token | identify::Proof::Certificate => Origin::Phone,
            // A former token is good for documents, and for nothing that a phone is trusted with beside.
            identify::Proof::FormerToken | identify::Proof::Window => Origin::Address(self.peer.address),
        }
    }

    /// This node's copy, once it has the entry.
    async fn copy_with(&self, index: u64) -> Result<Local> {
        let cluster = &self.phones.shared.cluster;
        if cluster.local().index < index {
            let deadline = tokio::time::Instant::now() + COPY_WITHIN;
            let caught_up = self.phones.shared.catch_up(deadline).await;
            caught_up.map_err(|error| {
                Refused::try_again(format!("logged in, but no document yet ({})", error.name()))
            })?;
        }
        Ok(cluster.local())
    }
}

fn facts(
    state: &State,
    phone: &Identified,
    user: Option<&UserId>,
    recognised: &Recognised,
    name: &str,
) -> Facts {
    let device = state.device(&phone.device.id).unwrap_or(&phone.device);
    let last = state.recent_at(RecentAt::Device(&device.id), 1);
    Facts {
        told_by: user_file_stamp(name),
        wanted: state.wanted_stamp(&device.id),
        changed: device.changed,
        shown: device.shown.map(|shown| shown.stamp),
        was_last: last.first().map(|last| Some(&last.id) == user),
        is_own: recognised.vendor == Vendor::Grandstream,
    }
}

fn user_of(state: &State, name: &str) -> Option<UserId> {
    let name = UserName::parse(name).ok()?;
    state.find_user(&name).map(|user| user.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Poly that showed ada's document when her session ended at 9.
    const POLY: Facts = Facts {
        told_by: None,
        wanted: 9,
        changed: 9,
        shown: Some(5),
        was_last: Some(true),
        is_own: false,
    };

    #[test]
    fn a_request_is_a_login_when_the_phone_has_loaded_since_its_last_user_has_gone() {
        let mpp = |stamp| Facts {
            told_by: Some(stamp),
            ..POLY
        };
        let shown = |shown, changed| Facts {
            shown,
            changed,
            ..POLY
        };
        let last = |was_last, shown| Facts {
            was_last,
            shown,
            ..POLY
        };
        let grandstream = Facts { is_own: true, ..POLY };
        for (what, facts, expected) in [
            ("what was typed once", POLY, Asks::InVain),
            (
                "the neutral document was loaded",
                shown(Some(9), 9),
                Asks::ToLogIn,
            ),
            ("and a label has changed since", shown(Some(10), 12), Asks::InVain),
            (
                "an office's name has changed since, which is not the phone's",
                Facts {
                    wanted: 12,
                    ..shown(Some(9), 9)
                },
                Asks::ToLogIn,
            ),
            ("another user", last(Some(false), Some(5)), Asks::ToLogIn),
            (
                "a phone that was never logged in at",
                last(None, None),
                Asks::ToLogIn,
            ),
            (
                "nobody remembers who was there",
                last(None, Some(5)),
                Asks::InVain,
            ),
            ("after a restore", last(Some(true), None), Asks::InVain),
            ("the name says by which document", mpp(8), Asks::ForDocument),
            ("and it is the newest", mpp(9), Asks::ToLogIn),
            (
                "its own document under another name",
                grandstream,
                Asks::ForDocument,
            ),
        ] {
            assert_eq!(facts.judge(), expected, "{what}");
        }
    }

    /// However long ago, at whatever node: nothing but the log and the request decides.
    #[test]
    fn a_phone_that_has_not_loaded_since_never_logs_its_last_user_in() {
        for (changed, later, behind) in
            (1..20).flat_map(|c| (0..4).flat_map(move |l| (1..=c).map(move |b| (c, l, b))))
        {
            for (told_by, is_own) in [(None, false), (None, true), (Some(changed + later - 1), false)] {
                let facts = Facts {
                    told_by,
                    wanted: changed + later,
                    changed,
                    shown: Some(changed - behind),
                    was_last: Some(true),
                    is_own,
                };
                assert_ne!(facts.judge(), Asks::ToLogIn, "{facts:?}");
            }
        }
    }
}
