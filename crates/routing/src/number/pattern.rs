//! A regular expression, compiled when the configuration is read.

use std::str::FromStr;

use regex::Regex;

/// A regular expression that was understood. Equal when written the same.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// A regular expression that was not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a regular expression, found {got:?}: {problem}")]
pub struct PatternError {
    /// What was found.
    pub got: String,
    /// What is wrong with it, in one line.
    pub problem: String,
}

/// A compiled pattern may take so many bytes: enough for any list of numbers that a person would write. A
/// larger one is refused when it is read.
const COMPILED_MAX: usize = 1 << 20;

impl Pattern {
    /// Compiles.
    ///
    /// # Errors
    /// What is wrong.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let built = regex::RegexBuilder::new(text).size_limit(COMPILED_MAX).build();
        built.map(Self).map_err(|error| PatternError {
            got: text.to_owned(),
            problem: brief(&error.to_string()),
        })
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is found in the text; `^` and `$` bind it to the ends.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// What becomes of the text; `None` when the pattern is not found.
    #[must_use]
    pub fn rewrite(&self, text: &str, replacement: &str) -> Option<String> {
        let found = self.0.captures(text)?;
        let whole = found.get(0).expect("group 0 is the whole match");
        let mut rewritten = text[..whole.start()].to_owned();
        found.expand(replacement, &mut rewritten);
        rewritten.push_str(&text[whole.end()..]);
        Some(rewritten)
    }

    /// How many groups a replacement may name, not counting the whole match.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.0.captures_len() - 1
    }
}

/// The last line of the compiler's drawing, which says what is wrong.
fn brief(error: &str) -> String {
    let last = error.lines().last().unwrap_or(error);
    last.trim_start_matches("error: ").to_owned()
}

/// Matches nothing.
impl Default for Pattern {
    fn default() -> Self {
        Self::new("[a&&b]").expect("an empty class is understood")
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::new(text)
    }
}
