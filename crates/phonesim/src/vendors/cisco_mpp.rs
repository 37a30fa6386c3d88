//! Cisco 8851 with multiplatform firmware.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::model::{Account, Applied, Fetch, Habits, Hardware, Model, PageView, Reaction, Settings};
use crate::vendors::cisco_pages;
use crate::xml::Node;

/// How many lines and line keys the simulated model has.
const LINES: usize = 10;

pub(super) struct CiscoMpp;

impl Model for CiscoMpp {
    fn vendor(&self) -> Vendor {
        Vendor::CiscoMpp
    }

    fn hardware_model(&self) -> &'static str {
        "CP-8851-3PCC"
    }

    fn user_agent(&self, hardware: &Hardware) -> String {
        format!("Cisco-{}/12.0.5 ({})", hardware.model, hardware.mac)
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        vec![Fetch {
            name: format!("{}.xml", hardware.mac),
            required: true,
        }]
    }

    fn apply(&self, _name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        let root = Node::parse(body)?;
        if root.name != "flat-profile" {
            return Err(format!("<flat-profile> was expected, not <{}>", root.name));
        }
        for child in &root.children {
            flash.set(child.name.clone(), child.text.trim());
        }
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let account = |number: usize| -> Option<Account> {
            let get = |key: &str| flash.get(&format!("{key}_{number}_")).to_owned();
            (get("Line_Enable") == "Yes" && get("Register") == "Yes" && !get("User_ID").is_empty()).then(
                || Account {
                    label: get("Short_Name"),
                    display_name: get("Display_Name"),
                    user: get("User_ID"),
                    auth_user: get("Auth_ID"),
                    password: get("Password"),
                    domain: get("Proxy"),
                    registrar: get("Outbound_Proxy"),
                },
            )
        };
        let key = |number: usize| -> Option<(String, String)> {
            let function = flash.get(&format!("Extended_Function_{number}_"));
            let part = |name: &str| {
                let found = function.split(';').find_map(|part| part.strip_prefix(name));
                found.unwrap_or_default().to_owned()
            };
            (!function.is_empty()).then(|| (part("nme="), part("ext=").replace("@$PROXY", "")))
        };
        Settings {
            accounts: (1..=LINES).filter_map(account).collect(),
            title: flash.get("Station_Display_Name").to_owned(),
            keys: (1..=LINES).filter_map(key).collect(),
            app_url: flash.get("XML_Application_Service_URL").to_owned(),
            app_label: flash.get("XML_Application_Service_Name").to_owned(),
            provisioning_url: rule(flash.get("Profile_Rule")),
            ..Settings::default()
        }
    }

    fn page(&self, content_type: &str, body: &str) -> Result<PageView, String> {
        cisco_pages::page(content_type, body)
    }

    fn notified(&self, event: &str, _content_type: &str, _body: &str, flash: &Flash) -> Reaction {
        match event.split(';').next().unwrap_or_default().trim() {
            "resync" if flash.get("Resync_From_SIP") == "Yes" => Reaction::Load,
            "reboot_now" | "restart_now" => Reaction::Restart,
            _ => Reaction::Ignored,
        }
    }

    fn pushed(&self, method: &str, path: &str, body: &str) -> (Reaction, u16, String) {
        match (method, path) {
            ("GET", path) if path.starts_with("/admin/resync") => (Reaction::Load, 200, String::new()),
            // Answers nothing that says whether it worked.
            ("POST", "/CGI/Execute") => (cisco_pages::execute(body).0, 200, String::new()),
            _ => (Reaction::Ignored, 404, String::new()),
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            waits_for_calls: true,
            challenges: true,
            ..Habits::default()
        }
    }
}

/// The folder of what the rule says when nobody is "mobile": the part behind the last bar.
fn rule(rule: &str) -> String {
    let plain = rule.rsplit('|').next().unwrap_or_default();
    let plain = plain.rsplit(']').next().unwrap_or_default();
    match plain.rsplit_once('/') {
        Some((folder, _file)) => format!("{folder}/"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_with_a_condition_has_a_folder_for_everybody_else() {
        let conditional = "(\"$EMS\" eq \"mobile\")?[--uid $MUID --pwd $MPWD]https://n/p/t/em-8-$MUID.xml|https://n/p/t/$MA.xml";
        assert_eq!(rule(conditional), "https://n/p/t/");
        assert_eq!(rule("https://n/p/t/$MA.xml"), "https://n/p/t/");
        assert_eq!(rule(""), "");
    }
}
