//! The rules of following calls.

mod bounds;
mod byes;
mod states;

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::body::dialog_info::Direction;
use crate::event::testing::{hop, lines, message, seconds};
use crate::message::{Header, Name};
use crate::uri::Uri;

struct World {
    calls: Calls,
    now: Instant,
    changes: Changes,
}

impl World {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self {
            calls: Calls::new(limits),
            now: Instant::now(),
            changes: Changes::default(),
        }
    }

    fn invite(&mut self) -> CallId {
        self.calls
            .invited(
                self.now,
                &request("INVITE", 1, true, &[]),
                maria(),
                &mut self.changes,
            )
            .expect("followed")
    }

    /// A call from Maria that rings at Jo.
    fn ringing(&mut self) -> CallId {
        let id = self.invite();
        self.calls.offered(self.now, &id, jo(), &mut self.changes);
        self.response(180, "INVITE", 1, true, &[]);
        id
    }

    /// A call from Maria to Jo that talks.
    fn talking(&mut self, more: &[&str]) -> CallId {
        let id = self.ringing();
        self.response(200, "INVITE", 1, true, more);
        id
    }

    fn response(&mut self, status: u16, method: &str, cseq: u32, by_caller: bool, more: &[&str]) {
        let response = response(status, method, cseq, by_caller, more);
        self.calls.response(self.now, &response, None, &mut self.changes);
    }

    fn request(&mut self, method: &str, cseq: u32, by_caller: bool, more: &[&str]) {
        let request = request(method, cseq, by_caller, more);
        self.calls.request(self.now, &request, &mut self.changes);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.calls.timeout(self.now, &mut self.changes);
    }

    /// Maria's and Jo's lamps.
    fn lamps(&self) -> (Option<State>, Option<State>) {
        let lamp = |user| {
            let all = self.calls.dialog_info(self.now, user, false);
            all.iter()
                .map(|dialog| dialog.state)
                .max_by_key(|state| *state != State::Terminated)
        };
        (lamp("maria"), lamp("jo"))
    }

    fn changed(&mut self) -> (Vec<SmolStr>, Vec<SmolStr>) {
        let Changes {
            mut users,
            mut devices,
        } = std::mem::take(&mut self.changes);
        for list in [&mut users, &mut devices] {
            list.sort();
            list.dedup();
        }
        (users, devices)
    }
}

fn party(user: &str, device: &str, address: &str) -> Party {
    Party {
        user: Some(user.into()),
        device: Some(device.into()),
        identity: format!("sip:{user}@example.com").into(),
        display: SmolStr::default(),
        hop: hop(address),
    }
}

fn maria() -> Party {
    party("maria", "phone-1", "192.0.2.1:5060")
}

fn jo() -> Party {
    party("jo", "phone-2", "192.0.2.2:5060")
}

const CALLER: &str = "<sip:maria@example.com>;tag=a";
const CALLEE: &str = "<sip:jo@example.com>;tag=b";

fn request(method: &str, cseq: u32, by_caller: bool, more: &[&str]) -> Message {
    let first = method == "INVITE" && cseq == 1;
    let callee = if first { "<sip:jo@example.com>" } else { CALLEE };
    let (from, to, contact) = match by_caller {
        true => (CALLER, callee, "sip:maria@192.0.2.1"),
        false => (CALLEE, CALLER, "sip:jo@192.0.2.2"),
    };
    let own = [
        format!("{method} sip:jo@example.com SIP/2.0"),
        format!("From: {from}"),
        format!("To: {to}"),
        "Call-ID: c1".to_owned(),
        format!("CSeq: {cseq} {method}"),
    ];
    let contact = format!("Contact: <{contact}>");
    let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
    if !more.iter().any(|line| line.starts_with("Contact")) {
        all.push(&contact);
    }
    all.extend(more);
    message(&all, "")
}

/// A response to a request that the caller (or the callee) sent.
fn response(status: u16, method: &str, cseq: u32, by_caller: bool, more: &[&str]) -> Message {
    let (from, to, contact) = match by_caller {
        true => (CALLER, CALLEE, "sip:jo@192.0.2.2"),
        false => (CALLEE, CALLER, "sip:maria@192.0.2.1"),
    };
    let own = [
        format!("SIP/2.0 {status} Whatever"),
        format!("From: {from}"),
        "Call-ID: c1".to_owned(),
        format!("CSeq: {cseq} {method}"),
    ];
    let (to, contact) = (format!("To: {to}"), format!("Contact: <{contact}>"));
    let mut all: Vec<&str> = own.iter().map(String::as_str).collect();
    for (name, line) in [("To:", &to), ("Contact:", &contact)] {
        if !more.iter().any(|other| other.starts_with(name)) {
            all.push(line);
        }
    }
    all.extend(more);
    message(&all, "")
}
