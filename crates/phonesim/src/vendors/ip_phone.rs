//! Pages as Yealink, Fanvil and Mitel have them: the same objects under each vendor's own prefix.

use crate::model::{Input, Kind, PageView, Sending, SoftKey, Target};
use crate::xml::Node;

/// Reads a page, the object's name without its prefix; `None` for objects that are no page.
pub(super) fn page(root: &Node, object: &str) -> Option<PageView> {
    let mut page = PageView {
        title: root.text_of("Title").to_owned(),
        keys: root.all("SoftKey").map(soft_key).collect(),
        ..PageView::default()
    };
    match object {
        "Text" | "TextScreen" => page.text = root.text_of("Text").to_owned(),
        "FormattedTextScreen" => page.text = lines(root, "Line"),
        "Status" => page.text = lines(root, "Message"),
        "ImageScreen" => {
            root.text_of("TopTitle").clone_into(&mut page.title);
            root.text_of("Image").trim().clone_into(&mut page.picture);
        }
        "Menu" | "TextMenu" => {
            let items = root.all("MenuItem");
            page.items = items
                .map(|item| (item.text_of("Prompt").to_owned(), item.text_of("URI").to_owned()))
                .collect();
        }
        "Input" | "InputScreen" => {
            page.submit = Some(Target {
                url: root.text_of("URL").to_owned(),
                send: Sending::Query,
            });
            page.inputs = root.all("InputField").map(input).collect();
        }
        "Execute" => {
            let items = root.all("ExecuteItem");
            page.execute = items.map(|item| item.attribute("URI").to_owned()).collect();
        }
        _ => return None,
    }
    Some(page)
}

fn lines(root: &Node, name: &str) -> String {
    let lines: Vec<_> = root.all(name).map(|line| line.text.trim()).collect();
    lines.join("\n")
}

fn input(field: &Node) -> Input {
    let kind = match (field.attribute("type"), field.attribute("password")) {
        ("empty", _) => Kind::Hidden,
        (_, "yes") => Kind::Masked,
        ("number", _) => Kind::Number,
        _ => Kind::Text,
    };
    Input {
        label: field.text_of("Prompt").to_owned(),
        name: field.text_of("Parameter").to_owned(),
        kind,
        value: field.text_of("Default").to_owned(),
    }
}

fn soft_key(node: &Node) -> SoftKey {
    SoftKey {
        label: node.text_of("Label").to_owned(),
        action: match node.text_of("URI") {
            "SoftKey:Submit" | "SoftKey:Select" => SoftKey::SUBMIT.into(),
            "SoftKey:Exit" => SoftKey::EXIT.into(),
            "SoftKey:BackSpace" => SoftKey::DELETE.into(),
            other => other.into(),
        },
    }
}
