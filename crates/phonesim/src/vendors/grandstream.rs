//! Grandstream GRP2615.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::model::{
    Account, Applied, Fetch, Habits, Hardware, Input, Kind, Model, PageView, Reaction, Sending, Settings,
    SoftKey, Target,
};
use crate::xml::Node;

/// P-values of the two accounts that are looked at: on, label, server, outbound proxy, user, auth user, password, name.
const ACCOUNTS: [[u16; 8]; 2] = [
    [271, 270, 47, 48, 35, 36, 34, 3],
    [401, 417, 402, 403, 404, 405, 406, 407],
];
/// Modes of keys.
const SPEED_DIAL: &str = "10";
const BLF: &str = "11";

pub(super) struct Grandstream;

impl Model for Grandstream {
    fn vendor(&self) -> Vendor {
        Vendor::Grandstream
    }

    fn hardware_model(&self) -> &'static str {
        "GRP2615"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        format!(
            "Grandstream Model HW {} SW 1.0.11.6 DevId {}",
            hardware.model, hardware.mac
        )
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        let file = |name: String, required| Fetch { name, required };
        vec![
            file(format!("cfg{}", hardware.mac), false),
            file(format!("cfg{}.xml", hardware.mac), true),
        ]
    }

    fn apply(&self, name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        if !name.ends_with(".xml") {
            return Ok(Applied::default());
        }
        let root = Node::parse(body)?;
        let config = root.child("config").ok_or("a document without <config>")?;
        if root.name != "gs_provision" {
            return Err(format!("<gs_provision> was expected, not <{}>", root.name));
        }
        for child in &config.children {
            flash.set(child.name.clone(), child.text.trim());
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let value = |number: u16| flash.get(&format!("P{number}")).to_owned();
        let account =
            |[on, label, server, outbound, user, auth, password, name]: [u16; 8]| -> Option<Account> {
                (value(on) == "1" && !value(user).is_empty()).then(|| Account {
                    label: value(label),
                    display_name: value(name),
                    user: value(user),
                    auth_user: value(auth),
                    password: value(password),
                    domain: value(server),
                    registrar: value(outbound),
                })
            };
        let key = |at: u16| -> Option<(String, String)> {
            let mode = value(1363 + 2 * at);
            matches!(mode.as_str(), SPEED_DIAL | BLF).then(|| (value(1465 + 2 * at), value(1466 + 2 * at)))
        };
        let scheme = if value(212) == "2" { "https" } else { "http" };
        Settings {
            accounts: ACCOUNTS.into_iter().filter_map(account).collect(),
            keys: (0..6).filter_map(key).collect(),
            app_url: value(337),
            app_label: value(352),
            provisioning_url: match value(237).as_str() {
                "" => String::new(),
                path => format!("{scheme}://{path}/"),
            },
            ..Settings::default()
        }
    }

    fn page(&self, content_type: &str, body: &str) -> Result<PageView, String> {
        if !content_type.starts_with("application/xml") {
            return Err(format!("{content_type:?} is no page for this phone"));
        }
        let root = Node::parse(body)?;
        let mut page = PageView::default();
        match root.name.as_str() {
            "Screen" => screen(&root, &mut page)?,
            "xmlapp" => application(&root, &mut page),
            other => return Err(format!("{other} is no page")),
        }
        Ok(page)
    }

    fn notified(&self, event: &str, _content_type: &str, _body: &str, _flash: &Flash) -> Reaction {
        match event.split(';').next().unwrap_or_default().trim() {
            "check-sync" | "resync" => Reaction::Load,
            _ => Reaction::Ignored,
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            waits_for_calls: true,
            challenges: true,
            asks_on_401: true,
            ..Habits::default()
        }
    }
}

/// The older form: everything has a place on the screen. The first text is the title; the last one of as many as there
/// are fields stands above each field.
fn screen(root: &Node, page: &mut PageView) -> Result<(), String> {
    let inside = root.child("Page").ok_or("a screen without a page")?;
    let contents = inside.child("Contents").ok_or("a page without contents")?;
    let texts: Vec<_> = contents
        .all("DisplayString")
        .map(|text| text.text_of("DisplayStr").to_owned())
        .collect();
    let inputs: Vec<_> = contents.all("input").collect();
    let mut texts = texts.into_iter();
    page.title = texts.next().unwrap_or_default();
    for field in &inputs {
        let label = texts.next().unwrap_or_default();
        page.inputs.push(input(label, field));
    }
    page.text = texts.collect::<Vec<_>>().join("\n");
    if let Some(keys) = inside.child("SoftKeys") {
        soft_keys(keys, "SoftKey", page);
    }
    Ok(())
}

/// The newer form.
fn application(root: &Node, page: &mut PageView) {
    root.attribute("title").clone_into(&mut page.title);
    let sections = root
        .child("view")
        .into_iter()
        .flat_map(|view| view.all("section"));
    for part in sections.flat_map(|section| &section.children) {
        match part.name.as_str() {
            "text" => {
                page.text.push_str(part.attribute("label"));
                page.text.push('\n');
            }
            "input" => page.inputs.push(input(part.attribute("label").to_owned(), part)),
            _ => {}
        }
    }
    if let Some(keys) = root.child("Softkeys") {
        soft_keys(keys, "Softkey", page);
    }
}

fn soft_keys(keys: &Node, name: &str, page: &mut PageView) {
    for key in keys.all(name) {
        let url = key.attribute("commandArgs").to_owned();
        let action = match key.attribute("action") {
            "AppendInputURL" => {
                page.submit = Some(Target {
                    url,
                    send: Sending::Query,
                });
                SoftKey::SUBMIT.to_owned()
            }
            "UseURL" => url,
            _ => SoftKey::EXIT.to_owned(),
        };
        page.keys.push(SoftKey {
            label: key.attribute("label").to_owned(),
            action,
        });
    }
}

fn input(label: String, field: &Node) -> Input {
    Input {
        label,
        name: field.attribute("name").to_owned(),
        kind: match (field.attribute("type"), field.attribute("data-type")) {
            ("password", _) => Kind::Masked,
            ("hidden", _) => Kind::Hidden,
            (_, "int") => Kind::Number,
            _ => Kind::Text,
        },
        value: field.attribute("value").to_owned(),
    }
}
