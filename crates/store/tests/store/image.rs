//! A real file system and a real power cut, nearly: the log works on ext4 on a loop device, and right after an
//! acknowledgement the device's file is copied, with nothing that the kernel holds back. The copy is mounted and
//! opened. Needs root and loop devices; says so and passes where there are none.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotdesk_store::LogOptions;
use hotdesk_store::durability::Syncer;
use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;

use crate::harness::{append, block_on, entry, open, open_with, read_all, vote};

#[test]
fn an_image_taken_right_after_an_acknowledgement_holds_it() {
    let Some(disk) = LoopDisk::new() else { return };
    for round in 0..3 {
        let lost = disk.cut_after_appends(LogOptions::default(), round).unwrap();
        assert_eq!(lost, 0, "round {round}");
    }
}

/// The planted fault on the same disk: sled's flush alone loses acknowledged entries.
#[test]
fn the_image_shows_what_a_plain_flush_loses() {
    let Some(disk) = LoopDisk::new() else { return };
    let options = LogOptions {
        syncer: Box::new(OnlyFlush),
        ..LogOptions::default()
    };
    let lost = disk.cut_after_appends(options, 0).unwrap_or(ENTRIES);
    println!("{lost} of {ENTRIES} acknowledged entries lost");
    assert!(lost > 0, "nothing was lost: this test does not cut the power");
}

struct OnlyFlush;

impl Syncer for OnlyFlush {
    fn sync(&mut self, _: &File) -> io::Result<()> {
        Ok(())
    }
}

/// An ext4 file system in a file.
struct LoopDisk {
    home: tempfile::TempDir,
}

impl LoopDisk {
    /// `None`, with a printed reason, where this machine does not allow it.
    fn new() -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let disk = Self { home };
        let image = disk.path("empty.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", text(&image)])
            .and_then(|()| Mount::new(&image, &disk.path("try")).map(drop));
        match made {
            Ok(()) => Some(disk),
            Err(reason) => {
                println!("skipped, no ext4 on a loop device here: {reason}");
                None
            }
        }
    }

    /// Appends, copies the disk at the last acknowledgement, and counts what the copy lost.
    fn cut_after_appends(&self, options: LogOptions, round: u64) -> Result<u64, String> {
        let (image, cut) = (self.path("disk.img"), self.path("cut.img"));
        fs::copy(self.path("empty.img"), &image).unwrap();
        let mounted = Mount::new(&image, &self.path("mounted"))?;
        {
            let mut log = open_with(&mounted.0.join("node"), options).unwrap();
            block_on(log.save_vote(&vote(7))).unwrap();
            for first in (0..ENTRIES).step_by(10) {
                append(
                    &mut log,
                    (first..first + 10)
                        .map(|index| entry(7, index, 150 + index as usize))
                        .collect(),
                )
                .unwrap();
            }
            // Now: what is in the image's file is what the device was given.
            fs::copy(&image, &cut).unwrap();
        }
        drop(mounted);

        let after = Mount::new(&cut, &self.path(&format!("after-{round}")))?;
        let mut log = open(&after.0.join("node")).map_err(|error| error.to_string())?;
        let found = read_all(&mut log);
        let intact = (0..)
            .zip(&found)
            .take_while(|(index, it)| **it == entry(7, *index, 150 + *index as usize))
            .count();
        let voted = block_on(log.read_vote()).unwrap() == Some(vote(7));
        drop(log);
        Ok(ENTRIES - intact as u64 + u64::from(!voted))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

/// A mounted file system; unmounted when dropped.
pub(crate) struct Mount(pub(crate) PathBuf);

impl Mount {
    fn new(image: &Path, at: &Path) -> Result<Self, String> {
        fs::create_dir_all(at).map_err(|error| error.to_string())?;
        run("mount", &["-o", "loop", text(image), text(at)])?;
        Ok(Self(at.to_path_buf()))
    }

    /// A small file system in memory.
    pub(crate) fn tmpfs(at: &Path, megabytes: u32, options: &str) -> Result<Self, String> {
        fs::create_dir_all(at).map_err(|error| error.to_string())?;
        let options = format!("size={megabytes}m{options}");
        run(
            "mount",
            &["-t", "tmpfs", "-o", &options, "hotdesk-test", text(at)],
        )?;
        Ok(Self(at.to_path_buf()))
    }

    pub(crate) fn remount_read_only(&self) -> Result<(), String> {
        run("mount", &["-o", "remount,ro", text(&self.0)])
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Err(error) = run("umount", &[text(&self.0)]) {
            println!("{error}");
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const ENTRIES: u64 = 300;
