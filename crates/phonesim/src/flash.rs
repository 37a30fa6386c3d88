//! What a phone remembers of the documents that it loaded.

use std::collections::BTreeMap;

/// Keys and values, as the vendor names them. A document changes what it mentions and leaves the rest alone, as phones
/// do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flash {
    values: BTreeMap<String, String>,
}

impl Flash {
    /// The value of a key; empty where there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    /// Whether the key was ever mentioned.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Sets a key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.values.insert(key.into(), value.into());
    }

    /// Removes a key, for formats that can say so.
    pub fn remove(&mut self, key: &str) {
        self.values.remove(key);
    }

    /// All keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
