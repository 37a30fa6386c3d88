//! The ledger, shared by all parts that keep something, and closed by one.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use hotdesk_store::Ledger;
use hotdesk_store::ledger::WriteError;

/// One change: a key, and its value or `None` to remove it.
type Change = (Vec<u8>, Option<Vec<u8>>);
type Done = Box<dyn FnOnce(Result<(), WriteError>) + Send>;

/// The edge's disk. After [`close`](Self::close) nothing is written any more, and the directory is free, however
/// many parts still hold on to this.
pub(crate) struct Disk(ArcSwapOption<Ledger>);

impl Disk {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self(ArcSwapOption::from_pointee(ledger))
    }

    /// As [`Ledger::write`]: `done` may be called at once, by the calling thread, when the write is refused.
    pub(crate) fn write(&self, changes: Vec<Change>, done: Done) {
        match self.0.load_full() {
            Some(ledger) => ledger.write(changes, done),
            None => done(Err(WriteError::Closed)),
        }
    }

    /// Writes what is queued, and gives the directory free. Blocks meanwhile.
    pub(crate) fn close(&self) -> Result<(), WriteError> {
        let Some(mut ledger) = self.0.swap(None) else {
            return Ok(());
        };
        loop {
            match Arc::try_unwrap(ledger) {
                Ok(ledger) => return ledger.close(),
                // A write is being queued this very moment.
                Err(shared) => {
                    ledger = shared;
                    std::thread::yield_now();
                }
            }
        }
    }
}
