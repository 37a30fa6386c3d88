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

    fn variable(&mut self, variable: &str, value: &str) {
        let place = format!("environment variable {variable}");
        match KEYS.iter().find(|key| key.variable() == variable) {
            Some(key) => {
                if let Err(problem) = (key.set)(&mut self.config, value) {
                    self.problem(place, key.path, problem);
                }
            }
            // Kubernetes puts such variables into every pod beside a service named hotdesk-edge.
            None if ["SERVICE_", "PORT"]
                .iter()
                .any(|other| variable["HOTDESK_EDGE_".len()..].starts_with(other)) => {}
            None => self.problem(place, "", unknown(KEYS.iter().map(Key::variable))),
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
