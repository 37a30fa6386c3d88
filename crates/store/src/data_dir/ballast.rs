//! Room kept in reserve. sled cannot even be opened on a full disk, so a file of 16 MiB stands ready to be given
//! back: the node then starts, purges its log, and the file is made again once there is room.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::error::OpenError;

/// The size of the reserve, in bytes.
pub const BALLAST_BYTES: u64 = 16 << 20;

/// What must be free to open a directory, in bytes: a few segments of the log and the marks.
pub const ROOM_NEEDED_BYTES: u64 = 4 << 20;

/// Gives the reserve back when there is no room to start without it.
pub(crate) fn make_room(directory: &Path) -> Result<(), OpenError> {
    if has_room(directory)? {
        return Ok(());
    }
    let path = directory.join(NAME);
    match fs::remove_file(&path) {
        Ok(()) => {
            tracing::warn!(path = %directory.display(), "disk full, the reserve is given back");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(OpenError::from_io(&path, error)),
    }
    if has_room(directory)? {
        return Ok(());
    }
    let free_bytes = free_bytes(directory).map_err(|error| OpenError::from_io(directory, error))?;
    Err(OpenError::DiskFull {
        path: directory.to_path_buf(),
        free_bytes,
        needed_bytes: ROOM_NEEDED_BYTES,
    })
}

/// Makes the reserve when there is none and plenty of room.
pub(crate) fn keep(directory: &Path) -> Result<(), OpenError> {
    let path = directory.join(NAME);
    if fs::metadata(&path).is_ok_and(|found| found.len() == BALLAST_BYTES) {
        return Ok(());
    }
    let free = free_bytes(directory).map_err(|error| OpenError::from_io(directory, error))?;
    if free < BALLAST_BYTES * ROOM_FACTOR {
        tracing::warn!(path = %directory.display(), free_bytes = free, "too little room for a reserve");
        return Ok(());
    }
    match make(&path) {
        Ok(()) => Ok(()),
        // Somebody else was quicker to take the room. The node can do without.
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            fs::remove_file(&path).map_err(|error| OpenError::from_io(&path, error))
        }
        Err(error) => Err(OpenError::from_io(&path, error)),
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    if rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, BALLAST_BYTES).is_ok() {
        return file.sync_all();
    }
    // A file system that cannot reserve: write it out.
    let block = [0x5a; 64 << 10];
    for _ in 0..BALLAST_BYTES / block.len() as u64 {
        file.write_all(&block)?;
    }
    file.sync_all()
}

fn has_room(directory: &Path) -> Result<bool, OpenError> {
    free_bytes(directory)
        .map(|free| free >= ROOM_NEEDED_BYTES)
        .map_err(|error| OpenError::from_io(directory, error))
}

/// What this process may still write on the file system, in bytes.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

const NAME: &str = "BALLAST";

/// The reserve is only made when this many times its size is free.
const ROOM_FACTOR: u64 = 2;
