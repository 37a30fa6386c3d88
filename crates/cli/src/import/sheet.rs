//! Reads a whole file.

use std::collections::HashMap;

use hotdesk_proto::v1;

use super::columns::Kind;
use super::lines::Lines;
use super::rows::{Fields, row};
use super::{ColumnRef, RowProblem};

/// A file whose rows all follow the rules.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// What the rows are.
    pub(crate) kind: Kind,
    /// The records, in the order of the file.
    pub(crate) rows: Vec<v1::ImportRow>,
    /// The line at which each row begins.
    lines: Vec<u64>,
    /// The headers as they are spelled, and the columns they mean.
    headers: Vec<(String, Option<&'static str>)>,
}

/// Why a file cannot be imported.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The file as a whole: what is wrong, and what to do.
    File(String, String),
    /// Some rows.
    Rows(Vec<RowProblem>),
}

/// Reads a CSV file: UTF-8 with or without a byte order mark; separated by commas, semicolons or tabs,
/// whichever the header has; the first row names the columns. Rows without any content are passed over.
/// `kind`: what the rows are, or `None` to see it from the header. Columns that nobody knows are refused,
/// unless `ignore_unknown`: a misspelled header must not empty a field of every record.
///
/// # Errors
/// [`ReadError`], with every row that is not right.
pub(crate) fn read(bytes: &[u8], kind: Option<Kind>, ignore_unknown: bool) -> Result<Sheet, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes);
    let mut lines = Lines::new(bytes);
    let mut record = csv::ByteRecord::new();
    if !read_record(&mut reader, &mut record)? {
        return Err(ReadError::File(
            "the file is empty".into(),
            "The first row must name the columns.".into(),
        ));
    }
    let names: Vec<String> = record
        .iter()
        .map(|f| String::from_utf8_lossy(f).trim().to_owned())
        .collect();
    let kind = pick_kind(&names, kind)?;
    let headers = headers(&names, kind, ignore_unknown)?;

    let mut sheet = Sheet {
        kind,
        rows: Vec::new(),
        lines: Vec::new(),
        headers,
    };
    let mut problems = Vec::new();
    let mut taken: HashMap<String, (u64, usize)> = HashMap::new();
    while read_record(&mut reader, &mut record)? {
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        sheet.read_row(line, &record, &mut taken, &mut problems);
    }
    if !problems.is_empty() {
        return Err(ReadError::Rows(problems));
    }
    if sheet.rows.is_empty() {
        return Err(ReadError::File(
            "the file has a header and no rows".into(),
            "Add a row for each record.".into(),
        ));
    }
    Ok(sheet)
}

fn read_record(reader: &mut csv::Reader<&[u8]>, record: &mut csv::ByteRecord) -> Result<bool, ReadError> {
    reader
        .read_byte_record(record)
        .map_err(|error| ReadError::File(error.to_string(), "Check that it is a CSV file.".into()))
}

/// The separator that the first line has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let end = bytes.iter().position(|b| matches!(b, b'\r' | b'\n'));
    let first = &bytes[..end.unwrap_or(bytes.len())];
    let count = |separator: u8| first.iter().filter(|byte| **byte == separator).count();
    // The first of equals wins, so a header of one column is "separated" by commas.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}

fn pick_kind(names: &[String], kind: Option<Kind>) -> Result<Kind, ReadError> {
    kind.or_else(|| Kind::guess(names.iter().map(String::as_str)))
        .ok_or_else(|| {
            ReadError::File(
                format!("the header ({}) does not say what the rows are", names.join(", ")),
                "Give --kind users, devices, sites or groups; `hotdesk import --help` lists the columns."
                    .into(),
            )
        })
}

fn headers(
    names: &[String],
    kind: Kind,
    ignore_unknown: bool,
) -> Result<Vec<(String, Option<&'static str>)>, ReadError> {
    let mut found: Vec<(String, Option<&'static str>)> = Vec::new();
    let meant = kind.meant(names.iter().map(String::as_str));
    for (position, (name, column)) in names.iter().zip(meant).enumerate() {
        let number = position + 1;
        let column = column.map(|column| column.name);
        if column.is_none() && !ignore_unknown {
            return Err(ReadError::File(
                format!("column {number} ({name:?}) is not a column of {}", kind.name()),
                format!(
                    "Correct the name, or give --ignore-unknown-columns. {} have: {}.",
                    capital(kind.name()),
                    kind.columns()
                        .iter()
                        .map(|column| column.name)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            ));
        }
        let twice = found
            .iter()
            .position(|(_, other)| column.is_some() && *other == column);
        if let Some(first) = twice {
            return Err(ReadError::File(
                format!(
                    "columns {} and {number} both are {:?}",
                    first + 1,
                    column.unwrap_or_default()
                ),
                "Remove one of them.".into(),
            ));
        }
        found.push((name.clone(), column));
    }
    for column in kind.columns().iter().filter(|column| column.required) {
        if !found.iter().any(|(_, name)| *name == Some(column.name)) {
            return Err(ReadError::File(
                format!(
                    "there is no column {:?}, which {} must have",
                    column.name,
                    kind.name()
                ),
                "Add it to the header and to each row.".into(),
            ));
        }
    }
    Ok(found)
}

fn capital(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}

impl Sheet {
    fn read_row(
        &mut self,
        line: u64,
        record: &csv::ByteRecord,
        taken: &mut HashMap<String, (u64, usize)>,
        problems: &mut Vec<RowProblem>,
    ) {
        if record.len() != self.headers.len() {
            problems.push(RowProblem {
                line,
                column: None,
                problem: format!(
                    "has {} columns where the header has {}: check separators and quotes",
                    record.len(),
                    self.headers.len()
                ),
            });
            return;
        }
        let mut texts = Vec::with_capacity(record.len());
        for (position, field) in record.iter().enumerate() {
            let text = std::str::from_utf8(field);
            if text.is_err() {
                problems.push(RowProblem {
                    line,
                    column: Some(self.column(position)),
                    problem: "is not UTF-8: save the file as \"CSV UTF-8\"".into(),
                });
            }
            texts.push(text.unwrap_or_default());
        }
        let get = |name: &str| {
            let position = self.headers.iter().position(|(_, column)| *column == Some(name));
            position.map_or("", |position| texts[position])
        };
        let mut fields = Fields {
            get: &get,
            problems: Vec::new(),
        };
        let row = row(self.kind, &mut fields);
        for (name, problem) in fields.problems {
            problems.push(RowProblem {
                line,
                column: self.column_of(name),
                problem,
            });
        }
        let number = self.rows.len();
        for (column, name) in row.names {
            match taken.get(&name) {
                // A user may repeat a name of their own; the cluster has a word on that.
                Some((first, owner)) if *owner != number => problems.push(RowProblem {
                    line,
                    column: self.column_of(column),
                    problem: format!("{name:?} is in line {first} already"),
                }),
                Some(_) => {}
                None => {
                    taken.insert(name, (line, number));
                }
            }
        }
        self.rows.push(row.record);
        self.lines.push(line);
    }

    /// A problem that the cluster found with row `row` (0-based), in the words of the file.
    #[must_use]
    pub(crate) fn locate(&self, problem: &v1::RowProblem) -> RowProblem {
        let position = usize::try_from(problem.row).unwrap_or(usize::MAX);
        RowProblem {
            line: self.lines.get(position).copied().unwrap_or_default(),
            column: self.column_of(&problem.field),
            problem: problem.problem.clone(),
        }
    }

    /// The column that holds a field of the API ("email", "policy.lockout"). `None` when the file does not
    /// have it, or the field is empty.
    fn column_of(&self, field: &str) -> Option<ColumnRef> {
        let last = field.rsplit('.').next().filter(|name| !name.is_empty())?;
        let found = self
            .headers
            .iter()
            .position(|(_, column)| *column == Some(last))
            .or_else(|| {
                // "lockout" is spread over several columns; the first of them will do.
                self.headers
                    .iter()
                    .position(|(_, column)| column.is_some_and(|name| name.starts_with(last)))
            })?;
        Some(self.column(found))
    }

    fn column(&self, position: usize) -> ColumnRef {
        ColumnRef {
            number: position + 1,
            name: self.headers[position].0.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
