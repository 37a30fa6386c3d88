//! Commands per second through the pure state machine, and its memory, against the size of the directory.
//!
//! `cargo bench -p hotdesk-benches --bench apply [-- --quick]`

use std::time::Duration;

use anyhow::Result;
use hotdesk_benches::process::own_resident;
use hotdesk_benches::report::{short, target, timed};
use hotdesk_core::{
    Action, Actor, Batch, Command, Device, DeviceId, Epoch, Extension, Outcome, RequestId, Site, SiteId,
    State, TimeMs, User, UserId, UserName,
};

const COMMANDS: u64 = 200_000;
const PER_ENTRY: u64 = 256;

fn main() -> Result<()> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let sizes: &[u64] = if quick { &[10_000] } else { &[10_000, 1_000_000] };
    println!("apply: logins with eviction, {PER_ENTRY} commands per entry, every user logged in once before");
    println!(
        "{:>10} {:>14} {:>12} {:>14} {:>12}",
        "users", "commands/s", "each", "bytes/user", "resident"
    );
    for &users in sizes {
        measure(users)?;
    }
    Ok(())
}

fn measure(users: u64) -> Result<()> {
    let before = own_resident()?;
    let mut state = State::new();
    let mut index = 1;
    fill(&mut state, &mut index, users);
    let mut fresh = 0;
    // Everybody is logged in once, so that what follows evicts.
    logins(&mut state, &mut index, users, users, &mut fresh);
    let resident = own_resident()?.saturating_sub(before);
    let ((), elapsed) = timed(|| logins(&mut state, &mut index, users, COMMANDS, &mut fresh));
    let per_user = resident as f64 / users as f64;
    println!(
        "{users:>10} {:>14.0} {:>12} {per_user:>14.0} {:>8} MiB",
        COMMANDS as f64 / elapsed.as_secs_f64(),
        short(Duration::from_secs_f64(elapsed.as_secs_f64() / COMMANDS as f64)),
        resident >> 20,
    );
    if users >= 1_000_000 {
        target(
            "state machine of 1 M users, each logged in, two phones per user",
            resident as f64 / f64::from(1 << 30),
            1.5,
            " GiB",
            false,
        );
    }
    Ok(())
}

/// One site, `users` users and as many phones, plus one spare phone for each.
fn fill(state: &mut State, index: &mut u64, users: u64) {
    let site = SiteId::parse("hq").expect("a valid id");
    let mut actions = vec![Action::PutSite(Site {
        name: "Headquarters".into(),
        time_zone: "Europe/Berlin".into(),
        emergency_location: "1 Main Street".into(),
        ..Site::new(site.clone())
    })];
    for i in 0..users {
        actions.push(Action::PutUser(User {
            display_name: format!("User Number {i}").into(),
            extension: Some(Extension::parse(&format!("7{i:07}")).expect("digits")),
            ..User::new(UserId::parse(&format!("user-{i:07}")).expect("a valid id"))
        }));
        actions.push(put_device(i, &site));
        actions.push(put_device(i + users, &site));
        if actions.len() as u64 >= Epoch::COMMANDS_PER_ENTRY - 3 {
            entry(state, index, std::mem::take(&mut actions));
        }
    }
    entry(state, index, actions);
}

fn put_device(i: u64, site: &SiteId) -> Action {
    Action::PutDevice(Device {
        model: "generic".into(),
        ..Device::new(device(i), site.clone())
    })
}

fn device(i: u64) -> DeviceId {
    DeviceId::parse(&format!("02{i:010x}")).expect("a MAC address")
}

fn entry(state: &mut State, index: &mut u64, actions: Vec<Action>) {
    let commands: Vec<_> = actions
        .into_iter()
        .map(|action| Command {
            request_id: None,
            actor: Actor::system(),
            action,
        })
        .collect();
    apply(state, index, commands);
}

fn apply(state: &mut State, index: &mut u64, commands: Vec<Command>) {
    let count = commands.len();
    let batch = Batch {
        at: TimeMs(1_700_000_000_000 + *index),
        commands,
    };
    let applied = state.apply(*index, &batch);
    *index += 1;
    let refused = applied.outcomes.iter().find(|outcome| outcome.is_err());
    assert!(
        refused.is_none(),
        "a command was refused: {:?}",
        refused.map(|outcome: &std::sync::Arc<Outcome>| outcome.as_ref().clone())
    );
    assert_eq!(applied.outcomes.len(), count, "one outcome per command");
}

/// `count` logins of users in a scattered order, each at a phone that nobody uses: the old session is evicted.
fn logins(state: &mut State, index: &mut u64, users: u64, count: u64, sequence: &mut u64) {
    let mut commands = Vec::with_capacity(PER_ENTRY as usize);
    for _ in 0..count {
        let user = (*sequence).wrapping_mul(0x9E37_79B9) % users;
        // Each user owns two phones and goes from one to the other.
        let round = *sequence / users;
        let phone = user + (round % 2) * users;
        commands.push(Command {
            request_id: Some(RequestId(u128::from(*sequence) + 1)),
            actor: Actor::system(),
            action: Action::Login {
                user: UserName::parse(&format!("7{user:07}")).expect("digits"),
                device: device(phone),
                credential_version: None,
            },
        });
        *sequence += 1;
        if commands.len() as u64 == PER_ENTRY {
            apply(state, index, std::mem::take(&mut commands));
        }
    }
    if !commands.is_empty() {
        apply(state, index, commands);
    }
}
