//! Programs that suites need from the system, and processes that end with their test.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// Where a program is.
///
/// # Panics
/// When it is not installed: with the name of the Debian package that has it.
#[must_use]
pub fn installed(program: &str, package: &str) -> PathBuf {
    installed_by(program, &format!("apt-get install {package}"))
}

/// As [`installed`], with what installs it.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn installed_by(program: &str, how: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where Debian has what only root runs, and where .ci/tools puts what Debian does not have.
    let usual = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let cache = std::env::home_dir().map(|home| home.join(".cache/hotdesk-ci/python/bin"));
    std::env::split_paths(&path)
        .chain(usual)
        .chain(cache)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("this test needs `{program}`: {how}"))
}

/// Runs a command to its end.
///
/// # Panics
/// When it fails: with what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{command:?}: {}\n{out}{err}",
        output.status
    );
    out.into_owned()
}

/// A process that is killed when it is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command; what it prints goes to `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap_or_else(|error| panic!("open {}: {error}", log.display()));
        let child = command
            .stdin(Stdio::piped())
            .stdout(file.try_clone().expect("share the log"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// What it has printed.
    #[must_use]
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Its standard input.
    ///
    /// # Panics
    /// When it was taken before.
    pub fn input(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().expect("taken once")
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("send the signal");
    }

    /// kill -9, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A command of a program that must be installed.
#[must_use]
pub fn tool(program: &str, package: &str, arguments: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(installed(program, package));
    command.args(arguments.iter().map(AsRef::as_ref));
    command
}

/// A folder that is removed when it is dropped, and kept for a look into it when the test panics.
pub struct Folder(Option<tempfile::TempDir>);

impl Folder {
    /// A new one.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(tempfile::tempdir().expect("make a folder")))
    }

    /// Where it is.
    ///
    /// # Panics
    /// Never: it is there until it is dropped.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.as_ref().expect("there until dropped").path()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.0.take()
        {
            let kept = folder.keep();
            let _ = writeln!(std::io::stderr(), "logs and data are kept in {}", kept.display());
        }
    }
}
