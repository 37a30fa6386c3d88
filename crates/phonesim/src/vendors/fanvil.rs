//! Fanvil X5U.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::model::{Account, Applied, Fetch, Habits, Hardware, Model, PageView, Reaction, Settings};
use crate::vendors::ip_phone;
use crate::xml::Node;

/// How many accounts and keys the simulated model has.
const ACCOUNTS: usize = 16;
const PAGES: usize = 5;
const KEYS: usize = 8;
/// Types of keys: a memory key (speed dial or lamp) and a URL.
const MEMORY: &str = "1";
const URL: &str = "21";

pub(super) struct Fanvil;

impl Model for Fanvil {
    fn vendor(&self) -> Vendor {
        Vendor::Fanvil
    }

    fn hardware_model(&self) -> &'static str {
        "X5U-V2"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        format!("Fanvil {} 2.12.1 {}", hardware.model, hardware.mac)
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        vec![Fetch {
            name: format!("{}.cfg", hardware.mac),
            required: true,
        }]
    }

    fn apply(&self, _name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        let root = Node::parse(body)?;
        if root.name != "sysConf" {
            return Err(format!("<sysConf> was expected, not <{}>", root.name));
        }
        let version = root.text_of("Version");
        // Only another version is looked at.
        if flash.get("Version") != version {
            flatten("", &root, flash);
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("sip.line.{number}.{key}")).to_owned();
            (get("EnableReg") == "1").then(|| Account {
                label: get("SipName"),
                display_name: get("DisplayName"),
                user: get("PhoneNumber"),
                auth_user: get("RegisterUser"),
                password: get("RegisterPswd"),
                domain: get("RegisterAddr"),
                registrar: format!("{}:{}", get("ProxyAddr"), get("ProxyPort")),
            })
        };
        let mut settings = Settings {
            accounts: (1..=ACCOUNTS).filter_map(account).collect(),
            title: flash.get("phone.display.LCDTitle").to_owned(),
            provisioning_url: match flash.get("ap.FlashServerIP") {
                "" => String::new(),
                server => format!("{server}/"),
            },
            ..Settings::default()
        };
        let side = (1..=KEYS).map(|key| format!("dsskey.dssSide.1.Fkey.{key}"));
        let pages = (1..=PAGES)
            .flat_map(|page| (1..=40).map(move |key| format!("dsskey.internal.{page}.Fkey.{key}")));
        for key in side.chain(pages) {
            let get = |what: &str| flash.get(&format!("{key}.{what}")).to_owned();
            match get("Type").as_str() {
                MEMORY => settings.keys.push((get("Title"), get("Value"))),
                URL if settings.app_url.is_empty() => {
                    settings.app_url = get("Value");
                    settings.app_label = get("Title");
                }
                _ => {}
            }
        }
        settings
    }

    fn page(&self, _content_type: &str, body: &str) -> Result<PageView, String> {
        let root = Node::parse(body)?;
        let object = root.name.strip_prefix("FanvilIPPhone").unwrap_or_default();
        ip_phone::page(&root, object).ok_or_else(|| format!("{} is no page", root.name))
    }

    fn notified(&self, event: &str, _content_type: &str, body: &str, flash: &Flash) -> Reaction {
        let name = event.split(';').next().unwrap_or_default().trim();
        if name != "check-sync" {
            return match self.page("text/xml", body) {
                Ok(page) if flash.get("phone.SIPNotifyXML") == "1" => Reaction::Show(Box::new(page)),
                _ => Reaction::Ignored,
            };
        }
        match flash.get("sip.NotifyReboot") {
            "0" => Reaction::Load,
            _ => Reaction::Restart,
        }
    }

    fn pushed(&self, method: &str, path: &str, body: &str) -> (Reaction, u16, String) {
        if (method, path) != ("POST", "/xmlService") {
            return (Reaction::Ignored, 404, String::new());
        }
        let code = |code: u8| {
            format!("<?xml version=\"1.0\"?><FanvilResponse><RetCode>{code}</RetCode></FanvilResponse>")
        };
        let Ok(root) = Node::parse(body) else {
            return (Reaction::Ignored, 200, code(1));
        };
        if root.name == "FanvilConfiguration" && root.attribute("cmd") == "set" {
            let pairs = root.all("Item").filter_map(|item| item.text.split_once('='));
            let sets = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
            return (Reaction::Set(sets.collect()), 200, code(0));
        }
        match self.page("text/xml", body) {
            Ok(page) => (Reaction::Show(Box::new(page)), 200, code(0)),
            Err(_) => (Reaction::Ignored, 200, code(1)),
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            waits_for_calls: true,
            ..Habits::default()
        }
    }
}

/// Every element as a key: the names from the root to it, with its index where it has one.
fn flatten(path: &str, node: &Node, flash: &mut Flash) {
    for child in &node.children {
        let name = match child.attribute("index") {
            "" => child.name.clone(),
            index => format!("{}.{index}", child.name),
        };
        let at = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        if child.children.is_empty() {
            flash.set(at.clone(), child.text.trim());
        }
        flatten(&at, child, flash);
    }
}
