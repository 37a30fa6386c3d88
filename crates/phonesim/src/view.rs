//! What is on the phone's screen.

use crate::model::{Kind, PageView};

/// How many characters a line of the screen holds.
const WIDTH: usize = 44;

/// Everything that one sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The idle screen's first line.
    pub title: String,
    /// The line keys.
    pub lines: Vec<Line>,
    /// Keys that dial or watch: label and number.
    pub keys: Vec<(String, String)>,
    /// What the phone is doing, when it is ("Loading...").
    pub busy: String,
    /// A page that covers the idle screen.
    pub page: Option<PageView>,
    /// Which field or item of the page is chosen.
    pub chosen: usize,
    /// A page that is shown beside the idle screen while nobody uses the phone.
    pub idle: Option<PageView>,
    /// What is being dialled at the idle screen.
    pub dialled: String,
    /// The call.
    pub call: CallView,
    /// The soft keys, in order.
    pub soft: Vec<String>,
    /// The stamp in the document that is in force.
    pub stamp: u64,
    /// How often documents were loaded and taken over.
    pub loads: u64,
    /// How many presses the phone has done, with the pages that they led to.
    pub presses: u64,
    /// What went wrong last; empty when nothing.
    pub problem: String,
}

/// A line key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it shows.
    pub label: String,
    /// The user of the account.
    pub user: String,
    /// The phone is registered for it.
    pub is_registered: bool,
}

/// What the phone's one call is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CallView {
    /// There is none.
    #[default]
    None,
    /// It rings; who calls.
    Ringing(String),
    /// Somebody was called.
    Calling(String),
    /// With whom.
    Talking(String),
    /// It was refused; why.
    Refused(String),
}

/// The screen as text: lines of the same length, in a frame.
#[must_use]
pub fn draw(view: &View) -> Vec<String> {
    let mut body = Vec::new();
    match (&view.page, &view.call) {
        (_, CallView::Ringing(who)) => body.push(format!("Call from {who}")),
        (_, CallView::Calling(who)) => body.push(format!("Calling {who} ...")),
        (_, CallView::Talking(who)) => body.push(format!("In a call with {who}")),
        (Some(page), _) => draw_page(page, view.chosen, &mut body),
        (None, call) => draw_idle(view, call, &mut body),
    }
    if !view.busy.is_empty() {
        body.push(String::new());
        body.push(view.busy.clone());
    }
    if !view.problem.is_empty() {
        body.push(format!("! {}", view.problem));
    }
    let title = view.page.as_ref().map_or(&view.title, |page| &page.title);
    let mut out = vec![format!("┌{}┐", "─".repeat(WIDTH + 2))];
    out.extend(wrap(title).iter().map(|line| framed(line)));
    out.push(format!("├{}┤", "─".repeat(WIDTH + 2)));
    for line in &body {
        out.extend(wrap(line).iter().map(|line| framed(line)));
    }
    out.push(format!("├{}┤", "─".repeat(WIDTH + 2)));
    let keys: Vec<_> = view
        .soft
        .iter()
        .enumerate()
        .map(|(at, label)| format!("[F{} {label}]", at + 1))
        .collect();
    out.extend(wrap(&keys.join(" ")).iter().map(|line| framed(line)));
    out.push(format!("└{}┘", "─".repeat(WIDTH + 2)));
    out
}

fn draw_idle(view: &View, call: &CallView, body: &mut Vec<String>) {
    if let CallView::Refused(why) = call {
        body.push(format!("Call refused: {why}"));
    }
    for line in &view.lines {
        let mark = if line.is_registered { '●' } else { '○' };
        body.push(format!("{mark} {}", line.label));
    }
    for (label, number) in &view.keys {
        body.push(format!("  {label} ({number})"));
    }
    if !view.dialled.is_empty() {
        body.push(format!("Dial: {}", view.dialled));
    }
    if let Some(page) = &view.idle {
        body.push(String::new());
        draw_page(page, usize::MAX, body);
    }
}

fn draw_page(page: &PageView, chosen: usize, body: &mut Vec<String>) {
    if let Some(code) = &page.code {
        // A code that is too wide for this screen can still be opened.
        body.extend(code.draw(WIDTH).unwrap_or_default());
        body.push(code.address.clone());
    }
    body.extend(page.text.lines().map(str::to_owned));
    for (at, (label, _)) in page.items.iter().enumerate() {
        body.push(format!(
            "{} {}. {label}",
            if at == chosen { '>' } else { ' ' },
            at + 1
        ));
    }
    let shown = page.inputs.iter().filter(|input| input.kind != Kind::Hidden);
    for (at, input) in shown.enumerate() {
        let value = match input.kind {
            Kind::Masked => "*".repeat(input.value.chars().count()),
            _ => input.value.clone(),
        };
        body.push(format!(
            "{} {}: {value}",
            if at == chosen { '>' } else { ' ' },
            input.label
        ));
    }
    if !page.prompt.is_empty() {
        body.push(format!("({})", page.prompt));
    }
}

fn framed(line: &str) -> String {
    let pad = WIDTH.saturating_sub(line.chars().count());
    format!("│ {line}{} │", " ".repeat(pad))
}

/// Lines of at most [`WIDTH`] characters, broken at spaces where there are any.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let line = lines.last_mut().expect("there is always one");
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > WIDTH {
            lines.push(String::new());
        } else if used > 0 {
            line.push(' ');
        }
        while word.len() > WIDTH {
            let rest = word.split_off(WIDTH);
            lines.last_mut().expect("there is always one").extend(word);
            lines.push(String::new());
            word = rest;
        }
        lines.last_mut().expect("there is always one").extend(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Input;

    #[test]
    fn a_pin_is_drawn_as_stars() {
        let pin = Input {
            label: "PIN".into(),
            kind: Kind::Masked,
            value: "4711".into(),
            ..Input::default()
        };
        let view = View {
            page: Some(PageView {
                title: "Log in".into(),
                inputs: vec![pin],
                ..PageView::default()
            }),
            ..View::default()
        };
        let drawn = draw(&view).join("\n");
        assert!(drawn.contains("> PIN: ****"), "{drawn}");
        assert!(!drawn.contains("4711"));
    }

    #[test]
    fn all_lines_of_a_screen_are_of_one_length() {
        let view = View {
            title: "Moved to Chicago, desk 12, at 09:31; if that was not you, press the key below".into(),
            problem: "x".repeat(100),
            ..View::default()
        };
        let drawn = draw(&view);
        assert!(
            drawn.iter().all(|line| line.chars().count() == WIDTH + 4),
            "{drawn:#?}"
        );
    }
}
