//! Linphone on a desktop, by remote provisioning.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::model::{Account, Applied, Fetch, Habits, Hardware, Model, PageView, Reaction, Settings};
use crate::xml::Node;

/// How many accounts are looked at.
const ACCOUNTS: usize = 8;

pub(super) struct Linphone;

impl Model for Linphone {
    fn vendor(&self) -> Vendor {
        Vendor::Linphone
    }

    fn hardware_model(&self) -> &'static str {
        "Linphone"
    }

    fn user_agent(&self, _hardware: &Hardware) -> String {
        "Linphone/5.2.0 (belle-sip/5.3.0)".into()
    }

    fn boot(&self, _hardware: &Hardware) -> Vec<Fetch> {
        vec![Fetch {
            name: "linphone.xml".into(),
            required: true,
        }]
    }

    fn apply(&self, _name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        let root = Node::parse(body)?;
        if root.name != "config" {
            return Err(format!("<config> was expected, not <{}>", root.name));
        }
        // Credentials are forgotten before a document is taken over, whatever it says.
        let credentials: Vec<String> = flash
            .iter()
            .filter(|(key, _)| key.starts_with("auth_info_"))
            .map(|(key, _)| key.to_owned())
            .collect();
        credentials.iter().for_each(|key| flash.remove(key));
        for section in root.all("section") {
            for entry in section.all("entry") {
                let key = format!("{}/{}", section.attribute("name"), entry.attribute("name"));
                if entry.attribute("overwrite") == "true" || !flash.has(&key) {
                    flash.set(key, entry.text.trim());
                }
            }
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let default = flash.get("sip/default_proxy").parse().unwrap_or(0);
        let mut numbers: Vec<usize> = (0..ACCOUNTS).collect();
        numbers.sort_by_key(|number| *number != default);
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("proxy_{number}/{key}")).to_owned();
            let identity = get("reg_identity");
            let (label, rest) = identity.split_once('<')?;
            let (user, domain) = rest.trim_end_matches('>').strip_prefix("sip:")?.split_once('@')?;
            let auth = (0..ACCOUNTS).find(|auth| flash.get(&format!("auth_info_{auth}/username")) == user)?;
            let secret = |key: &str| flash.get(&format!("auth_info_{auth}/{key}")).to_owned();
            (get("reg_sendregister") == "1").then(|| Account {
                label: label.trim().trim_matches('"').to_owned(),
                display_name: label.trim().trim_matches('"').to_owned(),
                user: user.to_owned(),
                auth_user: secret("userid"),
                password: secret("passwd"),
                domain: domain.to_owned(),
                registrar: host(&get("reg_route")),
            })
        };
        Settings {
            accounts: numbers.into_iter().filter_map(account).collect(),
            provisioning_url: match flash.get("misc/config-uri").rsplit_once('/') {
                Some((folder, _file)) => format!("{folder}/"),
                None => String::new(),
            },
            ..Settings::default()
        }
    }

    fn page(&self, _content_type: &str, _body: &str) -> Result<PageView, String> {
        Err("this phone shows no pages".into())
    }

    /// It knows no NOTIFY that makes it load; one restarts it.
    fn notified(&self, _event: &str, _content_type: &str, _body: &str, _flash: &Flash) -> Reaction {
        Reaction::Ignored
    }

    fn habits(&self) -> Habits {
        Habits::default()
    }
}

/// Host and port of `<sip:host:port;lr>`.
fn host(route: &str) -> String {
    let uri = route.trim_start_matches('<').trim_end_matches('>');
    let rest = uri.strip_prefix("sip:").unwrap_or(uri);
    rest.split(';').next().unwrap_or_default().to_owned()
}
