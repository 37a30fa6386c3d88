//! Reading a TOML text and the environment by the table of keys.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::items::{ITEMS_MAX, LISTS, List};
use super::key::Key;
use super::keys::keys;
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

/// Reads, and notes what is wrong.
pub(super) struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    pub(super) config: Config,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = match section {
                "" => name.get_ref().to_string(),
                section => format!("{section}.{}", name.get_ref()),
            };
            if let Some(key) = keys().find(|key| key.path == path) {
                let set = text_of(value.get_ref()).and_then(|text| (key.set)(&mut self.config, &text));
                if let Err(problem) = set {
                    let place = self.place(Some(value.span()));
                    self.problem(place, &path, problem);
                }
            } else if let Some(list) = LISTS.iter().find(|list| list.path == path) {
                self.list(list, value);
            } else if let DeValue::Table(inner) = value.get_ref()
                && is_section(&path)
            {
                self.table(&path, inner);
            } else {
                let place = self.place(Some(name.span()));
                let all: Vec<&str> = keys()
                    .map(|key| key.path)
                    .chain(LISTS.iter().map(|list| list.path))
                    .collect();
                self.problem(place, &path, unknown(&path, &all));
            }
        }
    }

    fn list(&mut self, list: &List, value: &Spanned<DeValue<'_>>) {
        let place = self.place(Some(value.span()));
        let wrong = format!("is an array of tables: write [[{}]]", list.path);
        let DeValue::Array(items) = value.get_ref() else {
            return self.problem(place, list.path, wrong);
        };
        if items.len() > ITEMS_MAX {
            let problem = format!(
                "must not be there more than {ITEMS_MAX} times, found {}",
                items.len()
            );
            return self.problem(place, list.path, problem);
        }
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => (list.read)(self, item.span(), table),
                _ => self.problem(place.clone(), list.path, wrong.clone()),
            }
        }
    }

    /// Reads one table of an array.
    pub(super) fn item<T>(
        &mut self,
        list: &str,
        keys: &[Key<T>],
        item: &mut T,
        span: Range<usize>,
        table: &DeTable<'_>,
    ) {
        for (name, value) in table {
            let path = format!("{list}.{}", name.get_ref());
            let Some(key) = keys.iter().find(|key| key.path == name.get_ref()) else {
                let place = self.place(Some(name.span()));
                let all: Vec<&str> = keys.iter().map(|key| key.path).collect();
                self.problem(place, &path, unknown(name.get_ref(), &all));
                continue;
            };
            if let Err(problem) = text_of(value.get_ref()).and_then(|text| (key.set)(item, &text)) {
                let place = self.place(Some(value.span()));
                self.problem(place, &path, problem);
            }
        }
        for key in keys.iter().filter(|key| key.required) {
            if !table.iter().any(|(name, _)| name.get_ref() == key.path) {
                let place = self.place(Some(span.clone()));
                self.problem(place, &format!("{list}.{}", key.path), "is not set".into());
            }
        }
    }

    /// Variables that are nearly a key's name are taken for a misspelling. Others are let be: Kubernetes puts
    /// HOTDESK_EDGE_SERVICE_HOST and the like into every pod beside a service of that name, and the program has
    /// variables of its own.
    fn variable(&mut self, variable: &str, value: &str) {
        const MISSPELT_AT_MOST: usize = 2;
        let place = format!("environment variable {variable}");
        if let Some(key) = keys().find(|key| key.variable() == variable) {
            if let Err(problem) = (key.set)(&mut self.config, value) {
                self.problem(place, key.path, problem);
            }
            return;
        }
        let near = keys()
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
    let all = keys()
        .map(|key| key.path)
        .chain(LISTS.iter().map(|list| list.path));
    let begins = |known: &str| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    all.into_iter().any(begins)
}

/// The value as the text that an environment variable would have.
fn text_of(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(is_so) => Ok(is_so.to_string()),
        DeValue::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(|item| item.get_ref().as_str()).collect();
            if let Some(text) = texts.iter().find(|text| text.contains(',')) {
                Err(format!("must be a list of texts without commas, found {text:?}"))
            } else if texts.len() == items.len() {
                Ok(texts.join(","))
            } else {
                Err("must be a list of texts such as [\"host:port\", \"host:port\"]".into())
            }
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            Err(format!("cannot be a {}", value.type_str()))
        }
    }
}

/// Names the nearest key, if one is near: spelled nearly so, or the same in another section; and then those that
/// stand in the same section.
fn unknown(path: &str, all: &[&str]) -> String {
    const MISSPELT_AT_MOST: usize = 3;
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let last = |known: &str| known.rsplit('.').next() == Some(name);
    let near = all.iter().min_by_key(|known| distance(known, path));
    let near = near.filter(|known| distance(known, path) <= MISSPELT_AT_MOST);
    let near = near.or_else(|| all.iter().find(|known| last(known)));
    let guess = near.map_or_else(String::new, |known| format!("; did you mean {known}?"));
    let in_section = |known: &&&str| known.rsplit_once('.').unwrap_or(("", known)).0 == section;
    let beside: Vec<&str> = all.iter().filter(in_section).copied().collect();
    let sections = || all.iter().filter_map(|known| Some(known.split_once('.')?.0));
    let mut known = if beside.is_empty() {
        sections().collect()
    } else {
        beside
    };
    known.dedup();
    format!("is not known{guess}; known are {}", known.join(", "))
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
