//! Arrays of tables: `[[trunk]]` and the like.

mod dialplan;
mod sip;
mod trunk;

use std::fmt::Write as _;
use std::ops::Range;

use toml::de::DeTable;

use super::Config;
use super::key::Key;
use super::read::Reader;

/// So many tables in one array; more are refused.
pub(super) const ITEMS_MAX: usize = 1000;

/// What stands in an array of tables.
trait Item: Default + 'static {
    /// As in the file: "trunk", "sip.listen".
    const PATH: &'static str;
    /// What one of them is. Lines of the sample.
    const DOC: &'static str;
    /// Its keys.
    const KEYS: &'static [Key<Self>];

    /// Where they are kept.
    fn list(config: &mut Config) -> &mut Vec<Self>;
}

/// An array of tables, whatever is in it.
pub(super) struct List {
    /// As in the file.
    pub(super) path: &'static str,
    /// Reads one table and adds it.
    pub(super) read: fn(&mut Reader<'_>, Range<usize>, &DeTable<'_>),
    /// Its part of the sample, commented out.
    pub(super) sample: fn() -> String,
}

impl List {
    const fn of<T: Item>() -> Self {
        Self {
            path: T::PATH,
            read: read::<T>,
            sample: sample::<T>,
        }
    }
}

/// All of them, in the order of the sample; each comes after the section that its name begins with.
pub(super) static LISTS: &[List] = &[
    List::of::<super::sip::Listen>(),
    List::of::<super::registrar::Model>(),
    List::of::<hotdesk_routing::ClassRule>(),
    List::of::<hotdesk_routing::Rule>(),
    List::of::<hotdesk_routing::emergency::CallBackNumber>(),
    List::of::<hotdesk_routing::Trunk>(),
    List::of::<hotdesk_routing::Hunt>(),
];

fn read<T: Item>(reader: &mut Reader<'_>, span: Range<usize>, table: &DeTable<'_>) {
    let mut item = T::default();
    reader.item(T::PATH, T::KEYS, &mut item, span, table);
    T::list(&mut reader.config).push(item);
}

fn sample<T: Item>() -> String {
    let mut text = String::new();
    for line in T::DOC.lines() {
        let _ = writeln!(text, "# {line}");
    }
    let _ = writeln!(text, "#[[{}]]", T::PATH);
    let default = T::default();
    for key in T::KEYS {
        text.push('\n');
        for line in key.doc.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let value = if key.required {
            key.example.to_owned()
        } else {
            key.shown(&default)
        };
        let _ = writeln!(text, "#{} = {value}", key.path);
    }
    text
}
