//! Documents of every adapter.

use super::{files, loading, reader};
use crate::adapter::ADAPTERS;
use crate::sample;
use crate::vendors::testing::{aim, check_wipe, check_xml, desks, document};

#[test]
fn a_neutral_document_leaves_nothing_of_a_user() {
    for adapter in loading() {
        check_wipe(adapter, reader(adapter.vendor()));
    }
}

/// Goal: texts of people cannot become settings. Method: the worst texts set what harmless ones set.
#[test]
fn no_text_becomes_a_setting() {
    for adapter in loading() {
        let vendor = adapter.vendor();
        let keys = |desk| -> Vec<String> {
            let settings = reader(vendor)(&document(adapter, desk));
            settings.into_keys().collect()
        };
        assert_eq!(
            keys(&sample::hostile(vendor)),
            keys(&sample::maria(vendor)),
            "{vendor}"
        );
    }
}

/// Emergency calls and call-backs go by the phone's own line, so no login may touch it.
#[test]
fn the_phones_own_line_is_the_same_whoever_is_logged_in() {
    for adapter in loading() {
        let vendor = adapter.vendor();
        let neutral = sample::neutral(vendor);
        let own = |value: &String| {
            value.contains(neutral.line.user.as_str()) || value.contains(neutral.line.password.expose())
        };
        let with_nobody = reader(vendor)(&document(adapter, &neutral));
        let with_maria = reader(vendor)(&document(adapter, &sample::maria(vendor)));
        let of_own: Vec<_> = with_nobody.iter().filter(|(_, value)| own(value)).collect();
        assert!(!of_own.is_empty(), "{vendor} has no line of its own");
        for (key, value) in of_own {
            assert_eq!(with_maria.get(key), Some(value), "{vendor} {key}");
        }
    }
}

#[test]
fn a_document_says_what_it_shows_and_differs_from_the_last() {
    for adapter in loading() {
        for (what, desk) in desks(adapter.vendor()) {
            let mut later = desk.clone();
            later.stamp += 1;
            let body = document(adapter, &desk);
            assert!(body.contains(&desk.mark()), "{} {what}", adapter.vendor());
            assert_ne!(body, document(adapter, &later), "{} {what}", adapter.vendor());
        }
    }
}

#[test]
fn every_xml_file_is_well_formed() {
    let mut count = 0;
    for adapter in ADAPTERS {
        for (what, desk) in desks(adapter.vendor()) {
            for name in files(*adapter, &desk) {
                let Ok(document) = adapter.render(&name, &desk) else {
                    continue;
                };
                let text = String::from_utf8(document.body).unwrap();
                if document.content_type.contains("xml") {
                    check_xml(&format!("{} {name}, {what}", adapter.vendor()), &text);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 0);
}

#[test]
fn a_phones_document_is_no_other_phones() {
    for adapter in loading() {
        let vendor = adapter.vendor();
        let desk = sample::neutral(vendor);
        let mut other = desk.clone();
        other.device.mac = desk.device.mac.map(|_| "02005e100001".parse().unwrap());
        let name = adapter.file_name(&desk).unwrap();
        assert!(
            adapter.render(&name, &other).is_err() || desk.device.mac.is_none(),
            "{vendor} gives {name} to another phone"
        );
    }
}

#[test]
fn the_document_has_the_name_that_the_adapter_says() {
    for adapter in loading() {
        let desk = sample::neutral(adapter.vendor());
        let name = adapter.file_name(&desk).unwrap();
        assert!(adapter.render(&name, &desk).is_ok(), "{}", adapter.vendor());
    }
}

#[test]
fn every_means_has_a_message_for_a_login_and_for_a_logout() {
    for adapter in ADAPTERS {
        for desk in [
            sample::neutral(adapter.vendor()),
            sample::maria(adapter.vendor()),
            sample::hostile(adapter.vendor()),
        ] {
            for means in adapter.means() {
                let trigger = adapter.trigger(means, &aim(&desk));
                assert!(trigger.is_some(), "{} {}", adapter.vendor(), means.name);
            }
        }
    }
}

#[test]
fn names_of_means_are_told_apart() {
    for adapter in ADAPTERS {
        let mut names: Vec<_> = adapter.means().iter().map(|means| means.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{}", adapter.vendor());
    }
}
