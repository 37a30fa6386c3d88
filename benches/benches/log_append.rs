//! Group commit: entries made durable per second, and the time until one is, at 1, 16, 64 and 256 writers; beside a
//! plain file with one `fdatasync` per group, which is what the disk can do.
//!
//! `cargo bench -p hotdesk-benches --bench log_append [-- --seconds S]`

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use hotdesk_benches::option;
use hotdesk_benches::report::{Round, Steal, histogram, short};
use hotdesk_core::{Action, Actor, Batch, Command, DeviceId, RequestId, TimeMs, UserName};
use hotdesk_store::types::{Proposed, Types};
use hotdesk_store::{DataDir, Expect, LogOptions, SledLog};
use openraft::impls::TokioRuntime;
use openraft::storage::{IOFlushed, RaftLogStorage as _};
use openraft::type_config::TypeConfigExt as _;
use tokio::sync::{Mutex, mpsc};

type Config = Types<TokioRuntime>;

#[tokio::main]
async fn main() -> Result<()> {
    let time = Duration::from_secs(option("--seconds").unwrap_or(4));
    println!(
        "log_append: one login per entry, every acknowledged entry synced; {} s per row",
        time.as_secs()
    );
    println!(
        "{:>8} {:>12} {:>21} {:>10} {:>16} {:>7}",
        "writers", "entries/s", "p50 / p99", "per sync", "plain file", "ratio"
    );
    for writers in [1, 16, 64, 256] {
        let folder = tempfile::tempdir()?;
        let plain = plain_file(folder.path(), writers, time / 2)?;
        let (round, per_sync) = group_commit(folder.path(), writers, time).await?;
        println!(
            "{writers:>8} {:>12.0} {:>21} {per_sync:>10.1} {plain:>12.0}/s {:>6.2}x",
            round.per_second,
            format!("{} / {}", short(round.p50), short(round.p99)),
            round.per_second / plain,
        );
    }
    Ok(())
}

/// What a log without any structure does: groups of `writers` entries, one sync each.
fn plain_file(folder: &Path, writers: usize, time: Duration) -> Result<f64> {
    let mut file = File::create(folder.join("plain"))?;
    let group = vec![0x5a; entry(1).encoded.len() * writers];
    let start = Instant::now();
    let mut groups = 0;
    while start.elapsed() < time {
        file.write_all(&group)?;
        file.sync_data()?;
        groups += 1;
    }
    Ok(f64::from(groups) * writers as f64 / start.elapsed().as_secs_f64())
}

fn entry(i: u64) -> Proposed {
    Proposed::new(Batch {
        at: TimeMs(1_700_000_000_000 + i),
        commands: vec![Command {
            request_id: Some(RequestId(u128::from(i))),
            actor: Actor("edge:chicago".into()),
            action: Action::Login {
                user: UserName::parse("72001234").expect("digits"),
                device: DeviceId::parse("020000abcdef").expect("a MAC address"),
                credential_version: Some(1),
            },
        }],
    })
}

/// Writers hand their entries to one appender, as Raft does, and each waits until its own is durable.
async fn group_commit(folder: &Path, writers: usize, time: Duration) -> Result<(Round, f64)> {
    let data = DataDir::open(
        folder.join("data"),
        Expect {
            node_id: 1,
            cluster_id: None,
        },
    )?;
    let mut log = SledLog::<TokioRuntime>::open(&data, LogOptions::default())?;
    let monitor = log.monitor();
    let (queue, mut queued) = mpsc::channel::<tokio::sync::oneshot::Sender<()>>(writers);
    let appender = tokio::spawn(async move {
        let mut index = 0;
        let mut taken = Vec::new();
        while queued.recv_many(&mut taken, writers).await > 0 {
            let mut entries = Vec::with_capacity(taken.len());
            for _ in &taken {
                entries.push(openraft::Entry {
                    log_id: log_id(index),
                    payload: openraft::EntryPayload::Normal(entry(index)),
                });
                index += 1;
            }
            let (done, durable) = Config::oneshot();
            log.append(entries, IOFlushed::signal(done)).await?;
            let waiters = std::mem::take(&mut taken);
            tokio::spawn(async move {
                if matches!(durable.await, Ok(Ok(()))) {
                    for waiter in waiters {
                        waiter.send(()).ok();
                    }
                }
            });
        }
        anyhow::Ok(log)
    });
    let latencies = Arc::new(Mutex::new(histogram()));
    let (before, steal, start) = (monitor.stats(), Steal::start(), Instant::now());
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (queue, latencies) = (queue.clone(), Arc::clone(&latencies));
            tokio::spawn(async move {
                let mut own = histogram();
                while start.elapsed() < time {
                    let begin = Instant::now();
                    let (done, durable) = tokio::sync::oneshot::channel();
                    if queue.send(done).await.is_err() || durable.await.is_err() {
                        anyhow::bail!("the log failed");
                    }
                    own.saturating_record(begin.elapsed().as_nanos() as u64);
                }
                latencies.lock().await.add(&own)?;
                Ok(())
            })
        })
        .collect();
    drop(queue);
    for task in tasks {
        task.await??;
    }
    let elapsed = start.elapsed();
    let after = monitor.stats();
    drop(appender.await??);
    let per_sync = (after.entries - before.entries) as f64 / (after.syncs - before.syncs).max(1) as f64;
    Ok((
        Round::of(&*latencies.lock().await, elapsed, steal.share()),
        per_sync,
    ))
}

fn log_id(index: u64) -> hotdesk_store::types::LogId {
    use openraft::vote::RaftLeaderId as _;
    let leader = openraft::impls::leader_id_adv::LeaderId { term: 1, node_id: 1 };
    openraft::LogId::new(leader.to_committed(), index)
}
