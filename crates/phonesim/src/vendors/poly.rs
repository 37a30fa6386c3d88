//! Poly VVX 450 with UC Software.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::model::{
    Account, Applied, Fetch, Habits, Hardware, Idle, Input, Kind, Model, PageView, Reaction, Sending,
    Settings, SoftKey, Target,
};
use crate::xml::Node;

/// How many lines and keys the simulated model has.
const LINES: usize = 12;
const LAMPS: usize = 50;

pub(super) struct Poly;

impl Model for Poly {
    fn vendor(&self) -> Vendor {
        Vendor::Poly
    }

    fn hardware_model(&self) -> &'static str {
        "VVX_450"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        format!(
            "FileTransport PolycomVVX-{}-UA/5.9.6.2327 ({}) Type/Application",
            hardware.model, hardware.mac
        )
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        let file = |name: String, required| Fetch { name, required };
        vec![
            file(format!("{}.cfg", hardware.mac), true),
            file(format!("{}-phone.cfg", hardware.mac), false),
            file(format!("{}-directory.xml", hardware.mac), false),
        ]
    }

    fn apply(&self, name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        let root = Node::parse(body)?;
        match root.name.as_str() {
            "APPLICATION" => {
                let listed = root.attribute("CONFIG_FILES").split(',').map(str::trim);
                let then = listed.filter(|name| !name.is_empty()).map(|name| Fetch {
                    name: name.to_owned(),
                    required: true,
                });
                return Ok(Applied { then: then.collect() });
            }
            "directory" => contacts(&root, flash),
            _ if name.ends_with(".cfg") => attributes(&root, flash),
            other => return Err(format!("<{other}> is not expected in {name}")),
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("reg.{number}.{key}")).to_owned();
            let address = get("address");
            let (user, domain) = address.split_once('@')?;
            Some(Account {
                label: get("label"),
                display_name: get("displayName"),
                user: user.to_owned(),
                auth_user: get("auth.userId"),
                password: get("auth.password"),
                domain: domain.to_owned(),
                registrar: format!("{}:{}", get("outboundProxy.address"), get("outboundProxy.port")),
            })
        };
        let mut settings = Settings {
            accounts: (1..=LINES).filter_map(account).collect(),
            provisioning_url: flash.get("device.prov.serverName").to_owned(),
            app_url: flash.get("mb.main.home").to_owned(),
            app_label: "Applications".into(),
            // Beside what the screen shows anyway.
            idle: Idle {
                url: flash.get("mb.idleDisplay.home").to_owned(),
                after_s: 0,
            },
            ..Settings::default()
        };
        for number in 1..=LAMPS {
            let get = |key: &str| {
                flash
                    .get(&format!("attendant.resourceList.{number}.{key}"))
                    .to_owned()
            };
            if !get("address").is_empty() {
                settings.keys.push((get("label"), get("address")));
            }
        }
        for (key, value) in flash.iter() {
            if let Some(label) = key.strip_prefix("contact/") {
                settings.keys.push((label.to_owned(), value.to_owned()));
            }
        }
        settings
    }

    fn page(&self, content_type: &str, body: &str) -> Result<PageView, String> {
        if !content_type.starts_with("text/html") && !content_type.starts_with("application/xhtml") {
            return Err(format!("{content_type:?} is no page for this phone"));
        }
        let root = Node::parse(body)?;
        let inside = root.child("body").ok_or("a page without a body")?;
        let mut page = PageView {
            title: root
                .child("head")
                .map_or(String::new(), |head| head.text_of("title").to_owned()),
            ..PageView::default()
        };
        read(inside, &mut page);
        Ok(page)
    }

    fn picture_type(&self) -> &'static str {
        "image/bmp"
    }

    fn notified(&self, event: &str, _content_type: &str, _body: &str, flash: &Flash) -> Reaction {
        if event.split(';').next().map(str::trim) != Some("check-sync") {
            return Reaction::Ignored;
        }
        match flash.get("voIpProt.SIP.specialEvent.checkSync.alwaysReboot") != "0" {
            true => Reaction::Restart,
            false => Reaction::Load,
        }
    }

    fn pushed(&self, method: &str, path: &str, body: &str) -> (Reaction, u16, String) {
        match (method, path) {
            ("POST", "/push") => {
                let Ok(root) = Node::parse(body) else {
                    return (Reaction::Ignored, 400, String::new());
                };
                let mut page = PageView::default();
                if let Some(data) = root.child("Data") {
                    read(data, &mut page);
                }
                (Reaction::Show(Box::new(page)), 200, String::new())
            }
            ("POST", "/api/v1/mgmt/safeRestart") => (Reaction::Load, 200, "{\"Status\":\"2000\"}".into()),
            _ => (Reaction::Ignored, 404, String::new()),
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            waits_for_calls: true,
            ..Habits::default()
        }
    }
}

/// Every attribute anywhere is a setting.
fn attributes(node: &Node, flash: &mut Flash) {
    for (key, value) in &node.attributes {
        flash.set(key.clone(), value.clone());
    }
    node.children.iter().for_each(|child| attributes(child, flash));
}

/// The directory replaces the one before.
fn contacts(root: &Node, flash: &mut Flash) {
    let old: Vec<String> = flash
        .iter()
        .filter(|(key, _)| key.starts_with("contact/"))
        .map(|(key, _)| key.to_owned())
        .collect();
    old.iter().for_each(|key| flash.remove(key));
    let items = root
        .child("item_list")
        .into_iter()
        .flat_map(|list| list.all("item"));
    for item in items {
        let name = format!("{} {}", item.text_of("fn"), item.text_of("ln"));
        flash.set(format!("contact/{}", name.trim()), item.text_of("ct"));
    }
}

/// A page's elements in order.
fn read(node: &Node, page: &mut PageView) {
    for child in &node.children {
        match child.name.as_str() {
            "h1" if page.title.is_empty() => child.text.trim().clone_into(&mut page.title),
            "form" => {
                page.submit = Some(Target {
                    url: child.attribute("action").to_owned(),
                    send: match child.attribute("method").eq_ignore_ascii_case("post") {
                        true => Sending::Form,
                        false => Sending::Query,
                    },
                });
                read(child, page);
            }
            "p" => {
                let label = child.text.trim();
                if let Some(field) = child
                    .child("input")
                    .filter(|field| field.attribute("type") != "submit")
                {
                    page.inputs.push(input(label, field));
                } else if let Some(picture) = child.child("img") {
                    picture.attribute("src").clone_into(&mut page.picture);
                } else if let Some(link) = child.child("a") {
                    page.items
                        .push((link.text.trim().to_owned(), link.attribute("href").to_owned()));
                } else if child.child("input").is_none() {
                    page.text.push_str(label);
                    page.text.push('\n');
                }
            }
            "input" if child.attribute("type") == "hidden" => page.inputs.push(input("", child)),
            "softkey" => page.keys.push(SoftKey {
                label: child.attribute("label").to_owned(),
                action: match child.attribute("action") {
                    "SoftKey:Submit" => SoftKey::SUBMIT.into(),
                    "SoftKey:Exit" | "SoftKey:Cancel" => SoftKey::EXIT.into(),
                    other => other.strip_prefix("SoftKey:Fetch;").unwrap_or(other).to_owned(),
                },
            }),
            _ => {}
        }
    }
}

fn input(label: &str, field: &Node) -> Input {
    Input {
        label: label.to_owned(),
        name: field.attribute("name").to_owned(),
        kind: match field.attribute("type") {
            "password" => Kind::Masked,
            "hidden" => Kind::Hidden,
            _ => Kind::Text,
        },
        value: field.attribute("value").to_owned(),
    }
}
