//! What is sent to these phones without their asking.

use crate::template::Format;
use crate::trigger::{Accepted, Aim, HttpAuth, HttpPush, Notify, Trigger};

use super::document::version_stamp;

/// Where phones take pushes.
const CGI_EXECUTE: &str = "/CGI/Execute";

/// What an enterprise phone answers to a push that it has understood.
pub(super) const ANSWERED: Accepted = Accepted::Contains("Status=\"0\"");

/// Longest document that a push carries.
const PUSH_BYTES_MAX: usize = 512;

/// Stamps that are never equal to the phone's: it reads that file anew.
const READ_ANEW: &str = "{00000000-0000-0000-0000-000000000000}";

/// The NOTIFY that makes the phone restart, compare stamps, or boot. It acts only when the Call-ID is the one of its
/// last REGISTER.
pub(super) fn service_control(action: &str, aim: &Aim<'_>) -> Trigger {
    let body = format!(
        "action={action}\r\n\
         RegisterCallId={{{}}}\r\n\
         ConfigVersionStamp={}\r\n\
         DialplanVersionStamp={READ_ANEW}\r\n\
         SoftkeyVersionStamp={READ_ANEW}\r\n\
         FeatureControlVersionStamp={READ_ANEW}\r\n",
        one_line(aim.register_call_id),
        version_stamp(aim.stamp),
    );
    Trigger::Notify(Notify {
        event: Some("service-control".into()),
        subscription_state: Some("active"),
        content_type: Some("text/plain"),
        body: body.into_bytes(),
    })
}

/// The push that makes an idle phone open a page; `None` when the address is too long for one.
pub(in crate::vendors) fn show(url: &str, auth: HttpAuth, accepted: Accepted) -> Option<Trigger> {
    /// "Only if idle".
    const PRIORITY: u8 = 2;
    let url = Format::Xml.escape(url);
    let document = format!(
        "<CiscoIPPhoneExecute><ExecuteItem Priority=\"{PRIORITY}\" URL=\"{url}\"/></CiscoIPPhoneExecute>"
    );
    if document.len() > PUSH_BYTES_MAX {
        return None;
    }
    Some(Trigger::Http(HttpPush {
        method: "POST",
        path: CGI_EXECUTE.to_owned(),
        content_type: Some("application/x-www-form-urlencoded"),
        body: push_form(&document).into_bytes(),
        auth,
        accepted,
    }))
}

/// The form that carries a document to a phone.
fn push_form(document: &str) -> String {
    let mut form = String::from("XML=");
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) {
            form.push(char::from(byte));
        } else {
            form.push_str(&format!("%{byte:02X}"));
        }
    }
    form
}

/// A Call-ID has no line ends; one that did would add lines of its own.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
