//! Pages of every adapter that has some.

use crate::adapter::ADAPTERS;
use crate::screen::{Body, Browser, Field, FieldKind, Screen};
use crate::trigger::{Notice, Trigger};
use crate::vendors::testing::{check_xml, hostile_screens, screens};

#[test]
fn pages_are_well_formed_whatever_is_in_them() {
    for adapter in ADAPTERS {
        let usual = screens().into_iter().map(|(_, screen)| screen);
        for screen in usual.chain(hostile_screens()) {
            let Some(page) = adapter.page(&screen, &Browser::default()) else {
                continue;
            };
            check_xml(&format!("{}: {:.20}", adapter.vendor(), screen.title), &page.body);
        }
    }
}

#[test]
fn a_pin_is_never_sent_back() {
    const PIN: &str = "83114711";
    let field = Field {
        label: "PIN".into(),
        parameter: "pin",
        kind: FieldKind::Pin,
        value: PIN.into(),
    };
    let screen = Screen {
        title: "Log in".into(),
        prompt: String::new(),
        body: Body::Input {
            url: "https://example.com/in".into(),
            fields: vec![field],
        },
        keys: Vec::new(),
        refresh: None,
        is_private: true,
    };
    for adapter in ADAPTERS {
        let page = adapter.page(&screen, &Browser::default());
        let shows = page.is_some_and(|page| page.body.contains(PIN));
        assert!(!shows, "{}", adapter.vendor());
    }
}

#[test]
fn notices_are_well_formed() {
    for adapter in ADAPTERS {
        for (_, screen) in screens() {
            let notice = Notice {
                screen: &screen,
                url: "https://example.com/p/x/app?a=1&b=2",
            };
            let body = match adapter.notice(&notice) {
                Some(Trigger::Http(push)) => push.body,
                Some(Trigger::Notify(notify)) => notify.body,
                None => continue,
            };
            let body = String::from_utf8(body).unwrap();
            if body.starts_with('<') {
                check_xml(adapter.vendor().name(), &body);
            }
        }
    }
}
