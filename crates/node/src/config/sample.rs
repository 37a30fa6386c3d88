//! The annotated sample, generated from the table of keys.

use std::fmt::Write as _;

use super::keys::{self, Field, Key, Shown};
use super::{Config, LogFormat};

/// A configuration file with every key explained: the required ones set to an example, the others commented
/// out at their default. As it stands it starts a cluster of one node, once a pepper has been given.
#[must_use]
pub fn sample_config() -> String {
    write(&mut Config::default(), true)
}

/// The same file with what `config` sets: keys that differ from the default are set, the others are
/// commented out. Secrets are not written.
#[must_use]
pub fn sample_config_of(config: &Config) -> String {
    write(&mut config.clone(), false)
}

fn write(config: &mut Config, examples: bool) -> String {
    let mut text = String::from(HEAD);
    let mut section = "";
    let mut defaults = Config::default();
    for key in keys::all() {
        let (here, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if here != section {
            section = here;
            let _ = write!(text, "\n[{section}]\n");
        }
        text.push('\n');
        for line in key.doc.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# Environment: {}", key.variable());
        let (value, default) = (literal(key, config), literal(key, &mut defaults));
        let line = match (value, default, key.shown) {
            (Some(value), default, _) if Some(&value) != default.as_ref() => format!("{name} = {value}"),
            (_, _, Shown::Required(example)) if examples => format!("{name} = {example}"),
            (_, Some(default), Shown::Default) => format!("#{name} = {default}"),
            (_, _, Shown::Required(example) | Shown::Example(example)) => format!("#{name} = {example}"),
            (_, None, Shown::Default) => format!("#{name} ="),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The value as TOML; `None` when there is none, or when it is a secret.
fn literal(key: &Key, config: &mut Config) -> Option<String> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    match key.field {
        Field::Text(at) => Some(at(config))
            .filter(|text| !text.is_empty())
            .map(|text| quoted(text)),
        Field::OptionalText(at) => at(config).as_deref().map(quoted),
        Field::Path(at) => {
            let path = at(config).to_string_lossy();
            (!path.is_empty()).then(|| quoted(&path))
        }
        Field::OptionalPath(at) => at(config).as_ref().map(|path| quoted(&path.to_string_lossy())),
        Field::Secret(_) => None,
        Field::Flag(at) => Some(at(config).to_string()),
        Field::Number { at, .. } => Some(at(config).to_string()),
        Field::Count { at, .. } => Some(at(config).to_string()),
        Field::Millis { at, .. } => Some(at(config).as_millis().to_string()),
        Field::List(at) => {
            let list: Vec<String> = at(config).iter().map(|text| quoted(text)).collect();
            (!list.is_empty()).then(|| format!("[{}]", list.join(", ")))
        }
        Field::ById(at) => {
            let entries: Vec<String> = at(config)
                .iter()
                .map(|(id, address)| format!("{id} = {}", quoted(address)))
                .collect();
            (!entries.is_empty()).then(|| format!("{{ {} }}", entries.join(", ")))
        }
        Field::LogFormat(at) => Some(quoted(match at(config) {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        })),
    }
}

const HEAD: &str = "\
# Configuration of a Hotdesk session node: hotdesk node --config FILE
#
# Every key can also be given in the environment, which wins over this file; each key names its variable.
# Keys that are commented out show their default, or an example where there is none.
";
