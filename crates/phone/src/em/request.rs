//! What programs ask for.

use smol_str::SmolStr;

use super::code::Code;
use super::tree::Element;
use crate::secret::Secret;

/// Phones or users that one query may name.
const NAMES_MAX: usize = 100;

/// A document from a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub application: Application,
    /// For what.
    pub operation: Operation,
    /// For whom, where a phone asked first.
    pub origin: Origin,
}

/// Who asks: an application, or an end user for himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Name of the application, or the user's.
    pub id: SmolStr,
    /// Password, or the user's PIN. Empty when none was sent.
    pub certificate: Secret,
    /// The certificate came encrypted, in a way that only the maker's own servers can read.
    pub is_encrypted: bool,
}

/// What is asked for. Names of phones and users are as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Log a user in at a phone.
    Login {
        /// Where.
        device: SmolStr,
        /// Who.
        user: SmolStr,
        /// With which of the user's profiles; `None`: the only one.
        profile: Option<SmolStr>,
        /// For how long the phone is the user's alone.
        exclusive: Option<Exclusive>,
    },
    /// Log out whoever is logged in at a phone.
    Logout {
        /// Where.
        device: SmolStr,
    },
    /// Log out everywhere: the end user who asks, or everybody whom the application may.
    LogoutAll,
    /// Who is at these phones?
    DeviceUser {
        /// Which.
        devices: Vec<SmolStr>,
    },
    /// At which phones are these users?
    UserDevices {
        /// Who.
        users: Vec<SmolStr>,
    },
    /// Are there such users?
    CheckUser {
        /// Who.
        users: Vec<SmolStr>,
    },
    /// Which profiles have these users?
    DeviceProfiles {
        /// Who.
        users: Vec<SmolStr>,
    },
}

/// For how long a phone is the user's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusive {
    /// So many minutes; 0 for no limit.
    Minutes(u32),
    /// Until the user logs out.
    Indefinite,
}

/// What an application says of the phone for which it asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The phone's address, as sent.
    pub remote_address: Option<SmolStr>,
    /// Whether the phone's request had come through a proxy.
    pub is_via_set: bool,
}

/// Why a document is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not well-formed XML.
    #[error("the document is not well-formed XML")]
    NotXml,
    /// It declares or uses entities of its own.
    #[error("the document declares or uses entities; none are taken")]
    Entity,
    /// It has too many elements, or too many within each other, or more than one root.
    #[error("the document has too many elements")]
    TooMany,
    /// It or one of its texts is too long.
    #[error("the document or one of its texts is too long")]
    TooLong,
    /// There is text where only elements may be.
    #[error("there is text between elements")]
    Text,
    /// An element is missing.
    #[error("<{0}> is missing")]
    Missing(&'static str),
    /// An element must not be where it is, or not so often.
    #[error("<{element}> is not expected in <{parent}>")]
    Unexpected {
        /// Which.
        element: String,
        /// Where.
        parent: &'static str,
    },
    /// A value cannot be right.
    #[error("<{element}> must be {expected}")]
    Value {
        /// Of which element.
        element: &'static str,
        /// What would be.
        expected: &'static str,
    },
    /// There is no such query.
    #[error("<query> has no query that is known")]
    UnknownQuery,
}

impl Malformed {
    /// The code that the answer has.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownQuery => Code::QueryType,
            _ => Code::Parse,
        }
    }
}

impl Request {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Malformed`]; its text repeats names of elements, never what is in them.
    pub fn parse(document: &str) -> Result<Self, Malformed> {
        let mut root = Element::parse(document)?;
        let (parent, is_query) = match root.name.as_str() {
            "request" => ("request", false),
            "query" => ("query", true),
            _ => return Err(Malformed::Missing("request")),
        };
        let at = root.children.iter().position(|child| child.name == "appInfo");
        let application = application(&root.children.remove(at.ok_or(Malformed::Missing("appInfo"))?))?;
        let asked = match root.children.len() {
            0 if is_query => return Err(Malformed::UnknownQuery),
            0 => return Err(Malformed::Missing("login")),
            1 => root.children.remove(0),
            _ => {
                let element = std::mem::take(&mut root.children[1].name);
                return Err(Malformed::Unexpected { element, parent });
            }
        };
        let mut fields = Fields::of(&asked)?;
        let operation = if is_query {
            query(&asked, &mut fields)?
        } else {
            request(&asked, &mut fields)?
        };
        fields.login_type()?;
        let origin = fields.origin()?;
        fields.finish()?;
        Ok(Self {
            application,
            operation,
            origin,
        })
    }
}

fn application(info: &Element) -> Result<Application, Malformed> {
    let mut fields = Fields::of(info)?;
    let id = fields.optional("appID")?.ok_or(Malformed::Missing("appID"))?;
    let plain = fields.optional("appCertificate")?;
    let encrypted = fields.optional("appEncryptedCertificate")?;
    fields.finish()?;
    Ok(Application {
        id: id.into(),
        is_encrypted: plain.is_none() && encrypted.is_some(),
        certificate: Secret::new(plain.or(encrypted).unwrap_or_default()),
    })
}

fn request(asked: &Element, fields: &mut Fields<'_>) -> Result<Operation, Malformed> {
    match asked.name.as_str() {
        "login" => Ok(Operation::Login {
            device: fields.name("deviceName")?,
            user: fields.name("userID")?,
            profile: fields
                .optional("deviceProfile")?
                .filter(|name| !name.is_empty())
                .map(SmolStr::from),
            exclusive: fields.exclusive()?,
        }),
        "logout" => Ok(Operation::Logout {
            device: fields.name("deviceName")?,
        }),
        "logoutAll" => Ok(Operation::LogoutAll),
        _ => Err(Malformed::Unexpected {
            element: asked.name.clone(),
            parent: "request",
        }),
    }
}

fn query(asked: &Element, fields: &mut Fields<'_>) -> Result<Operation, Malformed> {
    match asked.name.as_str() {
        "deviceUserQuery" => Ok(Operation::DeviceUser {
            devices: fields.names("deviceName")?,
        }),
        "userDevicesQuery" => Ok(Operation::UserDevices {
            users: fields.names("userID")?,
        }),
        "checkUser" => Ok(Operation::CheckUser {
            users: fields.names("userID")?,
        }),
        // The grammar has the first, its examples the second.
        "deviceProfileQuery" | "userDeviceProfileQuery" => Ok(Operation::DeviceProfiles {
            users: fields.names("userID")?,
        }),
        _ => Err(Malformed::UnknownQuery),
    }
}

/// The children of an element, taken one by one; what nobody takes must not be there. Their order does not matter.
struct Fields<'a> {
    children: Vec<&'a Element>,
}

impl<'a> Fields<'a> {
    fn of(element: &'a Element) -> Result<Self, Malformed> {
        if !element.text.is_empty() {
            return Err(Malformed::Text);
        }
        Ok(Self {
            children: element.children.iter().collect(),
        })
    }

    fn take(&mut self, name: &str) -> Option<&'a Element> {
        let at = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.remove(at))
    }

    /// The text of an element that there may be once.
    fn optional(&mut self, name: &'static str) -> Result<Option<&'a str>, Malformed> {
        match self.take(name) {
            Some(element) if !element.children.is_empty() => Err(Malformed::Value {
                element: name,
                expected: "text",
            }),
            found => Ok(found.map(|element| element.text.as_str())),
        }
    }

    /// A name that must be there.
    fn name(&mut self, name: &'static str) -> Result<SmolStr, Malformed> {
        let text = self.optional(name)?.filter(|text| !text.is_empty());
        text.map(SmolStr::from).ok_or(Malformed::Missing(name))
    }

    /// One name or more.
    fn names(&mut self, name: &'static str) -> Result<Vec<SmolStr>, Malformed> {
        let mut names = vec![self.name(name)?];
        while self.children.iter().any(|child| child.name == name) {
            if names.len() >= NAMES_MAX {
                return Err(Malformed::TooMany);
            }
            names.push(self.name(name)?);
        }
        Ok(names)
    }

    fn exclusive(&mut self) -> Result<Option<Exclusive>, Malformed> {
        let Some(element) = self.take("exclusiveDuration") else {
            return Ok(None);
        };
        let mut fields = Self::of(element)?;
        let wrong = Malformed::Value {
            element: "exclusiveDuration",
            expected: "<time> in minutes, or <indefinite/>",
        };
        let exclusive = match (fields.optional("time")?, fields.take("indefinite")) {
            (Some(minutes), None) => Exclusive::Minutes(minutes.parse().map_err(|_| wrong)?),
            (None, Some(indefinite)) => {
                Self::of(indefinite)?.finish()?;
                Exclusive::Indefinite
            }
            _ => return Err(wrong),
        };
        fields.finish()?;
        Ok(Some(exclusive))
    }

    /// What kind of name the user's is. Programs may say it as the original's application does; all names are of one
    /// name space here.
    fn login_type(&mut self) -> Result<(), Malformed> {
        match self.optional("loginType")? {
            None | Some("" | "UID" | "SP" | "DN") => Ok(()),
            Some(_) => Err(Malformed::Value {
                element: "loginType",
                expected: "UID, SP or DN",
            }),
        }
    }

    fn origin(&mut self) -> Result<Origin, Malformed> {
        let remote_address = self.optional("remoteIPAddr")?.filter(|text| !text.is_empty());
        let is_via_set = match self.optional("isViaHeaderSet")? {
            None | Some("" | "false") => false,
            Some("true") => true,
            Some(_) => {
                return Err(Malformed::Value {
                    element: "isViaHeaderSet",
                    expected: "true or false",
                });
            }
        };
        Ok(Origin {
            remote_address: remote_address.map(SmolStr::from),
            is_via_set,
        })
    }

    fn finish(self) -> Result<(), Malformed> {
        match self.children.first() {
            None => Ok(()),
            Some(element) => Err(Malformed::Unexpected {
                element: element.name.clone(),
                parent: "its place",
            }),
        }
    }
}
