//! One file per vendor: its files, formats, pages and habits.

mod cisco;
mod yealink;

use crate::model::Model;

/// All that are simulated.
pub(crate) static MODELS: &[&dyn Model] = &[&cisco::Cisco, &yealink::Yealink];
