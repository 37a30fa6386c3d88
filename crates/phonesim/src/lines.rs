//! Documents of `key = value` lines.

/// The keys and values of a document; lines that begin with one of `comments`, and lines without `separator`, say
/// nothing.
pub(crate) fn pairs<'a>(
    document: &'a str,
    separator: char,
    comments: &'a [&'a str],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    document
        .lines()
        .map(str::trim)
        .filter(move |line| !comments.iter().any(|comment| line.starts_with(comment)))
        .filter_map(move |line| line.split_once(separator))
        .map(|(key, value)| (key.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_keys_and_values() {
        let document = "#!version:1.0.0.1\n# a = b\n a.b = c = d \nnothing\ne=\n";
        let read: Vec<_> = pairs(document, '=', &["#"]).collect();
        assert_eq!(read, [("a.b", "c = d"), ("e", "")]);
    }
}
