//! What makes an append durable, and the proof at start-up that it does.
//!
//! sled 0.34 ends a flush with `sync_file_range`, which neither empties the drive's cache nor writes the file's
//! size: after a power cut everything since the last real sync may be gone. So the log holds its own handle of
//! sled's file and syncs that after every flush. The self-check proves at each start that this handle is the
//! file that sled writes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use memchr::memmem;

use crate::error::OpenError;
use crate::key_spaces;

/// Makes everything that was written to a file durable. The product has one, [`DataSync`]; tests plant others.
pub trait Syncer: Send + 'static {
    /// Returns when all that was written to `file` before the call survives a power cut.
    ///
    /// # Errors
    /// Those of the operating system. The caller does not try again: after a failed sync nobody knows what the
    /// disk holds.
    fn sync(&mut self, file: &File) -> io::Result<()>;
}

/// `fdatasync`: content and size, through the drive's cache.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataSync;

impl Syncer for DataSync {
    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// Our own handle of sled's file, with the syncs counted.
pub(crate) struct SyncedFile {
    file: File,
    syncer: Box<dyn Syncer>,
    syncs: u64,
}

impl SyncedFile {
    pub(crate) fn open(path: &Path, syncer: Box<dyn Syncer>) -> io::Result<Self> {
        Ok(Self {
            file: File::options().read(true).write(true).open(path)?,
            syncer,
            syncs: 0,
        })
    }

    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.syncer.sync(&self.file)?;
        self.syncs += 1;
        Ok(())
    }
}

/// Proves that what sled writes reaches the file that we sync: writes random bytes through sled, finds them
/// through our handle, syncs, and counts that sync.
///
/// # Errors
/// [`OpenError::SelfCheckFailed`] when they are not there, or when nothing was synced.
pub(crate) fn self_check(db: &sled::Db, file: &mut SyncedFile, path: &Path) -> Result<(), OpenError> {
    let failed = |detail: String| OpenError::SelfCheckFailed {
        path: path.to_path_buf(),
        detail,
    };
    let mut probe = [0_u8; PROBE_BYTES];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut probe))
        .map_err(|error| failed(format!("no random bytes: {error}")))?;

    let write = || -> sled::Result<()> {
        db.insert(key_spaces::PROBE, &probe[..])?;
        db.flush().map(drop)
    };
    write().map_err(|error| crate::log::open_error(path, error))?;

    let found = contains(&mut file.file, &probe).map_err(|error| OpenError::from_io(path, error))?;
    if !found {
        return Err(failed(
            "what the log writes does not appear in the file that would be synced".into(),
        ));
    }
    let before = file.syncs;
    file.sync()
        .map_err(|error| failed(format!("the file cannot be synced: {error}")))?;
    if file.syncs != before + 1 {
        return Err(failed("no sync was counted".into()));
    }
    Ok(())
}

/// Whether the file holds these bytes. Reads it from the end, where a log is usually written.
fn contains(file: &mut File, wanted: &[u8]) -> io::Result<bool> {
    let finder = memmem::Finder::new(wanted);
    let mut end = file.metadata()?.len();
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(SEARCH_BLOCK_BYTES);
        // Each block reaches a little into the one after it, for bytes that lie across the border.
        block.clear();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref()
            .take(end - start + wanted.len() as u64)
            .read_to_end(&mut block)?;
        if finder.find(&block).is_some() {
            return Ok(true);
        }
        end = start;
    }
    Ok(false)
}

/// Long enough that it is nowhere by chance.
const PROBE_BYTES: usize = 32;

const SEARCH_BLOCK_BYTES: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn sled_in(path: &Path) -> sled::Db {
        sled::Config::new()
            .path(path)
            .flush_every_ms(None)
            .open()
            .unwrap()
    }

    #[test]
    fn the_check_passes_on_the_file_that_sled_writes() {
        let folder = tempfile::tempdir().unwrap();
        let db = sled_in(folder.path());
        let path = folder.path().join("db");
        let mut file = SyncedFile::open(&path, Box::new(DataSync)).unwrap();
        self_check(&db, &mut file, &path).unwrap();
        assert_eq!(file.syncs, 1);
    }

    /// As after a change of sled's layout, or on a file system where the name leads elsewhere by now.
    #[test]
    fn the_check_fails_on_any_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let db = sled_in(&folder.path().join("log"));
        let path = folder.path().join("db");
        std::fs::copy(folder.path().join("log/db"), &path).unwrap();
        let mut file = SyncedFile::open(&path, Box::new(DataSync)).unwrap();
        let refused = self_check(&db, &mut file, &path).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("does not appear in the file that would be synced"),
            "{refused}"
        );
    }

    #[test]
    fn bytes_across_the_border_of_two_blocks_are_found() {
        let mut file = tempfile::tempfile().unwrap();
        let mut content = vec![0; 3 << 20];
        let length = content.len();
        let border = length - usize::try_from(SEARCH_BLOCK_BYTES).unwrap();
        content[border - 10..border + 22].copy_from_slice(&[9; PROBE_BYTES]);
        io::Write::write_all(&mut file, &content).unwrap();
        assert!(contains(&mut file, &[9; PROBE_BYTES]).unwrap());
        assert!(!contains(&mut file, &[8; PROBE_BYTES]).unwrap());
    }
}
