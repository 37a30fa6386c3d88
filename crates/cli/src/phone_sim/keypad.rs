//! The phone in a terminal: its screen is drawn in place, the keyboard is its keypad.

use std::io::{self, Write as _};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, queue, style, terminal};
use hotdesk_phonesim::{CallView, Press, SimPhone, View, draw};
use tokio::sync::mpsc;

use super::terminal as cannot;
use crate::exit::Problem;

/// What is said under the phone.
const HELP: &str = "digits: keypad   Enter: OK   F1-F4: soft keys   Esc: exit   Backspace: delete   arrows: choose\r\n\
                    Ctrl-A: answer   Ctrl-H: hang up   Ctrl-P: pull the plug   Ctrl-C: leave";

/// Ends raw mode however the play ends.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that does not come back.
        let _ = terminal::disable_raw_mode();
    }
}

pub(super) async fn play(mut phone: SimPhone) -> Result<(), Problem> {
    let _raw = Raw::begin().map_err(cannot)?;
    let mut keys = keyboard();
    let mut drawn = 0;
    loop {
        drawn = redraw(&phone.view(), drawn).map_err(cannot)?;
        tokio::select! {
            changed = phone.changed() => if changed.is_err() { return Ok(()) },
            key = keys.recv() => match key.map(press) {
                None | Some(Pressed::Leave) => return Ok(()),
                Some(Pressed::Key(press)) => phone.press(press),
                Some(Pressed::Nothing) => {}
            },
        }
    }
}

/// Keys as they are pressed. The thread ends with the process: reading a key cannot be called off.
fn keyboard() -> mpsc::UnboundedReceiver<KeyEvent> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if let Event::Key(key) = event
                && key.kind != KeyEventKind::Release
                && sender.send(key).is_err()
            {
                return;
            }
        }
    });
    receiver
}

enum Pressed {
    Key(Press),
    Leave,
    Nothing,
}

fn press(key: KeyEvent) -> Pressed {
    let held = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'd') if held => Pressed::Leave,
        KeyCode::Char('a') if held => Pressed::Key(Press::Answer),
        KeyCode::Char('h') if held => Pressed::Key(Press::HangUp),
        KeyCode::Char('p') if held => Pressed::Key(Press::PowerCycle),
        KeyCode::Char(c) if !held => Pressed::Key(Press::Char(c)),
        KeyCode::Enter => Pressed::Key(Press::Ok),
        KeyCode::Backspace => Pressed::Key(Press::Delete),
        KeyCode::Esc => Pressed::Key(Press::Exit),
        KeyCode::Up => Pressed::Key(Press::Up),
        KeyCode::Down | KeyCode::Tab => Pressed::Key(Press::Down),
        KeyCode::F(number) => match usize::from(number).checked_sub(1) {
            Some(at) => Pressed::Key(Press::Soft(at)),
            None => Pressed::Nothing,
        },
        _ => Pressed::Nothing,
    }
}

/// Draws over the `before` lines drawn last; returns how many there are now.
fn redraw(view: &View, before: u16) -> io::Result<u16> {
    let mut out = io::stdout().lock();
    if before > 0 {
        queue!(out, cursor::MoveUp(before), cursor::MoveToColumn(0))?;
    }
    queue!(out, terminal::Clear(terminal::ClearType::FromCursorDown))?;
    let mut lines = draw(view);
    if matches!(view.call, CallView::Ringing(_)) {
        lines.push("Ctrl-A answers, Ctrl-H refuses".into());
    }
    lines.extend(HELP.split("\r\n").map(str::to_owned));
    for line in &lines {
        queue!(out, style::Print(line), style::Print("\r\n"))?;
    }
    out.flush()?;
    Ok(u16::try_from(lines.len()).unwrap_or(u16::MAX))
}
