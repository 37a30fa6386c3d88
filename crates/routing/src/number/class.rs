//! What a call costs, in five classes.

use std::fmt;
use std::ops::{BitAnd, BitOr};
use std::str::FromStr;

/// A class of numbers; each is a right of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Inside the company.
    Internal,
    /// Free, or at the price of a local call.
    Local,
    /// In the own country.
    National,
    /// In another one.
    International,
    /// Dear ones, and those that cannot be classed.
    Premium,
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClassSet(u8);

/// No class has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be internal, local, national, international or premium, found {got:?}")]
pub struct UnknownClass {
    /// What was found.
    pub got: String,
}

impl Class {
    /// All, the cheapest first.
    pub const ALL: [Self; 5] = [
        Self::Internal,
        Self::Local,
        Self::National,
        Self::International,
        Self::Premium,
    ];

    /// As written in configurations, metrics and CDRs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Local => "local",
            Self::National => "national",
            Self::International => "international",
            Self::Premium => "premium",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl ClassSet {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self(0b1_1111);

    /// From bits, as the directory keeps them: internal 1, local 2, national 4, international 8, premium 16.
    /// Others are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// As bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn contains(self, class: Class) -> bool {
        self.0 & class.bit() != 0
    }

    /// Those in the set, the cheapest first.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL.into_iter().filter(move |class| self.contains(*class))
    }
}

impl BitAnd for ClassSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for ClassSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Class> for ClassSet {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        Self(classes.into_iter().fold(0, |bits, class| bits | class.bit()))
    }
}

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        let found = Self::ALL.into_iter().find(|class| class.name() == text);
        found.ok_or_else(|| UnknownClass { got: text.to_owned() })
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
