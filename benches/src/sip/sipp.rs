//! Load by sipp: one step of a scenario at a fixed rate, and what became of it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{DOMAIN, SOCKET_BUFFER, command, file, free_addresses, usage};
use crate::option;
use crate::process::Process;

/// How long after its last request a step may wait for answers. Then what has no answer counts as too slow.
const GRACE: Duration = Duration::from_secs(3);
/// Calls that sipp holds at the same time at most: more than any step can have.
const OPEN_MAX: &str = "400000";

/// What load to put on a server.
#[derive(Clone, Debug)]
pub struct Load {
    /// The scenario.
    pub scenario: PathBuf,
    /// Who registers or calls, as sipp's injection file; see [`accounts`].
    pub accounts: PathBuf,
    /// The server.
    pub to: SocketAddr,
    /// The address that it comes from; `None`: any. Phones are called where they registered from, so what registers
    /// them must have the address of [`phones`].
    pub from: Option<SocketAddr>,
}

/// What became of one step.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Started.
    pub started: u64,
    /// Went through to the end.
    pub done: u64,
    /// Failed: a wrong answer or none.
    pub failed: u64,
    /// Requests sent again.
    pub repeated: u64,
    /// The share of all measured answers that came within 5 ms; the worst of the scenario's measured requests.
    /// What got no answer is not within.
    pub within: f64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Processor time that sipp itself took. It has one thread: near the whole of `elapsed`, the load is what ends
    /// the measurement and not the server.
    pub sipp: Duration,
}

/// Writes an injection file, one line per account, taken in turns.
///
/// # Errors
/// When it cannot be written.
pub fn accounts(path: &Path, lines: impl IntoIterator<Item = Vec<String>>) -> Result<PathBuf> {
    let mut text = String::from("SEQUENTIAL\n");
    for line in lines {
        let _ = writeln!(text, "{}", line.join(";"));
    }
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    Ok(path.to_owned())
}

impl Load {
    /// Puts `rate` requests or calls per second on the server for `time`, `rate * time` in all.
    ///
    /// # Errors
    /// When sipp cannot be started or says nothing.
    pub fn step(&self, folder: &Path, rate: u64, time: Duration) -> Result<Step> {
        let count = rate * time.as_millis() as u64 / 1000;
        let statistics = folder.join("sipp-statistics.csv");
        let _ = std::fs::remove_file(&statistics);
        let began = Instant::now();
        let running = self.start(folder, rate, count, &statistics)?;
        let deadline = began + time + GRACE;
        let mut sipp = Duration::ZERO;
        while !running.has_ended()? && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
            sipp = sipp.max(usage::own_processor_time(running.0.id()));
        }
        let elapsed = began.elapsed();
        // Ended or not: sipp writes a line every second, and what is missing in the last is what was too slow.
        drop(running);
        let mut step = read(&statistics).with_context(|| {
            format!(
                "sipp said nothing; its output is {}",
                folder.join("sipp.log").display()
            )
        })?;
        step.elapsed = elapsed;
        step.sipp = sipp;
        Ok(step)
    }

    /// What the statistics of a step say so far.
    ///
    /// # Errors
    /// When sipp has written none.
    pub fn outcome(statistics: &Path) -> Result<Step> {
        read(statistics)
    }

    /// Starts `count` requests or calls, `rate` per second, and returns at once; sipp ends when the returned value
    /// is dropped.
    ///
    /// # Errors
    /// When sipp cannot be started.
    pub fn start(&self, folder: &Path, rate: u64, count: u64, statistics: &Path) -> Result<Running> {
        let mut command = command("sipp");
        command.arg(self.to.to_string()).arg("-sf").arg(&self.scenario);
        command.arg("-inf").arg(&self.accounts);
        command.args(["-r", &rate.to_string(), "-m", &count.to_string(), "-l", OPEN_MAX]);
        command.args(["-trace_stat", "-fd", "1", "-stf"]).arg(statistics);
        // Otherwise digests are made for the address of the server and not for the Request-URI (RFC 7616 §3.4.6).
        command.args(["-auth_uri", DOMAIN]);
        if option::<PathBuf>("--keep").is_some() {
            // Each failure with its message, which slows sipp down when there are many.
            command
                .args(["-trace_err", "-error_file"])
                .arg(folder.join("sipp-errors.log"));
        }
        local(
            &mut command,
            self.from.map_or_else(|| Ok(free_addresses(1)?[0]), anyhow::Ok)?,
        );
        Ok(Running(Process::start(command, &folder.join("sipp.log"))?))
    }
}

/// A running sipp; it ends with this.
pub struct Running(Process);

impl Running {
    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn has_ended(&self) -> Result<bool> {
        // A process that has ended but was not waited for is a zombie: state Z behind its name.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).context("look at sipp")?;
        let (_, rest) = stat.rsplit_once(')').context("read sipp's state")?;
        Ok(rest.trim_start().starts_with('Z'))
    }
}

/// Phones that answer every call: it rings, 200 comes a moment later.
///
/// # Errors
/// When sipp cannot be started.
pub fn phones(folder: &Path, address: SocketAddr) -> Result<Process> {
    let mut command = command("sipp");
    command.arg("-sf").arg(file("answer.xml")).args(["-l", OPEN_MAX]);
    local(&mut command, address);
    let process = Process::start(command, &folder.join("phones.log"))?;
    // It says nothing when it listens.
    std::thread::sleep(Duration::from_millis(500));
    Ok(process)
}

fn local(command: &mut std::process::Command, address: SocketAddr) {
    command.args(["-i", &address.ip().to_string(), "-p", &address.port().to_string()]);
    command.args(["-buff_size", &SOCKET_BUFFER.to_string(), "-nostdin"]);
}

/// The last line of sipp's statistics, by the names in its first.
fn read(path: &Path) -> Result<Step> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let names = lines.next().context("no names")?;
    // The last line may be cut off when sipp was ended while it wrote.
    let whole = |line: &&str| line.split(';').count() >= names.split(';').count() - 1;
    let Some(last) = lines.rfind(whole) else {
        bail!("no whole line");
    };
    let values: HashMap<&str, f64> = names
        .split(';')
        .zip(last.split(';'))
        .filter_map(|(name, value)| Some((name, value.trim().parse().ok()?)))
        .collect();
    let count = |name: &str| values.get(name).copied().unwrap_or(0.0) as u64;
    let started = count("TotalCallCreated");
    let within = |request: usize| {
        let name = format!("ResponseTimeRepartition{request}_<5");
        values
            .get(name.as_str())
            .map(|within| within / started.max(1) as f64)
    };
    Ok(Step {
        started,
        done: count("SuccessfulCall(C)"),
        failed: count("FailedCall(C)"),
        repeated: count("Retransmissions(C)"),
        within: (1..=2).filter_map(within).fold(1.0, f64::min),
        ..Step::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_got_no_answer_is_not_within_five_milliseconds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("statistics.csv");
        let names = "TotalCallCreated;SuccessfulCall(C);FailedCall(C);Retransmissions(C);ResponseTimeRepartition1;\
                     ResponseTimeRepartition1_<5;ResponseTimeRepartition1_<10;ResponseTimeRepartition2;\
                     ResponseTimeRepartition2_<5;ResponseTimeRepartition2_<10;";
        std::fs::write(
            &path,
            format!("{names}\n50;50;0;0;;50;0;;50;0;\n100;97;1;7;;98;0;;90;7;\n100;9"),
        )
        .unwrap();
        let step = read(&path).unwrap();
        assert_eq!(
            (step.started, step.done, step.failed, step.repeated),
            (100, 97, 1, 7)
        );
        assert!(
            (step.within - 0.9).abs() < 1e-9,
            "the worse of both requests: {}",
            step.within
        );
    }
}
