//! The record of a call, one JSON line each.

use serde::{Deserialize, Serialize};

use super::Redactor;

/// What became of a call. The field names are a contract with whoever reads the files: fields are added, never renamed.
/// A field without a value is left out.
///
/// All times are milliseconds since the Unix epoch, by the edge's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cdr {
    /// Call-ID of the caller's INVITE.
    pub call_id: Box<str>,
    /// The edge that writes.
    pub edge: Box<str>,
    /// When the INVITE came.
    pub start_ms: u64,
    /// When it rang first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_ms: Option<u64>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_ms: Option<u64>,
    /// When it was over: the BYE, or the final answer that was none.
    pub end_ms: u64,
    /// From answer to end; 0 when it was not answered.
    pub duration_ms: u64,
    /// Who called.
    pub caller: Party,
    /// Who was called: of several phones the one that answered.
    pub callee: Party,
    /// What was dialled. A PIN in it is taken out when the line is written.
    pub dialled: Box<str>,
    /// Which way.
    pub direction: Direction,
    /// How it ended.
    pub outcome: Outcome,
    /// The final status sent to the caller; 0 when there was none (the call was cancelled by a lost caller).
    pub status: u16,
    /// The phrase with it, or a word of ours for why (the label of a refusal).
    pub reason: Box<str>,
    /// An emergency call, or the call back.
    #[serde(default)]
    pub emergency: bool,
    /// The trunk that carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trunk: Option<Box<str>>,
    /// Who forwarded it, the first forwarding first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwarded_by: Vec<Forward>,
}

/// One end of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The user who was logged in there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Box<str>>,
    /// The phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Box<str>>,
    /// Its office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Box<str>>,
    /// The epoch of the session: with the audit trail it proves who it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The number or extension that was shown or reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Box<str>>,
}

/// A forwarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// Whose setting it was.
    pub user: Box<str>,
    /// `always`, `busy`, `no_answer`, `not_logged_in`, `schedule`, `do_not_disturb`.
    pub why: Box<str>,
}

/// Which way a call went, seen from the company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a phone of ours to a phone of ours.
    #[default]
    Internal,
    /// From a trunk.
    Inbound,
    /// To a trunk.
    Outbound,
    /// From a trunk to a trunk: a forwarding.
    Transit,
    /// To a service of the edge: a star code.
    Service,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody answered.
    Answered,
    /// It rang in vain.
    NoAnswer,
    /// Busy, or do not disturb.
    Busy,
    /// The caller hung up before.
    Cancelled,
    /// A rule of ours said no.
    Refused,
    /// No such number, nobody reachable, or something failed.
    #[default]
    Failed,
}

impl Direction {
    /// As in the JSON; also a label for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Transit => "transit",
            Self::Service => "service",
        }
    }
}

impl Outcome {
    /// As in the JSON; also a label for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Cdr {
    /// As one line of JSON, line end included, no secret in it.
    #[must_use]
    pub fn line(&self, redactor: &Redactor) -> String {
        let json = serde_json::to_string(self).expect("strings and numbers always have a JSON form");
        let mut line = redactor.text(json.as_bytes()).into_owned();
        line.push('\n');
        line
    }

    /// The same record without secrets in its texts.
    #[must_use]
    pub fn redacted(&self, redactor: &Redactor) -> Self {
        let clean = |text: &str| -> Box<str> { redactor.text(text.as_bytes()).as_ref().into() };
        let mut record = self.clone();
        for text in [&mut record.call_id, &mut record.dialled, &mut record.reason] {
            *text = clean(text);
        }
        for party in [&mut record.caller, &mut record.callee] {
            party.number = party.number.as_deref().map(clean);
        }
        record
    }
}
