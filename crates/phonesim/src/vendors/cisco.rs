//! Cisco 8841 with enterprise SIP firmware.

use hotdesk_phone::Vendor;

use crate::flash::Flash;
use crate::lines::pairs;
use crate::model::{Account, Applied, Fetch, Habits, Hardware, Idle, Model, PageView, Reaction, Settings};
use crate::vendors::cisco_pages;
use crate::xml::Node;

pub(super) struct Cisco;

impl Model for Cisco {
    fn vendor(&self) -> Vendor {
        Vendor::Cisco
    }

    fn hardware_model(&self) -> &'static str {
        "CP-8841"
    }

    fn user_agent(&self, _hardware: &Hardware) -> String {
        "Cisco-CP8841/14.2.1".into()
    }

    fn page_headers(&self, hardware: &Hardware) -> Vec<(&'static str, String)> {
        vec![
            ("X-CiscoIPPhoneModelName", hardware.model.clone()),
            ("X-CiscoIPPhoneDisplay", "559, 265, 24, C".into()),
            ("Accept", "x-CiscoIPPhone/*".into()),
        ]
    }

    fn boot(&self, hardware: &Hardware) -> Vec<Fetch> {
        let mac = hardware.mac.to_ascii_uppercase();
        let file = |name: String, required| Fetch { name, required };
        vec![
            file(format!("CTLSEP{mac}.tlv"), false),
            file(format!("ITLSEP{mac}.tlv"), false),
            file(format!("SEP{mac}.cnf.xml"), true),
        ]
    }

    fn apply(&self, name: &str, body: &str, flash: &mut Flash) -> Result<Applied, String> {
        if !name.starts_with("SEP") {
            return Ok(Applied::default());
        }
        let root = Node::parse(body)?;
        if root.name != "device" {
            return Err(format!("<device> was expected, not <{}>", root.name));
        }
        flatten("", &root, flash);
        Ok(Applied::default())
    }

    fn settings(&self, flash: &Flash) -> Settings {
        let member = "/devicePool/callManagerGroup/members/member";
        let domain = flash
            .get(&format!("{member}/callManager/processNodeName"))
            .to_owned();
        let port = flash
            .get(&format!("{member}/callManager/ports/sipPort"))
            .to_owned();
        let mut settings = Settings {
            app_url: flash.get("/servicesURL").to_owned(),
            app_label: "Services".into(),
            idle: idle(flash),
            ..Settings::default()
        };
        for number in 1..=64 {
            let line = format!("/sipProfile/sipLines/line[{number}]");
            let get = |what: &str| flash.get(&format!("{line}/{what}")).to_owned();
            match get("featureID").as_str() {
                "9" => {
                    settings.accounts.push(Account {
                        label: get("featureLabel"),
                        display_name: get("displayName"),
                        user: get("name"),
                        auth_user: get("authName"),
                        password: get("authPassword"),
                        // It has no domain but its proxy; another port than the usual is part of it.
                        domain: match port.as_str() {
                            "5060" => domain.clone(),
                            port => format!("{domain}:{port}"),
                        },
                        registrar: format!("{domain}:{port}"),
                    });
                }
                "2" | "21" if !get("speedDialNumber").is_empty() => {
                    settings.keys.push((get("featureLabel"), get("speedDialNumber")))
                }
                _ => {}
            }
        }
        settings
    }

    fn page(&self, content_type: &str, body: &str) -> Result<PageView, String> {
        cisco_pages::page(content_type, body)
    }

    fn notified(&self, event: &str, _content_type: &str, body: &str, _flash: &Flash) -> Reaction {
        if event.split(';').next().map(str::trim) != Some("service-control") {
            return Reaction::Ignored;
        }
        let action = pairs(body, '=', &[])
            .find(|(key, _)| *key == "action")
            .map(|(_, value)| value);
        match action {
            // Unregisters, loads, registers again; the phone is not switched off.
            Some("restart" | "apply-config" | "check-version") => Reaction::Load,
            Some("reset") => Reaction::Restart,
            _ => Reaction::Ignored,
        }
    }

    fn pushed(&self, method: &str, path: &str, body: &str) -> (Reaction, u16, String) {
        if (method, path) != ("POST", "/CGI/Execute") {
            return (Reaction::Ignored, 404, String::new());
        }
        let Some(Ok(root)) = body.strip_prefix("XML=").map(Node::parse) else {
            return (Reaction::Ignored, 200, "<CiscoIPPhoneError Number=\"1\"/>".into());
        };
        let url = root
            .child("ExecuteItem")
            .map(|item| item.attribute("URL").to_owned());
        let done = "<CiscoIPPhoneResponse><ResponseItem Status=\"0\" Data=\"Success\" URL=\"\"/></CiscoIPPhoneResponse>";
        (url.map_or(Reaction::Ignored, Reaction::Open), 200, done.into())
    }

    fn habits(&self) -> Habits {
        Habits {
            waits_for_calls: true,
            registers_first_only: true,
            ..Habits::default()
        }
    }
}

/// With a time of 0 the phone's own screen stays.
fn idle(flash: &Flash) -> Idle {
    let after_s = flash.get("/idleTimeout").parse().unwrap_or(0);
    let url = if after_s > 0 { flash.get("/idleURL") } else { "" };
    Idle {
        url: url.to_owned(),
        after_s,
    }
}

/// Every element as a key: its path, with the button of a line in brackets.
fn flatten(path: &str, node: &Node, flash: &mut Flash) {
    for child in &node.children {
        let number = child.attribute("button");
        let at = match number {
            "" => format!("{path}/{}", child.name),
            number => format!("{path}/{}[{number}]", child.name),
        };
        if child.children.is_empty() {
            flash.set(at.clone(), child.text.trim());
        }
        flatten(&at, child, flash);
    }
}
