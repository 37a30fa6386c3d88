//! Kamailio by `benches/sip/kamailio.cfg`, with two workers and everything in memory.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{SOCKET_BUFFER, command, file, free_addresses, usage};
use crate::process::Process;

/// Shared memory in MiB: enough for the transactions of the fastest calls.
const SHARED_MIB: u32 = 2048;

/// A running Kamailio; it ends with this.
pub struct Kamailio {
    process: Process,
    address: SocketAddr,
}

impl Kamailio {
    /// Starts it with its log under `folder`; with `digest` it asks for passwords.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(folder: &Path, digest: bool) -> Result<Self> {
        let address = free_addresses(1)?[0];
        let text = std::fs::read_to_string(file("kamailio.cfg")).context("read kamailio.cfg")?;
        let define = if digest { "#!define WITH_AUTH\n" } else { "" };
        let config = folder.join(format!("kamailio-{}.cfg", address.port()));
        std::fs::write(&config, format!("{define}listen=udp:{address}\n{text}"))?;
        let mut command = command("kamailio");
        // -DD: in the foreground, but with its workers; -E: the log goes to stderr.
        command.arg("-f").arg(&config).args(["-DD", "-E", "-M", "32"]);
        command.args(["-m", &SHARED_MIB.to_string(), "-b", &SOCKET_BUFFER.to_string()]);
        let log = folder.join(format!("kamailio-{}.log", address.port()));
        let process = Process::start(command, &log)?;
        let kamailio = Self { process, address };
        kamailio.wait(&log)?;
        Ok(kamailio)
    }

    /// Its workers are there a moment after it has forked them.
    fn wait(&self, log: &Path) -> Result<()> {
        const WORKERS: usize = 2;
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(200));
            if usage::family(self.process.id()).len() > WORKERS {
                return Ok(());
            }
        }
        let said = std::fs::read_to_string(log).unwrap_or_default();
        bail!(
            "kamailio does not start: {}",
            said.lines().last().unwrap_or_default()
        )
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its first process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // Killing the first process alone would leave its workers behind.
        let family = usage::family(self.process.id());
        let _ = Command::new("kill")
            .arg("-KILL")
            .args(family.iter().map(u32::to_string))
            .status();
    }
}
