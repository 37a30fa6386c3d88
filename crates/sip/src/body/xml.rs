//! A thin writer for the small documents of this module: everything is escaped, nothing fails.

use std::borrow::Cow;

use bytes::Bytes;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document being written.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    /// Begins with the declaration and the opened root element.
    pub(super) fn document(root: &str, attributes: &[(&str, &str)]) -> Self {
        let mut xml = Self {
            writer: Writer::new(Vec::with_capacity(1024)),
        };
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml.open(root, attributes);
        xml
    }

    /// An opening tag.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Start(start(name, attributes)));
    }

    /// The closing tag of the element opened last.
    pub(super) fn close(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element that holds only text, or nothing.
    pub(super) fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        if text.is_empty() {
            self.event(Event::Empty(start(name, attributes)));
            return;
        }
        self.open(name, attributes);
        self.event(Event::Text(BytesText::new(&legal(text))));
        self.close(name);
    }

    /// The bytes, the root closed.
    pub(super) fn finish(mut self, root: &str) -> Bytes {
        self.close(root);
        self.writer.into_inner().into()
    }

    fn event(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("a Vec takes every byte");
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, legal(value).as_ref()));
    }
    start
}

/// XML 1.0 has no way at all to carry control characters, and a display name may hold some: they are left out,
/// white space among them becomes a space. Otherwise one odd name would break the document for every watcher.
fn legal(text: &str) -> Cow<'_, str> {
    let odd = |letter: char| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let letters = text.chars().filter_map(|letter| match letter {
        '\t' | '\r' | '\n' => Some(' '),
        letter if odd(letter) => None,
        letter => Some(letter),
    });
    Cow::Owned(letters.collect())
}

/// What tests do to every document: read it back into `path@attributes=text` lines, whatever the spelling.
#[cfg(test)]
pub(super) mod testing {
    use quick_xml::Reader;
    use quick_xml::XmlVersion;
    use quick_xml::events::Event;

    /// One line per element: its path, its attributes, its text. Panics on what is not well-formed.
    pub(in crate::body) fn outline(document: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(document).expect("UTF-8");
        let mut reader = Reader::from_str(text);
        let (mut path, mut lines) = (Vec::<String>::new(), Vec::<String>::new());
        loop {
            let event = reader.read_event().expect("well-formed");
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    path.push(name);
                    let mut line = path.join("/");
                    for attribute in tag.attributes() {
                        let attribute = attribute.expect("a legal attribute");
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
                        let name = attribute.key.as_ref();
                        line.push_str(&format!(" {name}={value}"));
                    }
                    lines.push(line);
                    if matches!(event, Event::Empty(_)) {
                        path.pop();
                    }
                }
                Event::End(_) => {
                    path.pop().expect("an open element");
                }
                Event::Text(content) => lines.last_mut().unwrap().push_str(&content.xml10_content()),
                Event::GeneralRef(reference) => {
                    let entity = format!("&{};", AsRef::<str>::as_ref(reference));
                    let letter = quick_xml::escape::unescape(&entity)
                        .expect("a known entity")
                        .into_owned();
                    lines.last_mut().unwrap().push_str(&letter);
                }
                Event::Eof => break,
                _ => {}
            }
            if let (Event::Start(_) | Event::Empty(_), Some(line)) = (&event, lines.last_mut()) {
                line.push('|');
            }
        }
        assert!(path.is_empty(), "elements left open: {path:?}");
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_whatever_it_holds() {
        let cases = [
            ("plain", "plain"),
            ("<&>\"'", "<&>\"'"),
            ("a\u{1}b\u{0}c\nd", "abc d"),
            ("Zo\u{eb} \u{1f4de}", "Zo\u{eb} \u{1f4de}"),
            ("]]>", "]]>"),
        ];
        for (given, read) in cases {
            let mut xml = Xml::document("r", &[("a", given)]);
            xml.leaf("t", &[("b", given)], given);
            let lines = testing::outline(&xml.finish("r"));
            assert_eq!(lines, [format!("r a={read}|"), format!("r/t b={read}|{read}")]);
        }
    }
}
