//! sipp with our own scenarios: the exact messages of a caller or of a callee.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

use crate::ground::Office;
use crate::tools::{Folder, Process, installed};
use crate::wait::eventually;

/// A run of one scenario, as it is put together.
pub struct Sipp {
    scenario: String,
    arguments: Vec<String>,
    limit: Duration,
    folder: Folder,
}

/// A run that goes on. Ended when dropped.
pub struct Running {
    process: Process,
    limit: Duration,
    folder: Folder,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Calls that went as the scenario says.
    pub successful: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Messages that were sent again.
    pub retransmissions: u64,
    /// What went wrong, in sipp's words, with the messages; and what it logged itself.
    pub errors: String,
}

impl Sipp {
    /// A run of a scenario of this file's text (`include_str!`): one call, at most 30 s.
    ///
    /// # Panics
    /// When there is no folder to be had.
    #[must_use]
    pub fn new(scenario: &str) -> Self {
        Self {
            scenario: scenario.to_owned(),
            arguments: Vec::new(),
            limit: Duration::from_secs(30),
            folder: Folder::new(),
        }
    }

    /// Arguments as sipp has them.
    #[must_use]
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// So many calls, started at so many per second.
    #[must_use]
    pub fn calls(self, calls: u32, per_second: u32) -> Self {
        let (calls, rate) = (calls.to_string(), per_second.to_string());
        self.arguments(["-m", &calls, "-r", &rate, "-l", &calls])
    }

    /// `{name}` in the scenario stands for this. sipp's own `-key` cannot stand in a status line.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.scenario = self.scenario.replace(&format!("{{{name}}}"), value);
        self
    }

    /// `[field0]`, `[field1]`, ... of each call, in this order.
    #[must_use]
    pub fn rows<'a>(self, rows: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut text = String::from("SEQUENTIAL\n");
        for row in rows {
            let _ = writeln!(text, "{};", row.join(";"));
        }
        let file = self.folder.path().join("rows.csv");
        std::fs::write(&file, text).expect("write the rows");
        self.arguments(["-inf", &file.display().to_string()])
    }

    /// No longer than this.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it at an address of an office, towards `remote`.
    ///
    /// # Panics
    /// When sipp is not installed.
    #[must_use]
    pub fn start(self, office: &Office, host: u8, port: u16, remote: SocketAddr) -> Running {
        let path = self.folder.path();
        std::fs::write(path.join("scenario.xml"), &self.scenario).expect("write the scenario");
        let mut command = office.command(&installed("sipp", "sip-tester"));
        command.current_dir(path).arg(remote.to_string());
        command.args([
            "-sf",
            "scenario.xml",
            "-i",
            &office.ip(host).to_string(),
            "-p",
            &port.to_string(),
        ]);
        command.args([
            "-nostdin",
            "-timeout_error",
            "-timeout",
            &self.limit.as_secs().to_string(),
        ]);
        command.args(["-trace_stat", "-stf", "stat.csv", "-fd", "1"]);
        command.args([
            "-trace_err",
            "-error_file",
            "errors.log",
            "-trace_logs",
            "-log_file",
            "own.log",
        ]);
        // Its control port would be the same for all.
        command.args([
            "-ci",
            &office.ip(host).to_string(),
            "-cp",
            &(port + 1000).to_string(),
            "-mi",
            &office.ip(host).to_string(),
        ]);
        if !self.arguments.iter().any(|argument| argument == "-m") {
            command.args(["-m", "1"]);
        }
        command.args(&self.arguments).env("TERM", "dumb");
        let process = Process::start(&mut command, &path.join("screen.log"));
        Running {
            process,
            limit: self.limit,
            folder: self.folder,
        }
    }

    /// Runs it to its end.
    pub async fn run(self, office: &Office, host: u8, port: u16, remote: SocketAddr) -> Counts {
        self.start(office, host, port, remote).finished().await
    }
}

impl Running {
    /// Waits for its end.
    pub async fn finished(mut self) -> Counts {
        let patience = self.limit + Duration::from_secs(10);
        let status = eventually("sipp ends", patience, || std::future::ready(self.process.ended())).await;
        self.counts(status)
    }

    fn counts(&self, status: ExitStatus) -> Counts {
        let read = |name: &str| {
            let bytes = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let table = read("stat.csv");
        let mut errors = read("errors.log") + &read("own.log");
        let number = |column| column_of(&table, column);
        let (successful, failed) = (number("SuccessfulCall(C)"), number("FailedCall(C)"));
        let (Some(successful), Some(failed)) = (successful, failed) else {
            panic!(
                "sipp ({status}) counted nothing: {errors}\n{}",
                self.process.output()
            );
        };
        if !status.success() {
            let _ = write!(errors, "sipp: {status}");
        }
        Counts {
            successful,
            failed,
            retransmissions: number("Retransmissions(C)").unwrap_or(0),
            errors,
        }
    }
}

impl Counts {
    /// All went as the scenario says.
    ///
    /// # Panics
    /// When it did not: with what sipp says.
    pub fn assert_all(&self, calls: u64) {
        assert!(self.successful == calls && self.failed == 0, "{self:#?}");
    }
}

/// The last value of a column of sipp's statistics.
fn column_of(table: &str, column: &str) -> Option<u64> {
    let mut lines = table.lines();
    let at = lines.next()?.split(';').position(|name| name == column)?;
    lines.next_back()?.split(';').nth(at)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_the_statistics_counts() {
        let table = "StartTime;SuccessfulCall(P);SuccessfulCall(C);\nx;1;1;\nx;2;3;\n";
        assert_eq!(column_of(table, "SuccessfulCall(C)"), Some(3));
        assert_eq!(column_of(table, "Retransmissions(C)"), None);
    }
}
