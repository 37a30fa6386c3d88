//! Measurements of the SIP edge, beside Kamailio and under load from sipp.
//!
//! | part | what it does |
//! |---|---|
//! | `office` | three nodes or one, ten thousand people with phones, edges as processes |
//! | `kamailio` | the peer, by the committed configuration |
//! | `sipp` | one step of load: so many requests per second for so long, and what came of it |
//! | `climb` | two servers in turns, faster and faster, until neither keeps up |
//! | `probe` | calls that find out to which phone an edge routes |
//! | `usage` | processor time and memory of a server with all its processes |
//!
//! Both servers run on the same cores as the load. What another program on the machine takes is missing to both
//! alike only when their turns alternate, so nothing here compares figures of two runs.

pub mod climb;
pub mod kamailio;
pub mod office;
pub mod probe;
pub mod sipp;
pub mod usage;

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::option;

/// The domain in the scenarios under `benches/sip`.
pub const DOMAIN: &str = "bench.test";
/// The password of all phones, as `benches/sip/kamailio.cfg` has it.
pub const SECRET: &str = "bench-secret";
/// People with one phone each, logged in there.
pub const USERS: u64 = 10_000;
/// What a UDP socket may hold: Kamailio, sipp and the edge all get this, so that none drops by its buffer.
pub const SOCKET_BUFFER: u64 = 4 << 20;

/// A file under `benches/sip`.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sip").join(name)
}

/// Says what is missing and ends with status 2 when one of these programs is not installed: a comparison without
/// its peer must not look like one that was made.
pub fn require(programs: &[(&str, &str)]) {
    let missing: Vec<String> = programs
        .iter()
        .filter(|(program, _)| !is_installed(program))
        .map(|(program, package)| format!("{program} (Debian: apt-get install {package})"))
        .collect();
    if !missing.is_empty() {
        eprintln!(
            "nothing was measured, for these are not installed: {}",
            missing.join(", ")
        );
        std::process::exit(2);
    }
}

fn is_installed(program: &str) -> bool {
    // Both end at once, whatever they think of the option.
    let mut command = Command::new(program);
    command
        .arg("-v")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok()
}

/// So many free UDP ports on loopback, all different.
///
/// # Errors
/// When the system has none left.
pub fn free_addresses(count: usize) -> Result<Vec<SocketAddr>> {
    let held: Vec<UdpSocket> = (0..count)
        .map(|_| UdpSocket::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()
        .context("bind")?;
    held.iter().map(|socket| Ok(socket.local_addr()?)).collect()
}

/// A program, with real-time priority when `--realtime` was given: for machines that do other work meanwhile. It
/// must be given to servers and load alike.
#[must_use]
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    if std::env::args().any(|arg| arg == "--realtime") {
        let mut command = Command::new("chrt");
        command.args(["-r", "5"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// The load averages of the machine, as printed beside each figure.
#[must_use]
pub fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or(f64::NAN)
}

/// Where data and logs of all processes are; gone afterwards, unless `--keep FOLDER` names one.
pub enum Folder {
    /// Gone afterwards.
    Temporary(tempfile::TempDir),
    /// Stays.
    Kept(PathBuf),
}

impl Folder {
    /// Makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self> {
        match option::<PathBuf>("--keep") {
            Some(folder) => {
                std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
                Ok(Self::Kept(folder))
            }
            None => Ok(Self::Temporary(tempfile::tempdir()?)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}
