//! Calling rights (class of service).

use jiff::Zoned;

use crate::{Class, ClassSet, Hours};

/// What may be called, and what outside working hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// What may be called.
    pub classes: ClassSet,
    /// What may be called at other times.
    pub outside_hours: Option<OutsideHours>,
}

/// Fewer rights outside working hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideHours {
    /// The working hours, in the time of the site where the phone stands.
    pub hours: Hours,
    /// What may be called when they are not. Cut to [`Rights::classes`]: nobody may call more by night.
    pub classes: ClassSet,
}

impl Rights {
    /// Everything, at any time: a site without limits.
    pub const ALL: Self = Self {
        classes: ClassSet::ALL,
        outside_hours: None,
    };

    /// What may be called at this moment, in local time.
    #[must_use]
    pub fn at(&self, local: &Zoned) -> ClassSet {
        match self.outside_hours {
            Some(outside) if !outside.hours.contains(local) => self.classes & outside.classes,
            _ => self.classes,
        }
    }
}

/// Internal, local and national: enough for work, and what it costs at worst is small.
impl Default for Rights {
    fn default() -> Self {
        Self {
            classes: ClassSet::from_iter([Class::Internal, Class::Local, Class::National]),
            outside_hours: None,
        }
    }
}
