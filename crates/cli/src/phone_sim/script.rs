//! The phone by words: what to press comes line by line, and each screen is printed.

use std::io::Write as _;
use std::time::Duration;

use hotdesk_phonesim::{CallView, Press, SimPhone, View, draw};
use tokio::sync::mpsc;

use crate::exit::{Exit, Own, Problem};
use crate::output::time::parse_duration;

/// How long `soft`, `see` and `gone` wait, and every word for the page that it leads to.
const PATIENCE: Duration = Duration::from_secs(20);

/// What can be said.
pub(crate) const WORDS: &str = "\
  type 2041        presses keys of the keypad
  ok               the next field, submit, or dial what was typed
  soft Log in      presses the soft key with that label; waits for it
  exit             leaves the page
  up, down         chooses; delete takes a character back
  see Chicago      waits until the screen has these words
  gone Chicago     waits until the screen has them no longer
  answer, hang-up  the call
  pull-plug        and puts it in again
  show             prints the screen
  wait 2s          does nothing for a while
  quit             leaves";

pub(super) async fn play(mut phone: SimPhone) -> Result<(), Problem> {
    let mut lines = lines();
    let mut shown = View::default();
    let has_booted = |view: &View| view.loads > 0 || !view.problem.is_empty();
    let booted = phone.wait("the first document", PATIENCE, has_booted).await;
    booted.map_err(unseen)?;
    loop {
        tokio::select! {
            changed = phone.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let view = phone.view();
                if worth_showing(&view, &shown) {
                    print(&view)?;
                }
                shown = view;
            }
            line = lines.recv() => match line {
                None => return configured(&phone.view()),
                Some(line) => {
                    if !obey(&phone, line.trim()).await? {
                        return configured(&phone.view());
                    }
                    phone.settled(PATIENCE).await.map_err(unseen)?;
                    shown = phone.view();
                    print(&shown)?;
                }
            },
        }
    }
}

/// A phone that never got a document has done nothing of what was asked.
fn configured(view: &View) -> Result<(), Problem> {
    if view.loads > 0 {
        return Ok(());
    }
    Err(Problem::own(
        Own::Demo,
        view.problem.clone(),
        "See what the node says to it: hotdesk phone list, hotdesk phone waiting, and the node's log.",
    ))
}

/// Lines of standard input. The thread ends with the process: reading cannot be called off.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A character typed is shown with the next command; everything else at once.
fn worth_showing(now: &View, before: &View) -> bool {
    let page = |view: &View| {
        view.page
            .as_ref()
            .map(|page| (page.title.clone(), page.text.clone()))
    };
    let code = |view: &View| view.idle.as_ref().and_then(|page| page.code.clone());
    page(now) != page(before)
        || now.lines != before.lines
        || now.call != before.call
        || now.title != before.title
        || code(now) != code(before)
}

/// Does what a line says; `false` when that is the end.
async fn obey(phone: &SimPhone, line: &str) -> Result<bool, Problem> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match word {
        "" | "#" | "show" => {}
        "type" => phone.type_text(rest),
        "ok" => phone.press(Press::Ok),
        "exit" => phone.press(Press::Exit),
        "up" => phone.press(Press::Up),
        "down" => phone.press(Press::Down),
        "delete" => phone.press(Press::Delete),
        "answer" => phone.press(Press::Answer),
        "hang-up" => phone.press(Press::HangUp),
        "pull-plug" => phone.press(Press::PowerCycle),
        "soft" => phone.soft(rest, PATIENCE).await.map_err(unseen)?,
        "see" => {
            let wish = |view: &View| text(view).contains(rest);
            phone
                .wait(&format!("{rest:?} on the screen"), PATIENCE, wish)
                .await
                .map_err(unseen)?;
        }
        "gone" => {
            let wish = |view: &View| !text(view).contains(rest);
            phone
                .wait(&format!("a screen without {rest:?}"), PATIENCE, wish)
                .await
                .map_err(unseen)?;
        }
        "wait" => tokio::time::sleep(parse_duration(rest).map_err(|why| unknown(&why))?).await,
        "quit" => return Ok(false),
        other => return Err(unknown(&format!("{other:?} is no word of the phone"))),
    }
    Ok(true)
}

/// All that is on the screen, in one line; a page covers what is idle.
fn text(view: &View) -> String {
    let mut words = Vec::new();
    if let Some(page) = &view.page {
        words.extend([page.title.clone(), page.text.clone(), page.prompt.clone()]);
        words.extend(page.items.iter().map(|(label, _)| label.clone()));
        words.extend(page.inputs.iter().map(|input| input.label.clone()));
    } else {
        words.push(view.title.clone());
        words.extend(view.lines.iter().map(|line| line.label.clone()));
        words.extend(view.keys.iter().map(|(label, _)| label.clone()));
    }
    let code = view
        .page
        .as_ref()
        .or(view.idle.as_ref())
        .and_then(|page| page.code.as_ref());
    words.extend(code.map(|code| code.address.clone()));
    words.push(match &view.call {
        CallView::None => String::new(),
        CallView::Ringing(who) | CallView::Calling(who) | CallView::Talking(who) | CallView::Refused(who) => {
            who.clone()
        }
    });
    words.push(view.problem.clone());
    words.join(" ").replace('\n', " ")
}

fn print(view: &View) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", draw(view).join("\n")).map_err(super::terminal)
}

fn unseen(error: hotdesk_phonesim::SimError) -> Problem {
    Problem::own(
        Own::Demo,
        error.to_string(),
        "Look at the node's and the edge's log for this phone.",
    )
}

fn unknown(why: &str) -> Problem {
    Problem {
        exit: Exit::Usage,
        ..Problem::own(
            Own::BadArgument,
            why.to_owned(),
            format!("Lines may be:\n{WORDS}"),
        )
    }
}
