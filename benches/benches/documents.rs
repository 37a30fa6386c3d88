//! Documents rendered per second, per vendor: neutral, with a full profile, and with every field at its limit.
//!
//! `cargo bench -p hotdesk-benches --bench documents [-- --quick]`

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hotdesk_benches::report::{short, target};
use hotdesk_phone::sample::{hostile, maria, neutral};
use hotdesk_phone::{ADAPTERS, Adapter, Desk};

/// How many documents a second one core should render, whoever's phones they are: a storm of 2,000 logins in a minute
/// asks for 34 and as many neutral ones, so this leaves the node free for everything else.
const PER_SECOND: f64 = 1_000.0;

fn main() -> Result<()> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let span = Duration::from_millis(if quick { 100 } else { 1_000 });
    println!("documents: the one with accounts and keys, rendered on one core");
    println!(
        "{:>12} {:>10} {:>12} {:>10} {:>10}",
        "vendor", "whose", "per second", "each", "bytes"
    );
    let mut slowest = f64::INFINITY;
    for adapter in ADAPTERS {
        let desks = [
            ("nobody", neutral(adapter.vendor())),
            ("full", maria(adapter.vendor())),
            ("limits", hostile(adapter.vendor())),
        ];
        for (whose, desk) in desks {
            let Some(name) = adapter.file_name(&desk) else {
                continue;
            };
            let (per_second, bytes) = measure(*adapter, &name, &desk, span)?;
            slowest = slowest.min(per_second);
            println!(
                "{:>12} {whose:>10} {per_second:>12.0} {:>10} {bytes:>10}",
                adapter.vendor().name(),
                short(Duration::from_secs_f64(1.0 / per_second)),
            );
        }
    }
    target(
        "documents per second, the slowest",
        slowest,
        PER_SECOND,
        "/s",
        true,
    );
    Ok(())
}

/// Documents per second, and how large each is.
fn measure(adapter: &dyn Adapter, name: &str, desk: &Desk, span: Duration) -> Result<(f64, usize)> {
    let render = || {
        adapter
            .render(name, desk)
            .with_context(|| format!("{name} of {}", adapter.vendor()))
    };
    let bytes = render()?.body.len();
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < span {
        black_box(render()?);
        count += 1;
    }
    Ok((f64::from(count) / began.elapsed().as_secs_f64(), bytes))
}
