//! Power cuts, modelled: of what was written since the last sync, any 4 KiB block may be missing, or the last
//! write is torn with garbage behind it, and the file may have its old length or its new one. A few hundred such disks are made and opened; none may have lost
//! what was acknowledged. The same with a log that only flushes must lose, or the model would prove nothing.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use hotdesk_store::LogOptions;
use hotdesk_store::durability::Syncer;
use hotdesk_store::log::TailBounds;
use hotdesk_store::types::LogId;
use parking_lot::Mutex;

use crate::harness::{open, open_with};
use crate::model::{Model, Op};

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    let outcome = Trial {
        syncs: true,
        seed: seed(),
        operations: 600,
        cuts: 400,
    }
    .run();
    println!("{} cuts, {} lost", outcome.cuts, outcome.lost.len());
    assert!(outcome.lost.is_empty(), "{:#?}", outcome.lost);
}

/// The planted fault: `flush()` and nothing else, as sled offers it.
#[test]
fn the_model_catches_a_log_that_only_flushes() {
    let outcome = Trial {
        syncs: false,
        seed: seed(),
        operations: 150,
        cuts: 60,
    }
    .run();
    println!("{} cuts, {} lost", outcome.cuts, outcome.lost.len());
    // A fifth of the cuts lets every block survive.
    assert!(
        outcome.lost.len() * 2 >= outcome.cuts,
        "only {} of {} lost",
        outcome.lost.len(),
        outcome.cuts
    );
}

/// Always the same, so that a failure comes again; another one for a longer hunt.
fn seed() -> u64 {
    std::env::var("HOTDESK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_122)
}

struct Trial {
    /// Whether flushes are followed by a sync, as in the product.
    syncs: bool,
    seed: u64,
    operations: usize,
    cuts: usize,
}

struct Outcome {
    cuts: usize,
    /// One line for each cut that lost something, with what reproduces it.
    lost: Vec<String>,
}

/// The disk under the log, as the model sees it.
#[derive(Default)]
struct Disk {
    /// The log's file at the last sync.
    durable: Arc<Vec<u8>>,
    promised: Arc<Model>,
    pending: Option<Op>,
    purge_asked: Option<LogId>,
    /// Moments at which the power could have gone.
    moments: Vec<Moment>,
    syncs: usize,
    /// Every how many syncs a moment is kept.
    every: usize,
}

/// Everything needed to make disks that a cut at this moment could leave.
struct Moment {
    durable: Arc<Vec<u8>>,
    /// Blocks that differ from the durable ones, and where they are.
    changed: Vec<(u64, Vec<u8>)>,
    length: u64,
    promised: Arc<Model>,
    pending: Option<Op>,
    purge_asked: Option<LogId>,
}

struct ModelledSync {
    disk: Arc<Mutex<Disk>>,
    syncs: bool,
}

impl Syncer for ModelledSync {
    fn sync(&mut self, file: &File) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let now = content(file)?;
        disk.syncs += 1;
        if disk.every > 0 && disk.syncs.is_multiple_of(disk.every) {
            let moment = disk.moment(&now);
            disk.moments.push(moment);
        }
        if self.syncs {
            file.sync_data()?;
            disk.durable = Arc::new(now);
        }
        Ok(())
    }
}

impl Disk {
    fn moment(&self, now: &[u8]) -> Moment {
        let changed = now
            .chunks(BLOCK)
            .enumerate()
            .map(|(at, block)| (at * BLOCK, block))
            .filter(|(at, block)| self.durable.get(*at..*at + block.len()) != Some(block))
            .map(|(at, block)| (at as u64, block.to_vec()))
            .collect();
        Moment {
            durable: Arc::clone(&self.durable),
            changed,
            length: now.len() as u64,
            promised: Arc::clone(&self.promised),
            pending: self.pending.clone(),
            purge_asked: self.purge_asked,
        }
    }
}

impl Trial {
    fn run(&self) -> Outcome {
        let home = memory_dir();
        let disk = Arc::new(Mutex::new(Disk::default()));
        let base = home.path().join("base");
        self.work(&home.path().join("node"), &base, &disk);

        let moments = std::mem::take(&mut disk.lock().moments);
        assert!(!moments.is_empty(), "no moment was kept");
        let (next, lost) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for worker in 0..2 {
                let (next, lost, moments, base) = (&next, &lost, &moments, &base);
                let image = home.path().join(format!("image-{worker}"));
                scope.spawn(move || {
                    loop {
                        let cut = next.fetch_add(1, Relaxed);
                        if cut >= self.cuts {
                            return;
                        }
                        if let Err(loss) = moments[cut % moments.len()].cut(self.seed, cut, base, &image) {
                            lost.lock().push(format!("seed {} cut {cut}: {loss}", self.seed));
                        }
                    }
                });
            }
        });
        Outcome {
            cuts: self.cuts,
            lost: lost.into_inner(),
        }
    }

    /// A node's life: random operations, each waited for.
    fn work(&self, node: &Path, base: &Path, disk: &Arc<Mutex<Disk>>) {
        let syncer = ModelledSync {
            disk: Arc::clone(disk),
            syncs: self.syncs,
        };
        let tail = TailBounds {
            entries_max: 50,
            bytes_max: 1 << 20,
        };
        let mut log = open_with(
            node,
            LogOptions {
                syncer: Box::new(syncer),
                tail,
            },
        )
        .unwrap();
        // Everything next to the log's file was synced by opening and does not change afterwards.
        copy_dir(node, base);
        {
            let mut disk = disk.lock();
            disk.durable = Arc::new(fs::read(node.join("log/db")).unwrap());
            disk.every = (self.operations / MOMENTS).max(1);
        }
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut model = Model::default();
        for _ in 0..self.operations {
            let op = model.random_op(&mut random);
            {
                let mut disk = disk.lock();
                if let Op::Purge(upto) = &op {
                    disk.purge_asked = Some(*upto);
                }
                disk.pending = Some(op.clone());
            }
            op.run(&mut log).unwrap();
            model.apply(&op);
            // A purge is promised by whatever is acknowledged after it.
            if !matches!(op, Op::Purge(_)) {
                let mut disk = disk.lock();
                disk.promised = Arc::new(model.clone());
                disk.pending = None;
            }
        }
        disk.lock().every = 0;
    }
}

impl Moment {
    /// Makes one disk that a cut could leave, opens it and looks.
    fn cut(&self, seed: u64, cut: usize, base: &Path, image: &Path) -> Result<(), String> {
        let mut random = fastrand::Rng::with_seed(seed ^ ((cut as u64) << 32));
        let mut file = self.durable.to_vec();
        if random.bool() {
            file.resize(usize::try_from(self.length).unwrap(), 0);
        }
        if random.u32(..4) == 0 {
            self.tear(&mut random, &mut file);
        } else {
            self.drop_blocks(&mut random, &mut file);
        }
        let _ = fs::remove_dir_all(image);
        copy_dir(base, image);
        fs::write(image.join("log/db"), file).unwrap();
        let mut log = open(image).map_err(|error| format!("it does not open: {error}"))?;
        self.promised
            .check_after_cut(&mut log, self.pending.as_ref(), self.purge_asked)
    }

    /// Blocks reach the disk in any order; from none of them to all.
    fn drop_blocks(&self, random: &mut fastrand::Rng, file: &mut [u8]) {
        let survives = f64::from(random.u32(..=4)) / 4.0;
        for (at, block) in self.changed.iter().filter(|_| random.f64() < survives) {
            if let Some(place) = file.get_mut(range(*at, block)) {
                place.copy_from_slice(block);
            }
        }
    }

    /// A torn last write: everything up to some byte has arrived, garbage follows it, the rest is old.
    fn tear(&self, random: &mut fastrand::Rng, file: &mut [u8]) {
        let torn = random.usize(..self.changed.len().max(1));
        for (at, block) in self.changed.iter().take(torn) {
            if let Some(place) = file.get_mut(range(*at, block)) {
                place.copy_from_slice(block);
            }
        }
        let Some((at, block)) = self.changed.get(torn) else {
            return;
        };
        let Some(place) = file.get_mut(range(*at, block)) else {
            return;
        };
        let arrived = random.usize(..block.len());
        for (position, (old, new)) in place.iter_mut().zip(block).enumerate() {
            if position < arrived {
                *old = *new;
            } else if old != new {
                *old = random.u8(..);
            }
        }
    }
}

fn range(at: u64, block: &[u8]) -> std::ops::Range<usize> {
    let at = usize::try_from(at).unwrap();
    at..at + block.len()
}

/// The whole file. sled may shorten it meanwhile, from a thread of its own.
fn content(file: &File) -> io::Result<Vec<u8>> {
    let mut now = vec![0; usize::try_from(file.metadata()?.len()).unwrap()];
    let mut read = 0;
    while read < now.len() {
        match file.read_at(&mut now[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    now.truncate(read);
    Ok(now)
}

/// A folder in memory where there is one: real syncs would only slow the model down.
fn memory_dir() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
    .unwrap()
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_dir(&item.path(), &to);
        } else if item.file_name() == "BALLAST" {
            // The reserve counts by its length; filling it each time would be most of the work.
            File::create(to)
                .unwrap()
                .set_len(item.metadata().unwrap().len())
                .unwrap();
        } else {
            fs::copy(item.path(), to).unwrap();
        }
    }
}

/// What a disk writes whole or not at all.
const BLOCK: usize = 4096;

/// Moments kept of one trial.
const MOMENTS: usize = 80;
