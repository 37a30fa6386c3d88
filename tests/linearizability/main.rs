//! Real processes under kill -9, SIGSTOP and cut links, random logins and look-ups at every node; the history that
//! the clients saw is checked to be linearizable, per user and per phone.
//!
//! The run is bounded by `HOTDESK_LINEARIZABILITY_SECONDS` (default 40). What happens depends on `HOTDESK_SEED`; the
//! interleaving of real processes does not, so a failure prints its history's folder rather than a replay line.

mod faults;
mod history;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotdesk_tests::processes::Cluster;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_real_processes_under_faults_is_linearizable() {
    let seed = number("HOTDESK_SEED", 7);
    let time = Duration::from_secs(number("HOTDESK_LINEARIZABILITY_SECONDS", 40));
    let mut cluster = Cluster::start(PROGRAM, 3).await;
    history::fill(&cluster).await;
    let recorder = Arc::new(history::Recorder::default());
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    for number in 0..9 {
        let mut sessions: Vec<_> = cluster.ids().into_iter().map(|id| cluster.sessions(id)).collect();
        sessions.rotate_left(number as usize % 3);
        let work = history::client(
            number,
            sessions,
            fastrand::Rng::with_seed(seed * 1000 + number),
            Arc::clone(&recorder),
            Arc::clone(&stop),
        );
        clients.push(tokio::spawn(work));
    }
    let injected = faults::inject(
        &mut cluster,
        fastrand::Rng::with_seed(seed),
        Instant::now() + time,
    )
    .await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("a client does not panic");
    }
    cluster.settled().await;
    let history = recorder.finish();
    let (sure, unknown) = history::count(&history);
    println!("{injected} faults; {sure} operations with a sure answer, {unknown} unknown");
    assert!(sure > 300, "{sure} operations are too few to show anything");
    let violations = hotdesk_sim::checker::check(&history);
    assert!(violations.is_empty(), "seed {seed}: {violations:#?}");
}
