//! A rendered file.

/// A file as a phone loads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The media type, with its charset where it has one.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The vendor's phones have no such file.
    #[error("{vendor} phones have no file {file:?}")]
    NoSuchFile {
        /// Whose.
        vendor: &'static str,
        /// Which.
        file: String,
    },
    /// A value that the format cannot hold, whatever the escaping.
    #[error("{field} cannot be written: {problem}")]
    Value {
        /// Which.
        field: &'static str,
        /// Why.
        problem: String,
    },
    /// A template is wrong: a bug of ours.
    #[error("template: {0}")]
    Template(#[from] minijinja::Error),
}
