//! One key of the configuration: path, meaning, and how it is read and shown.

use std::time::Duration;

/// One thing that can be set in a `T`.
pub(super) struct Key<T> {
    /// As in the file, with dots: "cut_off.policy". In an item of a list, its name alone.
    pub(super) path: &'static str,
    /// What it is, its effect, and what raising or lowering it costs. Lines of the sample.
    pub(super) doc: &'static str,
    /// What the sample shows, as TOML, when the key has no default.
    pub(super) example: &'static str,
    /// It must be set.
    pub(super) required: bool,
    /// Takes the value as text: what stands in the file without its quotes, lists with commas. On failure
    /// says what was expected.
    pub(super) set: fn(&mut T, &str) -> Result<(), String>,
    /// The value as TOML; `None` when it is not set.
    pub(super) get: fn(&T) -> Option<String>,
}

impl<T> Key<T> {
    /// The environment variable that sets it.
    pub(super) fn variable(&self) -> String {
        format!(
            "HOTDESK_EDGE_{}",
            self.path.replace('.', "_").to_ascii_uppercase()
        )
    }

    /// What the sample shows: the default of `T`, or the example.
    pub(super) fn shown(&self, default: &T) -> String {
        (self.get)(default).unwrap_or_else(|| self.example.to_owned())
    }
}

/// A key whose field's type says how it is read (`value.rs`): `key!("path", field, "example", "doc")`; with
/// `required` in front it must be set. `key!("path", field, ms(min, max), "doc")` is a time in milliseconds,
/// `seconds` one in seconds, `number` a whole number.
macro_rules! key {
    (required $path:literal, $($field:ident).+, $example:literal, $doc:literal $(,)?) => {
        Key { required: true, ..key!($path, $($field).+, $example, $doc) }
    };
    ($path:literal, $($field:ident).+, ms($min:expr, $max:expr), $doc:literal $(,)?) => {
        Key {
            path: $path,
            doc: $doc,
            example: "",
            required: false,
            set: |target, text| $crate::config::key::set_millis(&mut target.$($field).+, text, $min, $max),
            get: |target| $crate::config::key::millis(target.$($field).+),
        }
    };
    ($path:literal, $($field:ident).+, seconds($min:expr, $max:expr), $doc:literal $(,)?) => {
        Key {
            path: $path,
            doc: $doc,
            example: "",
            required: false,
            set: |target, text| $crate::config::key::set_seconds(&mut target.$($field).+, text, $min, $max),
            get: |target| Some(target.$($field).+.as_secs().to_string()),
        }
    };
    ($path:literal, $($field:ident).+, number($min:expr, $max:expr), $doc:literal $(,)?) => {
        Key {
            path: $path,
            doc: $doc,
            example: "",
            required: false,
            set: |target, text| $crate::config::key::set_number(&mut target.$($field).+, text, $min, $max),
            get: |target| Some(target.$($field).+.to_string()),
        }
    };
    ($path:literal, $($field:ident).+, $example:literal, $doc:literal $(,)?) => {
        Key {
            path: $path,
            doc: $doc,
            example: $example,
            required: false,
            set: |target, text| $crate::config::value::set(&mut target.$($field).+, text),
            get: |target| $crate::config::value::Value::show(&target.$($field).+),
        }
    };
}

pub(super) use key;

pub(super) fn set_millis(field: &mut Duration, text: &str, min: u64, max: u64) -> Result<(), String> {
    whole(text, min, max).map(|ms| *field = Duration::from_millis(ms))
}

pub(super) fn set_seconds(field: &mut Duration, text: &str, min: u64, max: u64) -> Result<(), String> {
    whole(text, min, max).map(|seconds| *field = Duration::from_secs(seconds))
}

pub(super) fn set_number<N: TryFrom<u64>>(
    field: &mut N,
    text: &str,
    min: u64,
    max: u64,
) -> Result<(), String> {
    let number = whole(text, min, max)?;
    *field = N::try_from(number).map_err(|_| format!("must not be so large, found {text:?}"))?;
    Ok(())
}

fn whole(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| format!("must be a whole number from {min} to {max}, found {text:?}"))
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

pub(super) fn millis(duration: Duration) -> Option<String> {
    Some(duration.as_millis().to_string())
}
