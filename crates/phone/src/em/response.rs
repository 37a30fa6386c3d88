//! What programs are answered.

use smol_str::SmolStr;

use super::code::Code;
use crate::template::Format;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// It was done.
    Success,
    /// It was not.
    Failure {
        /// Why.
        code: Code,
        /// More about it; the code's own text when empty. Without secrets: programs log it.
        text: String,
    },
    /// Who is at each phone, by the names that were asked for.
    DeviceUsers(Vec<(SmolStr, DeviceResult)>),
    /// At which phones each user is.
    UserDevices(Vec<(SmolStr, UserResult)>),
    /// Whether each user exists.
    Users(Vec<(SmolStr, bool)>),
    /// The profiles of each user, the usual one first; `None` for one who does not exist.
    Profiles(Vec<(SmolStr, Option<Vec<SmolStr>>)>),
}

/// What is known of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceResult {
    /// Nothing: there is none.
    DoesNotExist,
    /// Who is there now, and who logged in last.
    Users {
        /// Now.
        current: Option<SmolStr>,
        /// Last.
        last: Option<SmolStr>,
    },
}

/// What is known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserResult {
    /// Nothing: there is none.
    DoesNotExist,
    /// At these phones; none when logged in nowhere.
    Devices(Vec<SmolStr>),
}

impl Response {
    /// The media type.
    pub const CONTENT_TYPE: &'static str = "text/xml; charset=UTF-8";

    /// A failure with the code's own text.
    #[must_use]
    pub const fn failure(code: Code) -> Self {
        Self::Failure {
            code,
            text: String::new(),
        }
    }

    /// The document, without white space between elements: old clients do not expect any.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = Out(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
        out.element("response", &[], |out| match self {
            Self::Success => out.empty("success"),
            Self::Failure { code, text } => out.element("failure", &[], |out| {
                let text = if text.is_empty() { code.text() } else { text };
                let number = code.number().to_string();
                out.element("error", &[("code", &number)], |out| out.text(text));
            }),
            Self::DeviceUsers(devices) => out.element("deviceUserResults", &[], |out| {
                for (name, result) in devices {
                    out.element("device", &[("name", name)], |out| device(out, result));
                }
            }),
            Self::UserDevices(users) => out.users("userDevicesResults", users, |out, result| match result {
                UserResult::DoesNotExist => out.empty("doesNotExist"),
                UserResult::Devices(devices) if devices.is_empty() => out.empty("none"),
                UserResult::Devices(devices) => {
                    for name in devices {
                        out.leaf("deviceName", name);
                    }
                }
            }),
            Self::Users(users) => out.element("checkUserResults", &[], |out| {
                for (id, exists) in users {
                    out.element("user", &[("id", id)], |out| match exists {
                        true => out.leaf("exists", id),
                        false => out.empty("doesNotExist"),
                    });
                }
            }),
            Self::Profiles(users) => out.users("deviceProfileResults", users, |out, names| match names {
                None => out.empty("doesNotExist"),
                Some(names) if names.is_empty() => out.empty("none"),
                Some(names) => {
                    for (index, name) in names.iter().enumerate() {
                        out.element("deviceProfile", &[], |out| {
                            out.leaf("deviceProfileName", name);
                            let is_default = if index == 0 { "t" } else { "f" };
                            out.leaf("isDefaultDeviceProfile", is_default);
                        });
                    }
                }
            }),
        });
        out.0.push('\n');
        out.0
    }
}

fn device(out: &mut Out, result: &DeviceResult) {
    match result {
        DeviceResult::DoesNotExist => out.empty("doesNotExist"),
        DeviceResult::Users { current, last } => {
            match current {
                // This field alone is percent-encoded, as clients expect.
                Some(user) => out.leaf("userID", &percent_encoded(user)),
                None => out.empty("none"),
            }
            match last {
                Some(user) => out.leaf("lastlogin", user),
                None => out.empty("none"),
            }
            out.leaf("emccDevice", "no");
        }
    }
}

struct Out(String);

impl Out {
    fn element(&mut self, name: &str, attributes: &[(&str, &str)], inner: impl FnOnce(&mut Self)) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            let value = Format::Xml.escape(value);
            self.0.push_str(&format!(" {key}=\"{value}\""));
        }
        self.0.push('>');
        inner(self);
        self.0.push_str(&format!("</{name}>"));
    }

    fn users<T>(&mut self, name: &str, users: &[(SmolStr, T)], mut inner: impl FnMut(&mut Self, &T)) {
        self.element(name, &[], |out| {
            for (id, result) in users {
                out.element("user", &[("id", id)], |out| inner(out, result));
            }
        });
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.element(name, &[], |out| out.text(text));
    }

    fn empty(&mut self, name: &str) {
        self.0.push_str(&format!("<{name}/>"));
    }

    fn text(&mut self, text: &str) {
        // Quotes stay as they are in a text: there are clients that look for them without reading XML.
        let escaped = Format::Xml.escape(text);
        self.0
            .push_str(&escaped.replace("&quot;", "\"").replace("&#39;", "'"));
    }
}

/// UTF-8 with everything but letters, digits and `-_.*` as `%` and two digits.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
