//! Snom D785.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::model::{
    Account, Applied, Fetch, Habits, Hardware, Input, Kind, Model, PageView, Reaction, Sending, Settings,
    SoftKey, Target,
};
use crate::xml::Node;

/// How many accounts and keys the simulated model has.
const ACCOUNTS: usize = 12;
const KEYS: usize = 48;

pub(super) struct Snom;

impl Model for Snom {
    fn vendor(&self) -> Vendor {
        Vendor::Snom
    }

    fn hardware_model(&self) -> &'static str {
        "snomD785"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        let mac = hardware.mac.to_ascii_uppercase();
        format!(
            "Mozilla/4.0 (compatible; {}-SIP 10.1.169.16 2010.12 {mac} SXM:0 UXM:0 UXMC:0)",
            hardware.model
        )
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        vec![Fetch {
            name: format!("{}.xml", hardware.mac),
            required: true,
        }]
    }

    fn apply(&self, _name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        let root = Node::parse(body)?;
        if root.name != "settings" {
            return Err(format!("<settings> was expected, not <{}>", root.name));
        }
        for setting in root.all("phone-settings").flat_map(|settings| &settings.children) {
            let key = match setting.attribute("idx") {
                "" => setting.name.clone(),
                idx => format!("{}/{idx}", setting.name),
            };
            // What a person may change is only set where nothing is set yet.
            let may_change = matches!(setting.attribute("perm"), "RW" | "!");
            if !may_change || !flash.has(&key) {
                flash.set(key, setting.text.trim());
            }
        }
        for key in root.all("functionKeys").flat_map(|keys| keys.all("fkey")) {
            let at = key.attribute("idx");
            flash.set(format!("fkey/{at}/label"), key.attribute("label"));
            flash.set(format!("fkey/{at}"), key.text.trim());
        }
        if let Some(book) = root
            .child("tbook")
            .filter(|book| book.attribute("complete") == "true")
        {
            flash.set("tbook", format!("{} entries", book.children.len()));
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("{key}/{number}")).to_owned();
            let outbound = get("user_outbound");
            (get("user_active") == "on" && !get("user_name").is_empty()).then(|| Account {
                label: get("user_idle_text"),
                display_name: get("user_realname"),
                user: get("user_name"),
                auth_user: get("user_pname"),
                password: get("user_pass"),
                domain: get("user_host"),
                registrar: outbound.split(';').next().unwrap_or_default().to_owned(),
            })
        };
        let mut settings = Settings {
            accounts: (1..=ACCOUNTS).filter_map(account).collect(),
            provisioning_url: match flash.get("setting_server").rsplit_once('/') {
                Some((folder, _file)) => format!("{folder}/"),
                None => String::new(),
            },
            ..Settings::default()
        };
        for number in 0..KEYS {
            let label = flash.get(&format!("fkey/{number}/label")).to_owned();
            let (kind, value) = flash
                .get(&format!("fkey/{number}"))
                .split_once(' ')
                .unwrap_or_default();
            match kind {
                "speed" | "blf" => settings.keys.push((label, value.to_owned())),
                "url" if settings.app_url.is_empty() => {
                    settings.app_url = value.to_owned();
                    settings.app_label = label;
                }
                _ => {}
            }
        }
        settings
    }

    fn page(&self, _content_type: &str, body: &str) -> Result<PageView, String> {
        let root = Node::parse(body)?;
        let kind = root.name.strip_prefix("Snom").unwrap_or(&root.name);
        let mut page = PageView {
            title: root.text_of("Title").to_owned(),
            keys: root.all("SoftKeyItem").map(soft_key).collect(),
            ..PageView::default()
        };
        if let Some(fetch) = root.child("fetch") {
            let after: u32 = fetch.attribute("mil").parse().unwrap_or(0);
            page.refresh = Some((after.div_ceil(1000).max(1), fetch.text.trim().to_owned()));
        }
        match kind.strip_prefix("IPPhone").unwrap_or_default() {
            "Text" => page.text = root.text_of("Text").to_owned(),
            "ImageFile" => root.text_of("Url").clone_into(&mut page.picture),
            "Menu" => {
                let items = root.all("MenuItem");
                page.items = items
                    .map(|item| (item.attribute("name").to_owned(), item.text_of("Url").to_owned()))
                    .collect();
            }
            "Input" => {
                page.submit = Some(Target {
                    url: root.text_of("Url").to_owned(),
                    send: Sending::Place,
                });
                page.inputs = root.all("InputItem").take(1).map(input).collect();
                // OK is a key of the phone, beside the page's own.
                page.keys.push(SoftKey {
                    label: "OK".into(),
                    action: SoftKey::SUBMIT.into(),
                });
            }
            _ => return Err(format!("{} is no page", root.name)),
        }
        Ok(page)
    }

    fn notified(&self, event: &str, content_type: &str, body: &str, flash: &Flash) -> Reaction {
        if content_type.starts_with("application/snomxml") {
            return pushed_xml(self, body);
        }
        if event.split(';').next().map(str::trim) != Some("check-sync") {
            return Reaction::Ignored;
        }
        match flash.get("checksync_action") {
            "sync" => Reaction::Load,
            "reboot" => Reaction::Restart,
            _ if event.contains("reboot=false") => Reaction::Load,
            _ => Reaction::Restart,
        }
    }

    fn pushed(&self, method: &str, path: &str, _body: &str) -> (Reaction, u16, String) {
        match (method, path) {
            ("GET", path) if path.starts_with("/minibrowser.htm") && path.contains("reloadset") => {
                (Reaction::Load, 200, String::new())
            }
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

fn pushed_xml(model: &Snom, body: &str) -> Reaction {
    let Ok(root) = Node::parse(body) else {
        return Reaction::Ignored;
    };
    if root.name.ends_with("Silent") {
        return match root.text_of("fetch") {
            url if url.starts_with("snom://") && url.contains("reloadset") => Reaction::Load,
            url if url.contains("://") && !url.starts_with("snom:") => Reaction::Open(url.to_owned()),
            _ => Reaction::Ignored,
        };
    }
    match model.page("text/xml", body) {
        Ok(page) => Reaction::Show(Box::new(page)),
        Err(_) => Reaction::Ignored,
    }
}

fn input(item: &Node) -> Input {
    let flags = item.text_of("InputFlags");
    Input {
        label: item.text_of("DisplayName").to_owned(),
        name: item.text_of("InputToken").to_owned(),
        kind: match flags {
            _ if flags.contains('p') => Kind::Masked,
            "n" | "t" => Kind::Number,
            _ => Kind::Text,
        },
        value: item.text_of("DefaultValue").to_owned(),
    }
}

fn soft_key(node: &Node) -> SoftKey {
    SoftKey {
        label: node.text_of("Label").to_owned(),
        action: match node.text_of("Url") {
            url if url.starts_with("snom://mb_exit") => SoftKey::EXIT.into(),
            url => url.to_owned(),
        },
    }
}
