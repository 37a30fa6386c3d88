//! Rows of imports, and the single commands that they stand for.

use hotdesk_core::Action;
use hotdesk_core::command::ImportRow;
use proptest::prelude::*;

use super::actions::verifier;
use super::records::{device, group, site, user};

/// Rows of an import without repeated records.
pub(crate) fn rows() -> impl Strategy<Value = Vec<ImportRow>> {
    prop::collection::vec(row(), 0..8).prop_map(|rows| {
        let mut seen = Vec::new();
        rows.into_iter()
            .filter(|row| {
                let key = match row {
                    ImportRow::Site(site) => format!("site {}", site.id),
                    ImportRow::Group(group) => format!("group {}", group.id),
                    ImportRow::User { user, .. } => format!("user {}", user.id),
                    ImportRow::Device(device) => format!("device {}", device.id),
                };
                let is_new = !seen.contains(&key);
                seen.push(key);
                is_new
            })
            .map(|row| match row {
                ImportRow::User { user, .. } => ImportRow::User { user, verifier: None },
                other => other,
            })
            .collect()
    })
}

/// The single commands for rows: what is referred to first.
pub(crate) fn as_commands(rows: &[ImportRow]) -> Vec<Action> {
    let mut commands: Vec<(u8, Action)> = rows
        .iter()
        .cloned()
        .map(|row| match row {
            ImportRow::Site(site) => (0, Action::PutSite(site)),
            ImportRow::Group(group) => (1, Action::PutGroup(group)),
            ImportRow::User { user, .. } => (2, Action::PutUser(user)),
            ImportRow::Device(device) => (3, Action::PutDevice(device)),
        })
        .collect();
    commands.sort_by_key(|(order, _)| *order);
    commands.into_iter().map(|(_, action)| action).collect()
}

pub(super) fn row() -> impl Strategy<Value = ImportRow> {
    prop_oneof![
        1 => site().prop_map(ImportRow::Site),
        1 => group().prop_map(ImportRow::Group),
        3 => (user(), verifier()).prop_map(|(user, verifier)| ImportRow::User { user, verifier }),
        2 => device().prop_map(ImportRow::Device),
    ]
}
