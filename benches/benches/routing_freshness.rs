//! How soon a login shows in the routing of every edge while an edge handles a thousand calls per second.
//!
//! Three session nodes and two edges, each a process. One person has two phones, both registered at both edges, and
//! logs in at the one and the other in turn, at the leader. Meanwhile each edge gets a call to that person's
//! extension every 2 ms: **visible** at an edge is the login from when a call has *arrived at the new phone's
//! socket*, so the call's own way through the edge counts too. All is on one machine: the one-way delay is that of
//! loopback, some ten microseconds.
//!
//! `cargo bench -p hotdesk-benches --bench routing_freshness [-- --moves N] [--cps N] [--realtime] [--keep FOLDER]`; needs Debian's
//! `sip-tester` (sipp).

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use hotdesk_benches::hotdesk::{LoginStream, device, extension, login};
use hotdesk_benches::option;
use hotdesk_benches::process::Process;
use hotdesk_benches::report::{Steal, histogram, short, target};
use hotdesk_benches::sip::office::{Edge, EdgeSetup, Office};
use hotdesk_benches::sip::probe::{Arrival, Phone, Prober};
use hotdesk_benches::sip::sipp::{self, Load, Running, accounts};
use hotdesk_benches::sip::{Folder, file, free_addresses, load_average, require};
use tokio::sync::mpsc;

/// People whose calls are the load; the one who moves is the next.
const USERS: u64 = 2_000;
const MOVER: u64 = USERS;
/// Between two calls that look.
const PROBE_EVERY: Duration = Duration::from_millis(2);
/// Between two moves.
const REST: Duration = Duration::from_millis(30);
/// A move that is not visible after so long ends the measurement.
const VISIBLE_MAX: Duration = Duration::from_secs(10);
const TARGET_MS: f64 = 50.0;

#[tokio::main]
async fn main() -> Result<()> {
    require(&[("sipp", "sip-tester")]);
    let moves: u64 = option("--moves").unwrap_or(400);
    let per_second: u64 = option("--cps").unwrap_or(1_000);
    let folder = Folder::new()?;
    let folder = folder.path();
    let office = Office::start(folder, 3, USERS + 1, 2).await?;
    office.log_in(USERS + 1).await?;
    let edges = [
        office.edge("edge-1", EdgeSetup::default())?,
        office.edge("edge-2", EdgeSetup::default())?,
    ];
    let mut bench = Bench::start(&office, &edges).await?;
    println!(
        "routing_freshness: {moves} moves, three nodes, two edges; load average {:.1}",
        load_average()
    );
    println!(
        "{:>24} {:>22} {:>22} {:>7} {:>6}",
        "calls per second", "after the answer", "after the request", "steal", "load"
    );
    let quiet = bench.row("none", moves / 4).await?;
    drop(quiet);
    let calls = Calls::start(folder, &edges[0], per_second)?;
    let seen = bench.row(&format!("{per_second} at edge 1"), moves).await?;
    calls.conclude()?;
    let p99 = Duration::from_nanos(seen.after_answer.value_at_quantile(0.99));
    let milliseconds = p99.as_secs_f64() * 1e3;
    target(
        "a login is visible at every edge, p99 after the leader's answer",
        milliseconds,
        TARGET_MS,
        " ms",
        false,
    );
    let p99 = Duration::from_nanos(seen.after_request.value_at_quantile(0.99));
    println!(
        "          with the login itself, on a majority's disks: p99 {}",
        short(p99)
    );
    if bench.stale > 0 {
        println!(
            "          {} calls went to the old phone after one had gone to the new one",
            bench.stale
        );
    }
    Ok(())
}

/// How long it took until every edge had it, in nanoseconds.
struct Seen {
    after_answer: Histogram<u64>,
    after_request: Histogram<u64>,
}

struct Bench {
    logins: std::sync::Arc<LoginStream>,
    probers: Vec<Prober>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    _phones: Vec<Phone>,
    moved: u64,
    /// Calls that went to the old phone although an earlier one had gone to the new one.
    stale: u64,
}

impl Bench {
    async fn start(office: &Office, edges: &[Edge]) -> Result<Self> {
        let logins = LoginStream::open(office.nodes.channel(office.nodes.leader()).await?).await?;
        let (send, arrivals) = mpsc::unbounded_channel();
        let mut phones = Vec::new();
        for which in 0..2 {
            let mut phone = Phone::new(device(MOVER, which)).await?;
            for edge in edges {
                phone.register(edge.address()).await?;
            }
            phone.listen(usize::try_from(which)?, send.clone());
            phones.push(phone);
        }
        let mut probers = Vec::new();
        for edge in edges {
            probers.push(Prober::new(edge.address(), device(0, 0)).await?);
        }
        Ok(Self {
            logins,
            probers,
            arrivals,
            _phones: phones,
            moved: 0,
            stale: 0,
        })
    }

    async fn row(&mut self, load: &str, moves: u64) -> Result<Seen> {
        let mut seen = Seen {
            after_answer: histogram(),
            after_request: histogram(),
        };
        let steal = Steal::start();
        for _ in 0..moves {
            let (answer, request) = self.one().await?;
            seen.after_answer
                .saturating_record(answer.as_nanos().max(1) as u64);
            seen.after_request.saturating_record(request.as_nanos() as u64);
            tokio::time::sleep(REST).await;
        }
        let text = |histogram: &Histogram<u64>| {
            let at = |quantile| short(Duration::from_nanos(histogram.value_at_quantile(quantile)));
            format!("{} / {}", at(0.5), at(0.99))
        };
        println!(
            "{load:>24} {:>22} {:>22} {:>6.1}% {:>6.1}",
            text(&seen.after_answer),
            text(&seen.after_request),
            steal.share() * 100.0,
            load_average()
        );
        Ok(seen)
    }

    /// One move: how long after the leader's answer, and after the request, all edges had it.
    async fn one(&mut self) -> Result<(Duration, Duration)> {
        self.moved += 1;
        let (number, at_phone) = (self.moved, self.moved % 2);
        let begin = Instant::now();
        let stream = std::sync::Arc::clone(&self.logins);
        let mut answer = tokio::spawn(async move {
            stream
                .login(login(MOVER, number, ""))
                .await
                .map(|_| Instant::now())
        });
        let mut answered = None;
        let mut visible: Vec<Option<(u64, Instant)>> = vec![None; self.probers.len()];
        let mut ticks = tokio::time::interval(PROBE_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sent = 0;
        while answered.is_none() || visible.iter().any(Option::is_none) {
            if begin.elapsed() > VISIBLE_MAX {
                bail!(
                    "move {number} is not visible after {}: {visible:?}",
                    short(VISIBLE_MAX)
                );
            }
            tokio::select! {
                _ = ticks.tick() => {
                    sent += 1;
                    for (edge, prober) in self.probers.iter().enumerate() {
                        prober.call(&extension(MOVER), &format!("{number}-{edge}-{sent}")).await?;
                    }
                }
                result = &mut answer, if answered.is_none() => answered = Some(result??),
                Some(arrival) = self.arrivals.recv() => {
                    let Some((edge, probe)) = of_move(&arrival.call, number) else {
                        continue;
                    };
                    let seen = visible.get_mut(edge).context("an edge that is not there")?;
                    match seen {
                        None if arrival.phone as u64 == at_phone => *seen = Some((probe, arrival.at)),
                        Some((first, _)) if arrival.phone as u64 != at_phone && probe > *first => self.stale += 1,
                        _ => {}
                    }
                }
            }
        }
        let last = visible
            .iter()
            .flatten()
            .map(|(_, at)| *at)
            .max()
            .context("no edges")?;
        let answered = answered.context("no answer")?;
        Ok((
            last.saturating_duration_since(answered),
            last.saturating_duration_since(begin),
        ))
    }
}

/// The edge and the number of a probe of this move; those of earlier moves are late.
fn of_move(call: &str, number: u64) -> Option<(usize, u64)> {
    let mut parts = call.split('-');
    (parts.next()?.parse::<u64>().ok()? == number).then_some(())?;
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The load: calls among the others.
struct Calls {
    running: Running,
    _answering: Process,
    statistics: std::path::PathBuf,
    began: Instant,
}

impl Calls {
    fn start(folder: &std::path::Path, edge: &Edge, per_second: u64) -> Result<Self> {
        let phones = free_addresses(1)?[0];
        let registering = accounts(
            &folder.join("registering.csv"),
            (0..USERS).map(|user| vec![device(user, 0), phones.to_string()]),
        )?;
        let calling = accounts(
            &folder.join("calling.csv"),
            (0..USERS).map(|user| vec![device(user, 0), extension((user + USERS / 2) % USERS)]),
        )?;
        let register = Load {
            scenario: file("register.xml"),
            accounts: registering,
            to: edge.address(),
            from: Some(phones),
        };
        let step = register.step(folder, USERS / 2, Duration::from_secs(2))?;
        if step.done < USERS {
            bail!("only {} of {USERS} phones could register: {step:?}", step.done);
        }
        let calls = Load {
            scenario: file("call.xml"),
            accounts: calling,
            to: edge.address(),
            from: None,
        };
        let answering = sipp::phones(folder, phones)?;
        let statistics = folder.join("calls.csv");
        let running = calls.start(folder, per_second, u64::from(u32::MAX >> 1), &statistics)?;
        std::thread::sleep(Duration::from_secs(3));
        Ok(Self {
            running,
            _answering: answering,
            statistics,
            began: Instant::now(),
        })
    }

    fn conclude(self) -> Result<()> {
        drop(self.running);
        let step = Load::outcome(&self.statistics)?;
        println!(
            "          the load: {} calls, {} done, {} failed, {} requests sent again, {:.1} % of the answers within 5 ms, {} s",
            step.started,
            step.done,
            step.failed,
            step.repeated,
            step.within * 100.0,
            self.began.elapsed().as_secs(),
        );
        Ok(())
    }
}
