//! Small header fields of sessions: Session-Expires, Retry-After, RAck.

use super::token::find_unquoted;
use super::{BadValue, CSeq, Params, number};

/// Session-Expires (RFC 4028 §4), and Min-SE, which has no refresher (§5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Seconds until the session ends unless it is refreshed.
    pub seconds: u32,
    /// Who refreshes; `None`: not agreed yet, or not said.
    pub refresher: Option<Refresher>,
}

/// Who refreshes a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The one that sent the request.
    Uac,
    /// The one that answers it.
    Uas,
}

impl SessionExpires {
    /// Reads `1800;refresher=uac`.
    ///
    /// # Errors
    /// When there is no number, or another refresher.
    pub fn parse(value: &[u8]) -> Result<Self, BadValue> {
        let (seconds, params) = seconds_and_params(value)?;
        let refresher = match params.text("refresher") {
            None => None,
            Some(who) if who.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(who) if who.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            Some(_) => return Err(BadValue("Bad refresher")),
        };
        Ok(Self { seconds, refresher })
    }
}

/// The seconds of a Retry-After (RFC 3261 §20.33): `18000;duration=3600`, `120 (in a meeting)`. The comment and
/// the duration are left out.
///
/// # Errors
/// When there is no number.
pub fn retry_after(value: &[u8]) -> Result<u32, BadValue> {
    Ok(seconds_and_params(value)?.0)
}

/// A number, a comment, parameters.
fn seconds_and_params(value: &[u8]) -> Result<(u32, Params), BadValue> {
    let bad = BadValue("Bad number of seconds");
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let seconds = number(&value[..digits])
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or(bad)?;
    let rest = value[digits..].trim_ascii_start();
    let after = match rest.first() {
        None | Some(b';') => rest,
        Some(b'(') => &rest[memchr::memrchr(b')', rest).ok_or(bad)? + 1..],
        Some(_) => return Err(bad),
    };
    let params = Params::parse(&after[find_unquoted(after, b';')..]);
    params.check()?;
    Ok((seconds, params))
}

/// RAck (RFC 3262 §7.2): which provisional response is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The RSeq of that response.
    pub rseq: u32,
    /// The CSeq of the request that it answers.
    pub cseq: CSeq,
}

impl RAck {
    /// Reads `776656 1 INVITE`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(value: &[u8]) -> Result<Self, BadValue> {
        let bad = BadValue("Bad RAck");
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rseq = number(&value[..digits])
            .and_then(|rseq| u32::try_from(rseq).ok())
            .ok_or(bad)?;
        let cseq = CSeq::parse(&value[digits..]).map_err(|_| bad)?;
        Ok(Self { rseq, cseq })
    }
}
