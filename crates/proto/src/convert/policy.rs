//! Policies. What a group leaves to the defaults is not set on the wire; the defaults are always complete there.

use hotdesk_core::{BusyDevice, Limit, LockoutPolicy, MultipleLogins, Policy, PolicyOverrides};

use super::{Invalid, required};
use crate::v1;

impl From<&Policy> for v1::Policy {
    fn from(policy: &Policy) -> Self {
        Self {
            multiple_logins: Some(policy.multiple_logins.into()),
            busy_device: v1::BusyDevice::from(policy.busy_device).into(),
            idle_timeout: Some(policy.idle_timeout.into()),
            login_time_max: Some(policy.login_time_max.into()),
            lockout: Some(policy.lockout.into()),
        }
    }
}

/// What is not set takes its built-in value.
impl TryFrom<v1::Policy> for Policy {
    type Error = Invalid;
    fn try_from(policy: v1::Policy) -> Result<Self, Invalid> {
        Ok(PolicyOverrides::try_from(policy)?.over(&Self::default()))
    }
}

impl From<&PolicyOverrides> for v1::Policy {
    fn from(policy: &PolicyOverrides) -> Self {
        Self {
            multiple_logins: policy.multiple_logins.map(Into::into),
            busy_device: policy
                .busy_device
                .map_or(v1::BusyDevice::Unspecified, Into::into)
                .into(),
            idle_timeout: policy.idle_timeout.map(Into::into),
            login_time_max: policy.login_time_max.map(Into::into),
            lockout: policy.lockout.map(Into::into),
        }
    }
}

impl TryFrom<v1::Policy> for PolicyOverrides {
    type Error = Invalid;
    fn try_from(policy: v1::Policy) -> Result<Self, Invalid> {
        Ok(Self {
            multiple_logins: policy
                .multiple_logins
                .map(MultipleLogins::try_from)
                .transpose()
                .map_err(|invalid| invalid.within("multiple_logins"))?,
            busy_device: busy_device(policy.busy_device)?,
            idle_timeout: policy.idle_timeout.map(Into::into),
            login_time_max: policy.login_time_max.map(Into::into),
            lockout: policy.lockout.map(Into::into),
        })
    }
}

impl From<MultipleLogins> for v1::MultipleLogins {
    fn from(rule: MultipleLogins) -> Self {
        use v1::multiple_logins::Rule;
        Self {
            rule: Some(match rule {
                MultipleLogins::Evict => Rule::Evict(true),
                MultipleLogins::Deny => Rule::Deny(true),
                MultipleLogins::AllowUpTo(sessions) => Rule::AllowUpTo(sessions.into()),
            }),
        }
    }
}

impl TryFrom<v1::MultipleLogins> for MultipleLogins {
    type Error = Invalid;
    fn try_from(message: v1::MultipleLogins) -> Result<Self, Invalid> {
        use v1::multiple_logins::Rule;
        match required("rule", message.rule, "one of evict, deny, allow_up_to")? {
            Rule::Evict(true) => Ok(Self::Evict),
            Rule::Deny(true) => Ok(Self::Deny),
            Rule::Evict(false) => Err(Invalid::new(
                "evict",
                "must be true, or another rule must be given",
            )),
            Rule::Deny(false) => Err(Invalid::new(
                "deny",
                "must be true, or another rule must be given",
            )),
            Rule::AllowUpTo(sessions) => u8::try_from(sessions).map(Self::AllowUpTo).map_err(|_| {
                let max = Self::SESSIONS_MAX;
                Invalid::new(
                    "allow_up_to",
                    format!("must be 2 to {max} sessions, got {sessions}"),
                )
            }),
        }
    }
}

impl From<BusyDevice> for v1::BusyDevice {
    fn from(rule: BusyDevice) -> Self {
        match rule {
            BusyDevice::TakeOver => Self::TakeOver,
            BusyDevice::Refuse => Self::Refuse,
        }
    }
}

fn busy_device(number: i32) -> Result<Option<BusyDevice>, Invalid> {
    match v1::BusyDevice::try_from(number) {
        Ok(v1::BusyDevice::Unspecified) => Ok(None),
        Ok(v1::BusyDevice::TakeOver) => Ok(Some(BusyDevice::TakeOver)),
        Ok(v1::BusyDevice::Refuse) => Ok(Some(BusyDevice::Refuse)),
        Err(_) => Err(Invalid::new(
            "busy_device",
            format!("must be 1 (take over), 2 (refuse) or not set, got {number}"),
        )),
    }
}

/// 0 milliseconds on the wire is "off"; a limit of 0 ms, which the core refuses anyway, cannot be said.
impl From<Limit> for v1::Limit {
    fn from(limit: Limit) -> Self {
        let after_ms = match limit {
            Limit::Off => 0,
            Limit::AfterMs(ms) => ms,
        };
        Self { after_ms }
    }
}

impl From<v1::Limit> for Limit {
    fn from(limit: v1::Limit) -> Self {
        match limit.after_ms {
            0 => Self::Off,
            ms => Self::AfterMs(ms),
        }
    }
}

impl From<LockoutPolicy> for v1::LockoutPolicy {
    fn from(lockout: LockoutPolicy) -> Self {
        let LockoutPolicy {
            failures_max,
            window_ms,
            locked_ms,
        } = lockout;
        Self {
            failures_max,
            window_ms,
            locked_ms,
        }
    }
}

impl From<v1::LockoutPolicy> for LockoutPolicy {
    fn from(lockout: v1::LockoutPolicy) -> Self {
        let v1::LockoutPolicy {
            failures_max,
            window_ms,
            locked_ms,
        } = lockout;
        Self {
            failures_max,
            window_ms,
            locked_ms,
        }
    }
}
