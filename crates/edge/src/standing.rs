//! What the age of the table means. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What an office does when its edge has been cut off from the cluster for longer than the lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The table is not used any more: calls to extensions find nobody, and nobody is shown at a phone that
    /// they may have left. No user on two phones, at the price of the calls.
    Strict,
    /// The table is used as it was: calls go where people were last seen, marked as unconfirmed. The default,
    /// because a call to a desk that its user has left does less harm than an office without telephones.
    #[default]
    Survive,
}

/// How far the table can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No complete table yet.
    Starting,
    /// Younger than the lease: the cluster holds back nothing that matters longer than that.
    Good,
    /// Older than the lease, and this is what the office does.
    Expired(Policy),
}

impl Standing {
    /// The standing of a table of this age (`Duration::MAX`: none yet).
    #[must_use]
    pub fn of(age: Duration, lease: Duration, policy: Policy) -> Self {
        if age == Duration::MAX {
            Self::Starting
        } else if age <= lease {
            Self::Good
        } else {
            Self::Expired(policy)
        }
    }

    /// Look-ups are answered.
    #[must_use]
    pub const fn answers(self) -> bool {
        matches!(self, Self::Good | Self::Expired(Policy::Survive))
    }
}

impl Policy {
    /// Both, as written in a configuration.
    pub const NAMES: [&'static str; 2] = ["strict", "survive"];

    /// What it means while it applies: a sentence for the operator.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Strict => "calls to extensions find nobody until a node can be reached again",
            Self::Survive => {
                "calls go where people were last seen, unconfirmed: who has logged in or out since is not known"
            }
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Survive => "survive",
        })
    }
}

impl FromStr for Policy {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "strict" => Ok(Self::Strict),
            "survive" => Ok(Self::Survive),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lease_decides_and_the_policy_says_what_then() {
        let lease = Duration::from_secs(60);
        for (age, policy, standing, answers) in [
            (Duration::MAX, Policy::Survive, Standing::Starting, false),
            (Duration::ZERO, Policy::Strict, Standing::Good, true),
            (lease, Policy::Strict, Standing::Good, true),
            (
                lease + Duration::from_millis(1),
                Policy::Strict,
                Standing::Expired(Policy::Strict),
                false,
            ),
            (
                lease * 100,
                Policy::Survive,
                Standing::Expired(Policy::Survive),
                true,
            ),
        ] {
            assert_eq!(Standing::of(age, lease, policy), standing, "{age:?}");
            assert_eq!(standing.answers(), answers, "{age:?}");
        }
    }

    #[test]
    fn a_policy_has_one_spelling() {
        for name in Policy::NAMES {
            assert_eq!(name.parse::<Policy>().unwrap().to_string(), name);
        }
        assert!("Strict".parse::<Policy>().is_err());
    }
}
