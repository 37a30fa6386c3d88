//! Logins with eviction through three real processes: per second, p50 and p99 at 1, 16, 64 and 256 clients, with
//! and without checking PINs.
//!
//! `cargo bench -p hotdesk-benches --bench login_e2e [-- --seconds S]`

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotdesk_benches::hotdesk::{Hotdesk, LoginStream, Setup, login};
use hotdesk_benches::load::closed_loop;
use hotdesk_benches::option;
use hotdesk_benches::report::{Round, short, target};
use hotdesk_proto::v1::sessions_client::SessionsClient;

const USERS: u64 = 5_000;
const PIN_USERS: u64 = 300;
const PIN: &str = "13579";

#[tokio::main]
async fn main() -> Result<()> {
    let time = Duration::from_secs(option("--seconds").unwrap_or(5));
    println!(
        "login_e2e: three processes, each login evicts; {} s per row",
        time.as_secs()
    );
    println!(
        "{:>16} {:>8} {:>12} {:>21} {:>12}",
        "how", "clients", "per second", "p50 / p99", "per sync"
    );
    {
        let folder = tempfile::tempdir()?;
        let ours = Hotdesk::start(folder.path(), Setup::default())
            .await
            .context("start")?;
        ours.fill(USERS, 2, "").await?;
        for clients in [1, 16, 64, 256] {
            row(
                "unary",
                &ours,
                clients,
                time,
                unary(&ours, clients, time, USERS, ""),
            )
            .await?;
        }
        for clients in [1, 16, 64, 256] {
            let per_sync = row(
                "office streams",
                &ours,
                clients,
                time,
                streams(&ours, clients, time),
            )
            .await?;
            if clients == 256 {
                target("logins per sync of the leader", per_sync, 60.0, "", true);
            }
        }
    }
    let folder = tempfile::tempdir()?;
    let ours = Hotdesk::start(folder.path(), Setup::default())
        .await
        .context("start")?;
    ours.fill(PIN_USERS, 2, PIN).await?;
    for clients in [1, 16, 64, 256] {
        row(
            "unary, PIN",
            &ours,
            clients,
            time,
            unary(&ours, clients, time, PIN_USERS, PIN),
        )
        .await?;
    }
    println!(
        "PIN checks (argon2id, 19 MiB) are meant to be slow; the processors bound that row, not the log."
    );
    Ok(())
}

async fn row(
    what: &str,
    ours: &Hotdesk,
    clients: usize,
    time: Duration,
    load: impl Future<Output = Result<Round>>,
) -> Result<f64> {
    let before = ours.status(ours.leader()).await?;
    let round = load.await?;
    let after = ours.status(ours.leader()).await?;
    let syncs = after.log_syncs.saturating_sub(before.log_syncs).max(1);
    let per_sync = round.per_second * time.as_secs_f64() / syncs as f64;
    println!(
        "{what:>16} {clients:>8} {:>12.0} {:>21} {per_sync:>12.1}{}",
        round.per_second,
        format!("{} / {}", short(round.p50), short(round.p99)),
        if round.is_clean() {
            ""
        } else {
            "   (disturbed: steal time)"
        },
    );
    Ok(per_sync)
}

async fn unary(
    ours: &Hotdesk,
    clients: usize,
    time: Duration,
    users: u64,
    pin: &'static str,
) -> Result<Round> {
    let mut channels = Vec::new();
    for i in 0..clients.div_ceil(32).max(3) {
        channels.push(SessionsClient::new(ours.channel(i).await?));
    }
    closed_loop(clients, time, move |worker, sequence| {
        let mut client = channels[worker % channels.len()].clone();
        async move {
            let (user, turn) = pick(worker, clients, sequence, users);
            client.login(login(user, turn, pin)).await?;
            Ok(())
        }
    })
    .await
}

async fn streams(ours: &Hotdesk, clients: usize, time: Duration) -> Result<Round> {
    let mut streams = Vec::new();
    for node in 0..3 {
        streams.push(LoginStream::open(ours.channel(node).await?).await?);
    }
    closed_loop(clients, time, move |worker, sequence| {
        let stream = Arc::clone(&streams[worker % streams.len()]);
        async move {
            let (user, turn) = pick(worker, clients, sequence, USERS);
            stream.login(login(user, turn, "")).await?;
            Ok(())
        }
    })
    .await
}

/// Each worker has users of its own; every time it comes round, the user moves to the other phone.
fn pick(worker: usize, clients: usize, sequence: u64, users: u64) -> (u64, u64) {
    let own = (users / clients as u64).max(1);
    (worker as u64 * own + sequence % own, sequence / own)
}
