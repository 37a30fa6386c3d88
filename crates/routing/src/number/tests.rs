use super::*;
use crate::{EmergencyPlan, StarCodes};

fn chicago() -> NumberPlan {
    NumberPlan {
        area: "312".into(),
        local_areas: vec!["773".into()],
        ..NumberPlan::default()
    }
}

fn berlin() -> NumberPlan {
    NumberPlan {
        country_code: "49".into(),
        national_prefix: "0".into(),
        international_prefix: "00".into(),
        outside_prefix: "0".into(),
        area: "30".into(),
        local_length: (3, 8),
        national_length: (5, 11),
        local_areas: Vec::new(),
        classes: Vec::new(),
    }
}

#[test]
fn numbers_become_e164_by_the_office_they_are_dialled_at() {
    for (plan, dialed, expected) in [
        (chicago(), "+13125550100", Some("+13125550100")),
        (chicago(), "13125550100", Some("+13125550100")),
        (chicago(), "3125550100", Some("+13125550100")),
        (chicago(), "5550100", Some("+13125550100")),
        (chicago(), "95550100", Some("+13125550100")),
        (chicago(), "93125550100", Some("+13125550100")),
        (chicago(), "913125550100", Some("+13125550100")),
        (chicago(), "9175550100", Some("+19175550100")),
        (chicago(), "01149301234567", Some("+49301234567")),
        (chicago(), "901149301234567", Some("+49301234567")),
        (chicago(), "1001", None),
        (chicago(), "1125550100", None),
        (chicago(), "011", None),
        (chicago(), "+0123456789", None),
        (chicago(), "+123456", None),
        (chicago(), "+1234567890123456", None),
        (chicago(), "*97", None),
        (chicago(), "", None),
        (berlin(), "0030901820", Some("+4930901820")),
        // The prefix for outside may be left out only where the digits mean nothing with it.
        (berlin(), "030901820", Some("+493030901820")),
        (berlin(), "0901820", Some("+4930901820")),
        (berlin(), "00013125550100", Some("+13125550100")),
        (berlin(), "0013125550100", Some("+4913125550100")),
        (berlin(), "13125550100", None),
    ] {
        assert_eq!(
            plan.e164(dialed).as_deref(),
            expected,
            "{dialed} +{}",
            plan.country_code
        );
    }
}

#[test]
fn each_number_has_a_class() {
    use Class::{International, Local, National, Premium};
    let mut own = chicago();
    own.classes = vec![ClassRule {
        pattern: "^\\+1800555".parse().unwrap(),
        class: Premium,
    }];
    for (plan, number, class) in [
        (chicago(), "+13125550100", Local),
        (chicago(), "+17735550100", Local),
        (chicago(), "+12125550100", National),
        (chicago(), "+14165550100", National),
        (chicago(), "+18765550100", International),
        (chicago(), "+18005550100", Local),
        (own, "+18005550100", Premium),
        (chicago(), "+19005550100", Premium),
        (chicago(), "+12129760100", Premium),
        (chicago(), "+49301234567", International),
        (chicago(), "+881612345678", Premium),
        (chicago(), "+97912345678", Premium),
        (chicago(), "+80012345678", Local),
        (chicago(), "3125550100", Premium),
        (berlin(), "+4930901820", Local),
        (berlin(), "+4989123456", National),
        (berlin(), "+13125550100", International),
        (berlin(), "+18005550100", International),
        (berlin(), "+19005550100", Premium),
    ] {
        assert_eq!(plan.class(number), class, "{number} from +{}", plan.country_code);
    }
}

#[test]
fn what_was_dialled_is_taken_apart() {
    let digits = |text: &str| Written::Digits(text.into());
    for (dialed, written, e164) in [
        (
            "tel:+1-312-555-0100;ext=5",
            digits("+13125550100"),
            Some("+13125550100"),
        ),
        (
            "tel:555-0100;phone-context=+1773",
            digits("5550100"),
            Some("+17735550100"),
        ),
        (
            "tel:5550100;phone-context=example.com",
            digits("5550100"),
            Some("+13125550100"),
        ),
        (
            "+13125550100;user=phone",
            digits("+13125550100"),
            Some("+13125550100"),
        ),
        ("(312) 555.0100", digits("3125550100"), Some("+13125550100")),
        ("1-800-FLOWERS", Written::Vanity, None),
        ("tel:1-800-flowers", Written::Vanity, None),
        ("+1800flowers", Written::Vanity, None),
        ("jo.smith", Written::Name, None),
        ("", Written::Name, None),
        ("--", Written::Name, None),
        ("urn:service:sos", Written::Urn, None),
    ] {
        let read = Dialed::read(&chicago(), &StarCodes::default(), dialed);
        assert_eq!(
            (&read.written, read.e164.as_deref()),
            (&written, e164),
            "{dialed}"
        );
    }
    let long = Dialed::read(&chicago(), &StarCodes::default(), &"1".repeat(129));
    assert_eq!(long.written, Written::TooLong);
}

#[test]
fn extensions_that_only_look_like_emergency_numbers_are_none() {
    for dialed in ["9110", "9119", "91", "1911", "99911", "11", "sos", "911x", "*911"] {
        let read = Dialed::read(&chicago(), &StarCodes::default(), dialed);
        assert_eq!(
            read.emergency(&EmergencyPlan::default(), &chicago()),
            None,
            "{dialed}"
        );
    }
}

#[test]
fn a_bad_pattern_is_explained_in_one_line() {
    let error = Pattern::new("^(7").unwrap_err();
    assert_eq!(
        error.to_string(),
        "must be a regular expression, found \"^(7\": unclosed group"
    );
    assert!(Pattern::new("(\\w{1000}){1000}").is_err());
    assert!(!Pattern::default().matches(""));
    assert!(!Pattern::default().matches("a&b"));
}

#[test]
fn a_replacement_names_groups() {
    let pattern = Pattern::new("^7(\\d{3})$").unwrap();
    assert_eq!(pattern.groups(), 1);
    assert_eq!(pattern.rewrite("7123", "5$1").as_deref(), Some("5123"));
    assert_eq!(pattern.rewrite("7123", "${1}0").as_deref(), Some("1230"));
    assert_eq!(pattern.rewrite("8123", "5$1"), None);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reading_what_was_dialled_never_panics(text in any::<String>(), near in "(tel:)?[+*#0-9a-z;=() .-]{0,40}") {
            for plan in [chicago(), berlin()] {
                for text in [&text, &near] {
                    let read = Dialed::read(&plan, &StarCodes::default(), text);
                    if let Some(number) = &read.e164 {
                        // A number in its full form stays what it is, and has a class.
                        prop_assert_eq!(plan.e164(number), Some(number.clone()));
                        let _ = plan.class(number);
                    }
                }
            }
        }
    }
}
