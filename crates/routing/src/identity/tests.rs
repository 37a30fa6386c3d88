use super::*;
use crate::Phone;

fn user() -> Caller {
    Caller::User {
        person: Person {
            user: "ann".into(),
            display_name: "Ann".into(),
            extension: Some("1001".into()),
            numbers: vec!["+13125551001".into()],
            ..Person::default()
        },
        phone: Phone {
            device: "phone-7".into(),
            desk: "3-17".into(),
            ..Phone::default()
        },
    }
}

fn outsider() -> Caller {
    Caller::Trunk {
        trunk: "carrier".into(),
        number: Some("+12125550199".into()),
    }
}

fn policy() -> IdentityPolicy {
    IdentityPolicy {
        main_number: Some("+13125550000".into()),
        ..IdentityPolicy::default()
    }
}

fn shown(identity: &Identity) -> String {
    let shown = identity.assert.as_ref().map_or_else(
        || "nobody".into(),
        |shown| format!("{} <{}>", shown.name, shown.number),
    );
    if identity.privacy_id {
        format!("{shown}, id")
    } else {
        shown
    }
}

#[test]
fn who_is_shown_depends_on_who_calls_and_whither() {
    use Towards::{Emergency, Outside, Peer, Phone as ToPhone};
    let neutral = Caller::Neutral(Phone {
        device: "phone-7".into(),
        desk: "3-17".into(),
        ..Phone::default()
    });
    let mut plain = user();
    if let Caller::User { person, .. } = &mut plain {
        person.numbers.clear();
    }
    for (caller, towards, open, hidden) in [
        (user(), ToPhone, "Ann <1001>", "nobody, id"),
        (user(), Peer, "Ann <1001>", "Ann <1001>, id"),
        (user(), Outside, "Ann <+13125551001>", "nobody, id"),
        (user(), Emergency, "Ann <+1back>", "Ann <+1back>"),
        (plain, Outside, "Ann <+13125550000>", "nobody, id"),
        (neutral.clone(), ToPhone, "3-17 <phone-7>", "nobody, id"),
        (neutral.clone(), Outside, " <+13125550000>", "nobody, id"),
        (neutral, Emergency, " <+1back>", " <+1back>"),
        (outsider(), ToPhone, " <+12125550199>", "nobody, id"),
        (outsider(), Peer, " <+12125550199>", " <+12125550199>, id"),
    ] {
        for (hide, expected) in [(None, open), (Some(true), hidden)] {
            let asked = Asked {
                hide,
                ..Asked::default()
            };
            let found = identity(&policy(), &caller, towards, &asked, Some("+1back"));
            assert_eq!(shown(&found), expected, "{caller:?} {towards:?} {hide:?}");
        }
    }
}

#[test]
fn what_hides_and_what_shows() {
    for (hide_all, privacy, dialed, hidden) in [
        (false, &[][..], None, false),
        (false, &["id"], None, true),
        (false, &["user", "critical"], None, true),
        (false, &["header"], None, true),
        (false, &["session"], None, false),
        (true, &[], None, true),
        (true, &["none"], None, false),
        (true, &[], Some(false), false),
        (false, &["id"], Some(false), false),
        (false, &["none"], Some(true), true),
    ] {
        let policy = IdentityPolicy {
            hide: hide_all,
            ..policy()
        };
        let asked = Asked {
            privacy: privacy.iter().map(SmolStr::new).collect(),
            hide: dialed,
            asserted: None,
        };
        let found = identity(&policy, &user(), Towards::Outside, &asked, None);
        assert_eq!(
            (found.privacy_id, found.assert.is_none()),
            (hidden, hidden),
            "{hide_all} {privacy:?} {dialed:?}"
        );
    }
}

#[test]
fn a_believed_identity_is_passed_on_but_never_instead_of_a_users() {
    let asked = Asked {
        asserted: Some(Shown {
            name: "Eve".into(),
            number: "+1666".into(),
        }),
        ..Asked::default()
    };
    for (caller, expected) in [(outsider(), "Eve <+1666>"), (user(), "Ann <1001>")] {
        assert_eq!(
            shown(&identity(&policy(), &caller, Towards::Phone, &asked, None)),
            expected
        );
    }
}

#[test]
fn the_older_header_comes_with_the_newer_one_only() {
    let policy = IdentityPolicy {
        remote_party_id: true,
        ..policy()
    };
    for (hide, both) in [(None, true), (Some(true), false)] {
        let asked = Asked {
            hide,
            ..Asked::default()
        };
        let found = identity(&policy, &user(), Towards::Outside, &asked, None);
        assert_eq!((found.remote_party_id, found.assert.is_some()), (both, both));
    }
}

#[test]
fn the_name_outside_can_be_the_companys() {
    let policy = IdentityPolicy {
        outside_name: Some("Example".into()),
        ..policy()
    };
    let found = identity(&policy, &user(), Towards::Outside, &Asked::default(), None);
    assert_eq!(shown(&found), "Example <+13125551001>");
}
