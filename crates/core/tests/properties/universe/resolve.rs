//! What a caller sends after a look at the state.

use hotdesk_core::command::{Activity, ImportRow, LogoutTarget};
use hotdesk_core::{
    Action, DeviceId, EnrolmentToken, Epoch, RequestId, ShownReport, State, TimeMs, User, UserId,
};

use super::Kind;

/// What the caller sends, having looked at the state.
pub(crate) fn resolve(kind: &Kind, state: &State, now: u64) -> Action {
    match kind {
        Kind::Plain(action) => Action::clone(action),
        Kind::Login { user, device, pin } => {
            let current = state
                .find_user(user)
                .and_then(|user| Some(user.credential.as_ref()?.version));
            Action::Login {
                user: user.clone(),
                device: device.clone(),
                credential_version: pin.of(current.unwrap_or(1)),
            }
        }
        Kind::Logout { device, epoch } => {
            let epoch = epoch.of(epoch_at(state, device)).map(Epoch);
            Action::Logout {
                target: LogoutTarget::Device(device.clone()),
                epoch,
            }
        }
        Kind::Touch {
            device,
            epoch,
            ago_ms,
        } => {
            let epoch = Epoch(epoch.of(epoch_at(state, device)).unwrap_or(0));
            let at = TimeMs(now.saturating_add_signed(-ago_ms));
            Action::Touch {
                items: vec![Activity {
                    device: device.clone(),
                    epoch,
                    at,
                }],
            }
        }
        Kind::Stage {
            import,
            first_row,
            rows,
        } => Action::ImportStage {
            import: *import,
            first_row: first_row.of(staged(state, *import)).unwrap_or(0),
            rows: rows.clone(),
        },
        Kind::StageSwap { import, users } => Action::ImportStage {
            import: *import,
            first_row: staged(state, *import),
            rows: swap(state, users).unwrap_or_default(),
        },
        Kind::Commit {
            import,
            rows,
            dry_run,
        } => Action::ImportCommit {
            import: *import,
            rows: rows.of(staged(state, *import)).unwrap_or(0),
            dry_run: *dry_run,
        },
        Kind::Hold { device, for_ms } => Action::HoldDevice {
            device: device.clone(),
            until: TimeMs(now.saturating_add_signed(*for_ms)),
            reason: "emergency call".into(),
        },
        Kind::Shown { reports, how } => Action::ReportShown {
            items: reports
                .iter()
                .map(|(device, stamp, trouble)| ShownReport {
                    device: device.clone(),
                    stamp: stamp
                        .of(state.wanted_stamp(device))
                        .unwrap_or_else(|| state.index() + 5),
                    how: *how,
                    trouble: trouble.map(Into::into),
                })
                .collect(),
        },
        Kind::Lock { user, for_ms } => Action::LockUser {
            user: user.clone(),
            until: TimeMs(now.saturating_add_signed(*for_ms)),
            note: "not me".into(),
        },
        Kind::Open { device, for_ms } => Action::OpenEnrolment {
            device: device.clone(),
            until: TimeMs(now.saturating_add_signed(*for_ms)),
        },
        Kind::Token {
            hash,
            site,
            uses,
            for_ms,
        } => Action::PutEnrolmentToken(EnrolmentToken {
            hash: *hash,
            site: site.clone(),
            uses: *uses,
            until: TimeMs(now.saturating_add_signed(*for_ms)),
            note: "floor 2".into(),
        }),
        Kind::Retry(_) => Action::Expire,
    }
}

/// The same action without epochs and versions, which depend on how commands share entries.
pub(crate) fn without_positions(action: Action) -> Action {
    match action {
        Action::Login { user, device, .. } => Action::Login {
            user,
            device,
            credential_version: None,
        },
        Action::Logout { target, .. } => Action::Logout { target, epoch: None },
        Action::Touch { .. } | Action::ReportShown { .. } => Action::Expire,
        other => other,
    }
}

fn epoch_at(state: &State, device: &DeviceId) -> u64 {
    state.session_at(device).map_or(1, |session| session.epoch.0)
}

fn staged(state: &State, import: RequestId) -> u64 {
    state
        .imports()
        .find(|(id, _)| *id == import)
        .map_or(0, |(_, import)| import.rows.len() as u64)
}

fn swap(state: &State, [a, b]: &[UserId; 2]) -> Option<Vec<ImportRow>> {
    let (a, b) = (state.user(a)?, state.user(b)?);
    let with = |user: &User, extension: &User| ImportRow::User {
        user: User {
            extension: extension.extension.clone(),
            ..user.clone()
        },
        verifier: None,
    };
    Some(vec![with(a, b), with(b, a)])
}
