//! Child processes that end with their owner.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// A process that is killed when dropped.
pub struct Process(Child);

impl Process {
    /// Starts `command` with its output in `log`.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(mut command: Command, log: &std::path::Path) -> Result<Self> {
        let out = std::fs::File::create(log).with_context(|| format!("create {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let name = command.get_program().to_string_lossy().into_owned();
        Ok(Self(command.spawn().with_context(|| format!("start {name}"))?))
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident(&self) -> Result<u64> {
        resident_of(&format!("/proc/{}/status", self.0.id()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; both calls then fail and nothing is left to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Resident memory of this very process, in bytes.
///
/// # Errors
/// When /proc is not there.
pub fn own_resident() -> Result<u64> {
    resident_of("/proc/self/status")
}

fn resident_of(path: &str) -> Result<u64> {
    let status = std::fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS line")?;
    let kib: u64 = line
        .trim()
        .trim_end_matches("kB")
        .trim()
        .parse()
        .context("parse VmRSS")?;
    Ok(kib * 1024)
}

/// So many free ports on loopback. All are held until the last was found, so they differ.
///
/// # Errors
/// When the system has none left.
pub fn free_ports(count: usize) -> Result<Vec<u16>> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()
        .context("bind")?;
    held.iter()
        .map(|listener| Ok(listener.local_addr()?.port()))
        .collect()
}

/// The release build of the program, from `HOTDESK_BIN` or beside this measurement in the target folder;
/// built when missing.
///
/// # Errors
/// When it cannot be built.
pub fn hotdesk_binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("HOTDESK_BIN") {
        return Ok(path.into());
    }
    let own = std::env::current_exe()?;
    // target/release/deps/name-hash: the program lies two levels up.
    let folder = own
        .parent()
        .and_then(|p| p.parent())
        .context("find the target folder")?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "-p", "hotdesk-cli", "--bin", "hotdesk"])
        .status()
        .context("run cargo build")?;
    let path = folder.join("hotdesk");
    if !status.success() || !path.exists() {
        bail!(
            "{} is missing: run cargo build --release first, or set HOTDESK_BIN",
            path.display()
        );
    }
    Ok(path)
}
