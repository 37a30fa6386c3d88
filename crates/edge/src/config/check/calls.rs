//! Numbers, trunks, rules, hunt lists, voicemail.

use hotdesk_routing::Rule;
use smol_str::SmolStr;

use super::Found;
use crate::config::{Config, SipUri};

pub(super) fn check(config: &Config, found: &mut Found) {
    numbers(config, found);
    trunks(config, found);
    for rule in &config.dialplan.rules {
        groups(rule, found);
    }
    hunts(config, found);
    voicemail(config, found);
    star_codes(config, found);
    let limits = &config.site_limits;
    found.when(
        limits.hours.is_none() && limits.outside_hours != super::super::SiteLimits::default().outside_hours,
        "rights.hours",
        "is not set, and rights.outside_hours has no effect without it",
    );
}

fn numbers(config: &Config, found: &mut Found) {
    let plan = &config.dialplan;
    let code = &plan.numbers.country_code;
    found.when(
        !is_digits(code) || code.len() > 3,
        "dialplan.country_code",
        format!("must be one to three digits, found {code:?}"),
    );
    for (key, text) in [
        ("dialplan.national_prefix", &plan.numbers.national_prefix),
        (
            "dialplan.international_prefix",
            &plan.numbers.international_prefix,
        ),
        ("dialplan.outside_prefix", &plan.numbers.outside_prefix),
        ("dialplan.area", &plan.numbers.area),
    ] {
        found.when(
            !text.is_empty() && !is_digits(text),
            key,
            format!("must be digits, found {text:?}"),
        );
    }
    let call_back = plan.emergency.call_back.iter().map(|entry| &entry.number);
    let whole = call_back
        .clone()
        .map(|number| ("emergency.call_back.number", number));
    let main = plan
        .emergency
        .main_number
        .iter()
        .map(|number| ("emergency.main_number", number));
    let shown = plan
        .identity
        .main_number
        .iter()
        .map(|number| ("identity.main_number", number));
    for (key, number) in whole.chain(main).chain(shown) {
        found.when(
            number
                .strip_prefix('+')
                .and_then(|_| plan.numbers.e164(number))
                .is_none(),
            key,
            format!("must be a number with + and country code, found {number:?}"),
        );
    }
    twice("emergency.call_back.number", call_back, found);
    for number in plan.emergency.numbers.iter().chain(&plan.emergency.test_numbers) {
        found.when(
            !is_digits(number),
            "emergency.numbers",
            format!("must be digits, found {number:?}"),
        );
    }
}

fn trunks(config: &Config, found: &mut Found) {
    for trunk in &config.trunks {
        if let Err(problem) = trunk.uri.parse::<SipUri>() {
            found.when(true, "trunk.uri", problem);
        }
        found.when(
            trunk.username.is_some() != trunk.password_file.is_some(),
            "trunk.username",
            format!(
                "and password_file are set together or not at all, found one at {:?}",
                trunk.id
            ),
        );
    }
    twice("trunk.id", config.trunks.iter().map(|trunk| &trunk.id), found);
    let plan = &config.dialplan;
    let by_rules = plan.rules.iter().flat_map(|rule| &rule.trunks);
    let named = plan.trunks.iter().map(|id| ("dialplan.trunks", id));
    let named = named.chain(plan.emergency.trunks.iter().map(|id| ("emergency.trunks", id)));
    for (key, id) in named.chain(by_rules.map(|id| ("dialplan.rule.trunks", id))) {
        let is_known = config.trunks.iter().any(|trunk| trunk.id == *id);
        found.when(
            !is_known,
            key,
            format!("names {id:?}, and there is no [[trunk]] with this id"),
        );
    }
}

/// A group that the pattern has not would silently become nothing.
fn groups(rule: &Rule, found: &mut Found) {
    let Some(replacement) = &rule.replace else {
        return;
    };
    for after in replacement.split('$').skip(1) {
        let name = after.trim_start_matches('{');
        let end = name.find(|one: char| !one.is_ascii_alphanumeric() && one != '_');
        let name = &name[..end.unwrap_or(name.len())];
        let is_known = name
            .parse()
            .is_ok_and(|group: usize| group <= rule.pattern.groups());
        found.when(
            !is_known,
            "dialplan.rule.replace",
            format!(
                "names the group ${name} in rule {:?}, whose pattern has {}; write ${{1}}0 where a digit follows",
                rule.name,
                rule.pattern.groups()
            ),
        );
    }
}

fn hunts(config: &Config, found: &mut Found) {
    let hunts = &config.dialplan.hunts;
    twice("hunt.number", hunts.iter().map(|hunt| &hunt.number), found);
    for hunt in hunts {
        found.when(
            hunt.members.is_empty(),
            "hunt.members",
            format!("must name at least one member, found none at {:?}", hunt.number),
        );
        found.when(
            hunt.otherwise.as_ref() == Some(&hunt.number),
            "hunt.otherwise",
            format!("must be another number than {:?} itself", hunt.number),
        );
    }
}

fn voicemail(config: &Config, found: &mut Found) {
    let voicemail = &config.dialplan.voicemail;
    for (key, target) in [
        ("voicemail.target", &voicemail.target),
        ("voicemail.listen_target", &voicemail.listen_target),
        ("voicemail.mwi_uri", &config.mwi_uri),
    ] {
        let Some(target) = target else { continue };
        if let Err(problem) = target.parse::<SipUri>() {
            found.when(true, key, problem);
        }
    }
    found.when(
        voicemail
            .target
            .as_ref()
            .is_some_and(|target| !target.contains("{mailbox}")),
        "voicemail.target",
        "must contain {mailbox}, or all messages go to one mailbox",
    );
    let needs_target =
        voicemail.number.is_some() || voicemail.leave_prefix.is_some() || voicemail.listen_target.is_some();
    found.when(
        needs_target && voicemail.target.is_none(),
        "voicemail.target",
        "is not set, and the other keys of [voicemail] have no effect without it",
    );
}

fn star_codes(config: &Config, found: &mut Found) {
    let codes = &config.dialplan.star_codes;
    let all = [
        &codes.login,
        &codes.logout,
        &codes.who_am_i,
        &codes.hide,
        &codes.show,
    ];
    twice(
        "star_codes",
        all.into_iter().filter(|code| !code.is_empty()),
        found,
    );
    for code in all {
        let is_code = code
            .chars()
            .all(|one| one.is_ascii_digit() || matches!(one, '*' | '#'));
        found.when(
            !is_code,
            "star_codes",
            format!("must be made of digits, * and #, found {code:?}"),
        );
    }
}

fn twice<'a>(key: &str, values: impl Iterator<Item = &'a SmolStr>, found: &mut Found) {
    let mut values: Vec<&SmolStr> = values.collect();
    values.sort();
    let pairs = values.windows(2).filter(|pair| pair[0] == pair[1]);
    let twice: Vec<&SmolStr> = pairs.map(|pair| pair[0]).collect();
    for value in twice {
        found.when(true, key, format!("is {value:?} more than once"));
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
