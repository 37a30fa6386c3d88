//! One adapter per family of phones; one file or folder each.

mod agent;
mod fit;
mod generic;
mod layout;
mod poly;
mod templates;
#[cfg(test)]
mod testing;
mod values;
mod yealink;
mod zone;

pub(crate) use generic::Generic;
pub(crate) use poly::Poly;
pub(crate) use yealink::Yealink;
