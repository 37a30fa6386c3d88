//! What a server takes: processor time and memory of a process and its children.

use std::fs;
use std::time::Duration;

/// A process and its children; Kamailio's workers are children of the first.
#[must_use]
pub fn family(parent: u32) -> Vec<u32> {
    let mut family = vec![parent];
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in processes {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if fields(id).and_then(|fields| fields.get(1)?.parse().ok()) == Some(parent) {
            family.push(id);
        }
    }
    family
}

/// Processor time of a process and its children since they began, of threads that are there now.
///
/// It is the scheduler's own count, in nanoseconds. The times in `/proc/PID/stat` are sampled at the clock's ticks,
/// and load that comes in bursts just after a tick is nearly invisible there.
#[must_use]
pub fn processor_time(parent: u32) -> Duration {
    family(parent).into_iter().map(own_processor_time).sum()
}

/// The same for one process alone.
#[must_use]
pub fn own_processor_time(id: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{id}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let nanos = |thread: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(nanos).sum())
}

/// Memory of a process and its children in bytes, what they share counted once (PSS).
#[must_use]
pub fn memory(parent: u32) -> u64 {
    let pss = |id: u32| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
    };
    family(parent).into_iter().filter_map(pss).sum::<u64>() * 1024
}

/// The fields of `/proc/PID/stat` behind the name, which may contain anything.
fn fields(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
