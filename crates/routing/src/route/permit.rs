//! Whether a call of some class may be made.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{Way, refuse};
use crate::{Caller, Class, ClassSet, Directory, Person, Refusal, Rights};

/// Whose rights count.
#[derive(Clone, Copy)]
pub(super) enum Authority<'a> {
    /// The caller's.
    Caller,
    /// A phone's at which nobody is logged in: these.
    Listed(ClassSet),
    /// Those of the user who has forwarded the call.
    Forwarder(&'a Person),
    /// The office's own, for what its configuration sends on.
    Office,
}

impl<D: Directory + ?Sized> Way<'_, D> {
    /// Whether people, hunt lists and mailboxes may be called. Callers from outside may: that is what numbers
    /// are for.
    pub(super) fn may_call_inside(&self) -> Result<(), Refusal> {
        match (self.authority, &self.call.caller) {
            (Authority::Caller, Caller::Trunk { .. } | Caller::Peer { .. }) => Ok(()),
            _ => self.may_call(Class::Internal),
        }
    }

    /// Whether a call of this class may be made.
    pub(super) fn may_call(&self, class: Class) -> Result<(), Refusal> {
        let has = |classes: ClassSet| classes.contains(class);
        match (self.authority, &self.call.caller) {
            (Authority::Listed(classes), _) if has(classes) => Ok(()),
            (Authority::Listed(_), _) => Err(refuse::log_in_first()),
            (Authority::Office, _) => self.site_allows(class),
            (Authority::Forwarder(person), _) => {
                self.person_may(person, class, &self.zone_of(person))?;
                self.site_allows(class)
            }
            (Authority::Caller, Caller::User { person, phone }) => {
                self.person_may(person, class, &self.zone(&phone.site))?;
                self.site_allows(class)
            }
            (Authority::Caller, Caller::Trunk { trunk, .. }) => {
                let own = self.plan.trunk_rights.iter().find(|(id, _)| id == trunk);
                self.outsider_may(own.map_or(ClassSet::NONE, |(_, classes)| *classes), class)
            }
            (Authority::Caller, Caller::Peer { .. }) => self.outsider_may(self.plan.peer_rights, class),
            // Who is at a neutral phone has been asked for by its list; without one there are no rights.
            (Authority::Caller, Caller::Neutral(_)) => Err(refuse::log_in_first()),
        }
    }

    fn person_may(&self, person: &Person, class: Class, zone: &TimeZone) -> Result<(), Refusal> {
        let Rights { classes, .. } = person.rights;
        if !classes.contains(class) {
            return Err(refuse::not_allowed(class));
        }
        let local = self.local(zone);
        let allowed = person.rights.at(&local).contains(class);
        if allowed {
            Ok(())
        } else {
            Err(refuse::not_now(class))
        }
    }

    fn site_allows(&self, class: Class) -> Result<(), Refusal> {
        let local = self.local(&self.zone(&self.plan.site));
        let allowed = self.plan.site_limits.at(&local).contains(class);
        if allowed {
            Ok(())
        } else {
            Err(refuse::not_from_here(class))
        }
    }

    /// To a caller from outside a number that they may not reach does not exist. The site's limits hold for
    /// them as for its people.
    fn outsider_may(&self, classes: ClassSet, class: Class) -> Result<(), Refusal> {
        if !classes.contains(class) {
            return Err(refuse::not_from_outside());
        }
        self.site_allows(class)
    }

    /// The time zone of a site.
    pub(super) fn zone(&self, site: &str) -> TimeZone {
        let configured = self.plan.zone.as_ref();
        let own = configured.filter(|_| site == self.plan.site).cloned();
        let known = own
            .or_else(|| self.dir.zone(site))
            .or_else(|| configured.cloned());
        known.unwrap_or(TimeZone::UTC)
    }

    /// The time zone where the user sat down last.
    pub(super) fn zone_of(&self, person: &Person) -> TimeZone {
        let site = person.places.last().map(|place| place.site.as_str());
        self.zone(site.unwrap_or_default())
    }

    pub(super) fn local(&self, zone: &TimeZone) -> Zoned {
        self.now.to_zoned(zone.clone())
    }
}
