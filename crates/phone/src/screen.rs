//! A page of the login application, whatever the vendor.

use std::borrow::Cow;

use smol_str::SmolStr;

use crate::picture::{Code, Size};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The first line.
    pub title: String,
    /// The line at the bottom; empty for none.
    pub prompt: String,
    /// What is in it.
    pub body: Body,
    /// Soft keys in order, at most 4. Adapters add what a page cannot do without (submit, delete).
    pub keys: Vec<Key>,
    /// Load this by itself after so many seconds.
    pub refresh: Option<(u32, String)>,
    /// Must not stay in the phone's history: it leads to a PIN.
    pub is_private: bool,
}

/// What is in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text to read; lines end with `\n`.
    Text(String),
    /// Items to choose from, at most 30.
    Menu(Vec<Item>),
    /// Fields to fill in, at most 4. What was typed is sent as query to the URL, or as a form where the phone can. A
    /// phone that asks for one thing at a time (Snom) sends the first field without a value, and those that have one;
    /// the application answers with the same fields, their values filled in, until none is missing.
    Input {
        /// Where to; may have a query already.
        url: String,
        /// What is asked.
        fields: Vec<Field>,
    },
    /// A code to scan with a mobile, or in words what it would have said.
    Picture(Picture),
}

/// A code to scan with a mobile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What to do with it, at most 64 characters.
    pub caption: String,
    /// What a phone says that cannot show it.
    pub instead: String,
    /// The address that it leads to.
    pub address: String,
    /// Where phones load it, without ending and size.
    pub url: String,
}

impl Picture {
    /// Where it is loaded as PNG of this size.
    #[must_use]
    pub fn png_url(&self, size: Size) -> String {
        format!("{}.png?size={size}", self.url)
    }

    /// Where it is loaded as BMP of this size.
    #[must_use]
    pub fn bmp_url(&self, size: Size) -> String {
        format!("{}.bmp?size={size}", self.url)
    }

    /// Whether a camera could read it in this size.
    #[must_use]
    pub fn fits(&self, size: Size) -> bool {
        Code::of(&self.address).is_some_and(|code| code.fits(size))
    }
}

impl Screen {
    /// The picture of this page as a phone with a display of this size shows it; `None`: the page has none, or none that
    /// fits, and is [said in words](Self::in_words).
    #[must_use]
    pub fn picture(&self, display: Option<Size>) -> Option<(&Picture, Size)> {
        let Body::Picture(picture) = &self.body else {
            return None;
        };
        let size = display.filter(|size| picture.fits(*size))?;
        Some((picture, size))
    }

    /// The page as a phone shows it that has no pictures.
    #[must_use]
    pub fn in_words(&self) -> Cow<'_, Self> {
        match &self.body {
            Body::Picture(picture) => Cow::Owned(Self {
                body: Body::Text(picture.instead.clone()),
                ..self.clone()
            }),
            Body::Text(_) | Body::Menu(_) | Body::Input { .. } => Cow::Borrowed(self),
        }
    }
}

/// A line of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it shows, at most 64 characters.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// A field to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What is asked.
    pub label: String,
    /// The parameter that carries it.
    pub parameter: &'static str,
    /// What may be typed.
    pub kind: FieldKind,
    /// What stands there already.
    pub value: String,
}

/// What may be typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Digits.
    Number,
    /// Letters and digits.
    Text,
    /// Digits that are not shown.
    Pin,
}

/// A soft key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What it shows, at most 12 characters.
    pub label: String,
    /// What it does.
    pub action: Action,
}

/// What a soft key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Loads a page.
    Open(String),
    /// Sends what was typed, or opens the chosen item.
    Submit,
    /// Leaves the application.
    Exit,
}

/// What the phone says about its screen (request headers).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browser {
    /// The User-Agent.
    pub user_agent: SmolStr,
    /// The model, where a header of its own names it (Cisco: `X-CiscoIPPhoneModelName`).
    pub model: SmolStr,
    /// Width and height in pixels, where the phone says so.
    pub display: Option<(u16, u16)>,
}

/// A page as a phone loads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The media type with its charset.
    pub content_type: &'static str,
    /// Further response headers: name, value.
    pub headers: Vec<(&'static str, String)>,
    /// The document.
    pub body: String,
}
