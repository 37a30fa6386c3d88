//! The table of `docs/phones.md` is what the adapters say of themselves.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::adapter::{ADAPTERS, Adapter};
use crate::trigger::Via;
use crate::vendor::Vendor;

const BEGIN: &str = "<!-- vendors -->\n";
const END: &str = "<!-- end of vendors -->\n";

#[test]
fn the_table_of_phones_is_what_adapters_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/phones.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for it");
    let (found, after) = rest.split_once(END).expect("the place has an end");
    let made = table();
    if std::env::var_os("HOTDESK_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, [before, BEGIN, &made, END, after].concat()).unwrap();
        return;
    }
    assert!(
        found == made,
        "docs/phones.md is behind the adapters; HOTDESK_BLESS=1 cargo test -p hotdesk-phone writes it anew"
    );
}

#[test]
fn every_adapter_says_what_is_known_of_it() {
    for adapter in ADAPTERS {
        let about = adapter.about();
        for (what, text) in [
            ("models", about.models),
            ("login", about.login),
            ("code", about.code),
            ("wipe", about.wipe),
        ] {
            assert!(!text.is_empty(), "{}: {what}", adapter.vendor());
        }
        assert!(!about.unverified.is_empty(), "{}", adapter.vendor());
    }
}

/// The adapters in the order of [`Vendor::ALL`], whatever order they are asked in.
fn in_order() -> impl Iterator<Item = &'static dyn Adapter> {
    Vendor::ALL.into_iter().filter_map(|vendor| {
        ADAPTERS
            .iter()
            .copied()
            .find(|adapter| adapter.vendor() == vendor)
    })
}

fn table() -> String {
    let mut out = String::from("\n| family | models | asks for | told to load by |\n|---|---|---|---|\n");
    for adapter in in_order() {
        let about = adapter.about();
        let files: Vec<_> = about.files.iter().map(|file| format!("`{file}`")).collect();
        let _ = writeln!(
            out,
            "| [{0}](#{0}) | {1} | {2} | {3} |",
            adapter.vendor(),
            plain(about.models),
            or(files.join(" "), "nothing"),
            or(means(adapter), "nothing can"),
        );
    }
    for adapter in in_order() {
        let about = adapter.about();
        let _ = writeln!(out, "\n### {}\n", adapter.vendor());
        for agent in about.agents {
            let _ = writeln!(out, "- User-Agent such as `{agent}`");
        }
        let _ = writeln!(out, "- Login: {}.", plain(about.login));
        let _ = writeln!(out, "- Code for a mobile: {}.", plain(about.code));
        let _ = writeln!(out, "- Wipe: {}.", plain(about.wipe));
        let _ = writeln!(out, "- Not verified:");
        for doubt in about.unverified {
            let _ = writeln!(out, "  - {}.", plain(doubt));
        }
    }
    out.push('\n');
    out
}

fn means(adapter: &dyn Adapter) -> String {
    let each = adapter.means().iter().map(|means| match means.via {
        Via::Sip => format!("{} (SIP)", means.name),
        Via::Http => format!("{} (HTTP)", means.name),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn or(text: String, other: &str) -> String {
    if text.is_empty() { other.to_owned() } else { text }
}

/// Text that Markdown leaves as it is, in a table as elsewhere.
fn plain(text: &str) -> String {
    let text = text.trim_end_matches('.').replace('<', "&lt;");
    text.replace('|', "\\|").replace('$', "\\$").replace('*', "\\*")
}
