//! The annotated sample, generated from the table of keys.

use std::fmt::Write as _;

use super::Config;
use super::items::LISTS;
use super::keys::keys;

/// A configuration file with every key explained: the required ones set to an example, the others commented
/// out, at their default or an example.
#[must_use]
pub fn sample_config() -> String {
    let mut text = String::from(HEAD);
    let mut section = "";
    let defaults = Config::default();
    let mut lists = LISTS.iter().peekable();
    for key in keys() {
        let (here, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
        if here != section {
            // An array of tables stands behind its section: what follows it in TOML would belong to it.
            while let Some(list) = lists.next_if(|list| is_within(list.path, section)) {
                let _ = write!(text, "\n{}", (list.sample)());
            }
            section = here;
            let _ = write!(text, "\n[{section}]\n");
        }
        text.push('\n');
        for line in key.doc.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# Environment: {}", key.variable());
        let comment = if key.required { "" } else { "#" };
        let _ = writeln!(text, "{comment}{name} = {}", key.shown(&defaults));
    }
    for list in lists {
        let _ = write!(text, "\n{}", (list.sample)());
    }
    text
}

fn is_within(path: &str, section: &str) -> bool {
    let first = section.split('.').next();
    path.contains('.') && path.split('.').next() == first
}

const HEAD: &str = "\
# Configuration of a Hotdesk edge: hotdesk edge --config FILE
#
# Every key can also be given in the environment, which wins over this file; each key names its variable.
# Keys that are commented out show their default, or an example where there is none.
";
