//! A small document as a tree of elements, with every bound there is.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::request::Malformed;

/// The longest document.
pub(super) const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Elements in elements; the grammar needs 4.
const DEPTH_MAX: usize = 8;
/// Elements of a document: a query for as many phones or users as it may name, and some more.
const ELEMENTS_MAX: usize = 512;
/// The longest text of an element.
const TEXT_BYTES_MAX: usize = 512;

/// An element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, as written: names are case-sensitive, and namespaces are not looked at.
    pub(super) name: String,
    /// Its text without the white space around it.
    pub(super) text: String,
    /// The elements in it.
    pub(super) children: Vec<Self>,
}

impl Element {
    /// The root of a document.
    pub(super) fn parse(document: &str) -> Result<Self, Malformed> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(Malformed::TooLong);
        }
        if !document.chars().all(is_character) {
            return Err(Malformed::NotXml);
        }
        let mut reader = Reader::from_str(document);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        let mut elements = 0;
        let mut has_doctype = false;
        loop {
            match reader.read_event().map_err(|_| Malformed::NotXml)? {
                Event::Start(tag) => {
                    elements += 1;
                    if root.is_some() || open.len() >= DEPTH_MAX || elements > ELEMENTS_MAX {
                        return Err(Malformed::TooMany);
                    }
                    // None means anything here, but they have to be written as such, each once.
                    if tag.attributes().any(|attribute| attribute.is_err()) {
                        return Err(Malformed::NotXml);
                    }
                    open.push(Self {
                        name: tag.name().as_ref().to_owned(),
                        ..Self::default()
                    });
                }
                Event::End(_) => {
                    // The reader has checked that the names match.
                    let mut element = open.pop().ok_or(Malformed::NotXml)?;
                    element.text = element.text.trim().to_owned();
                    if !element.children.is_empty() && !element.text.is_empty() {
                        return Err(Malformed::Text);
                    }
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => root = Some(element),
                    }
                }
                Event::Text(text) => add(&mut open, &text.xml10_content())?,
                Event::CData(text) => add(&mut open, &text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(character)) if is_character(character) => character,
                        Ok(Some(_)) => return Err(Malformed::NotXml),
                        Ok(None) => predefined(&reference.xml10_content()).ok_or(Malformed::Entity)?,
                        Err(_) => return Err(Malformed::NotXml),
                    };
                    add(&mut open, character.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(declaration) => {
                    if elements > 0 || std::mem::replace(&mut has_doctype, true) {
                        return Err(Malformed::NotXml);
                    }
                    // A name and where it could be fetched are harmless: nobody fetches it. Declarations are not.
                    if has_declarations(&declaration) {
                        return Err(Malformed::Entity);
                    }
                }
                Event::Decl(_) if elements > 0 || has_doctype => return Err(Malformed::NotXml),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
                Event::Eof => break,
            }
        }
        match root {
            Some(root) if open.is_empty() => Ok(root),
            _ => Err(Malformed::NotXml),
        }
    }
}

/// Adds to the text of the innermost element.
fn add(open: &mut [Element], text: &str) -> Result<(), Malformed> {
    let Some(element) = open.last_mut() else {
        return if text.trim().is_empty() {
            Ok(())
        } else {
            Err(Malformed::NotXml)
        };
    };
    if element.text.len() + text.len() > TEXT_BYTES_MAX {
        return Err(Malformed::TooLong);
    }
    element.text.push_str(text);
    Ok(())
}

/// Whether a document type has more than a name and where it could be fetched.
fn has_declarations(doctype: &str) -> bool {
    match doctype.split_once('[') {
        None => doctype.contains("<!"),
        Some((_, inner)) => inner
            .rsplit_once(']')
            .is_none_or(|(inner, _)| !inner.trim().is_empty()),
    }
}

/// What a document may consist of (XML 1.0 §2.2).
const fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The entities that every document has (XML 1.0 §4.6).
fn predefined(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}
