//! The sample directory: three offices, sixty people, forty phones; CSV files that go through the real import.

use hotdesk_client::v1::Device;
use hotdesk_client::v1::import_row::Record;

use crate::exit::{Own, Problem};
use crate::import::{Kind, Sheet, read};

/// The sample files, in the order in which they name each other.
const FILES: [(Kind, &str); 4] = [
    (Kind::Sites, include_str!("../../sample/sites.csv")),
    (Kind::Groups, include_str!("../../sample/groups.csv")),
    (Kind::Devices, include_str!("../../sample/devices.csv")),
    (Kind::Users, include_str!("../../sample/users.csv")),
];

/// Somebody of the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The user id.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// What others dial.
    pub(crate) extension: String,
    /// The PIN; no secret, it is in the source.
    pub(crate) pin: String,
}

/// All sheets, read by the code that reads everybody's.
///
/// # Errors
/// Not with the files as they are; a test sees to it.
pub(crate) fn sheets() -> Result<Vec<Sheet>, Problem> {
    FILES
        .iter()
        .map(|(kind, text)| {
            read(text.as_bytes(), Some(*kind), false).map_err(|error| {
                Problem::own(
                    Own::Demo,
                    format!("the sample {} cannot be read: {error:?}", kind.name()),
                    "This is a mistake in the program; please report it.",
                )
            })
        })
        .collect()
}

/// The people of the sample who follow the cluster's default policy, in the order of the file.
pub(crate) fn people(sheets: &[Sheet]) -> Vec<Person> {
    let rows = sheets.iter().flat_map(|sheet| &sheet.rows);
    rows.filter_map(|row| match &row.record {
        Some(Record::User(user)) if user.group == "staff" => Some(Person {
            id: user.id.clone(),
            name: user.display_name.clone(),
            extension: user.extension.clone(),
            pin: row.pin.clone(),
        }),
        _ => None,
    })
    .collect()
}

/// The phones of the sample.
pub(crate) fn devices(sheets: &[Sheet]) -> Vec<Device> {
    let rows = sheets.iter().flat_map(|sheet| &sheet.rows);
    rows.filter_map(|row| match &row.record {
        Some(Record::Device(device)) => Some(device.clone()),
        _ => None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_three_offices_sixty_people_forty_phones() {
        let sheets = sheets().unwrap();
        let sizes: Vec<_> = sheets
            .iter()
            .map(|sheet| (sheet.kind, sheet.rows.len()))
            .collect();
        assert_eq!(
            sizes,
            [
                (Kind::Sites, 3),
                (Kind::Groups, 3),
                (Kind::Devices, 40),
                (Kind::Users, 60)
            ]
        );
        assert_eq!(people(&sheets)[0].extension, "2041");
    }
}
