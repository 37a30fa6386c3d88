//! Applying log entries.

use std::sync::Arc;

use crate::command::Batch;
use crate::event::Event;
use crate::outcome::Outcome;
use crate::state::{Parts, State};

/// What one entry did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// One per command, in order.
    pub outcomes: Vec<Arc<Outcome>>,
    /// What changed, in order.
    pub events: Vec<Event>,
}

impl State {
    /// Applies the entry at `index`. Deterministic: state, index and batch decide everything.
    ///
    /// `index` must be larger than [`State::index`]; gaps are fine (entries of consensus itself).
    #[must_use]
    pub fn apply(&mut self, index: u64, batch: &Batch) -> Applied {
        let _ = (index, batch);
        unimplemented!("in work")
    }

    /// The state from what a snapshot holds; rebuilds all indexes.
    ///
    /// # Errors
    /// The first broken invariant, when the parts contradict each other.
    pub fn restore(parts: Parts) -> Result<Self, crate::Violation> {
        let _ = parts;
        unimplemented!("in work")
    }
}
