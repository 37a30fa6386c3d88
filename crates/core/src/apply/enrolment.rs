//! Enrolment: how a phone gets from its first request to a document of its own.
//!
//! A phone in the directory has a window in which it may fetch its document without the token that this document will
//! give it. The window is opened (`OpenEnrolment`), and closed when the phone comes with its token (`CloseEnrolment`).
//! Open checks that the phone is known and that the time lies ahead, and not too far; close that the phone is known.
//!
//! A phone that is not in the directory may come with an enrolment token (`EnrolDevice`). Checks, in this order: what it
//! says it is; the token is known; it has not run out; no other device has the address. It is then put into the
//! directory at the token's site, under its address, with an open window; one use of the token is spent. A phone that
//! comes again while its window is open is answered as before and costs nothing: its first answer may have been lost.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::command::NOTE_BYTES_MAX;
use crate::directory::Device;
use crate::event::EventKind;
use crate::id::{DeviceId, SiteId};
use crate::mac::MacAddress;
use crate::outcome::{Done, Outcome};
use crate::phones::{
    ENROLMENT_MS_MAX, ENROLMENT_TOKENS_MAX, ENROLMENT_USES_MAX, ENROLMENT_WINDOW_MS, Enrolment,
    EnrolmentToken, TokenHash,
};
use crate::refusal::Refusal;
use crate::time::TimeMs;

use super::{Step, check, device};

pub(super) fn open(step: &mut Step<'_>, id: &DeviceId, until: TimeMs) -> Outcome {
    let known = known_device(step, id)?;
    check::ahead("until", until, step.clock(), ENROLMENT_MS_MAX)?;
    let enrolment = Enrolment {
        open_until: until,
        ..known.enrolment
    };
    Ok(set(step, &known, enrolment))
}

pub(super) fn close(step: &mut Step<'_>, id: &DeviceId) -> Outcome {
    let known = known_device(step, id)?;
    let is_closed = known.enrolment.open_until == TimeMs(0) && known.enrolment.enrolled_at > TimeMs(0);
    let enrolment = Enrolment {
        open_until: TimeMs(0),
        enrolled_at: if is_closed {
            known.enrolment.enrolled_at
        } else {
            step.clock()
        },
    };
    Ok(set(step, &known, enrolment))
}

/// Checks, in this order: the uses and the time, that the site exists, that there are not too many.
pub(super) fn put_token(step: &mut Step<'_>, token: &EnrolmentToken) -> Outcome {
    if !(1..=ENROLMENT_USES_MAX).contains(&token.uses) {
        let problem = format!("must be 1 to {ENROLMENT_USES_MAX}, got {}", token.uses);
        return Err(check::invalid("uses", problem));
    }
    check::ahead("until", token.until, step.clock(), ENROLMENT_MS_MAX)?;
    if step.state.site(&token.site).is_none() {
        return Err(Refusal::UnknownSite {
            site: token.site.clone(),
        });
    }
    forget_old_tokens(step);
    let record = EnrolmentToken {
        note: check::cut(&token.note, NOTE_BYTES_MAX),
        ..token.clone()
    };
    let old = step.state.enrolment_tokens.get(&record.hash);
    let created = old.is_none();
    if old.is_some_and(|old| **old == record) {
        return Ok(Done::Put { created });
    }
    if created {
        let count = step.state.enrolment_tokens.len() + 1;
        check::count("enrolment tokens", count, ENROLMENT_TOKENS_MAX)?;
    }
    write_token(step, record);
    Ok(Done::Put { created })
}

pub(super) fn delete_token(step: &mut Step<'_>, hash: TokenHash) -> Outcome {
    Ok(Done::Deleted {
        existed: forget_token(step, hash),
    })
}

pub(super) fn enrol(step: &mut Step<'_>, hash: TokenHash, mac: MacAddress, model: &SmolStr) -> Outcome {
    let clock = step.clock();
    check::model(model)?;
    let Some(token) = step.state.enrolment_tokens.get(&hash).map(Arc::clone) else {
        // The last use may have been this very phone's.
        return match comes_again(step, mac) {
            true => Ok(Done::Put { created: false }),
            false => Err(Refusal::UnknownEnrolmentToken { hash }),
        };
    };
    if token.until <= clock {
        return Err(Refusal::EnrolmentTokenExpired { until: token.until });
    }
    if comes_again(step, mac) {
        return Ok(Done::Put { created: false });
    }
    if let Some(other) = step.state.device_by_mac(&mac) {
        let device = other.id.clone();
        return Err(Refusal::MacTaken { mac, device });
    }
    let enrolment = Enrolment {
        open_until: clock.plus_ms(ENROLMENT_WINDOW_MS),
        enrolled_at: TimeMs(0),
    };
    let record = Device {
        model: model.clone(),
        enrolment,
        changed: step.index,
        ..Device::new(mac.into(), token.site.clone())
    };
    device::store(step, None, record);
    match token.uses - 1 {
        0 => drop(forget_token(step, hash)),
        uses => write_token(
            step,
            EnrolmentToken {
                uses,
                ..EnrolmentToken::clone(&token)
            },
        ),
    }
    Ok(Done::Put { created: true })
}

/// Forgets the tokens that have run out.
pub(super) fn forget_old_tokens(step: &mut Step<'_>) {
    let clock = step.clock();
    let old = step.state.enrolment_tokens().filter(|token| token.until <= clock);
    let old: Vec<TokenHash> = old.map(|token| token.hash).collect();
    for hash in old {
        forget_token(step, hash);
    }
}

/// A site that goes takes its tokens along.
pub(super) fn forget_tokens_at(step: &mut Step<'_>, site: &SiteId) {
    let there = step.state.enrolment_tokens().filter(|token| token.site == *site);
    let there: Vec<TokenHash> = there.map(|token| token.hash).collect();
    for hash in there {
        forget_token(step, hash);
    }
}

/// The phone is in the directory, and its window is still open.
fn comes_again(step: &Step<'_>, mac: MacAddress) -> bool {
    let known = step.state.device_by_mac(&mac);
    known.is_some_and(|device| device.enrolment.is_open(step.clock()))
}

fn known_device(step: &Step<'_>, id: &DeviceId) -> Result<Arc<Device>, Refusal> {
    let device = step.state.device(id).map(Arc::clone);
    device.ok_or_else(|| Refusal::UnknownDevice { device: id.clone() })
}

/// `created`: the window was closed before.
fn set(step: &mut Step<'_>, device: &Device, enrolment: Enrolment) -> Done {
    let clock = step.clock();
    let created = enrolment.is_open(clock) && !device.enrolment.is_open(clock);
    if enrolment != device.enrolment {
        let record = Arc::new(Device {
            enrolment,
            ..device.clone()
        });
        step.state.devices.insert(device.id.clone(), Arc::clone(&record));
        step.emit(EventKind::DevicePut(record));
    }
    Done::Put { created }
}

fn write_token(step: &mut Step<'_>, token: EnrolmentToken) {
    let token = Arc::new(token);
    step.state.enrolment_tokens.insert(token.hash, Arc::clone(&token));
    step.emit(EventKind::EnrolmentTokenPut(token));
}

fn forget_token(step: &mut Step<'_>, hash: TokenHash) -> bool {
    let existed = step.state.enrolment_tokens.remove(&hash).is_some();
    if existed {
        step.emit(EventKind::EnrolmentTokenGone(hash));
    }
    existed
}
