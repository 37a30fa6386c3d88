//! `hotdesk calls`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hotdesk_client::Token;
use hotdesk_sip::trace::{Cdr, Ladder, Summary, render};
use serde::Deserialize;
use serde_json::Value;

use super::edge_http::Edge;
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::{self, time};

/// What can be asked about calls.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  hotdesk calls list --edge http://127.0.0.1:7380
  hotdesk calls show 3848276298220188511@192.0.2.7 --edge http://127.0.0.1:7380")]
pub(crate) enum CallsCommand {
    /// The last calls of an edge, the newest first
    List(ListArgs),
    /// The ladder of one call: who sent what to whom, and when
    Show(ShowArgs),
}

/// Which edge.
#[derive(Debug, Args)]
pub(crate) struct EdgeArgs {
    /// The HTTP address of the edge that carried the calls; each edge knows its own
    #[arg(long, value_name = "URL", env = "HOTDESK_EDGE")]
    edge: String,
    /// A file that holds the token of the edge's HTTP listener, needed from other machines. The token itself can be
    /// given in HOTDESK_EDGE_TOKEN
    #[arg(long, value_name = "FILE", env = "HOTDESK_EDGE_TOKEN_FILE")]
    edge_token_file: Option<PathBuf>,
}

/// Arguments of `calls list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  export HOTDESK_EDGE=http://127.0.0.1:7380
  hotdesk calls list
  hotdesk calls list --limit 200 --output json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    edge: EdgeArgs,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    /// Only calls of this user or extension that are over
    #[arg(long, value_name = "USER", conflicts_with = "active")]
    user: Option<String>,
    /// Only calls that are going on
    #[arg(long)]
    active: bool,
}

/// Arguments of `calls show`.
#[derive(Debug, Args)]
#[command(after_help = "\
PINs, digest responses and media keys are never kept: they show as xxxx.

Examples:
  hotdesk calls show 3848276298220188511@192.0.2.7
  hotdesk calls show 3848276298220188511@192.0.2.7 --messages   with the header fields of each message")]
pub(crate) struct ShowArgs {
    /// The Call-ID, as `calls list`, a call record or the phone shows it
    #[arg(value_name = "CALL-ID")]
    call_id: String,
    #[command(flatten)]
    edge: EdgeArgs,
    /// Also what the edge kept of each message
    #[arg(long)]
    messages: bool,
}

impl EdgeArgs {
    fn edge(&self) -> Result<Edge, Problem> {
        let token = match &self.edge_token_file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Problem::file("read the edge's token from", path, &error))?,
            None => std::env::var("HOTDESK_EDGE_TOKEN").unwrap_or_default(),
        };
        Edge::parse(&self.edge, (!token.is_empty()).then(|| Token::new(token)))
    }
}

impl CallsCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        match self {
            Self::List(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
        }
    }
}

impl ListArgs {
    async fn run(self, context: &Context) -> Result<(), Problem> {
        let edge = self.edge.edge()?;
        let mut path = format!("/calls?limit={}", self.limit);
        if let Some(user) = &self.user {
            path += &format!("&user={}", escape(user));
        }
        if self.active {
            path += "&active=true";
        }
        let value = edge.get(&path, context.global.timeout).await?;
        let value = value.ok_or_else(|| edge.not_understood("it has no /calls"))?;
        let list: Vec<Summary> = read(&edge, &value)?;
        context.out.show(&value, || calls(&list))?;
        Ok(())
    }
}

impl ShowArgs {
    async fn run(self, context: &Context) -> Result<(), Problem> {
        let edge = self.edge.edge()?;
        let path = format!("/calls/{}", escape(&self.call_id));
        let value = edge.get(&path, context.global.timeout).await?;
        let value = value.ok_or_else(|| {
            Problem::own(
                Own::NotFound,
                format!("this edge keeps no call {}", self.call_id),
                "Look at `hotdesk calls list`; another edge may have carried it, and each keeps only its last calls.",
            )
        })?;
        let ladder: Ladder = read(&edge, &value)?;
        context.out.show(&value, || show(&ladder, self.messages))?;
        Ok(())
    }
}

fn read<'a, T: Deserialize<'a>>(edge: &Edge, value: &'a Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|error| edge.not_understood(&error.to_string()))
}

/// A table of calls.
fn calls(calls: &[Summary]) -> String {
    let rows = calls.iter().map(|call| {
        let record = call.record.as_deref();
        vec![
            time::table_time(call.first_ms),
            record.map_or_else(|| call.from.to_string(), |record| party(record, true)),
            record.map_or_else(|| call.line.to_string(), |record| party(record, false)),
            record.map_or_else(
                || "-".to_owned(),
                |record| format!("{} {}", record.outcome.label(), record.status),
            ),
            record.map_or_else(|| "-".to_owned(), |record| time::span(record.duration_ms)),
            call.messages.to_string(),
            call.call_id.to_string(),
        ]
    });
    let headers = ["START", "FROM", "TO", "OUTCOME", "TALK", "MESSAGES", "CALL-ID"];
    output::table(&headers, rows.collect(), "no calls")
}

/// One end of a call in a few words: "maria.silva at chi-12".
fn party(record: &Cdr, caller: bool) -> String {
    let party = if caller { &record.caller } else { &record.callee };
    let who = party.user.as_deref().or(party.number.as_deref());
    match (who, party.device.as_deref()) {
        (Some(who), Some(device)) => format!("{who} at {device}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if caller => "-".to_owned(),
        (None, None) => record.dialled.to_string(),
    }
}

fn show(ladder: &Ladder, messages: bool) -> String {
    let mut text = format!("Call-ID {}", ladder.call_id);
    if let Some(first) = ladder.entries.first() {
        text += &format!(", {}", time::table_time(first.at_ms));
    }
    if let Some(record) = ladder.record.as_deref() {
        let (caller, callee) = (party(record, true), party(record, false));
        text += &format!(
            "\n{caller} to {callee}, dialled {}: {}, {} {}, talked {}",
            record.dialled,
            record.outcome.label(),
            record.status,
            record.reason,
            time::span(record.duration_ms),
        );
    }
    text + "\n\n" + &render(ladder, messages)
}

/// Everything but letters, digits, `-`, `.`, `_` and `~` escaped (RFC 3986 §2.3): a Call-ID may hold any of it.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::trace::{Outcome, Party};

    use super::*;

    fn record() -> Cdr {
        Cdr {
            call_id: "a@b".into(),
            start_ms: 1_785_499_200_000,
            duration_ms: 61_000,
            caller: Party {
                user: Some("maria.silva".into()),
                device: Some("chi-12".into()),
                ..Party::default()
            },
            dialled: "2042".into(),
            outcome: Outcome::Answered,
            status: 200,
            reason: "OK".into(),
            ..Cdr::default()
        }
    }

    #[test]
    fn a_call_that_is_over_is_told_by_its_record() {
        let ladder = Ladder {
            call_id: "a@b".into(),
            entries: Vec::new(),
            dropped: 0,
            record: Some(Box::new(record())),
        };
        let text = show(&ladder, false);
        let expected = "maria.silva at chi-12 to 2042, dialled 2042: answered, 200 OK, talked 1m 1s";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_list_shows_running_calls_by_their_first_message() {
        let mut summary = Summary {
            call_id: "a@b".into(),
            first_ms: 1_785_499_200_000,
            last_ms: 1_785_499_200_000,
            from: "chi-12".into(),
            line: "INVITE sip:2042@example.com SIP/2.0".into(),
            messages: 3,
            record: None,
        };
        let running = calls(std::slice::from_ref(&summary));
        assert!(
            running.contains("chi-12") && running.contains("INVITE sip:2042"),
            "{running}"
        );
        summary.record = Some(Box::new(record()));
        let over = calls(&[summary]);
        assert!(
            over.contains("maria.silva at chi-12") && over.contains("answered 200"),
            "{over}"
        );
        assert_eq!(calls(&[]), "no calls");
    }

    #[test]
    fn a_call_id_reaches_the_edge_whatever_is_in_it() {
        assert_eq!(
            escape("a-1_b.~@[::1]/x?y ö"),
            "a-1_b.~%40%5B%3A%3A1%5D%2Fx%3Fy%20%C3%B6"
        );
    }
}
