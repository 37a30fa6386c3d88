//! Programmable keys, by the numbers that each of their settings has.

use minijinja::{Value, context};

use crate::desk::{Desk, Profile, SoftFunction};
use crate::vendors::values::soft_label;

/// Keys of the screen that a document sets (the largest of these phones has 40). A profile with more than fit keeps the
/// first: dials before lamps.
const KEYS: u32 = 40;
/// Keys that are always there, with numbers of their own.
const FIXED: u32 = 6;
/// Soft keys of the idle screen that a document sets.
const SOFT_KEYS: u32 = 3;

/// What a key does.
const NONE: i8 = -1;
const LINE: i8 = 0;
const SPEED_DIAL: i8 = 10;
const BUSY_LAMP: i8 = 11;
const VOICEMAIL: i8 = 16;
const CALL_LOG: i8 = 25;

/// Accounts are counted from 0.
const SESSION: u8 = 0;
const OWN: u8 = 1;

/// What is set at a key.
#[derive(Clone, Copy)]
struct Setting<'a> {
    mode: i8,
    account: u8,
    label: &'a str,
    value: &'a str,
}

/// Every key, whether or not it is used: `{mode_at, mode, account_at, account, label_at, label, value_at, value}`.
pub(super) fn keys(desk: &Desk) -> Vec<Value> {
    let none = Profile::default();
    let profile = desk.session.as_ref().map_or(&none, |session| &session.profile);
    let mut settings = vec![setting(LINE, SESSION, "", ""), setting(LINE, OWN, "", "")];
    for key in &profile.speed_dials {
        settings.push(setting(SPEED_DIAL, SESSION, &key.label, &key.number));
    }
    for lamp in &profile.lamps {
        settings.push(setting(BUSY_LAMP, SESSION, &lamp.label, &lamp.extension));
    }
    let unused = setting(NONE, SESSION, "", "");
    let of_screen = (0..KEYS).zip(settings.into_iter().chain(std::iter::repeat(unused)));
    let mut keys: Vec<Value> = of_screen
        .map(|(index, setting)| key(numbers(index), setting))
        .collect();
    keys.extend(soft_keys(desk, profile));
    keys
}

/// Those of the profile's soft keys that the idle screen can have. The phone's usual ones are 0.
fn soft_keys(desk: &Desk, profile: &Profile) -> Vec<Value> {
    let language = desk.language();
    let code = desk.service.logout_code.as_str();
    let known = profile.softkeys.iter().filter_map(|function| {
        let label = soft_label(*function, language);
        match function {
            SoftFunction::History => Some(setting(CALL_LOG, SESSION, label, "")),
            SoftFunction::Voicemail => Some(setting(VOICEMAIL, SESSION, label, "")),
            SoftFunction::Logout => Some(setting(SPEED_DIAL, OWN, label, code)),
            SoftFunction::Directory | SoftFunction::DoNotDisturb | SoftFunction::Forward => None,
        }
    });
    let usual = setting(LINE, SESSION, "", "");
    let all = known.chain(std::iter::repeat(usual));
    (0..SOFT_KEYS)
        .zip(all)
        .map(|(index, setting)| {
            let first = 2987 + 4 * index;
            key([first, first + 1, first + 2, first + 3], setting)
        })
        .collect()
}

/// The numbers of mode, account, label and value of a key of the screen.
fn numbers(index: u32) -> [u32; 4] {
    if index < FIXED {
        let first = 1363 + 2 * index;
        return [first, first + 1, first + 102, first + 103];
    }
    let first = 23_800 + 4 * (index - FIXED);
    [first, first + 1, first + 2, first + 3]
}

const fn setting<'a>(mode: i8, account: u8, label: &'a str, value: &'a str) -> Setting<'a> {
    Setting {
        mode,
        account,
        label,
        value,
    }
}

fn key(numbers: [u32; 4], setting: Setting<'_>) -> Value {
    let [mode_at, account_at, label_at, value_at] = numbers;
    context! {
        mode_at, account_at, label_at, value_at,
        mode => setting.mode,
        account => setting.account,
        label => setting.label,
        value => setting.value,
    }
}
