//! Records for tests.

use hotdesk_core::{Site, SiteId};

/// An office.
pub(crate) fn site(id: &str) -> Site {
    Site {
        name: id.into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "Main Street 1".into(),
        ..Site::new(SiteId::parse(id).unwrap())
    }
}
