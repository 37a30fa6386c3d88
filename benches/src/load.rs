//! Closed-loop load: a fixed number of workers, each with one operation outstanding.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;

use crate::report::{Round, Steal, histogram};

/// Runs `workers` loops of `operation(worker, sequence)` for `time` and summarises the latencies.
///
/// Only operations that succeed count; the first error ends the round.
///
/// # Errors
/// The first error of any operation.
pub async fn closed_loop<F, Fut>(workers: usize, time: Duration, operation: F) -> Result<Round>
where
    F: Fn(usize, u64) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let operation = Arc::new(operation);
    let stop = Arc::new(AtomicBool::new(false));
    let steal = Steal::start();
    let start = Instant::now();
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            let (operation, stop) = (Arc::clone(&operation), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut latencies: Histogram<u64> = histogram();
                let mut sequence = 0;
                while !stop.load(Ordering::Relaxed) {
                    let begin = Instant::now();
                    operation(worker, sequence).await?;
                    latencies.saturating_record(begin.elapsed().as_nanos() as u64);
                    sequence += 1;
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let elapsed = start.elapsed();
    let mut all = histogram();
    for task in tasks {
        all.add(task.await??)?;
    }
    Ok(Round::of(&all, elapsed, steal.share()))
}
