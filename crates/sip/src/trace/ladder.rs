//! A ladder as text.

use std::fmt::Write as _;

use super::{Entry, Ladder, Way};

/// What a `String` answers to `write!`.
const NEVER: &str = "a string takes all";

/// A column for each peer is at least this wide, and at most so much wider that a label fits.
const COLUMN_MIN: usize = 20;
const COLUMN_MAX: usize = 44;

/// Further peers share the last column; a call has seldom more than five.
const PEERS_MAX: usize = 8;

/// "12:34:56.789 ".
const TIME_WIDTH: usize = 13;

/// Draws a ladder: a column for each peer in the order in which they appear, a line for each message with its
/// time of the day (UTC) and an arrow from the sender to the receiver.
///
/// ```text
///              chi-12                  edge                   ny-02
/// 12:34:56.789 |----- INVITE 2041 ----->|                       |
/// 12:34:56.801 |                        |----- INVITE 2041 ---->|
/// ```
///
/// With `texts`, what was kept of each message follows below the ladder, numbered.
#[must_use]
pub fn render(ladder: &Ladder, texts: bool) -> String {
    let peers = peers(&ladder.entries);
    let labels: Vec<String> = ladder.entries.iter().map(label).collect();
    let widest = labels
        .iter()
        .map(|label| label.chars().count() + 9)
        .max()
        .unwrap_or(0);
    let names = peers
        .iter()
        .map(|peer| peer.chars().count() + 2)
        .max()
        .unwrap_or(0);
    let column = widest.max(names).clamp(COLUMN_MIN, COLUMN_MAX);
    let mut text = heading(&peers, column);
    for (entry, label) in ladder.entries.iter().zip(&labels) {
        text.push_str(&row(entry, label, &peers, column));
    }
    if ladder.dropped > 0 {
        writeln!(
            text,
            "{:TIME_WIDTH$}({} more messages were not kept)",
            "", ladder.dropped
        )
        .expect(NEVER);
    }
    if texts {
        for (at, entry) in ladder.entries.iter().enumerate() {
            let way = match entry.way {
                Way::Received => "from",
                Way::Sent => "to",
            };
            let peer = if entry.way == Way::Received {
                &entry.from
            } else {
                &entry.to
            };
            write!(
                text,
                "\n[{}] {} {way} {peer}\n{}\n",
                at + 1,
                clock(entry.at_ms),
                entry.line
            )
            .expect(NEVER);
            if let Some(kept) = &entry.text {
                writeln!(text, "{}", kept.trim_end()).expect(NEVER);
            }
        }
    }
    text
}

/// Who takes part, in the order of appearance.
fn peers(entries: &[Entry]) -> Vec<&str> {
    let mut peers: Vec<&str> = Vec::new();
    for name in entries.iter().flat_map(|entry| [&*entry.from, &*entry.to]) {
        if !peers.contains(&name) && peers.len() < PEERS_MAX {
            peers.push(name);
        }
    }
    peers
}

fn heading(peers: &[&str], column: usize) -> String {
    let mut line = " ".repeat(TIME_WIDTH);
    for (at, peer) in peers.iter().enumerate() {
        let peer = shorten(peer, column - 2);
        // The names stand over their lines, the first flush with its line so that it does not hide the times.
        let from = TIME_WIDTH + at * column;
        let start = if at == 0 {
            from
        } else {
            from.saturating_sub(peer.chars().count() / 2)
        };
        let filled = line.chars().count();
        line.extend(std::iter::repeat_n(
            ' ',
            start.saturating_sub(filled).max(usize::from(at > 0)),
        ));
        line.push_str(&peer);
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

fn row(entry: &Entry, label: &str, peers: &[&str], column: usize) -> String {
    let width = peers.len().saturating_sub(1) * column + 1;
    let mut cells = vec![' '; width];
    for at in 0..peers.len() {
        cells[at * column] = '|';
    }
    let place = |name: &str| {
        peers
            .iter()
            .position(|peer| *peer == name)
            .unwrap_or(peers.len() - 1)
    };
    let (from, to) = (place(&entry.from), place(&entry.to));
    let (left, right) = (from.min(to) * column, from.max(to) * column);
    if left == right {
        // To itself, or between peers that share the last column: words beside the line.
        cells.truncate(left + 1);
        cells.extend(format!(" {label}").chars());
    } else {
        let inner = right - left - 1;
        let label = format!(" {} ", shorten(label, inner.saturating_sub(6)));
        let length = label.chars().count();
        let before = (inner - length) / 2;
        for cell in &mut cells[left + 1..right] {
            *cell = '-';
        }
        for (cell, letter) in cells[left + 1 + before..].iter_mut().zip(label.chars()) {
            *cell = letter;
        }
        let head = if from < to { right - 1 } else { left + 1 };
        cells[head] = if from < to { '>' } else { '<' };
    }
    let line: String = cells.into_iter().collect();
    format!("{} {}\n", clock(entry.at_ms), line.trim_end())
}

/// What stands on an arrow: "INVITE 2041", "180 Ringing (INVITE)".
fn label(entry: &Entry) -> String {
    let method = entry.cseq.split(' ').nth(1).unwrap_or_default();
    if let Some(status) = entry.line.strip_prefix("SIP/2.0 ") {
        return match method {
            "" => status.trim().to_owned(),
            method => format!("{} ({method})", status.trim()),
        };
    }
    let mut words = entry.line.split(' ');
    let (method, uri) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let address = uri.split_once(':').map_or(uri, |(_, address)| address);
    let user = address.split(['@', ';', '?']).next().unwrap_or_default();
    format!("{method} {user}")
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(2)).collect();
    short.push_str("..");
    short
}

/// The time of the day, UTC.
fn clock(ms: u64) -> String {
    let (hour, minute, second) = (ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", ms % 1000)
}
