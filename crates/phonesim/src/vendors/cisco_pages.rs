//! Pages of Cisco's phones: `CiscoIPPhone*` objects.

use crate::model::{Input, Kind, PageView, Reaction, Sending, SoftKey, Target};
use crate::vendors::form;
use crate::xml::Node;

/// What the phone can show of a menu and of a form.
const MENU_MAX: usize = 100;
const INPUTS_MAX: usize = 5;
/// The largest pushed document.
const EXECUTE_BYTES_MAX: usize = 512;

/// Reads a page.
pub(super) fn page(content_type: &str, body: &str) -> Result<PageView, String> {
    if !content_type.starts_with("text/xml") {
        return Err(format!("{content_type:?} is no page for this phone"));
    }
    let root = Node::parse(body)?;
    let mut page = PageView {
        title: root.text_of("Title").to_owned(),
        prompt: root.text_of("Prompt").to_owned(),
        keys: root.all("SoftKeyItem").map(soft_key).collect(),
        ..PageView::default()
    };
    match root.name.strip_prefix("CiscoIPPhone").unwrap_or_default() {
        "Text" => page.text = root.text_of("Text").to_owned(),
        "ImageFile" => root.text_of("URL").clone_into(&mut page.picture),
        "Menu" => {
            let items = root.all("MenuItem").take(MENU_MAX);
            page.items = items
                .map(|item| (item.text_of("Name").to_owned(), item.text_of("URL").to_owned()))
                .collect();
        }
        "Input" => {
            page.submit = Some(Target {
                url: root.text_of("URL").to_owned(),
                send: Sending::Query,
            });
            page.inputs = root.all("InputItem").take(INPUTS_MAX).map(input).collect();
        }
        "Execute" => page.execute = urls(&root),
        _ => return Err(format!("{} is no page", root.name)),
    }
    Ok(page)
}

/// A push to `/CGI/Execute`: a form with the field `XML`.
pub(super) fn execute(body: &str) -> (Reaction, u16, String) {
    let document = form(body, "XML").unwrap_or_default();
    match Node::parse(&document) {
        Ok(root) if document.len() <= EXECUTE_BYTES_MAX => {
            let done = "<CiscoIPPhoneResponse><ResponseItem Status=\"0\" Data=\"Success\" URL=\"\"/></CiscoIPPhoneResponse>";
            let url = urls(&root).into_iter().next();
            (url.map_or(Reaction::Ignored, Reaction::Open), 200, done.into())
        }
        _ => (Reaction::Ignored, 200, "<CiscoIPPhoneError Number=\"1\"/>".into()),
    }
}

fn urls(root: &Node) -> Vec<String> {
    root.all("ExecuteItem")
        .take(3)
        .map(|item| item.attribute("URL").to_owned())
        .collect()
}

fn input(item: &Node) -> Input {
    let flags = item.text_of("InputFlags");
    let kind = match flags {
        _ if flags.contains('P') => Kind::Masked,
        "N" | "T" => Kind::Number,
        _ => Kind::Text,
    };
    Input {
        label: item.text_of("DisplayName").to_owned(),
        name: item.text_of("QueryStringParam").to_owned(),
        kind,
        value: item.text_of("DefaultValue").to_owned(),
    }
}

fn soft_key(node: &Node) -> SoftKey {
    SoftKey {
        label: node.text_of("Name").to_owned(),
        action: match node.text_of("URL") {
            "SoftKey:Submit" | "SoftKey:Select" => SoftKey::SUBMIT.into(),
            "SoftKey:Exit" | "SoftKey:Cancel" => SoftKey::EXIT.into(),
            "SoftKey:<<" => SoftKey::DELETE.into(),
            other => other.into(),
        },
    }
}
