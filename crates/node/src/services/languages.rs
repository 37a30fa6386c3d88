//! Languages: the directory keeps tags, and phones speak those that there are sentences for.

use hotdesk_phone::Language;
use hotdesk_proto::convert::Invalid;

/// That there is a catalogue for a tag; empty for none is fine.
pub(super) fn check(field: &str, tag: &str) -> Result<(), Invalid> {
    if tag.is_empty() {
        return Ok(());
    }
    match tag.parse::<Language>() {
        Ok(_) => Ok(()),
        Err(problem) => Err(Invalid::new(field, problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_sentences_is_refused_by_name() {
        for tag in ["", "en", "pt-BR", "DE"] {
            assert!(check("language", tag).is_ok(), "{tag}");
        }
        let problem = check("site.language", "tlh").unwrap_err().to_string();
        assert!(problem.starts_with("site.language: "), "{problem}");
        assert!(problem.contains("expected en, de"), "{problem}");
    }
}
