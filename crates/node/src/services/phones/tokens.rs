//! Enrolment tokens: made here, answered once, kept as their SHA-256.

use hotdesk_core::{Action, Done, EnrolmentToken, SiteId, State, TimeMs, TokenHash};
use hotdesk_proto::convert::name;
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;

use super::{PhonesService, not_too_far_ahead, now};
use crate::services::call::Call;
use crate::services::request::{actor, consistency, request_id};
use crate::services::{Error, Shared};

/// How many phones one token may bring in: more than an office gets in a day.
const USES_MAX: u32 = 1000;
/// The furthest that a token may reach ahead, in milliseconds (30 days): it stands in configurations of DHCP servers,
/// where it is forgotten.
const TOKEN_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// The shortest part of a hash that names a token, in digits.
const ID_DIGITS_MIN: usize = 8;
/// A hash in digits.
const ID_DIGITS: usize = 64;

pub(super) async fn create(
    service: &PhonesService,
    call: Call,
    request: v1::CreateEnrolmentTokenRequest,
) -> Result<v1::CreateEnrolmentTokenResponse, Error> {
    let site: SiteId = name("site", &request.site)?;
    let uses = request.uses.max(1);
    if uses > USES_MAX {
        let problem = format!("must be 1 to {USES_MAX}, got {uses}");
        return Err(Error::invalid("uses", problem));
    }
    if request.until_ms <= now().0 {
        return Err(Error::invalid("until_ms", "must be in the future"));
    }
    not_too_far_ahead("until_ms", request.until_ms, TOKEN_MS_MAX, "30 days")?;
    let shared = &service.shared;
    let lines = shared.lines.as_ref().ok_or(Failure::NoLineKey)?;
    let id = request_id(&request.request_id)?;
    let token = lines.enrolment_token(id);
    let record = EnrolmentToken {
        hash: crate::lines::token_hash(&token),
        site,
        uses,
        until: TimeMs(request.until_ms),
        note: request.note.into(),
    };
    let answered = v1::EnrolmentToken::from(&record);
    let (url, warning) = service.enrolment_url(&record.site, &token).unwrap_or_default();
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::PutEnrolmentToken(record))
        .await?;
    match decided.done {
        Done::Put { .. } => Ok(v1::CreateEnrolmentTokenResponse {
            url,
            warning,
            token: token.as_str().to_owned(),
            record: Some(answered),
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

pub(super) async fn list(
    shared: &Shared,
    call: Call,
    request: v1::ListEnrolmentTokensRequest,
) -> Result<v1::ListEnrolmentTokensResponse, Error> {
    let (state, freshness) = shared
        .read(call.deadline, consistency(request.consistency)?)
        .await?;
    let clock = now();
    let good = state.enrolment_tokens().filter(|token| token.until > clock);
    Ok(v1::ListEnrolmentTokensResponse {
        tokens: good.map(|token| (&**token).into()).collect(),
        freshness: Some(freshness),
    })
}

pub(super) async fn delete(
    shared: &Shared,
    call: Call,
    request: v1::DeleteEnrolmentTokenRequest,
) -> Result<v1::DeleteEnrolmentTokenResponse, Error> {
    let id = request_id(&request.request_id)?;
    let state = shared.catch_up(call.deadline).await?;
    let Some(hash) = named(&state, &request.id)? else {
        return Ok(v1::DeleteEnrolmentTokenResponse {
            existed: false,
            index: shared.cluster.local().index,
        });
    };
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, Some(id), Action::DeleteEnrolmentToken { hash })
        .await?;
    match decided.done {
        Done::Deleted { existed } => Ok(v1::DeleteEnrolmentTokenResponse {
            existed,
            index: decided.index,
        }),
        _ => Err(decided.unexpected()),
    }
}

/// The token whose hash begins with these digits.
fn named(state: &State, digits: &str) -> Result<Option<TokenHash>, Error> {
    let digits = digits.trim().to_ascii_lowercase();
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hex || !(ID_DIGITS_MIN..=ID_DIGITS).contains(&digits.len()) {
        return Err(Error::invalid(
            "id",
            format!(
                "must be {ID_DIGITS_MIN} to {ID_DIGITS} hexadecimal digits: the first of the token's SHA-256"
            ),
        ));
    }
    let mut found = state
        .enrolment_tokens()
        .map(|token| token.hash)
        .filter(|hash| data_encoding::HEXLOWER.encode(&hash.0).starts_with(&digits));
    let first = found.next();
    if found.next().is_some() {
        return Err(Error::invalid(
            "id",
            "more than one token begins so: give more digits",
        ));
    }
    Ok(first)
}
