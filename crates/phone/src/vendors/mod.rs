//! One adapter per family of phones; one file or folder each.

mod agent;
mod generic;
mod poly;
mod values;

pub(crate) use generic::Generic;
pub(crate) use poly::Poly;
