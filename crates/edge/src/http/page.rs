//! The status page: one HTML document without anything from elsewhere.

use std::fmt::{self, Write};

use super::status::StatusReport;

/// Writes the page. Everything that comes from outside is escaped.
pub(super) fn status(report: &StatusReport) -> String {
    let mut page = String::with_capacity(8 * 1024);
    // Writing to a string does not fail.
    let _ = write_page(&mut page, report);
    page
}

fn write_page(page: &mut String, report: &StatusReport) -> fmt::Result {
    write!(
        page,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"5\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{edge} · hotdesk edge</title>\
         <style>{STYLE}</style><h1>{edge} <small>edge at {site}</small></h1>",
        edge = Escaped(&report.edge),
        site = Escaped(&report.site),
    )?;
    match &report.not_ready {
        None => page.write_str("<p class=\"good\">Calls are routed.</p>")?,
        Some(why) => write!(page, "<p class=\"bad\">{}</p>", Escaped(why))?,
    }
    let up = report.now_at_ms.saturating_sub(report.started_at_ms);
    let age = report
        .table_age_ms
        .map_or_else(|| "no table yet".to_owned(), span);
    facts(
        page,
        &[
            ("Standing", report.standing.clone()),
            ("When too old", report.policy.clone()),
            ("Age of the table", age),
            ("Log index", report.table_index.to_string()),
            (
                "Fed by",
                report.node.clone().unwrap_or_else(|| "no node".to_owned()),
            ),
            ("Users known", report.users.to_string()),
            ("Logged in here", report.sessions_here.to_string()),
            ("Phones registered", report.registrations.to_string()),
            ("Calls now", report.calls_active.to_string()),
            ("Phones held (emergency)", report.devices_held.to_string()),
            ("Running for", span(up)),
            ("Version", report.version.clone()),
        ],
    )?;
    let listeners = report.listeners.iter();
    let listeners = listeners.map(|it| vec![it.transport.clone(), it.local.clone(), it.advertised.clone()]);
    table(
        page,
        "Listeners",
        &["transport", "bound", "advertised"],
        listeners,
    )?;
    let traffic = report.traffic.iter().map(|it| {
        let counts = [it.connections, it.received, it.sent, it.malformed, it.overloaded];
        let counts = counts.iter().map(ToString::to_string);
        std::iter::once(it.transport.clone()).chain(counts).collect()
    });
    let columns = ["transport", "connections", "in", "out", "malformed", "refused"];
    table(page, "Traffic", &columns, traffic)?;
    let trunks = report.trunks.iter().map(|it| {
        let since = span(report.now_at_ms.saturating_sub(it.since_at_ms));
        vec![
            it.id.clone(),
            up_or_down(it.is_up).into(),
            since,
            it.detail.clone(),
        ]
    });
    table(page, "Trunks", &["trunk", "is", "for", "because"], trunks)?;
    let edges = report.edges.iter().map(|it| {
        let is = it.is_reachable.map_or("not asked", up_or_down);
        vec![it.id.clone(), it.site.clone(), it.uri.clone(), is.into()]
    });
    table(page, "Other edges", &["edge", "office", "address", "is"], edges)?;
    let phones = report.phones.iter().map(|it| {
        let columns = [
            it.device.clone(),
            it.stage.clone(),
            span(it.for_ms),
            it.attempts.to_string(),
        ];
        columns.to_vec()
    });
    let columns = ["phone", "is", "for", "was told"];
    table(
        page,
        "Phones that do not show yet what they should",
        &columns,
        phones,
    )?;
    let events = report.events.iter().map(|it| {
        let ago = format!("{} ago", span(report.now_at_ms.saturating_sub(it.at_ms)));
        vec![ago, it.text.clone()]
    });
    table(page, "Events", &["when", "what"], events)
}

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;\
    color:#222;background:#fff}h1{font-size:1.5rem}h1 small{color:#666;font-weight:400}\
    h2{font-size:1.05rem;margin:1.6rem 0 .4rem}table{border-collapse:collapse;width:100%}\
    th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #ddd;font-weight:400;\
    overflow-wrap:anywhere}th{color:#666}.good,.bad{padding:.5rem .8rem;border-radius:4px}\
    .good{background:#e3f4e6}.bad{background:#fbe3e1}\
    @media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}th,td{border-color:#333}\
    .good{background:#1c3a22}.bad{background:#4a1f1b}}";

const fn up_or_down(is_up: bool) -> &'static str {
    if is_up { "up" } else { "down" }
}

fn facts(page: &mut String, facts: &[(&str, String)]) -> fmt::Result {
    page.write_str("<table>")?;
    for (name, value) in facts {
        write!(page, "<tr><th>{name}</th><td>{}</td></tr>", Escaped(value))?;
    }
    page.write_str("</table>")
}

/// A table with a title; nothing when it has no rows.
fn table(
    page: &mut String,
    title: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    write!(page, "<h2>{title}</h2><table><tr>")?;
    for column in columns {
        write!(page, "<th>{column}</th>")?;
    }
    page.write_str("</tr>")?;
    for row in rows {
        page.write_str("<tr>")?;
        for cell in row {
            write!(page, "<td>{}</td>", Escaped(&cell))?;
        }
        page.write_str("</tr>")?;
    }
    page.write_str("</table>")
}

/// A time in its two largest units.
fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Text that cannot become markup.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::{Edge, Event, Listener, Phone, Traffic, Trunk};
    use super::*;

    #[test]
    fn nothing_that_comes_from_outside_becomes_markup() {
        let evil = || "<script>\"&'".to_owned();
        let report = StatusReport {
            edge: evil(),
            site: evil(),
            version: evil(),
            not_ready: Some(evil()),
            standing: evil(),
            policy: evil(),
            node: Some(evil()),
            listeners: vec![Listener {
                transport: evil(),
                local: evil(),
                advertised: evil(),
            }],
            traffic: vec![Traffic {
                transport: evil(),
                ..Traffic::default()
            }],
            edges: vec![Edge {
                id: evil(),
                site: evil(),
                uri: evil(),
                is_reachable: None,
            }],
            trunks: vec![Trunk {
                id: evil(),
                detail: evil(),
                ..Trunk::default()
            }],
            phones: vec![Phone {
                device: evil(),
                stage: evil(),
                ..Phone::default()
            }],
            events: vec![Event {
                at_ms: 0,
                text: evil(),
            }],
            ..StatusReport::default()
        };
        let page = status(&report);
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("&lt;script&gt;&quot;&amp;&#39;").count(), 20);
    }

    #[test]
    fn times_are_written_in_their_two_largest_units() {
        let rows = [
            (0, "0 ms"),
            (999, "999 ms"),
            (59_999, "59 s"),
            (61_000, "1 min 1 s"),
            (3_660_000, "1 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ];
        for (ms, expected) in rows {
            assert_eq!(span(ms), expected);
        }
    }
}
