//! Rules of the dial plan, and outside numbers.

use smol_str::SmolStr;

use super::Way;
use super::refuse;
use crate::number::Dialed;
use crate::{Caller, Class, Decision, Directory, Outward, Rule};

impl<D: Directory + ?Sized> Way<'_, D> {
    /// The first rule that matches; else, for an outside number, the trunks for all; else nobody has the number.
    pub(super) fn outward(&self, dialed: &Dialed) -> Decision {
        let price = dialed
            .e164
            .as_deref()
            .map(|number| self.plan.numbers.class(number));
        if let Some((rule, number)) = self.rule(dialed) {
            // What cannot be classed may cost anything.
            let class = rule.class.or(price).unwrap_or(Class::Premium);
            return self.leave(number, class, &rule.trunks);
        }
        match (&dialed.e164, price) {
            (Some(number), Some(class)) => self.leave(number.clone(), class, &self.plan.trunks),
            _ => Decision::Refuse(refuse::unknown()),
        }
    }

    fn rule(&self, dialed: &Dialed) -> Option<(&Rule, SmolStr)> {
        let digits = dialed.digits().unwrap_or(&dialed.text);
        let forms = [Some(digits), dialed.e164.as_deref()];
        self.plan.rules.iter().find_map(|rule| {
            let mut forms = forms.into_iter().flatten();
            let form = forms.find(|form| rule.pattern.matches(form))?;
            let number = match &rule.replace {
                Some(replacement) => rule.pattern.rewrite(form, replacement)?.into(),
                None => form.into(),
            };
            Some((rule, number))
        })
    }

    fn leave(&self, number: SmolStr, class: Class, trunks: &[SmolStr]) -> Decision {
        if let Err(refusal) = self.may_call(class) {
            return Decision::Refuse(refusal);
        }
        // A call never goes back to where it came from.
        let from = match &self.call.caller {
            Caller::Trunk { trunk, .. } => Some(trunk),
            Caller::User { .. } | Caller::Neutral(_) | Caller::Peer { .. } => None,
        };
        let forwarded = !self.history.turns().is_empty();
        let usable = trunks.iter().filter(|trunk| forwarded || Some(*trunk) != from);
        let trunks: Vec<SmolStr> = usable.cloned().collect();
        if trunks.is_empty() {
            return Decision::Refuse(refuse::no_line());
        }
        Decision::Outward(Outward {
            number,
            class,
            trunks,
            on_behalf: None,
        })
    }
}
