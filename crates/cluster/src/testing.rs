//! Records for tests.

use hotdesk_core::{Site, SiteId};

/// An office.
pub(crate) fn site(id: &str) -> Site {
    Site {
        id: SiteId::parse(id).unwrap(),
        name: id.into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "Main Street 1".into(),
    }
}
