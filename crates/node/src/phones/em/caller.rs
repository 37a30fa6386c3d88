//! Who asks: an application of the file, or an end user for himself.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use hotdesk_core::{Actor, DeviceId, State, UserId, UserName};
use hotdesk_phone::em::{self, Code, Origin};
use tonic::metadata::MetadataMap;
use zeroize::Zeroizing;

use super::applications::Application;
use super::codes::{Doing, code};
use super::{Em, Phones, user_of};
use crate::guesses;
use crate::phones::login;
use crate::services::{Error, Login, check_pin, new_request_id};

/// Whoever has shown who they are.
pub(super) enum Caller {
    /// A program.
    Application(Arc<Application>),
    /// A user, who may act on nobody else.
    User(UserId),
}

impl Caller {
    /// Who it is in events and the audit trail.
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::Application(application) => application.actor(),
            Self::User(user) => Actor(format!("user:{user}").into()),
        }
    }
}

/// What a request says about who asks, before it is believed.
pub(super) enum Claim {
    /// A program, which has shown its password.
    Application(Arc<Application>),
    /// A user whose PIN nobody has looked at. It is checked by the login itself where there is one, so that the one
    /// check is against the credential that the login is for.
    User { name: UserName, pin: Zeroizing<String> },
}

impl Claim {
    /// Looks at the credentials, which came from `source`. Where an application is called like a user, what is not its
    /// password may be the user's PIN: the file must not keep people out.
    pub(super) async fn of(
        em: &Em,
        application: &em::Application,
        source: IpAddr,
        state: &State,
    ) -> Result<Self, Code> {
        let certificate = application.certificate.expose();
        if application.is_encrypted || application.id.is_empty() || certificate.is_empty() {
            return Err(Code::CannotAuthorize);
        }
        let given = Zeroizing::new(certificate.to_owned());
        let Some(known) = em
            .applications
            .find(&application.id, |site| state.site(site).is_some())
            .map_err(|()| Code::UserInfo)?
        else {
            let name = user_name(state, &application.id).ok_or(Code::InvalidApplication)?;
            return Ok(Self::User { name, pin: given });
        };
        // Before the password is looked at, or the right one would still be told from the others.
        if em.wrong.is_out(source, Instant::now()) {
            return Err(Code::Busy);
        }
        let (checked, given) = (Arc::clone(&known), Arc::new(given));
        let password = Arc::clone(&given);
        let is_right = tokio::task::spawn_blocking(move || checked.is_password(&password));
        match is_right.await {
            Ok(true) => Ok(Self::Application(known)),
            Ok(false) => {
                // Also where it is a PIN in the end, or a user's name would be a way to try passwords uncounted.
                let _ = em.wrong.let_in(source, Instant::now());
                let user = user_of(state, &known.id).map(|user| UserName::from(&user.id));
                tracing::warn!(
                    application = known.id.as_str(),
                    address = %source,
                    is_user = user.is_some(),
                    "wrong password of an application"
                );
                let name = user.ok_or(Code::InvalidApplication)?;
                Ok(Self::User {
                    name,
                    pin: Zeroizing::new(given.to_string()),
                })
            }
            Err(_) => Err(Code::UserInfo),
        }
    }

    /// Who it says it is, for the log: somebody who exists, or nothing.
    pub(super) fn actor(&self, state: &State) -> Option<Actor> {
        let caller = match self {
            Self::Application(application) => Caller::Application(Arc::clone(application)),
            Self::User { name, .. } => Caller::User(state.find_user(name)?.id.clone()),
        };
        Some(caller.actor())
    }

    /// Whether what it says about the phone it asks for is believed, and what follows from that.
    pub(super) fn admit(&self, em: &Em, origin: &Origin) -> Result<(), Code> {
        let Self::Application(application) = self else {
            return Ok(());
        };
        if !application.forwards {
            return Ok(());
        }
        if let Some(address) = &origin.remote_address {
            let address = address
                .parse()
                .ok()
                .filter(|address| em.guard.networks.contain(*address));
            address.ok_or(Code::UntrustedAddress)?;
        }
        if origin.is_via_set && !em.guard.allow_via {
            return Err(Code::Proxy);
        }
        Ok(())
    }

    /// Has a user show the PIN, which came from `source`. Wrong ones are counted as everywhere.
    pub(super) async fn prove(
        self,
        phones: &Phones,
        source: IpAddr,
        until: tokio::time::Instant,
    ) -> Result<Caller, Code> {
        match self {
            Self::Application(application) => Ok(Caller::Application(application)),
            Self::User { name, pin } => {
                let checked = check(phones, name, pin, source, until).await;
                checked
                    .map(Caller::User)
                    .map_err(|error| code(error.name(), Doing::Asking))
            }
        }
    }
}

/// The name of a user who asks: an existing one's own, or what was given, which nobody has.
fn user_name(state: &State, given: &str) -> Option<UserName> {
    match user_of(state, given) {
        Some(user) => Some(UserName::from(&user.id)),
        None => UserName::parse(given).ok(),
    }
}

async fn check(
    phones: &Phones,
    user: UserName,
    pin: Zeroizing<String>,
    source: IpAddr,
    until: tokio::time::Instant,
) -> Result<UserId, Error> {
    /// What the event of a lockout names in place of a phone: there is none.
    const PLACE: &str = "em";
    let call = phones.shared.gate.enter(Arc::new(MetadataMap::new()))?;
    let login = Login {
        user,
        device: DeviceId::parse(PLACE).expect("letters are a valid id"),
        origin: guesses::Origin::Address(source),
        by: login::actor(super::SURFACE),
        request_id: new_request_id(),
        deadline: call.deadline.min(until),
    };
    let known = check_pin(&phones.shared, &login, login::pin(pin)?).await?;
    Ok(known.user)
}
