//! One file per vendor: its files, formats, pages and habits.

mod cisco;
mod poly;
mod yealink;

use crate::model::Model;

/// All that are simulated.
pub(crate) static MODELS: &[&dyn Model] = &[&cisco::Cisco, &poly::Poly, &yealink::Yealink];
