//! Which columns each kind of file may have.

use std::fmt::Write as _;

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Offices.
    Sites,
    /// Sets of users that share a policy.
    Groups,
    /// Phones.
    Devices,
    /// People.
    Users,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name; the name of the field in the API too.
    pub(crate) name: &'static str,
    /// Other spellings.
    pub(crate) aliases: &'static [&'static str],
    /// A file without it is refused.
    pub(crate) required: bool,
    /// For `--help`.
    about: &'static str,
}

const fn column(name: &'static str, aliases: &'static [&'static str], about: &'static str) -> Column {
    Column {
        name,
        aliases,
        required: false,
        about,
    }
}

const fn required(name: &'static str, aliases: &'static [&'static str], about: &'static str) -> Column {
    Column {
        name,
        aliases,
        required: true,
        about,
    }
}

const SITES: &[Column] = &[
    required("id", &["site", "site_id"], "a-z, 0-9, dot, dash, underscore"),
    column("name", &[], "for people (\"Chicago\")"),
    column(
        "time_zone",
        &["timezone", "tz"],
        "IANA name (\"America/Chicago\")",
    ),
    column(
        "emergency_location",
        &["emergency", "address"],
        "civic address of emergency calls",
    ),
    column("language", &["lang"], "of its phones: en, de, fr, es, pt, it"),
    column(
        "recent_here",
        &["recent"],
        "yes or no (default): phones list recent users",
    ),
];

const GROUPS: &[Column] = &[
    required("id", &["group", "group_id"], "as a site's"),
    column("multiple_logins", &[], "evict, deny or \"allow up to N\""),
    column("busy_device", &["busy_phone"], "\"take over\" or refuse"),
    column("idle_timeout", &[], "a span (10m) or off"),
    column("login_time_max", &["login_time"], "a span (12h) or off"),
    column("lockout_failures", &[], "wrong PINs that lock; 0 for never"),
    column("lockout_window", &[], "a span"),
    column("lockout_time", &[], "a span"),
    column("rights", &["may_call"], RIGHTS),
];

const DEVICES: &[Column] = &[
    required(
        "id",
        &["device", "device_id", "phone"],
        "MAC address in any spelling, or an id",
    ),
    required("site", &["site_id", "office"], "an existing site"),
    column("desk", &[], "for people"),
    column("model", &[], "vendor and model"),
    column("disabled", &[], "yes or no (default)"),
    column(
        "allowed_groups",
        &["groups"],
        "only these, separated by blanks or semicolons",
    ),
    column(
        "mac",
        &["mac_address"],
        "MAC address; without an id column it is the id",
    ),
    column("label", &[], "shown while nobody is logged in"),
    column(
        "number",
        &["ext", "extension"],
        "the phone's own number: with + and country code, or 1 to 20 digits",
    ),
    column("owner", &[], "whose phone it is, an existing user"),
    column(
        "emergency_location",
        &["emergency", "address"],
        "where it stands, if that says more than the site's",
    ),
];

const USERS: &[Column] = &[
    required("id", &["user", "user_id"], "as a site's"),
    column(
        "display_name",
        &["name", "full_name"],
        "shown to the people called",
    ),
    column("extension", &["ext", "number"], "1 to 20 digits"),
    column("aliases", &["alias"], "separated by blanks or semicolons"),
    column("email", &["e_mail", "mail"], "an address to log in with"),
    column("group", &["group_id"], "an existing group"),
    column("disabled", &[], "yes or no (default)"),
    column(
        "numbers",
        &["did", "dids"],
        "+13125550142, separated by blanks or semicolons",
    ),
    column("rights", &["may_call"], RIGHTS),
    column("forward_always", &[], FORWARD),
    column("forward_busy", &[], FORWARD),
    column("forward_no_answer", &[], FORWARD),
    column("forward_not_logged_in", &[], FORWARD),
    column("voicemail", &["mailbox"], "the user's mailbox"),
    column("pin", &[], "4 to 32 digits; empty leaves the PIN as it is"),
];

const RIGHTS: &str = "internal, local, national, international, premium; or all; or none";
const FORWARD: &str = "a number or extension; all empty: as before";

impl Kind {
    /// All kinds, in the order in which they depend on each other.
    pub(crate) const ALL: [Self; 4] = [Self::Sites, Self::Groups, Self::Devices, Self::Users];

    /// The columns that such a file may have.
    #[must_use]
    pub(crate) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Sites => SITES,
            Self::Groups => GROUPS,
            Self::Devices => DEVICES,
            Self::Users => USERS,
        }
    }

    /// In the plural: "users".
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sites => "sites",
            Self::Groups => "groups",
            Self::Devices => "devices",
            Self::Users => "users",
        }
    }

    /// The column that a header means.
    #[must_use]
    pub(crate) fn find(self, header: &str) -> Option<&'static Column> {
        let folded = fold(header);
        self.columns()
            .iter()
            .find(|column| column.name == folded || column.aliases.contains(&folded.as_str()))
    }

    /// The columns that headers mean, each by itself and all together: a file of phones that has addresses and no ids
    /// has the addresses for ids.
    #[must_use]
    pub(crate) fn meant<'a>(self, headers: impl Iterator<Item = &'a str>) -> Vec<Option<&'static Column>> {
        let mut meant: Vec<_> = headers.map(|header| self.find(header)).collect();
        let at = |name: &str, meant: &[Option<&'static Column>]| {
            meant
                .iter()
                .position(|found| found.is_some_and(|column| column.name == name))
        };
        if let (None, Some(mac)) = (at("id", &meant), at("mac", &meant)) {
            meant[mac] = self.find("id");
        }
        meant
    }

    /// The kind whose columns these headers are; `None` when no kind, or more than one, fits best.
    #[must_use]
    pub(crate) fn guess<'a>(headers: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let score = |kind: &Self| kind.meant(headers.clone()).iter().flatten().count();
        // A file of users has the column "user", not "site": required columns decide before mere numbers do.
        let complete = |kind: &Self| {
            let meant = kind.meant(headers.clone());
            let has = |name| meant.iter().flatten().any(|found| found.name == name);
            let mut required = kind.columns().iter().filter(|column| column.required);
            required.all(|column| has(column.name))
        };
        let mut scored: Vec<_> = Self::ALL
            .into_iter()
            .map(|kind| (score(&kind), complete(&kind), kind))
            .collect();
        scored.sort_by_key(|(score, complete, _)| std::cmp::Reverse((*score, *complete)));
        match scored[..] {
            [(0, ..), ..] => None,
            [(first, one, kind), (second, two, _), ..] if (first, one) != (second, two) => Some(kind),
            _ => None,
        }
    }
}

/// Headers are compared without regard to case, blanks and dashes.
fn fold(header: &str) -> String {
    header.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}

/// The part of `hotdesk import --help` that lists the columns.
#[must_use]
pub(crate) fn columns_help() -> String {
    let mut text = String::new();
    for kind in [Kind::Users, Kind::Devices, Kind::Sites, Kind::Groups] {
        let _ = writeln!(text, "Columns of {}:", kind.name());
        for column in kind.columns() {
            let star = if column.required { "*" } else { " " };
            let _ = writeln!(text, " {star} {:<18}  {}", column.name, column.about);
        }
    }
    text + " * must be there; the others may be left out, in any order"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_seen_from_the_header() {
        for (header, kind) in [
            ("id,display_name,extension,pin", Some(Kind::Users)),
            ("user,name,ext", Some(Kind::Users)),
            ("MAC,Site,Desk", Some(Kind::Devices)),
            ("device,office", Some(Kind::Devices)),
            ("id,mac,site,label,number", Some(Kind::Devices)),
            ("id,name,language", Some(Kind::Sites)),
            ("id,name,time zone", Some(Kind::Sites)),
            ("id,idle-timeout", Some(Kind::Groups)),
            ("id,DID,forward-busy", Some(Kind::Users)),
            ("id", None),
            ("colour,shape", None),
        ] {
            assert_eq!(Kind::guess(header.split(',')), kind, "{header}");
        }
    }

    #[test]
    fn addresses_are_ids_where_there_are_no_ids() {
        let names = |header: &str| -> Vec<_> {
            let meant = Kind::Devices.meant(header.split(','));
            meant
                .into_iter()
                .map(|column| column.map(|column| column.name))
                .collect()
        };
        assert_eq!(names("MAC,site"), [Some("id"), Some("site")]);
        assert_eq!(names("mac,device,colour"), [Some("mac"), Some("id"), None]);
    }
}
