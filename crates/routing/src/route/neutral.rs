//! What a phone may do at which nobody is logged in.

use super::refuse;
use crate::number::Dialed;
use crate::{Class, ClassSet, NeutralPhones, Refusal};

/// Listed numbers may be called whatever they cost; others only inside.
pub(super) fn gate(neutral: &NeutralPhones, dialed: &Dialed) -> Result<ClassSet, Refusal> {
    if neutral.numbers.iter().any(|number| is_listed(number, dialed)) {
        Ok(ClassSet::ALL)
    } else if neutral.internal {
        Ok(ClassSet::from_iter([Class::Internal]))
    } else {
        Err(refuse::log_in_first())
    }
}

fn is_listed(number: &str, dialed: &Dialed) -> bool {
    let Some(beginning) = number.strip_suffix('*') else {
        return dialed.is(number);
    };
    let forms = [dialed.digits(), dialed.e164.as_deref()];
    forms
        .into_iter()
        .flatten()
        .any(|form| form.starts_with(beginning))
}
