//! The phone's document.

use std::sync::LazyLock;

use minijinja::{Value, context};

use crate::desk::{Desk, Transport};
use crate::document::{Document, RenderError};
use crate::language::Language;
use crate::template::Format;
use crate::text::Word;
use crate::vendors::fit::cut;
use crate::vendors::templates::Templates;

/// Longest label of a button.
const LABEL_CHARS_MAX: usize = 30;

/// Longest text at the top of the screen.
const PHONE_LABEL_CHARS_MAX: usize = 12;

/// Seconds after which a phone that nobody uses shows the code for mobiles; with 0 it shows nothing.
const IDLE_AFTER_S: u32 = 15;

/// Longest URL that the phone takes. A phone book that is longer is left out: nobody should be without a phone for it.
const URL_BYTES_MAX: usize = 255;

/// Buttons that are set on phones that take key modules: the line, and as many speed dials and lamps as a profile has.
const BUTTONS_MAX: usize = 65;

/// Buttons of phones that take none; more than there are would be refused.
const BUTTONS: [(&str, usize); 6] = [
    ("7811", 1),
    ("7821", 2),
    ("7841", 4),
    ("7861", 16),
    ("7942", 2),
    ("7945", 2),
];

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(
        Format::Xml,
        &[("device.xml", include_str!("templates/device.xml"))],
    )
});

pub(super) fn render(desk: &Desk) -> Result<Document, RenderError> {
    let body = TEMPLATES.render("device.xml", view(desk)?)?;
    Ok(Document {
        content_type: "text/xml; charset=UTF-8",
        body: body.into_bytes(),
    })
}

/// The stamp as these phones have it: one that differs makes them act. Never all zeros, which means "read anew".
pub(super) fn version_stamp(stamp: u64) -> String {
    format!(
        "{{686f7464-6573-6b00-{:04x}-{:012x}}}",
        stamp >> 48,
        stamp & 0xffff_ffff_ffff
    )
}

fn view(desk: &Desk) -> Result<Value, RenderError> {
    let app_url = desk.app_url();
    if app_url.len() > URL_BYTES_MAX {
        return Err(RenderError::Value {
            field: "service.base",
            problem: format!("the phone takes URLs of at most {URL_BYTES_MAX} bytes"),
        });
    }
    let registrar = &desk.service.registrar;
    let profile = desk.session.as_ref().map(|session| &session.profile);
    let directory = profile.map_or("", |profile| profile.directory_url.as_str());
    let language = desk.site.language;
    let label = desk.label();
    let number = match &desk.session {
        Some(session) => &session.extension,
        None => &desk.device.number,
    };
    let name = match &desk.session {
        Some(session) => &session.display_name,
        None => &desk.device.label,
    };
    Ok(context! {
        mark => desk.mark(),
        version_stamp => version_stamp(desk.stamp),
        time_zone => super::zones::name(&desk.site.time_zone),
        registrar => registrar.host.as_str(),
        sip_port => if registrar.transport == Transport::Tls { 5060 } else { registrar.port },
        secure_port => if registrar.transport == Transport::Tls { registrar.port } else { 5061 },
        transport => match registrar.transport { Transport::Tcp => 1, Transport::Udp => 2, Transport::Tls => 3 },
        security_mode => if registrar.transport == Transport::Tls { 3 } else { 1 },
        phone_label => phone_label(&desk.device.model, if number.is_empty() { &label } else { number }),
        label => cut(&label, LABEL_CHARS_MAX),
        name => cut(name, LABEL_CHARS_MAX),
        line => context! {
            user => desk.line.user.as_str(),
            auth_user => desk.line.auth_user.as_str(),
            password => desk.line.password.expose(),
        },
        voicemail => profile.map_or("", |profile| profile.voicemail_number.as_str()),
        lamp_policy => if profile.is_some_and(|profile| profile.message_waiting) { 1 } else { 4 },
        amwi => u8::from(profile.is_some_and(|profile| profile.message_waiting)),
        buttons => buttons(desk),
        locale => locale(language),
        app_url => app_url,
        app_name => match &desk.session {
            Some(_) => Word::LogOut.text(language),
            None => Word::LogIn.text(language),
        },
        authentication_url => format!("{}/authenticate", desk.app_url()),
        idle_after => if desk.session.is_none() { IDLE_AFTER_S } else { 0 },
        idle_url => desk.idle_url(),
        directory_url => if directory.len() > URL_BYTES_MAX { "" } else { directory },
        is_https => desk.service.base.starts_with("https:"),
    })
}

/// Speed dials, then lamps, as far as there are buttons; empty ones to the end, so that nothing of another user stays.
fn buttons(desk: &Desk) -> Vec<Value> {
    /// `featureID` of a speed dial, and of one with a lamp.
    const SPEED_DIAL: u8 = 2;
    const LAMP: u8 = 21;
    let profile = desk.session.as_ref().map(|session| &session.profile);
    let dials = profile.iter().flat_map(|profile| {
        let keys = profile.speed_dials.iter();
        keys.map(|key| (SPEED_DIAL, key.label.as_str(), key.number.as_str()))
    });
    let lamps = profile.iter().flat_map(|profile| {
        let keys = profile.lamps.iter();
        keys.map(|key| (LAMP, key.label.as_str(), key.extension.as_str()))
    });
    let empty = std::iter::repeat((SPEED_DIAL, "", ""));
    (2..=buttons_of(&desk.device.model))
        .zip(dials.chain(lamps).chain(empty))
        .map(|(button, (feature, label, number))| {
            context! { button, feature, label => cut(label, LABEL_CHARS_MAX), number }
        })
        .collect()
}

fn buttons_of(model: &str) -> usize {
    let known = BUTTONS.iter().find(|(digits, _)| model.contains(digits));
    known.map_or(BUTTONS_MAX, |(_, buttons)| *buttons)
}

/// What stands at the top of the screen; the 79xx take no spaces there.
fn phone_label(model: &str, text: &str) -> String {
    let is_79xx = model
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() == 4 && digits.starts_with("79"));
    let text = if is_79xx {
        text.replace(char::is_whitespace, "")
    } else {
        text.to_owned()
    };
    cut(&text, PHONE_LABEL_CHARS_MAX).to_owned()
}

/// The names under which these phones know a language.
fn locale(language: Language) -> Value {
    let (name, uid, code) = match language {
        Language::English => ("English_United_States", 1, "en_US"),
        Language::French => ("French_France", 2, "fr_FR"),
        Language::German => ("German_Germany", 3, "de_DE"),
        Language::Spanish => ("Spanish_Spain", 5, "es_ES"),
        Language::Portuguese => ("Portuguese_Portugal", 8, "pt_PT"),
        Language::Italian => ("Italian_Italy", 16, "it_IT"),
    };
    context! { name, uid, code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_never_look_like_read_anew() {
        for (stamp, expected) in [
            (0, "{686f7464-6573-6b00-0000-000000000000}"),
            (812, "{686f7464-6573-6b00-0000-00000000032c}"),
            (u64::MAX, "{686f7464-6573-6b00-ffff-ffffffffffff}"),
        ] {
            assert_eq!(version_stamp(stamp), expected);
        }
    }

    #[test]
    fn the_label_fits_the_screen_of_its_model() {
        for (model, text, expected) in [
            ("cisco-8841", "2042 Maria Sousa", "2042 Maria S"),
            ("Cisco 7945", "2042 Maria Sousa", "2042MariaSou"),
            ("cisco-cp7965g", "2042 Maria", "2042Maria"),
            ("cisco-7841", "2042 Maria", "2042 Maria"),
        ] {
            assert_eq!(phone_label(model, text), expected, "{model}");
        }
    }

    #[test]
    fn a_phone_is_given_no_more_buttons_than_it_has() {
        for (model, expected) in [("cisco-7945", 2), ("cisco-7811", 1), ("cisco-8841", 65)] {
            assert_eq!(buttons_of(model), expected, "{model}");
        }
    }
}
