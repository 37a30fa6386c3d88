//! One adapter per family of phones; one file or folder each.

mod generic;

pub(crate) use generic::Generic;
