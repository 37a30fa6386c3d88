//! One file per vendor: its files, formats, pages and habits.

use crate::model::Model;

/// All that are simulated.
pub(crate) static MODELS: &[&dyn Model] = &[];
