//! How many wrong PINs may come within a minute: at one phone, and from one address.
//!
//! The lock of a user's account counts the wrong PINs of that user. Whoever tries one PIN with every user meets nobody's
//! lock, so wrong ones are counted by where they come from as well, at this node:
//!
//! - **By phone**, whatever the surface: more than people mistype at a desk are no mistypes. What only names a phone is
//!   counted apart from what is typed there, or anybody in the network could keep people from logging in at their desks.
//! - **By address**, or IPv6 network, where nobody has shown to be a phone or to speak for phones.
//!
//! Right PINs count nothing and meet no bound but that of their own phone and address. A PIN that comes once the minute is
//! used up is not looked at; one that was looked at while others used it up is not talked about. So however many are sent
//! at once, the answers tell of no more than the bound.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hotdesk_core::{DeviceId, State};
use hotdesk_proto::error::Failure;

use crate::config::LimitsSection;
use crate::http::Metrics;
use crate::per_minute::{PerMinute, network_of};

/// Where a PIN comes from, as far as anybody has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From the phone it is for, which has shown that it is that, or from a program that has shown to be the company's:
    /// it speaks for a whole office.
    Phone,
    /// From whoever has this address, and may name any phone.
    Address(IpAddr),
}

/// The counts.
pub(crate) struct Guesses {
    phones: PerMinute<Phone>,
    addresses: PerMinute<IpAddr>,
}

/// A phone at which wrong PINs are counted.
#[derive(PartialEq, Eq, Hash)]
struct Phone {
    /// `None`: one that the directory does not have. They count together, so that inventing some gains nothing.
    device: Option<DeviceId>,
    /// It was named by somebody who may not be there.
    is_named_only: bool,
}

/// The sources of one PIN.
pub(crate) struct Guess<'a> {
    guesses: &'a Guesses,
    metrics: &'a Metrics,
    device: &'a DeviceId,
    origin: Origin,
    is_known_device: bool,
}

impl Guesses {
    pub(crate) fn new(limits: &LimitsSection) -> Self {
        Self {
            phones: PerMinute::new(limits.wrong_pins_per_phone_max),
            addresses: PerMinute::new(limits.wrong_pins_per_address_max),
        }
    }

    /// A PIN for a login at `device`, or for no phone when the directory does not have it.
    pub(crate) fn guess<'a>(
        &'a self,
        metrics: &'a Metrics,
        state: &State,
        device: &'a DeviceId,
        origin: Origin,
    ) -> Guess<'a> {
        Guess {
            guesses: self,
            metrics,
            device,
            origin,
            is_known_device: state.device(device).is_some(),
        }
    }
}

impl Guess<'_> {
    /// Whether the PIN may be looked at, and later whether it may be told that it is right.
    ///
    /// # Errors
    /// [`Failure::TooManyWrongPins`], with the time to wait.
    pub(crate) fn admit(&self) -> Result<(), Failure> {
        let now = Instant::now();
        let phone = self
            .phone()
            .and_then(|phone| self.guesses.phones.wait(&phone, now));
        let address = || self.guesses.addresses.wait(&self.network()?, now);
        match (phone, phone.is_none().then(address).flatten()) {
            (Some(wait), _) => Err(self.held_up("phone", wait)),
            (None, Some(wait)) => Err(self.held_up("address", wait)),
            (None, None) => Ok(()),
        }
    }

    /// The PIN is wrong, or what is told of it must not differ from what is told of a wrong one.
    ///
    /// # Errors
    /// As [`admit`](Self::admit): it was one too many, and nothing is to be told of it.
    pub(crate) fn wrong(&self) -> Result<(), Failure> {
        let now = Instant::now();
        if let Some(phone) = self.phone() {
            let is_last = self.guesses.phones.count(phone, now);
            if is_last.map_err(|wait| self.held_up("phone", wait))? {
                tracing::warn!(
                    device_id = self.device.as_str(),
                    is_named_only = self.network().is_some(),
                    "wrong PINs at a phone have used up its minute"
                );
            }
        }
        if let Some(network) = self.network() {
            let is_last = self.guesses.addresses.count(network, now);
            if is_last.map_err(|wait| self.held_up("address", wait))? {
                tracing::warn!(address = %network, "wrong PINs from an address have used up its minute");
            }
        }
        Ok(())
    }

    fn held_up(&self, place: &'static str, wait: Duration) -> Failure {
        self.metrics.login_held_up(place);
        Failure::TooManyWrongPins { place, wait }
    }

    fn phone(&self) -> Option<Phone> {
        let is_named_only = matches!(self.origin, Origin::Address(_));
        // Where the address counts, a phone that nobody has is no place: people's own page has none.
        (self.is_known_device || !is_named_only).then(|| Phone {
            device: self.is_known_device.then(|| self.device.clone()),
            is_named_only,
        })
    }

    fn network(&self) -> Option<IpAddr> {
        match self.origin {
            Origin::Phone => None,
            Origin::Address(address) => Some(network_of(address)),
        }
    }
}
