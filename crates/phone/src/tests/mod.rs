//! What holds for every adapter: a new one is tried with all of this by being in [`ADAPTERS`].

mod docs;
mod documents;
mod names;
mod pages;
mod requests;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::adapter::{ADAPTERS, Adapter};
use crate::desk::Desk;
use crate::vendor::Vendor;
use crate::vendors::testing::{Settings, xml_settings};

/// Adapters of phones that load a document.
fn loading() -> impl Iterator<Item = &'static dyn Adapter> {
    ADAPTERS.iter().copied().filter(|adapter| {
        let desk = crate::sample::neutral(adapter.vendor());
        adapter.file_name(&desk).is_some()
    })
}

/// How a vendor's phone reads its document.
fn reader(vendor: Vendor) -> fn(&str) -> Settings {
    match vendor {
        Vendor::Cisco | Vendor::CiscoMpp | Vendor::Grandstream | Vendor::Snom | Vendor::Fanvil => {
            xml_settings
        }
        Vendor::Poly => attributes,
        Vendor::Linphone => sections,
        Vendor::Yealink | Vendor::Mitel | Vendor::Generic => lines,
    }
}

/// `key = value`, `key: value` or `key :value` lines; whatever else a line is stands for itself.
fn lines(text: &str) -> Settings {
    let told = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    text.lines()
        .filter(told)
        .map(|line| {
            let (key, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
            (key.trim().to_owned(), value.trim().to_owned())
        })
        .collect()
}

/// Poly: every attribute of every element is a setting.
fn attributes(text: &str) -> Settings {
    let mut settings = Settings::new();
    each_tag(text, |tag| {
        for attribute in tag.attributes() {
            let attribute = attribute.unwrap();
            let before = settings.insert(
                attribute.key.as_ref().to_owned(),
                attribute.value.clone().into_owned(),
            );
            assert!(before.is_none(), "{:?} is set twice", attribute.key);
        }
    });
    settings
}

/// Linphone: the text of an entry of a section. Credentials are not in it: the application drops all of them before it
/// takes a document over.
fn sections(text: &str) -> Settings {
    let mut settings = Settings::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("<section name=\"") {
            section = rest.trim_end_matches("\">").to_owned();
        }
        if let Some(rest) = line.strip_prefix("<entry name=\"") {
            let (name, rest) = rest.split_once('"').unwrap();
            let value = rest.trim_start_matches(" overwrite=\"true\">");
            settings.insert(format!("{section}/{name}"), value.to_owned());
        }
    }
    settings.retain(|key, _| !key.starts_with("auth_info_"));
    settings
}

fn each_tag(text: &str, mut visit: impl FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => visit(&tag),
            Event::Eof => return,
            _ => {}
        }
    }
}

/// The names of the files that an adapter says it knows, for a phone, each with whether it is asked for with a
/// User-Agent only. Names with a part that only a session knows are left out.
fn files(adapter: &dyn Adapter, desk: &Desk) -> Vec<String> {
    let mac = desk.device.mac.map(|mac| mac.to_string()).unwrap_or_default();
    adapter
        .about()
        .files
        .iter()
        .map(|pattern| {
            pattern
                .replace("<mac>", &mac)
                .replace("<MAC>", &mac.to_ascii_uppercase())
                .replace("<user>", "2042")
                .replace("NN", "96")
        })
        .filter(|name| !name.contains('<'))
        .collect()
}
