//! Templates, and how values are written into each format.
//!
//! Values are escaped by the format, never by hand in a template: a template is compiled under a [`Format`], and
//! everything it writes goes through that format's escaping.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, UndefinedBehavior, Value};

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML and XHTML text and attributes: `& < > " '` as references; characters that XML 1.0 §2.2 forbids are left out.
    Xml,
    /// `key = value` lines: line ends and other control characters become spaces.
    Lines,
    /// JSON, between the quotation marks of a string (RFC 8259 §7).
    Json,
}

impl Format {
    /// A text as this format holds it.
    #[must_use]
    pub fn escape(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            self.push(&mut out, c);
        }
        out
    }

    fn push(self, out: &mut String, c: char) {
        match (self, c) {
            (Self::Xml, '&') => out.push_str("&amp;"),
            (Self::Xml, '<') => out.push_str("&lt;"),
            (Self::Xml, '>') => out.push_str("&gt;"),
            (Self::Xml, '"') => out.push_str("&quot;"),
            (Self::Xml, '\'') => out.push_str("&#39;"),
            (Self::Xml, '\t' | '\n' | '\r') => out.push(c),
            (Self::Xml, '\u{fffe}' | '\u{ffff}') => {}
            (Self::Xml, c) if c.is_control() => {}
            (Self::Lines, c) if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            (Self::Json, '"' | '\\') => {
                out.push('\\');
                out.push(c);
            }
            (Self::Json, c) if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            (_, c) => out.push(c),
        }
    }
}

/// An environment without templates, in which everything written is escaped for `format`. Undefined values are errors:
/// a key that is misspelt must not become an empty setting.
#[must_use]
pub fn environment(format: Format) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.expect("the usual delimiters with other white space"));
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(move |out, _state, value| write(out, format, value));
    environment
}

fn write(out: &mut Output<'_>, format: Format, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let text = value.to_string();
    let text = if value.is_safe() {
        text
    } else {
        format.escape(&text)
    };
    out.write_str(&text)
        .map_err(|_| Error::from(ErrorKind::WriteFailure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    #[test]
    fn values_are_written_as_their_format_wants() {
        let nasty = "a&b<c>\"d\"'e'\r\n\u{1}\u{1f4de}";
        for (format, expected) in [
            (
                Format::Xml,
                "[a&amp;b&lt;c&gt;&quot;d&quot;&#39;e&#39;\r\n\u{1f4de}]",
            ),
            (Format::Lines, "[a&b<c>\"d\"'e'   \u{1f4de}]"),
            (Format::Json, "[a&b<c>\\\"d\\\"'e'\\u000d\\u000a\\u0001\u{1f4de}]"),
        ] {
            let environment = environment(format);
            let written = environment
                .render_str("[{{ it }}]", context! { it => nasty })
                .unwrap();
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn a_misspelt_name_is_an_error() {
        let environment = environment(Format::Lines);
        assert!(environment.render_str("{{ misspelt }}", context! {}).is_err());
    }
}
