//! One adapter per family of phones; one file or folder each.

mod agent;
mod cisco;
mod cisco_mpp;
mod fanvil;
mod fit;
mod generic;
mod grandstream;
mod layout;
mod linphone;
mod mitel;
mod poly;
mod screens;
mod snom;
mod templates;
#[cfg(test)]
pub(crate) mod testing;
mod values;
mod yealink;
mod zone;

pub(crate) use cisco::Cisco;
pub(crate) use cisco_mpp::CiscoMpp;
pub use cisco_mpp::user_file_stamp;
pub(crate) use fanvil::Fanvil;
pub(crate) use generic::Generic;
pub(crate) use grandstream::Grandstream;
pub(crate) use linphone::Linphone;
pub(crate) use mitel::Mitel;
pub(crate) use poly::Poly;
pub(crate) use snom::Snom;
pub(crate) use yealink::Yealink;
