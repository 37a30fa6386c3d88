//! XML as a tree, for documents and pages of a few kilobytes.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How deep a document may be.
const DEPTH_MAX: usize = 32;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Self>,
    /// The text directly in it.
    pub(crate) text: String,
}

impl Node {
    /// Reads a document; its root.
    pub(crate) fn parse(document: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(document);
        let mut open: Vec<Self> = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| format!("XML: {error}"))?;
            match event {
                Event::Start(start) => {
                    if open.len() > DEPTH_MAX {
                        return Err("XML: nested too deeply".into());
                    }
                    open.push(element(&start)?);
                }
                Event::Empty(start) => {
                    let node = element(&start)?;
                    last(&mut open).children.push(node);
                }
                Event::End(_) => {
                    let node = open.pop().unwrap_or_default();
                    last(&mut open).children.push(node);
                }
                Event::Text(text) => {
                    let text = text.xml10_content();
                    last(&mut open).text.push_str(&text);
                }
                Event::CData(text) => {
                    let text = text.xml10_content();
                    last(&mut open).text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let character = reference
                        .resolve_char_ref()
                        .map_err(|error| format!("XML: {error}"))?;
                    let name = reference.xml10_content();
                    let text = match (character, &*name) {
                        (Some(c), _) => c.to_string(),
                        (None, "amp") => "&".into(),
                        (None, "lt") => "<".into(),
                        (None, "gt") => ">".into(),
                        (None, "quot") => "\"".into(),
                        (None, "apos") => "'".into(),
                        (None, other) => return Err(format!("XML: nobody declared &{other};")),
                    };
                    last(&mut open).text.push_str(&text);
                }
                Event::Eof => break,
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        if open.len() != 1 {
            return Err("XML: an element is not closed".into());
        }
        let mut roots = std::mem::take(&mut open[0].children);
        match roots.len() {
            1 => Ok(roots.remove(0)),
            found => Err(format!("XML: one element was expected, there are {found}")),
        }
    }

    /// The first child with this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children with this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child with this name; empty without one.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// An attribute; empty without one.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }
}

fn last(open: &mut [Node]) -> &mut Node {
    open.last_mut().expect("the document itself is never closed")
}

fn element(start: &BytesStart<'_>) -> Result<Node, String> {
    let mut node = Node {
        name: start.local_name().as_ref().to_owned(),
        ..Node::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("XML: {error}"))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| format!("XML: {error}"))?;
        node.attributes
            .push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_with_what_was_escaped() {
        let root =
            Node::parse("<?xml version=\"1.0\"?><a b=\"&lt;1&gt;\"><c>x &amp; y &#39;z&#39;</c><c/></a>")
                .unwrap();
        assert_eq!((root.name.as_str(), root.attribute("b")), ("a", "<1>"));
        assert_eq!(root.text_of("c"), "x & y 'z'");
        assert_eq!(root.all("c").count(), 2);
    }

    #[test]
    fn what_is_not_xml_is_said() {
        for bad in ["", "<a>", "<a></b>", "<a/><b/>", "<a>&bomb;</a>"] {
            Node::parse(bad).unwrap_err();
        }
    }
}
