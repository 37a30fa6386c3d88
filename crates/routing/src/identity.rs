//! Whose name and number the called party sees (RFC 3323, RFC 3325).

use smol_str::SmolStr;

use crate::{Caller, Person};

/// How the office shows its callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityPolicy {
    /// The number shown outside for callers who have none of their own; E.164 with `+`.
    pub main_number: Option<SmolStr>,
    /// The name shown outside; `None`: the caller's.
    pub outside_name: Option<SmolStr>,
    /// Everybody's number is hidden outside, unless the caller dials the prefix that shows it.
    pub hide: bool,
    /// `Remote-Party-ID` is added as well, for phones and trunks that know nothing newer.
    pub remote_party_id: bool,
}

/// Where a call goes, as far as it matters to whom is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// To a phone: shows what it is told, so it is not told what is hidden.
    Phone,
    /// To another edge or a PBX of the company: inside the trust domain.
    Peer,
    /// To a trunk that is not the company's: outside of it.
    Outside,
    /// To the emergency service: nothing is hidden.
    Emergency,
}

/// What came with the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The values of its `Privacy` header, lower case; empty without one.
    pub privacy: Vec<SmolStr>,
    /// The caller has dialled the prefix that hides or shows.
    pub hide: Option<bool>,
    /// Name and number that it asserts (`P-Asserted-Identity`), where they may be believed: the sender is a
    /// trusted peer or trunk. `None` otherwise.
    pub asserted: Option<Shown>,
}

/// A name and a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The name; may be empty.
    pub name: SmolStr,
    /// The number: E.164 with `+` or an extension; may be empty.
    pub number: SmolStr,
}

/// What to write into the request. Whatever identity headers came with it are to be removed first:
/// what of them may be believed is in here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What `P-Asserted-Identity` says; `None`: no such header.
    pub assert: Option<Shown>,
    /// `Privacy: id` is set.
    pub privacy_id: bool,
    /// `Remote-Party-ID` is written with the same name and number, and `privacy=full` when
    /// [`privacy_id`](Self::privacy_id) is set.
    pub remote_party_id: bool,
}

/// Whose name and number goes with a call. Pure; `From` is never changed by it.
///
/// | towards | hidden | asserted | Privacy |
/// |---|---|---|---|
/// | phone | no | name and extension | |
/// | phone | yes | nothing | id |
/// | peer | no | name and extension | |
/// | peer | yes | name and extension | id |
/// | outside | no | own number, or the main one | |
/// | outside | yes | nothing: it is not known who beyond is trusted | id |
/// | emergency | either | call-back number | |
#[must_use]
pub fn identity(
    policy: &IdentityPolicy,
    caller: &Caller,
    towards: Towards,
    asked: &Asked,
    call_back: Option<&str>,
) -> Identity {
    let hidden = towards != Towards::Emergency && is_hidden(policy, caller, towards, asked);
    let shown = match towards {
        Towards::Phone | Towards::Peer => shown_inside(caller, asked),
        Towards::Outside => shown_outside(policy, caller, asked),
        Towards::Emergency => shown_in_emergency(policy, caller, asked, call_back),
    };
    let assert = if hidden && towards != Towards::Peer {
        None
    } else {
        shown
    };
    Identity {
        remote_party_id: policy.remote_party_id && assert.is_some(),
        assert,
        privacy_id: hidden,
    }
}

/// The prefix that was dialled decides; then the request's `Privacy`, where `none` means that nothing may be
/// hidden (RFC 3323 §4.2); then the office's rule, for calls of its own people to the outside.
fn is_hidden(policy: &IdentityPolicy, caller: &Caller, towards: Towards, asked: &Asked) -> bool {
    if let Some(hide) = asked.hide {
        return hide;
    }
    let has = |value: &str| asked.privacy.iter().any(|asked| asked == value);
    if has("none") {
        return false;
    }
    let ours = caller.phone().is_some();
    has("id") || has("user") || has("header") || (policy.hide && ours && towards == Towards::Outside)
}

fn shown_inside(caller: &Caller, asked: &Asked) -> Option<Shown> {
    match caller {
        Caller::User { person, .. } => Some(Shown {
            name: person.display_name.clone(),
            number: inside_number(person),
        }),
        Caller::Neutral(phone) => Some(Shown {
            name: phone.desk.clone(),
            number: phone.device.clone(),
        }),
        Caller::Trunk { number, .. } | Caller::Peer { number, .. } => {
            asked.asserted.clone().or_else(|| number.clone().map(only_number))
        }
    }
}

fn shown_outside(policy: &IdentityPolicy, caller: &Caller, asked: &Asked) -> Option<Shown> {
    let main = || policy.main_number.clone();
    match caller {
        Caller::User { person, .. } => person.numbers.first().cloned().or_else(main).map(|number| Shown {
            name: policy
                .outside_name
                .clone()
                .unwrap_or_else(|| person.display_name.clone()),
            number,
        }),
        Caller::Neutral(_) => main().map(|number| Shown {
            name: policy.outside_name.clone().unwrap_or_default(),
            number,
        }),
        Caller::Trunk { number, .. } | Caller::Peer { number, .. } => {
            let given = asked.asserted.clone().or_else(|| number.clone().map(only_number));
            given.or_else(|| main().map(only_number))
        }
    }
}

fn shown_in_emergency(
    policy: &IdentityPolicy,
    caller: &Caller,
    asked: &Asked,
    call_back: Option<&str>,
) -> Option<Shown> {
    let Some(number) = call_back else {
        return shown_outside(policy, caller, asked);
    };
    let name = caller.person().map(|person| person.display_name.clone());
    Some(Shown {
        name: name.unwrap_or_default(),
        number: number.into(),
    })
}

fn inside_number(person: &Person) -> SmolStr {
    person.extension.clone().unwrap_or_else(|| person.user.clone())
}

fn only_number(number: SmolStr) -> Shown {
    Shown {
        name: SmolStr::default(),
        number,
    }
}

#[cfg(test)]
mod tests;
