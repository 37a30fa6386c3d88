//! Everything that people read at a phone or on their own page, in every [`Language`].
//!
//! A [`Sentence`] says something and may name people, places and times; a [`Word`] labels a key, a field or a
//! title and is short. There are no key strings: each language is one exhaustive `match` over each of the
//! two, so a sentence that a language lacks does not compile. Names and places are put in as they are;
//! whoever shows the sentence escapes it.

mod clock;
mod english;
mod french;
mod german;
mod italian;
mod portuguese;
mod sentence;
mod spanish;
mod word;

#[cfg(test)]
mod tests;

pub use clock::local_time;
pub use sentence::{SENTENCE_CHARS_MAX, Sentence};
pub use word::Word;

use crate::language::Language;

impl Sentence<'_> {
    /// The sentence in a language.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::English => english::sentence(self),
            Language::German => german::sentence(self),
            Language::French => french::sentence(self),
            Language::Spanish => spanish::sentence(self),
            Language::Portuguese => portuguese::sentence(self),
            Language::Italian => italian::sentence(self),
        }
    }
}

impl Word {
    /// The word in a language.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::English => english::word(self),
            Language::German => german::word(self),
            Language::French => french::word(self),
            Language::Spanish => spanish::word(self),
            Language::Portuguese => portuguese::word(self),
            Language::Italian => italian::word(self),
        }
    }
}

/// Where a phone stands, as people say it: "New York, desk 7"; without a desk "New York".
#[must_use]
pub fn place(language: Language, site: &str, desk: &str) -> String {
    if desk.is_empty() {
        return site.to_owned();
    }
    // "12" needs the word, "Desk 12" and "Front desk" say it themselves.
    if desk.chars().any(char::is_whitespace) {
        return format!("{site}, {desk}");
    }
    format!("{site}, {} {desk}", Word::Desk.text(language))
}
