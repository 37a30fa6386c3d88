//! The annotated sample, generated from the table of keys.

use std::fmt::Write as _;

use super::Config;
use super::keys::KEYS;

/// A configuration file with every key explained: the required ones set to an example, the others commented
/// out, at their default or an example.
#[must_use]
pub fn sample_config() -> String {
    let mut text = String::from(HEAD);
    let mut section = "";
    let defaults = Config::default();
    for key in KEYS {
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
        let value = (key.get)(&defaults).unwrap_or_else(|| key.example.to_owned());
        let comment = if key.required { "" } else { "#" };
        let _ = writeln!(text, "{comment}{name} = {value}");
    }
    text
}

const HEAD: &str = "\
# Configuration of a Hotdesk edge: hotdesk edge --config FILE
#
# Every key can also be given in the environment, which wins over this file; each key names its variable.
# Keys that are commented out show their default, or an example where there is none.
";
