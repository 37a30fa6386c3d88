//! Yealink T5x.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::lines::pairs;
use crate::model::{Account, Applied, Fetch, Habits, Hardware, Idle, Model, PageView, Reaction, Settings};
use crate::vendors::ip_phone;
use crate::xml::Node;

/// How many line keys the simulated model has.
const LINE_KEYS: usize = 48;
/// Types of line keys.
const SPEED_DIAL: &str = "13";
const BLF: &str = "16";
const XML_BROWSER: &str = "27";
/// What stands for an empty value.
const NOTHING: &str = "%NULL%";
/// The largest page that the browser takes.
const PAGE_BYTES_MAX: usize = 10_000;

pub(super) struct Yealink;

impl Model for Yealink {
    fn vendor(&self) -> Vendor {
        Vendor::Yealink
    }

    fn hardware_model(&self) -> &'static str {
        "SIP-T54W"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        let octets: Vec<_> = (0..6)
            .filter_map(|at| hardware.mac.get(at * 2..at * 2 + 2))
            .collect();
        format!("Yealink {} 96.86.0.100 {}", hardware.model, octets.join(":"))
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        let file = |name: String, required| Fetch { name, required };
        vec![
            file(format!("{}.boot", hardware.mac), false),
            file("y000000000096.cfg".into(), false),
            file(format!("{}.cfg", hardware.mac), true),
        ]
    }

    fn apply(&self, name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        if name.ends_with(".boot") {
            // Names the files that are asked for anyway, and whether blank values count.
            for (key, value) in pairs(body, '=', &["#"]) {
                flash.set(key, value);
            }
            return Ok(Applied::default());
        }
        if !body.starts_with("#!version:1.0.0.1") {
            return Err("the first line is not #!version:1.0.0.1".into());
        }
        let overwrites = flash.get("overwrite_mode") == "1";
        for (key, value) in pairs(body, '=', &["#"]) {
            // A blank value leaves things as they are, unless the boot file says that it overwrites.
            if value == NOTHING {
                flash.set(key, "");
            } else if !value.is_empty() || overwrites {
                flash.set(key, value);
            }
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("account.{number}.{key}")).to_owned();
            (get("enable") == "1").then(|| Account {
                label: get("label"),
                display_name: get("display_name"),
                user: get("user_name"),
                auth_user: get("auth_name"),
                password: get("password"),
                domain: get("sip_server.1.address"),
                registrar: match get("outbound_proxy_enable").as_str() {
                    "1" => format!(
                        "{}:{}",
                        get("outbound_proxy.1.address"),
                        get("outbound_proxy.1.port")
                    ),
                    _ => format!("{}:{}", get("sip_server.1.address"), get("sip_server.1.port")),
                },
            })
        };
        let mut settings = Settings {
            accounts: (1..=16).filter_map(account).collect(),
            provisioning_url: flash.get("static.auto_provision.server.url").to_owned(),
            idle: idle(flash),
            ..Settings::default()
        };
        let named = |kind: &str, number: usize| format!("{kind}.{number}");
        let keys = (1..=LINE_KEYS)
            .map(|number| named("linekey", number))
            .chain((1..=14).map(|number| named("programablekey", number)));
        for key in keys {
            let get = |what: &str| flash.get(&format!("{key}.{what}")).to_owned();
            match get("type").as_str() {
                SPEED_DIAL | BLF => settings.keys.push((get("label"), get("value"))),
                XML_BROWSER if settings.app_url.is_empty() => {
                    settings.app_url = get("value");
                    settings.app_label = get("label");
                }
                _ => {}
            }
        }
        settings
    }

    fn page(&self, _content_type: &str, body: &str) -> Result<PageView, String> {
        if body.len() > PAGE_BYTES_MAX {
            return Err(format!("a page of {} bytes is too large", body.len()));
        }
        let root = Node::parse(body)?;
        let object = root.name.strip_prefix("YealinkIPPhone").unwrap_or_default();
        ip_phone::page(&root, object).ok_or_else(|| format!("{} is no page", root.name))
    }

    fn notified(&self, event: &str, content_type: &str, body: &str, flash: &Flash) -> Reaction {
        let name = event.split(';').next().unwrap_or_default().trim();
        match name {
            "check-sync" => match flash.get("sip.notify_reboot_enable") {
                "2" => Reaction::Ignored,
                "0" if !event.contains("reboot=true") => Reaction::Load,
                _ => Reaction::Restart,
            },
            "ACTION-URI" if body.trim() == "key=AutoP" => Reaction::Load,
            "Yealink-xml" if content_type.starts_with("application/xml") => pushed_xml(self, body),
            _ => Reaction::Ignored,
        }
    }

    fn pushed(&self, method: &str, path: &str, body: &str) -> (Reaction, u16, String) {
        match (method, path) {
            ("GET", "/servlet?key=AutoP") => (Reaction::Load, 200, String::new()),
            ("POST", "/servlet?push=xml") => {
                let document = body.strip_prefix("xml=").unwrap_or(body);
                (pushed_xml(self, document), 200, String::new())
            }
            _ => (Reaction::Ignored, 404, String::new()),
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            skips_the_same: true,
            waits_for_calls: true,
            ..Habits::default()
        }
    }
}

/// A screen saver of the XML browser; of another type it is a picture of the phone's own.
fn idle(flash: &Flash) -> Idle {
    const XML: &str = "2";
    let is_page = flash.get("screensaver.type") == XML;
    let url = if is_page {
        flash.get("screensaver.xml_browser.url")
    } else {
        ""
    };
    Idle {
        url: url.to_owned(),
        after_s: flash.get("screensaver.wait_time").parse().unwrap_or(u32::MAX),
    }
}

fn pushed_xml(model: &Yealink, body: &str) -> Reaction {
    let Ok(root) = Node::parse(body) else {
        return Reaction::Ignored;
    };
    if root.name == "YealinkIPPhoneConfiguration" {
        let pairs = root.all("Item").filter_map(|item| item.text.split_once('='));
        return Reaction::Set(
            pairs
                .map(|(key, value)| (key.trim().to_owned(), value.trim().replace(NOTHING, "")))
                .collect(),
        );
    }
    match model.page("text/xml", body) {
        Ok(page) if page.execute.is_empty() => Reaction::Show(Box::new(page)),
        Ok(page) => page
            .execute
            .into_iter()
            .next()
            .map_or(Reaction::Ignored, Reaction::Open),
        Err(_) => Reaction::Ignored,
    }
}
