//! What goes to standard output: tables for people, JSON for programs.

pub(crate) mod json;
pub(crate) mod text;
pub(crate) mod time;

use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

/// How answers are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One JSON document, or one per line where answers stream.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    /// At a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Puts colours around text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// For text that goes to `stream`.
    #[must_use]
    pub(crate) fn new(colour: Colour, stream: &impl IsTerminal) -> Self {
        let on = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self { on }
    }

    fn put(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// For headings.
    #[must_use]
    pub(crate) fn bold(self, text: &str) -> String {
        self.put("1", text)
    }

    /// For what matters less.
    #[must_use]
    pub(crate) fn dim(self, text: &str) -> String {
        self.put("2", text)
    }

    /// For what is wrong.
    #[must_use]
    pub(crate) fn red(self, text: &str) -> String {
        self.put("1;31", text)
    }

    /// For what is right.
    #[must_use]
    pub(crate) fn green(self, text: &str) -> String {
        self.put("32", text)
    }

    /// For what needs a look.
    #[must_use]
    pub(crate) fn yellow(self, text: &str) -> String {
        self.put("33", text)
    }

    /// For names to copy.
    #[must_use]
    pub(crate) fn cyan(self, text: &str) -> String {
        self.put("36", text)
    }
}

/// Standard output, in the format that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// The format.
    pub(crate) format: Format,
    /// Colours for standard output.
    pub(crate) paint: Paint,
}

impl Output {
    /// Prints one answer: `value` as JSON, or the text that `text` makes.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn show(&self, value: &Value, text: impl FnOnce() -> String) -> io::Result<()> {
        match self.format {
            Format::Json => self.line(&format!("{value:#}")),
            Format::Table => self.line(text().trim_end_matches('\n')),
        }
    }

    /// Prints one item of a stream: compact JSON on one line, or the line that `text` makes.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn item(&self, value: &Value, text: impl FnOnce() -> String) -> io::Result<()> {
        match self.format {
            Format::Json => self.line(&value.to_string()),
            Format::Table => self.line(&text()),
        }
    }

    /// Prints a line and flushes, so that a reader at the other end of a pipe sees it now.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn line(&self, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

/// Aligned columns without lines around them, under `headers`; the empty table says `none`.
#[must_use]
pub(crate) fn table(headers: &[&str], rows: Vec<Vec<String>>, none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headers.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// Names and values, one pair a line, the values aligned. Pairs with an empty value are left out.
#[must_use]
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{:width$}  {value}\n", format!("{name}:")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_has_no_trailing_blanks() {
        let text = table(
            &["USER", "DEVICE"],
            vec![
                vec!["maria.silva".into(), "ny-02".into()],
                vec!["bo".into(), "chi-12".into()],
            ],
            "nobody",
        );
        assert_eq!(
            text,
            "USER         DEVICE\nmaria.silva  ny-02\nbo           chi-12\n"
        );
        assert_eq!(table(&["A"], vec![], "nobody"), "nobody");
    }

    #[test]
    fn pairs_leave_out_what_is_empty() {
        assert_eq!(
            pairs(&[
                ("user", "a".into()),
                ("email", String::new()),
                ("extension", "1".into())
            ]),
            "user:       a\nextension:  1\n"
        );
    }
}
