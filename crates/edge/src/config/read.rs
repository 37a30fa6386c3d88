//! Reading a TOML text and the environment by the table of keys.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key};
use super::{Config, ConfigError, Problem};

/// Reads without checking what keys mean together.
pub(super) fn read(
    text: &str,
    name: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut reader = Reader {
        text,
        name,
        config: Config::default(),
        problems: Vec::new(),
    };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let place = reader.place(error.span());
            reader.problem(place, "", format!("not valid TOML: {}", error.message()));
        }
    }
    let mut variables: Vec<(String, String)> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with("HOTDESK_EDGE_"))
        .collect();
    variables.sort();
    for (variable, value) in &variables {
        reader.variable(variable, value);
    }
    if reader.problems.is_empty() {
        Ok(reader.config)
    } else {
        let problems = reader.problems;
        Err(ConfigError { problems })
    }
}

struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    config: Config,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = match section {
                "" => name.get_ref().to_string(),
                section => format!("{section}.{}", name.get_ref()),
            };
            match (KEYS.iter().find(|key| key.path == path), value.get_ref()) {
                (Some(key), value_found) => {
                    if let Err(problem) =
                        text_of(value_found).and_then(|text| (key.set)(&mut self.config, &text))
                    {
                        let place = self.place(Some(value.span()));
                        self.problem(place, &path, problem);
                    }
                }
                (None, DeValue::Table(inner)) if is_section(&path) => self.table(&path, inner),
                (None, _) => {
                    let place = self.place(Some(name.span()));
                    self.problem(place, &path, unknown(KEYS.iter().map(|key| key.path.to_owned())));
                }
            }
        }
    }

    /// Variables that are nearly a key's name are taken for a misspelling. Others are let be: Kubernetes puts
    /// HOTDESK_EDGE_SERVICE_HOST and the like into every pod beside a service of that name, and the program has
    /// variables of its own.
    fn variable(&mut self, variable: &str, value: &str) {
        const MISSPELT_AT_MOST: usize = 2;
        let place = format!("environment variable {variable}");
        if let Some(key) = KEYS.iter().find(|key| key.variable() == variable) {
            if let Err(problem) = (key.set)(&mut self.config, value) {
                self.problem(place, key.path, problem);
            }
            return;
        }
        let near = KEYS
            .iter()
            .map(Key::variable)
            .find(|known| distance(known, variable) <= MISSPELT_AT_MOST);
        if let Some(known) = near {
            self.problem(place, "", format!("is not known; did you mean {known}?"));
        }
    }

    fn problem(&mut self, place: String, key: &str, problem: String) {
        self.problems.push(Problem {
            place,
            key: key.to_owned(),
            problem,
        });
    }

    fn place(&self, span: Option<Range<usize>>) -> String {
        match span.and_then(|span| self.text.get(..span.start)) {
            Some(before) => format!("{}, line {}", self.name, before.matches('\n').count() + 1),
            None => self.name.to_owned(),
        }
    }
}

fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| {
        key.path
            .split_once('.')
            .is_some_and(|(section, _)| section == path)
    })
}

/// The value as the text that an environment variable would have.
fn text_of(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        DeValue::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(|item| item.get_ref().as_str()).collect();
            if texts.len() == items.len() {
                Ok(texts.join(","))
            } else {
                Err("must be a list of texts such as [\"host:port\", \"host:port\"]".into())
            }
        }
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            Err(format!("cannot be a {}", value.type_str()))
        }
    }
}

fn unknown(known: impl Iterator<Item = String>) -> String {
    format!("is not known; known are {}", known.collect::<Vec<_>>().join(", "))
}

/// Levenshtein's distance, in bytes: inserted, removed and replaced ones.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
