//! Where is 2001? From an edge's table, from the node's copy over gRPC, and linearizably over gRPC; the memory of a
//! node with a million users; and how soon such a node serves again after a kill.
//!
//! `cargo bench -p hotdesk-benches --bench resolve [-- --users N] [--seconds S]`

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hotdesk_benches::hotdesk::{Hotdesk, LoginStream, Setup, extension, login};
use hotdesk_benches::load::closed_loop;
use hotdesk_benches::option;
use hotdesk_benches::process::own_resident;
use hotdesk_benches::report::{median_of, short, target};
use hotdesk_client::{Client, Options, TableOptions, WatchedTable};
use hotdesk_proto::v1;
use hotdesk_proto::v1::sessions_client::SessionsClient;

#[tokio::main]
async fn main() -> Result<()> {
    let users: u64 = option("--users").unwrap_or(1_000_000);
    let time = Duration::from_secs(option("--seconds").unwrap_or(4));
    let folder = tempfile::tempdir()?;
    println!("resolve: one node with {users} users, each logged in at a phone of their own");
    // One node: the look-ups are local, and the memory and the restart are those of any node.
    let mut ours = Hotdesk::start(
        folder.path(),
        Setup {
            nodes: 1,
            ..Setup::default()
        },
    )
    .await?;
    let start = Instant::now();
    ours.fill(users, 1, "").await.context("import")?;
    println!("  imported in {}", short(start.elapsed()));
    log_everybody_in(&ours, users).await?;
    println!("  logged in by now: {}", short(start.elapsed()));

    over_grpc(&ours, "gRPC, local", users, v1::Consistency::Local, time).await?;
    over_grpc(
        &ours,
        "gRPC, linearizable",
        users,
        v1::Consistency::Linearizable,
        time,
    )
    .await?;
    table(&ours, users).await?;

    let resident = ours.resident(0)? as f64 / f64::from(1 << 30);
    let back = ours.restart(0, &extension(users / 2)).await?;
    println!("  killed and restarted: serving again after {}", short(back));
    println!(
        "  resident: {resident:.2} GiB before the kill, {:.2} GiB after it",
        ours.resident(0)? as f64 / f64::from(1 << 30)
    );
    if users >= 1_000_000 {
        target(
            "resident memory with a million users",
            resident,
            1.5,
            " GiB",
            false,
        );
        target("serving again after a kill", back.as_secs_f64(), 5.0, " s", false);
    }
    Ok(())
}

async fn log_everybody_in(ours: &Hotdesk, users: u64) -> Result<()> {
    let stream = LoginStream::open(ours.channel(0).await?).await?;
    let workers = 512.min(users);
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            let stream = std::sync::Arc::clone(&stream);
            tokio::spawn(async move {
                for user in (worker..users).step_by(workers as usize) {
                    stream.login(login(user, 0, "")).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn over_grpc(
    ours: &Hotdesk,
    what: &str,
    users: u64,
    consistency: v1::Consistency,
    time: Duration,
) -> Result<Duration> {
    let mut alone = Duration::MAX;
    for clients in [1, 64] {
        let client = SessionsClient::new(ours.channel(0).await?);
        let round = closed_loop(clients, time, move |worker, sequence| {
            let mut client = client.clone();
            async move {
                let user = (worker as u64 * 7919 + sequence * 104_729) % users;
                let request = v1::ResolveRequest {
                    name: extension(user),
                    consistency: consistency.into(),
                };
                client.resolve(request).await?;
                Ok(())
            }
        })
        .await?;
        println!(
            "  {what:<20} {clients:>3} clients {:>10.0}/s   {} / {}",
            round.per_second,
            short(round.p50),
            short(round.p99)
        );
        alone = alone.min(round.p50);
    }
    Ok(alone)
}

async fn table(ours: &Hotdesk, users: u64) -> Result<()> {
    const LOOK_UPS: u64 = 2_000_000;
    let before = own_resident()?;
    let status = ours.status(0).await?;
    let options = Options {
        endpoints: vec![ours.address(0)],
        by: "edge:bench".into(),
        ..Options::default()
    };
    let table = WatchedTable::start(Client::new(options)?, TableOptions::default());
    table
        .wait_for(
            status.applied_index,
            tokio::time::Instant::now() + Duration::from_secs(300),
        )
        .await
        .context("fill the table")?;
    println!(
        "  table: {} MiB for {users} users",
        (own_resident()?.saturating_sub(before)) >> 20
    );
    let names: Vec<String> = (0..65_536).map(|i| extension(i * 104_729 % users)).collect();
    let mut nanos = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        for i in 0..LOOK_UPS {
            let name = &names[(i.wrapping_mul(2_654_435_761) % names.len() as u64) as usize];
            black_box(table.by_extension(name));
        }
        nanos.push(start.elapsed().as_nanos() as f64 / LOOK_UPS as f64);
    }
    target("look-up in the table", median_of(nanos), 200.0, " ns", false);
    Ok(())
}
