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
        let mut reader = Reader::from_str(document);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        let mut elements = 0;
        loop {
            match reader.read_event().map_err(|_| Malformed::NotXml)? {
                Event::Start(tag) => {
                    elements += 1;
                    if root.is_some() || open.len() >= DEPTH_MAX || elements > ELEMENTS_MAX {
                        return Err(Malformed::TooMany);
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
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => root = Some(element),
                    }
                }
                Event::Text(text) => add(&mut open, &text.xml10_content())?,
                Event::CData(text) => add(&mut open, &text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(character)) => character,
                        Ok(None) => predefined(&reference.xml10_content()).ok_or(Malformed::Entity)?,
                        Err(_) => return Err(Malformed::NotXml),
                    };
                    add(&mut open, character.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(declaration) => {
                    // A name and where it could be fetched are harmless: nobody fetches it. Declarations are not.
                    if declaration.contains('[') || declaration.contains("<!") {
                        return Err(Malformed::Entity);
                    }
                }
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
