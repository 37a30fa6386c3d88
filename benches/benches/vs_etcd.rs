//! The same job on etcd and on Hotdesk, in alternation, as ratios: move a user from one phone to another, in one
//! atomic step, synced on a majority of three processes on loopback before it is acknowledged.
//!
//! On etcd it is a transaction that deletes the old binding and puts the new one; on Hotdesk a login that evicts.
//! etcd is asked at its leader, which is its fastest way. Ours is measured in three ways: `office streams` (the
//! callers hold one stream of logins to each office's node), `unary` (one gRPC call per login, at the leader), and
//! `office unary` (one call per login, spread over all nodes).
//!
//! `cargo bench -p hotdesk-benches --bench vs_etcd [-- --rounds N] [--seconds S]`; needs Debian's `etcd-server`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotdesk_benches::etcd::{Etcd, move_binding};
use hotdesk_benches::hotdesk::{Hotdesk, LoginStream, Setup, device, login};
use hotdesk_benches::load::closed_loop;
use hotdesk_benches::option;
use hotdesk_benches::report::{Round, median, median_of, short, target};
use hotdesk_proto::v1::sessions_client::SessionsClient;

const USERS: u64 = 20_000;
const CLIENTS: [usize; 4] = [1, 16, 64, 256];

#[tokio::main]
async fn main() -> Result<()> {
    if !Etcd::is_installed() {
        println!(
            "vs_etcd: etcd is not installed (Debian: apt-get install etcd-server); nothing was measured"
        );
        return Ok(());
    }
    let rounds: usize = option("--rounds").unwrap_or(5);
    let time = Duration::from_secs(option("--seconds").unwrap_or(4));
    let folder = tempfile::tempdir()?;
    let etcd = Etcd::start(folder.path()).await.context("start etcd")?;
    let ours = Hotdesk::start(folder.path(), Setup::default())
        .await
        .context("start hotdesk")?;
    ours.fill(USERS, 2, "").await.context("fill the directory")?;
    println!(
        "vs_etcd: moves of a user per second, {rounds} alternated rounds of {} s, medians",
        time.as_secs()
    );
    println!(
        "{:>8} {:>14} {:>12} {:>19} {:>8} {:>8}",
        "clients", "what", "per second", "p50 / p99", "ratio", "rounds"
    );
    for clients in CLIENTS {
        compare(&etcd, &ours, clients, rounds, time).await?;
    }
    Ok(())
}

async fn compare(etcd: &Etcd, ours: &Hotdesk, clients: usize, rounds: usize, time: Duration) -> Result<()> {
    let mut results: [Vec<Round>; 4] = Default::default();
    let mut logins_per_sync = Vec::new();
    for _ in 0..rounds {
        results[0].push(etcd_round(etcd, clients, time).await?);
        let before = ours.status(ours.leader()).await?;
        let round = streams_round(ours, clients, time).await?;
        let after = ours.status(ours.leader()).await?;
        let syncs = after.log_syncs.saturating_sub(before.log_syncs).max(1);
        logins_per_sync.push(round.per_second * time.as_secs_f64() / syncs as f64);
        results[1].push(round);
        results[2].push(unary_round(ours, clients, time, 1).await?);
        results[3].push(unary_round(ours, clients, time, 3).await?);
    }
    let names = ["etcd txn", "office streams", "unary", "office unary"];
    let mut ratios = [1.0; 4];
    for (i, name) in names.iter().enumerate() {
        // A round is compared with etcd's of the same round: what disturbs one mostly disturbs the other.
        ratios[i] = median_of(
            results[i]
                .iter()
                .zip(&results[0])
                .map(|(a, b)| a.per_second / b.per_second)
                .collect(),
        );
        let round = median(&results[i]).context("no rounds")?;
        let clean = results[i].iter().filter(|round| round.is_clean()).count();
        println!(
            "{clients:>8} {name:>14} {:>12.0} {:>19} {:>7.2}x {clean:>4}/{rounds}",
            round.per_second,
            format!("{} / {}", short(round.p50), short(round.p99)),
            ratios[i],
        );
    }
    match clients {
        1 => target(
            "one client, never slower than etcd",
            ratios[1].max(ratios[2]),
            1.0,
            "x",
            true,
        ),
        64 => target("plain unary clients at 64", ratios[2], 1.7, "x", true),
        256 => {
            target("through office nodes at 256", ratios[1], 6.0, "x", true);
            target(
                "logins per sync of the leader at 256",
                median_of(logins_per_sync),
                60.0,
                "",
                true,
            );
        }
        _ => {}
    }
    Ok(())
}

async fn etcd_round(etcd: &Etcd, clients: usize, time: Duration) -> Result<Round> {
    let kv =
        Arc::new(futures::future::try_join_all((0..connections(clients)).map(|_| etcd.connect(0))).await?);
    let value: Arc<[u8]> = vec![b'v'; 100].into();
    closed_loop(clients, time, move |worker, sequence| {
        let (kv, value) = (Arc::clone(&kv), Arc::clone(&value));
        async move {
            let (user, turn) = pick(worker, clients, sequence);
            let request = move_binding(
                &user.to_string(),
                &device(user, turn + 1),
                &device(user, turn),
                &value,
            );
            kv[worker % kv.len()].clone().txn(request).await?;
            Ok(())
        }
    })
    .await
}

async fn streams_round(ours: &Hotdesk, clients: usize, time: Duration) -> Result<Round> {
    let mut streams = Vec::new();
    for node in 0..3 {
        streams.push(LoginStream::open(ours.channel(ours.leader() + node).await?).await?);
    }
    closed_loop(clients, time, move |worker, sequence| {
        let stream = Arc::clone(&streams[worker % streams.len()]);
        async move {
            let (user, turn) = pick(worker, clients, sequence);
            stream.login(login(user, turn, "")).await?;
            Ok(())
        }
    })
    .await
}

async fn unary_round(ours: &Hotdesk, clients: usize, time: Duration, nodes: usize) -> Result<Round> {
    let mut channels = Vec::new();
    for i in 0..connections(clients).max(nodes) {
        channels.push(SessionsClient::new(
            ours.channel(ours.leader() + i % nodes).await?,
        ));
    }
    closed_loop(clients, time, move |worker, sequence| {
        let mut client = channels[worker % channels.len()].clone();
        async move {
            let (user, turn) = pick(worker, clients, sequence);
            client.login(login(user, turn, "")).await?;
            Ok(())
        }
    })
    .await
}

/// The same number of connections for both sides: callers share them as a connection pool would.
fn connections(clients: usize) -> usize {
    clients.div_ceil(32)
}

/// Each worker goes through users of its own; every time it comes round, the user moves to the other phone.
fn pick(worker: usize, clients: usize, sequence: u64) -> (u64, u64) {
    let own = (USERS / clients as u64).max(1);
    (worker as u64 * own + sequence % own, sequence / own)
}
