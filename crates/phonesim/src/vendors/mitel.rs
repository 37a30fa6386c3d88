//! Mitel 6869.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::lines::pairs;
use crate::model::{Account, Applied, Fetch, Habits, Hardware, Model, PageView, Reaction, Settings};
use crate::vendors::ip_phone;
use crate::xml::Node;

/// How many lines and keys the simulated model has.
const LINES: usize = 24;
const KEYS: usize = 44;
/// The largest page that the phone takes.
const PAGE_BYTES_MAX: usize = 10_000;

pub(super) struct Mitel;

impl Model for Mitel {
    fn vendor(&self) -> Vendor {
        Vendor::Mitel
    }

    fn hardware_model(&self) -> &'static str {
        "Mitel6869i"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        let mac = hardware.mac.to_ascii_uppercase();
        let octets: Vec<_> = (0..6).filter_map(|at| mac.get(at * 2..at * 2 + 2)).collect();
        format!("{} MAC:{} V:6.3.0.1020-SIP", hardware.model, octets.join("-"))
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        let file = |name: String, required| Fetch { name, required };
        vec![
            file("startup.cfg".into(), false),
            file(format!("{}.cfg", hardware.mac.to_ascii_uppercase()), true),
        ]
    }

    fn apply(&self, _name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        for (key, value) in pairs(body, ':', &["#"]) {
            flash.set(key, value);
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("sip line{number} {key}")).to_owned();
            (!get("user name").is_empty()).then(|| Account {
                label: get("screen name"),
                display_name: get("display name"),
                user: get("user name"),
                auth_user: get("auth name"),
                password: get("password"),
                domain: get("proxy ip"),
                registrar: format!("{}:{}", get("outbound proxy"), get("outbound proxy port")),
            })
        };
        let mut settings = Settings {
            accounts: (1..=LINES).filter_map(account).collect(),
            app_url: flash.get("xml application URI").to_owned(),
            app_label: flash.get("xml application title").to_owned(),
            ..Settings::default()
        };
        let path = flash.get("https path");
        if flash.get("download protocol") == "HTTPS" && !path.is_empty() {
            let (server, port) = (flash.get("https server"), flash.get("https port"));
            settings.provisioning_url = format!("https://{server}:{port}/{path}/");
        } else if !flash.get("http path").is_empty() {
            let (server, port) = (flash.get("http server"), flash.get("http port"));
            settings.provisioning_url = format!("http://{server}:{port}/{}/", flash.get("http path"));
        }
        for kind in ["topsoftkey", "softkey"] {
            for number in 1..=KEYS {
                let get = |what: &str| flash.get(&format!("{kind}{number} {what}")).to_owned();
                if matches!(get("type").as_str(), "speeddial" | "blf") {
                    settings.keys.push((get("label"), get("value")));
                }
            }
        }
        settings
    }

    fn page(&self, _content_type: &str, body: &str) -> Result<PageView, String> {
        if body.len() > PAGE_BYTES_MAX {
            return Err(format!("a page of {} bytes is too large", body.len()));
        }
        let root = Node::parse(body)?;
        let object = root.name.strip_prefix("AastraIPPhone").unwrap_or_default();
        if object == "Configuration" {
            let items = root.all("ConfigurationItem");
            let sets = items.map(|item| {
                (
                    item.text_of("Parameter").to_owned(),
                    item.text_of("Value").to_owned(),
                )
            });
            return Ok(PageView {
                sets: sets.collect(),
                ..PageView::default()
            });
        }
        ip_phone::page(&root, object).ok_or_else(|| format!("{} is no page", root.name))
    }

    fn notified(&self, event: &str, _content_type: &str, body: &str, flash: &Flash) -> Reaction {
        match event.split(';').next().unwrap_or_default().trim() {
            "aastra-xml" if flash.get("sip xml notify event") != "1" => Reaction::Ignored,
            "aastra-xml" if body.trim().is_empty() => match flash.get("action uri xml sip notify") {
                "" => Reaction::Ignored,
                url => Reaction::Follow(url.to_owned()),
            },
            "aastra-xml" => match self.page("text/xml", body) {
                Ok(page) if !page.sets.is_empty() => Reaction::Set(page.sets),
                Ok(page) => Reaction::Show(Box::new(page)),
                Err(_) => Reaction::Ignored,
            },
            "check-sync" => Reaction::Restart,
            _ => Reaction::Ignored,
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            waits_for_calls: true,
            ..Habits::default()
        }
    }
}
