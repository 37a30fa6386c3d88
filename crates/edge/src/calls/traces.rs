//! Ladders of the last calls.

use hotdesk_sip::message::Message;
use hotdesk_sip::trace::{Bounds, Cdr, Detail, Entry, Ladder, Redactor, Store, Summary, Way};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::http::{CallQuery, CallSource};

/// Ladders, for all threads. Messages are redacted before the lock is taken, which is held for a push only.
#[derive(Debug)]
pub struct Traces {
    store: Mutex<Store>,
    redactor: Redactor,
    detail: Detail,
    keeps: bool,
}

impl Traces {
    /// Nothing kept yet.
    #[must_use]
    pub fn new(bounds: Bounds, detail: Detail, redactor: Redactor) -> Self {
        Self {
            store: Mutex::new(Store::new(bounds, redactor.clone())),
            redactor,
            detail,
            keeps: bounds.calls > 0,
        }
    }

    /// Keeps a message. `peer` is who it came from or goes to, `ours` this edge; both are labels for people.
    pub fn message(&self, message: &Message, at_ms: u64, way: Way, peer: &str, ours: &str) {
        let Some(call_id) = message.call_id().filter(|_| self.keeps) else {
            return;
        };
        let ends = match way {
            Way::Received => (peer, ours),
            Way::Sent => (ours, peer),
        };
        let entry = Entry::new(message, at_ms, ends, way, self.detail, &self.redactor);
        self.store.lock().add(call_id, entry);
    }

    /// Keeps the record beside its ladder.
    pub fn record(&self, record: &Cdr) {
        if self.keeps {
            let clean = record.redacted(&self.redactor);
            self.store.lock().close(&clean);
        }
    }

    /// The last calls, the newest first.
    #[must_use]
    pub fn list(&self, limit: usize) -> Vec<Summary> {
        self.store.lock().list(limit)
    }

    /// All that is kept of a call.
    #[must_use]
    pub fn ladder(&self, call_id: &str) -> Option<Ladder> {
        self.store.lock().ladder(call_id)
    }
}

/// `/calls` answers [`Summary`]s, `/calls/{call_id}` a [`Ladder`].
impl CallSource for Traces {
    fn calls(&self, query: &CallQuery) -> Vec<Value> {
        let calls = self.list(usize::MAX).into_iter();
        let wanted = calls.filter(|call| is_wanted(call, query));
        wanted.take(query.limit).map(|call| json!(call)).collect()
    }

    fn call(&self, call_id: &str) -> Option<Value> {
        self.ladder(call_id).map(|ladder| json!(ladder))
    }
}

/// A call without a record goes on, and only its record says whose it is.
fn is_wanted(call: &Summary, query: &CallQuery) -> bool {
    let record = call.record.as_deref();
    let fits = query.active.is_none_or(|active| active == record.is_none());
    fits && query
        .user
        .as_deref()
        .is_none_or(|user| record.is_some_and(|record| takes_part(record, user)))
}

fn takes_part(record: &Cdr, user: &str) -> bool {
    let ends = [&record.caller, &record.callee].into_iter();
    let mut names = ends.flat_map(|party| [party.user.as_deref(), party.number.as_deref()]);
    names.any(|name| name == Some(user)) || &*record.dialled == user
}

#[cfg(test)]
mod tests {
    use hotdesk_sip::message::{Header, Method, Name};
    use hotdesk_sip::trace::Party;

    use super::*;

    fn call(traces: &Traces, call_id: &str, user: Option<&str>) {
        let mut invite = Message::request(Method::Invite, "sip:*11*2041*90817@example.com");
        invite.push(Header::new(Name::CallId, call_id));
        invite.push(Header::new(Name::To, "<sip:*11*2041*90817@example.com>"));
        traces.message(&invite, 5, Way::Received, "chi-12", "edge");
        traces.message(
            &Message::reply(&invite, 100, "Trying", None),
            6,
            Way::Sent,
            "chi-12",
            "edge",
        );
        if let Some(user) = user {
            let mut record = Cdr {
                call_id: call_id.into(),
                dialled: "*11*2041*90817".into(),
                ..Cdr::default()
            };
            record.caller = Party {
                user: Some(user.into()),
                ..Party::default()
            };
            traces.record(&record);
        }
    }

    fn ids(traces: &Traces, query: &CallQuery) -> Vec<String> {
        let calls = traces.calls(query).into_iter();
        calls
            .map(|call| call["call_id"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn calls_are_told_with_both_ends_and_their_record_and_without_a_pin() {
        let traces = Traces::new(Bounds::default(), Detail::Full, Redactor::default());
        call(&traces, "a", Some("maria"));
        let told = traces.call("a").unwrap();
        assert_eq!(
            (&told["entries"][0]["from"], &told["entries"][0]["to"]),
            (&json!("chi-12"), &json!("edge"))
        );
        assert_eq!(
            (&told["entries"][1]["from"], &told["entries"][1]["to"]),
            (&json!("edge"), &json!("chi-12"))
        );
        assert_eq!(told["record"]["caller"]["user"], "maria");
        let all = format!("{told} {:?} {traces:?}", traces.calls(&CallQuery::default()));
        assert!(all.contains("*11*2041*") && !all.contains("9081"), "{all}");
        assert_eq!(traces.call("b"), None);
    }

    #[test]
    fn a_list_can_be_narrowed() {
        let traces = Traces::new(Bounds::default(), Detail::Line, Redactor::default());
        call(&traces, "a", Some("maria"));
        call(&traces, "b", None);
        call(&traces, "c", Some("john"));
        let all = CallQuery::default();
        assert_eq!(ids(&traces, &all), ["c", "b", "a"]);
        let limited = CallQuery {
            limit: 1,
            ..all.clone()
        };
        assert_eq!(ids(&traces, &limited), ["c"]);
        for (active, expected) in [(true, &["b"][..]), (false, &["c", "a"])] {
            let query = CallQuery {
                active: Some(active),
                ..all.clone()
            };
            assert_eq!(ids(&traces, &query), expected);
        }
        let user = Some("maria".to_owned());
        assert_eq!(ids(&traces, &CallQuery { user, ..all }), ["a"]);
    }

    #[test]
    fn an_edge_that_keeps_no_calls_keeps_none() {
        let bounds = Bounds {
            calls: 0,
            ..Bounds::default()
        };
        let traces = Traces::new(bounds, Detail::Full, Redactor::default());
        call(&traces, "a", Some("maria"));
        assert_eq!(traces.calls(&CallQuery::default()).len(), 0);
    }
}
