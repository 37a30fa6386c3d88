//! What holds of every sentence and word in every language.

use super::*;

const NAME: &str = "María Fernández-Köhler";
const PLACE: &str = "New York, desk 12";
const TIME: &str = "09:31";

/// One of each. That none is missing, the compiler cannot say; the match in `samples` reminds whoever adds
/// one.
fn samples() -> Vec<Sentence<'static>> {
    use Sentence as S;
    let of_kind = |sample: S<'static>| match sample {
        S::WrongPin { .. } => vec![
            sample,
            S::WrongPin { tries_left: Some(0) },
            S::WrongPin { tries_left: Some(1) },
            S::WrongPin { tries_left: Some(4) },
        ],
        S::YouAre { .. } => vec![
            sample,
            S::YouAre {
                name: NAME,
                extension: "",
                since: TIME,
            },
        ],
        _ => vec![sample],
    };
    let one_of_each = [
        S::WrongPin { tries_left: None },
        S::NumberOrPinWrong,
        S::PinNotDigits,
        S::PinMissing,
        S::UserLocked { until: TIME },
        S::UnknownUser,
        S::UserDisabled,
        S::NoPin,
        S::PinChanged,
        S::DeviceUnknown,
        S::DeviceDisabled,
        S::DeviceNotAllowed,
        S::DeviceBusy,
        S::LoggedInElsewhere { place: PLACE },
        S::OnHold { until: TIME },
        S::Unreachable,
        S::Unclear,
        S::TooBusy,
        S::TooManyWrongPins,
        S::NotPossible,
        S::NotAllowed,
        S::Reference { id: "HD1007-7K3QX2" },
        S::TypeNumberAndPin,
        S::TypePinOf { name: NAME },
        S::FormUsed,
        S::FormExpired,
        S::FormForeign,
        S::InUse {
            name: NAME,
            since: TIME,
        },
        S::Welcome { name: NAME },
        S::AlreadyHere { name: NAME },
        S::LoggedOutAt { place: PLACE },
        S::TookOver { name: NAME },
        S::LoggedOut { name: NAME },
        S::NobodyHere,
        S::YouAre {
            name: NAME,
            extension: "2041",
            since: TIME,
        },
        S::SettingsAt {
            url: "https://ny.example.com:8443/me",
        },
        S::ScanWithMobile,
        S::LogInWithMobile {
            url: "https://ny.example.com:8443/me",
        },
        S::MovedTo {
            name: NAME,
            place: PLACE,
            time: TIME,
        },
        S::LockSure {
            name: NAME,
            until: TIME,
        },
        S::LockDone {
            name: NAME,
            until: TIME,
        },
        S::SignInHere,
        S::SignedOut,
        S::LoggedInAt {
            place: PLACE,
            since: TIME,
        },
        S::LoggedInNowhere,
        S::LogInAtSure { place: PLACE },
        S::LoggingInAt { place: PLACE },
        S::CodeInvalid,
        S::Saved,
        S::FieldInvalid { field: "Label" },
    ];
    one_of_each.into_iter().flat_map(of_kind).collect()
}

/// Everything that a sentence must not lose in translation: names, places, times, numbers.
fn carried(sentence: &Sentence<'_>) -> Vec<String> {
    let shown = format!("{sentence:?}");
    [
        NAME,
        PLACE,
        TIME,
        "2041",
        "HD1007-7K3QX2",
        "https://ny.example.com:8443/me",
    ]
    .into_iter()
    .filter(|part| shown.contains(part))
    .map(str::to_owned)
    .collect()
}

#[test]
fn every_sentence_fits_a_phone_and_carries_what_it_names() {
    for language in Language::ALL {
        for sentence in samples() {
            let text = sentence.text(language);
            let length = text.chars().count();
            assert!(
                (5..=SENTENCE_CHARS_MAX).contains(&length),
                "{language}, {length}: {text}"
            );
            for part in carried(&sentence) {
                assert!(text.contains(&part), "{language}: {part} is missing in {text}");
            }
        }
    }
}

#[test]
fn no_sentence_is_left_in_english() {
    for language in Language::ALL.into_iter().skip(1) {
        for sentence in samples() {
            assert_ne!(
                sentence.text(language),
                sentence.text(Language::English),
                "{language}"
            );
        }
    }
}

#[test]
fn no_two_sentences_are_the_same() {
    for language in Language::ALL {
        let mut texts: Vec<_> = samples().iter().map(|sentence| sentence.text(language)).collect();
        texts.sort_unstable();
        for pair in texts.windows(2) {
            assert_ne!(pair[0], pair[1], "{language}");
        }
    }
}

#[test]
fn every_word_fits_where_it_is_shown() {
    for language in Language::ALL {
        for word in Word::ALL {
            let text = word.text(language);
            let length = text.chars().count();
            assert!(
                (1..=word.room()).contains(&length),
                "{language} {word:?}, {length} of {}: {text}",
                word.room()
            );
        }
    }
}

#[test]
fn no_word_is_left_in_english() {
    /// The same in another language, and meant so.
    const SAME: [(Language, Word); 6] = [
        (Language::German, Word::Pin),
        (Language::Spanish, Word::Pin),
        (Language::Portuguese, Word::Pin),
        (Language::Italian, Word::Pin),
        (Language::Italian, Word::No),
        (Language::Spanish, Word::No),
    ];
    for language in Language::ALL.into_iter().skip(1) {
        for word in Word::ALL {
            let same = word.text(language) == word.text(Language::English);
            assert_eq!(same, SAME.contains(&(language, *word)), "{language} {word:?}");
        }
    }
}

#[test]
fn a_place_without_a_desk_is_the_office() {
    for (language, desk, shown) in [
        (Language::English, "7", "New York, desk 7"),
        (Language::English, "Desk 07", "New York, Desk 07"),
        (Language::German, "Empfang links", "New York, Empfang links"),
        (Language::German, "7", "New York, Platz 7"),
        (Language::French, "", "New York"),
    ] {
        assert_eq!(place(language, "New York", desk), shown);
    }
}

#[test]
fn tries_are_counted_in_grammar() {
    let said = |tries| {
        Sentence::WrongPin {
            tries_left: Some(tries),
        }
        .text(Language::English)
    };
    assert!(said(0).contains("locked now"));
    assert!(said(1).contains("One try"));
    assert!(said(4).contains("4 tries"));
}
