//! Reading a TOML text and the environment into a [`Config`], by the table of keys.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, Field, Key};
use super::problem::{ConfigError, Problem};
use super::{Config, LogFormat};
use crate::secret::Secret;

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
            let problem = format!("not valid TOML: {}", error.message());
            reader.problems.push(Problem {
                place,
                key: String::new(),
                problem,
            });
        }
    }
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with("HOTDESK_"))
        .collect();
    variables.sort();
    for (variable, value) in &variables {
        reader.variable(variable, value);
    }
    if reader.problems.is_empty() {
        Ok(reader.config)
    } else {
        Err(ConfigError {
            problems: reader.problems,
        })
    }
}

struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    config: Config,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}.{}", name.get_ref())
            };
            if let Some(key) = keys::all().find(|key| key.path == path) {
                if let Err(problem) = given(value.get_ref(), key).and_then(|g| set(&mut self.config, key, g))
                {
                    self.problem(Some(value.span()), &path, problem);
                }
            } else if let (Some(inner), true) = (value.get_ref().as_table(), is_section(&path)) {
                self.table(&path, inner);
            } else {
                let problem = unknown(&path, keys::all().map(|key| key.path.to_owned()));
                self.problem(Some(name.span()), &path, problem);
            }
        }
    }

    /// Variables that are nearly a key's name are taken for a misspelling. Others are let be: Kubernetes puts
    /// HOTDESK_SERVICE_HOST and the like into every pod beside a service of that name, and the program's client
    /// verbs have variables of their own.
    fn variable(&mut self, variable: &str, value: &str) {
        const MISSPELT_AT_MOST: usize = 2;
        let place = format!("environment variable {variable}");
        let Some(key) = keys::all().find(|key| key.variable() == variable) else {
            let near = nearest(variable, keys::all().map(Key::variable));
            if let Some((known, distance)) = near
                && distance <= MISSPELT_AT_MOST
            {
                let problem = format!("is not known; did you mean {known}?");
                self.problems.push(Problem {
                    place,
                    key: String::new(),
                    problem,
                });
            }
            return;
        };
        if let Err(problem) = set(&mut self.config, key, Given::Loose(value)) {
            self.problems.push(Problem {
                place,
                key: key.path.to_owned(),
                problem,
            });
        }
    }

    fn problem(&mut self, span: Option<Range<usize>>, key: &str, problem: String) {
        let place = self.place(span);
        self.problems.push(Problem {
            place,
            key: key.to_owned(),
            problem,
        });
    }

    fn place(&self, span: Option<Range<usize>>) -> String {
        let Some(before) = span.and_then(|span| self.text.get(..span.start)) else {
            return self.name.to_owned();
        };
        format!("{}, line {}", self.name, before.matches('\n').count() + 1)
    }
}

fn is_section(path: &str) -> bool {
    keys::all().any(|key| {
        key.path
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// A value as it was given: with a type by TOML, or as the text of an environment variable.
enum Given<'a> {
    Loose(&'a str),
    Text(Cow<'a, str>),
    Number(Result<u64, String>),
    Flag(bool),
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

fn given<'a>(value: &'a DeValue<'_>, key: &Key) -> Result<Given<'a>, String> {
    let texts = |value: &Spanned<DeValue<'_>>| {
        let found = value.get_ref();
        found.as_str().map(str::to_owned).ok_or_else(|| {
            format!(
                "expected texts in quotes, found {} {}",
                found.type_str(),
                shown(found, key)
            )
        })
    };
    Ok(match value {
        DeValue::String(text) => Given::Text(Cow::Borrowed(text)),
        DeValue::Integer(number) => {
            let parsed = u64::from_str_radix(number.as_str(), number.radix());
            Given::Number(parsed.map_err(|_| number.as_str().to_owned()))
        }
        DeValue::Boolean(flag) => Given::Flag(*flag),
        DeValue::Array(array) => Given::List(array.iter().map(texts).collect::<Result<_, _>>()?),
        DeValue::Table(table) => Given::Table(
            table
                .iter()
                .map(|(name, value)| Ok((name.get_ref().to_string(), texts(value)?)))
                .collect::<Result<_, String>>()?,
        ),
        DeValue::Float(_) | DeValue::Datetime(_) => {
            return Err(format!(
                "expected {}, found {} {}",
                expected(key),
                value.type_str(),
                shown(value, key)
            ));
        }
    })
}

fn set(config: &mut Config, key: &Key, given: Given<'_>) -> Result<(), String> {
    let wrong = |found: &str| Err(format!("expected {}, found {found}", expected(key)));
    let found = given.shown(key);
    match key.field {
        Field::Text(at) => match given.text() {
            Some(text) if !text.is_empty() => *at(config) = text,
            _ => return wrong(&found),
        },
        Field::OptionalText(at) => match given.text() {
            Some(text) => *at(config) = Some(text).filter(|text| !text.is_empty()),
            None => return wrong(&found),
        },
        Field::Path(at) => match given.text() {
            Some(text) if !text.is_empty() => *at(config) = text.into(),
            _ => return wrong(&found),
        },
        Field::OptionalPath(at) => match given.text() {
            Some(text) => *at(config) = Some(text).filter(|text| !text.is_empty()).map(Into::into),
            None => return wrong(&found),
        },
        Field::Secret(at) => match given.text() {
            Some(text) => *at(config) = Some(Secret::new(text)).filter(|secret| !secret.is_empty()),
            None => return wrong(&found),
        },
        Field::Flag(at) => match given.flag() {
            Some(flag) => *at(config) = flag,
            None => return wrong(&found),
        },
        Field::Number { at, min } => match given.number() {
            Some(number) if number >= min => *at(config) = number,
            _ => return wrong(&found),
        },
        Field::Count { at, min, max } => match given.number().and_then(|n| u32::try_from(n).ok()) {
            Some(number) if (min..=max).contains(&number) => *at(config) = number,
            _ => return wrong(&found),
        },
        Field::Millis { at, min, max } => match given.number() {
            Some(number) if (min..=max).contains(&number) => *at(config) = Duration::from_millis(number),
            _ => return wrong(&found),
        },
        Field::List(at) => match given.list() {
            Some(list) => *at(config) = list,
            None => return wrong(&found),
        },
        Field::ById(at) => match given.by_id() {
            Some(map) => *at(config) = map,
            None => return wrong(&found),
        },
        Field::LogFormat(at) => match given.text().as_deref() {
            Some("text") => *at(config) = LogFormat::Text,
            Some("json") => *at(config) = LogFormat::Json,
            _ => return wrong(&found),
        },
    }
    Ok(())
}

fn expected(key: &Key) -> String {
    match key.field {
        Field::Text(_) | Field::OptionalText(_) | Field::Secret(_) => "text in quotes".to_owned(),
        Field::Path(_) | Field::OptionalPath(_) => "a path in quotes".to_owned(),
        Field::Flag(_) => "true or false".to_owned(),
        Field::Number { min, .. } => format!("a whole number, at least {min}"),
        Field::Count { min, max, .. } => format!("a whole number from {min} to {max}"),
        Field::Millis { min, max, .. } => format!("milliseconds, a whole number from {min} to {max}"),
        Field::List(_) => "a list of texts such as [\"host:port\", \"host:port\"]".to_owned(),
        Field::ById(_) => "addresses by node id such as { 1 = \"host:port\", 2 = \"host:port\" }".to_owned(),
        Field::LogFormat(_) => "\"text\" or \"json\"".to_owned(),
    }
}

impl Given<'_> {
    fn text(self) -> Option<String> {
        match self {
            Self::Loose(text) => Some(text.to_owned()),
            Self::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    fn flag(self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(flag),
            Self::Loose("true" | "1" | "yes" | "on") => Some(true),
            Self::Loose("false" | "0" | "no" | "off") => Some(false),
            _ => None,
        }
    }

    fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => number.ok(),
            Self::Loose(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// In a variable: separated by commas.
    fn list(self) -> Option<Vec<String>> {
        match self {
            Self::List(list) => Some(list),
            Self::Loose(text) => Some(parts(text).map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// In a variable: `1=host:port,2=host:port`.
    fn by_id(self) -> Option<BTreeMap<u64, String>> {
        let entry = |id: &str, address: &str| Some((id.trim().parse().ok()?, address.trim().to_owned()));
        match self {
            Self::Table(table) => table.iter().map(|(id, address)| entry(id, address)).collect(),
            Self::Loose(text) => parts(text)
                .map(|part| part.split_once('=').and_then(|(id, to)| entry(id, to)))
                .collect(),
            _ => None,
        }
    }

    /// For an error: what was found, unless it is a secret.
    fn shown(&self, key: &Key) -> String {
        if matches!(key.field, Field::Secret(_)) {
            return "something else (not shown, it may be the secret)".to_owned();
        }
        match self {
            Self::Loose(text) => format!("{text:?}"),
            Self::Text(text) => format!("{text:?}"),
            Self::Number(Ok(number)) => number.to_string(),
            Self::Number(Err(digits)) => digits.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(_) => "a list".to_owned(),
            Self::Table(table) => format!("a table with {:?}", table.keys().collect::<Vec<_>>()),
        }
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn shown(value: &DeValue<'_>, key: &Key) -> String {
    match value {
        _ if matches!(key.field, Field::Secret(_)) => "(not shown)".to_owned(),
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Integer(integer) => integer.as_str().to_owned(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => String::new(),
    }
}

fn unknown(path: &str, known: impl Iterator<Item = String>) -> String {
    match nearest(path, known) {
        Some((nearest, distance)) if distance <= path.len().div_ceil(2) => {
            format!("is not known; did you mean {nearest}?")
        }
        _ => "is not known; see the annotated sample for the keys there are".to_owned(),
    }
}

/// The known name that needs the fewest changes to become `name`, and how many.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<(String, usize)> {
    known
        .map(|known| (distance(name, &known), known))
        .min()
        .map(|(distance, known)| (known, distance))
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
