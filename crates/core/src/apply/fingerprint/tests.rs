use std::sync::Arc;

use super::*;
use crate::apply::testing::{device, edge, gone, group, login, named, served, site, user};
use crate::calls::{CallClasses, CallRights, CallSettings, Days, Hours, OutsideHours, ScheduledForward};
use crate::command::{Activity, ImportRow, RequestId};
use crate::directory::{Device, Group, SealedSecret, Site, User};
use crate::mac::MacAddress;
use crate::phones::{SeenPhone, TokenHash};
use crate::policy::Policy;
use crate::profile::{Profile, SoftFunction};
use crate::session::Epoch;
use crate::time::TimeMs;

fn every_kind() -> Vec<Action> {
    let import = RequestId(9);
    vec![
        login("ada", "chi-1"),
        Action::Logout {
            target: LogoutTarget::Device(named("chi-1")),
            epoch: None,
        },
        Action::Logout {
            target: LogoutTarget::User(named("ada")),
            epoch: Some(Epoch(7)),
        },
        Action::ForceLogout {
            target: ForceTarget::Site(named("chicago")),
            note: "fire drill".into(),
        },
        Action::Expire,
        Action::Touch {
            items: vec![Activity {
                device: named("chi-1"),
                epoch: Epoch(7),
                at: TimeMs(5),
            }],
        },
        Action::PutSite(site("chicago")),
        Action::DeleteSite(named("chicago")),
        Action::PutGroup(group("staff")),
        Action::DeleteGroup(named("staff")),
        Action::PutDefaults(Policy::default()),
        Action::PutUser(user("ada")),
        Action::DeleteUser(named("ada")),
        Action::PutDevice(device("chi-1", "chicago")),
        Action::DeleteDevice(named("chi-1")),
        Action::SetCredential {
            user: named("ada"),
            verifier: Some(Arc::from("v")),
        },
        Action::ReportFailedLogin {
            user: named("ada"),
            device: named("chi-1"),
        },
        Action::Unlock(named("ada")),
        Action::ImportStage {
            import,
            first_row: 0,
            rows: vec![ImportRow::Site(site("chicago"))],
        },
        Action::ImportCommit {
            import,
            rows: 1,
            dry_run: true,
        },
        Action::ImportAbort { import },
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(SealedSecret(Arc::from(&b"sealed"[..]))),
            seed: None,
            keeps_former: false,
        },
        Action::HoldDevice {
            device: named("chi-1"),
            until: TimeMs(5),
            reason: "emergency call".into(),
        },
        Action::PutEdge(edge("chi-edge", "chicago")),
        Action::DeleteEdge(named("chi-edge")),
        served("chi-1", "chi-edge"),
        gone("chi-1", "chi-edge"),
        Action::PutUser(User {
            numbers: vec![named("+13125550142")],
            ..user("ada")
        }),
        Action::PutUser(User {
            calls: Some(Arc::new(calls())),
            ..user("ada")
        }),
        Action::PutUser(User {
            rights: Some(rights()),
            ..user("ada")
        }),
        Action::PutGroup(Group {
            rights: Some(rights()),
            ..group("staff")
        }),
    ]
}

fn every_kind_of_phones() -> Vec<Action> {
    let mac: MacAddress = named("02:00:00:00:00:01");
    let hash = TokenHash([7; 32]);
    let phone = || device("chi-1", "chicago");
    let with = |change: fn(&mut Device)| {
        let mut device = phone();
        change(&mut device);
        Action::PutDevice(device)
    };
    let shown = |how, trouble: Option<&str>| Action::ReportShown {
        items: vec![ShownReport {
            device: named("chi-1"),
            stamp: 5,
            how,
            trouble: trouble.map(Into::into),
        }],
    };
    let put_profile = |profile, calls| Action::PutProfile {
        user: named("ada"),
        profile,
        calls,
    };
    let profile = || Profile {
        ring_tone: 3,
        softkeys: vec![SoftFunction::Logout],
        ..Profile::default()
    };
    vec![
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(SealedSecret(Arc::from(&b"sealed"[..]))),
            seed: Some(5),
            keeps_former: false,
        },
        with(|device| device.mac = Some(named("02:00:00:00:00:01"))),
        with(|device| device.label = "Lobby".into()),
        with(|device| device.number = "Lobby".into()),
        with(|device| device.emergency_location = "Lobby".into()),
        with(|device| device.owner = Some(named("ada"))),
        Action::PutSite(Site {
            language: "de".into(),
            ..site("chicago")
        }),
        Action::PutSite(Site {
            recent_here: true,
            ..site("chicago")
        }),
        Action::PutUser(User {
            profile: Some(Arc::new(profile())),
            ..user("ada")
        }),
        Action::LockUser {
            user: named("ada"),
            until: TimeMs(5),
            note: "not me".into(),
        },
        put_profile(Some(profile()), None),
        put_profile(None, Some(calls())),
        shown(ShownBy::Document, None),
        shown(ShownBy::Register, None),
        shown(ShownBy::Document, Some("no answer")),
        Action::ReportWaiting {
            items: vec![SeenPhone {
                mac,
                vendor: "yealink".into(),
                model: "T54W".into(),
                firmware: "96".into(),
                site: None,
                address: "192.0.2.17".into(),
            }],
        },
        Action::DeclineWaiting { mac },
        Action::OpenEnrolment {
            device: named("chi-1"),
            until: TimeMs(5),
        },
        Action::CloseEnrolment {
            device: named("chi-1"),
        },
        Action::PutEnrolmentToken(EnrolmentToken {
            hash,
            site: named("chicago"),
            uses: 3,
            until: TimeMs(5),
            note: "floor 2".into(),
        }),
        Action::DeleteEnrolmentToken { hash },
        Action::EnrolDevice {
            token_hash: hash,
            mac,
            vendor_model: "yealink-t54w".into(),
        },
        Action::ReloadDevices {
            devices: vec![named("chi-1"), named("chi-2")],
        },
        Action::EndVisits(named("ada")),
        Action::SetDeviceSecret {
            device: named("chi-1"),
            sealed: Some(SealedSecret(Arc::from(&b"one"[..]))),
            seed: Some(5),
            keeps_former: true,
        },
    ]
}

fn calls() -> CallSettings {
    CallSettings {
        forward_always: Some("2042".into()),
        schedule: vec![ScheduledForward {
            hours: night(),
            forward_to: "+13125550142".into(),
        }],
        ..CallSettings::default()
    }
}

fn rights() -> CallRights {
    CallRights {
        outside_hours: Some(OutsideHours {
            hours: night(),
            classes: CallClasses::NONE,
        }),
        ..CallRights::default()
    }
}

fn night() -> Hours {
    Hours {
        days: Days::ALL,
        from_minute: 1320,
        to_minute: 360,
    }
}

/// Snapshots hold these numbers: a change here makes every retry across an upgrade look like a reused id.
#[test]
fn fingerprints_stay_the_same_for_ever() {
    let all = every_kind().into_iter().chain(every_kind_of_phones());
    let got: Vec<String> = all
        .map(|action| (action.name(), of(&action)))
        .map(|(name, of)| format!("{name} {of:016x}"))
        .collect();
    assert_eq!(got, PINNED);
}

#[test]
fn different_requests_have_different_fingerprints() {
    let mut all: Vec<u64> = every_kind()
        .iter()
        .chain(&every_kind_of_phones())
        .map(of)
        .collect();
    all.push(of(&login("ada", "chi-2")));
    all.push(of(&login("adac", "hi-1")));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn a_retry_may_carry_another_check_of_the_same_pin() {
    let checked = |version| Action::Login {
        user: named("ada"),
        device: named("chi-1"),
        credential_version: version,
    };
    assert_eq!(of(&checked(Some(1))), of(&checked(Some(2))));
    assert_ne!(of(&checked(Some(1))), of(&checked(None)));
    let salted = |text: &str| Action::SetCredential {
        user: named("ada"),
        verifier: Some(text.into()),
    };
    assert_eq!(of(&salted("a")), of(&salted("b")));
}

const PINNED: &[&str] = &[
    "login 4b8e0594133f3db1",
    "logout 313b9885dc0ec0b8",
    "logout f6fa0792de944087",
    "force_logout 4902076764a95d15",
    "expire dd553aadae99d48c",
    "touch dc49cbdf79739611",
    "put_site 62a7966177de1bac",
    "delete_site 7d24baf4b3317fa6",
    "put_group 7e9eb135a5ef318e",
    "delete_group f00ef5716f2f01f5",
    "put_defaults 5afc0323a7dd5ae1",
    "put_user 405c225f16855f7d",
    "delete_user a22ae8aa341292b6",
    "put_device 901dd93131e78f7c",
    "delete_device 8378d3b1184f8149",
    "set_credential 0a56bb4b5378a469",
    "report_failed_login c84c08077002c668",
    "unlock 5a81489f84a1846e",
    "import_stage 3eee6798ffaa7927",
    "import_commit ba74a906569dca48",
    "import_abort 5b6e3eb83b9285ae",
    "set_device_secret 604273a44122e146",
    "hold_device 9409fd3dbe3b662f",
    "put_edge 3855dbb8809102bb",
    "delete_edge e616fe646bcac975",
    "report_serving 89280a56ecb90482",
    "report_serving 89280b56ecb90635",
    "put_user 72efdb7b1c33b03f",
    "put_user 6949aaa0fc86a5c2",
    "put_user e72694eaf269b0b9",
    "put_group 0c9d1784e15291d0",
    "set_device_secret 87d8e3e658bc123d",
    "put_device 31a61b84a27d274d",
    "put_device 596b05a89478a8b4",
    "put_device 8cd6f84929d3913b",
    "put_device 26f81a57160873ea",
    "put_device 0a5cc57961fa716b",
    "put_site 954bf4dfacbcec62",
    "put_site 80dfad9eae682192",
    "put_user cb9fe91c14513f0b",
    "lock_user f3f4c309c1881b7c",
    "put_profile 08d4ac5fbf37242a",
    "put_profile b29fca271cfa39b6",
    "report_shown 71aba5d3dba21a40",
    "report_shown 71af0bd3dba4fd69",
    "report_shown 4033c3910cb7de0f",
    "report_waiting 83cc6a7e2f314c2e",
    "decline_waiting 761f4fcf463b7b5b",
    "open_enrolment 511bef0eb5ec57e2",
    "close_enrolment 3de5d43e31e61d6c",
    "put_enrolment_token 31bf37f0b460a564",
    "delete_enrolment_token f3e3fe16cae4556d",
    "enrol_device 5145b6b6ec9a0de1",
    "reload_devices e29d8bab5b440d07",
    "end_visits f087d6c7d3da667c",
    "set_device_secret 919df068c793c110",
];
