//! The model: a register that holds at most one seat. A user's register holds a device, a device's register
//! holds a user; apart from that the two are the same.

use std::collections::BTreeSet;
use std::fmt;

use super::history::{Call, LoggedIn, Operation, Outcome, Seat, Target};

/// Whose register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of<'a> {
    User(&'a str),
    Device(&'a str),
}

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user {name}"),
            Self::Device(name) => write!(f, "device {name}"),
        }
    }
}

impl<'a> Of<'a> {
    /// The other side of a seat, if the seat is in this register.
    fn held(&self, seat: &'a Seat) -> Option<Held<'a>> {
        let (mine, other) = match self {
            Self::User(name) => (*name == seat.user, &seat.device),
            Self::Device(name) => (*name == seat.device, &seat.user),
        };
        mine.then_some(Held {
            other,
            epoch: seat.epoch,
        })
    }

    fn held_among(&self, seats: &'a [Seat]) -> Option<Held<'a>> {
        seats.iter().find_map(|seat| self.held(seat))
    }
}

/// What a register holds: the other side of the seat, and the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held<'a> {
    pub(super) other: &'a str,
    /// [`UNSEEN`] while nobody has seen the epoch: a login without an answer put it there.
    pub(super) epoch: u64,
}

/// The epoch of a session that nobody has been told about yet; real ones are larger.
pub(super) const UNSEEN: u64 = 0;

/// The register and what is known of its past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Register<'a> {
    pub(super) held: Option<Held<'a>>,
    /// The largest epoch seen so far; whatever begins later has a larger one.
    floor: u64,
}

/// What an operation does to one register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect<'a> {
    /// A session begins here. `before` is what it must have found.
    Begin {
        other: &'a str,
        epoch: u64,
        before: Option<Held<'a>>,
    },
    /// A session may have begun here; no answer came.
    MayBegin { other: &'a str },
    /// Exactly this session ended here.
    End { ended: Held<'a> },
    /// The session here ends, if it is with `other` (any, if `None`) and has this epoch; no answer came.
    MayEnd {
        other: Option<&'a str>,
        epoch: Option<u64>,
    },
    /// This is what was here.
    See { held: Option<Held<'a>> },
    /// `other` was not here.
    Without { other: &'a str },
}

impl Effect<'_> {
    /// It changes nothing, so it can be put at the first place where it fits.
    pub(super) const fn is_observation(&self) -> bool {
        matches!(self, Self::See { .. } | Self::Without { .. })
    }

    /// No answer came: it may be left out.
    pub(super) const fn is_optional(&self) -> bool {
        matches!(self, Self::MayBegin { .. } | Self::MayEnd { .. })
    }
}

impl<'a> Register<'a> {
    /// The register after the effect; `None` if it cannot have happened here, or (for an effect without an
    /// answer) would change nothing.
    pub(super) fn after(self, effect: &Effect<'a>) -> Option<Self> {
        match *effect {
            Effect::Begin { other, epoch, before } => {
                let found = self.seen(before)?;
                (epoch > found.floor).then_some(Self {
                    held: Some(Held { other, epoch }),
                    floor: epoch,
                })
            }
            Effect::MayBegin { other } => {
                // Also where `other` sits already: the session there may have been overdue and make way.
                Some(Self {
                    held: Some(Held { other, epoch: UNSEEN }),
                    ..self
                })
            }
            Effect::End { ended } => Some(Self {
                held: None,
                ..self.seen(Some(ended))?
            }),
            Effect::MayEnd { other, epoch } => {
                let held = self.held?;
                let named = other.is_none_or(|other| other == held.other);
                let meant = epoch.is_none_or(|e| e == held.epoch || (held.epoch == UNSEEN && e > self.floor));
                (named && meant).then_some(Self { held: None, ..self })
            }
            Effect::See { held } => self.seen(held),
            Effect::Without { other } => self.held.is_none_or(|held| held.other != other).then_some(self),
        }
    }

    /// The register, knowing that this is what was in it; `None` if it was not.
    fn seen(self, held: Option<Held<'a>>) -> Option<Self> {
        match (self.held, held) {
            (None, None) => Some(self),
            (Some(mine), Some(seen)) if mine == seen => Some(self),
            (Some(mine), Some(seen))
                if mine.epoch == UNSEEN && mine.other == seen.other && seen.epoch > self.floor =>
            {
                Some(Self {
                    held: Some(seen),
                    floor: seen.epoch,
                })
            }
            _ => None,
        }
    }
}

/// One operation as one register sees it.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    /// From when on it can have happened: the call, less the age that a local read admits.
    pub(super) from_ns: u64,
    /// Until when, at the latest; the end of time if no answer came.
    pub(super) until_ns: u64,
    pub(super) effect: Effect<'a>,
    pub(super) operation: &'a Operation,
}

/// What the operations do to one register, sorted by `from_ns`; those that cannot touch it are left out.
pub(super) fn project<'a>(of: &Of<'a>, operations: &'a [Operation]) -> Vec<Step<'a>> {
    // Only who ever logged in here can be thrown out from here.
    let visitors: BTreeSet<&str> = operations
        .iter()
        .filter_map(|operation| visitor(of, operation))
        .collect();
    let mut steps: Vec<Step<'a>> = operations
        .iter()
        .filter_map(|operation| {
            let effect = effect(of, operation, &visitors)?;
            let age_ns = match &operation.call {
                Call::LookupUser { age_ns, .. } | Call::LookupDevice { age_ns, .. } => *age_ns,
                Call::Login { .. } | Call::Logout { .. } => 0,
            };
            Some(Step {
                from_ns: operation.invoked_ns.saturating_sub(age_ns),
                until_ns: if effect.is_optional() {
                    u64::MAX
                } else {
                    operation.returned_ns
                },
                effect,
                operation,
            })
        })
        .collect();
    steps.sort_by_key(|step| (step.from_ns, step.until_ns));
    steps
}

fn visitor<'a>(of: &Of<'a>, operation: &'a Operation) -> Option<&'a str> {
    let Call::Login { user, device, .. } = &operation.call else {
        return None;
    };
    match of {
        Of::User(name) => (*name == user).then_some(device),
        Of::Device(name) => (*name == device).then_some(user),
    }
    .map(String::as_str)
}

fn effect<'a>(of: &Of<'a>, operation: &'a Operation, visitors: &BTreeSet<&str>) -> Option<Effect<'a>> {
    match &operation.call {
        Call::Login {
            user,
            device,
            outcome,
            ..
        } => {
            let (here, other) = match of {
                Of::User(name) => (*name == user, device.as_str()),
                Of::Device(name) => (*name == device, user.as_str()),
            };
            match outcome {
                Outcome::Refused => None,
                Outcome::Unknown if here => Some(Effect::MayBegin { other }),
                Outcome::Acknowledged(answer) if here => Some(begin(of, other, answer)),
                // A login that is not in this register can only end what is here: the same user elsewhere,
                // or another user at the same phone.
                _ if !visitors.contains(other) => None,
                Outcome::Unknown => Some(Effect::MayEnd {
                    other: Some(other),
                    epoch: None,
                }),
                Outcome::Acknowledged(answer) => Some(
                    of.held_among(&answer.ended)
                        .map_or(Effect::Without { other }, |ended| Effect::End { ended }),
                ),
            }
        }
        Call::Logout {
            target,
            epoch,
            outcome,
            ..
        } => logout(of, target, *epoch, outcome, visitors),
        Call::LookupUser { user, found, .. } => (*of == Of::User(user)).then(|| Effect::See {
            held: found.as_ref().and_then(|seat| of.held(seat)),
        }),
        Call::LookupDevice { device, found, .. } => (*of == Of::Device(device)).then(|| Effect::See {
            held: found.as_ref().and_then(|seat| of.held(seat)),
        }),
    }
}

fn begin<'a>(of: &Of<'a>, other: &'a str, answer: &'a LoggedIn) -> Effect<'a> {
    let epoch = answer.epoch;
    if answer.already {
        return Effect::See {
            held: Some(Held { other, epoch }),
        };
    }
    Effect::Begin {
        other,
        epoch,
        before: of.held_among(&answer.ended),
    }
}

fn logout<'a>(
    of: &Of<'a>,
    target: &'a Target,
    epoch: Option<u64>,
    outcome: &'a Outcome<Vec<Seat>>,
    visitors: &BTreeSet<&str>,
) -> Option<Effect<'a>> {
    // Whether the target is this register itself, or (by name) the other side of a seat.
    let other = match (target, of) {
        (Target::Overdue, _) => None,
        (Target::User(user), Of::User(name)) => (user == name).then_some(None)?,
        (Target::Device(device), Of::Device(name)) => (device == name).then_some(None)?,
        (Target::User(other), Of::Device(_)) | (Target::Device(other), Of::User(_)) => Some(other.as_str()),
    };
    if other.is_some_and(|other| !visitors.contains(other)) {
        return None;
    }
    match outcome {
        Outcome::Refused => None,
        Outcome::Unknown => Some(Effect::MayEnd { other, epoch }),
        Outcome::Acknowledged(ended) => match (of.held_among(ended), other, target) {
            (Some(ended), _, _) => Some(Effect::End { ended }),
            // Nothing of this register was overdue: says nothing, deadlines are not modelled.
            (None, _, Target::Overdue) => None,
            (None, Some(other), _) => Some(Effect::Without { other }),
            (None, None, _) => Some(Effect::See { held: None }),
        },
    }
}
