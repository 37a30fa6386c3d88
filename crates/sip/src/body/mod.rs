//! Bodies that we write and read ourselves: registration and dialog state, message waiting, location, multipart.
//!
//! Each builder takes plain values and gives bytes; who may see what is decided by the caller.

pub mod civic;
pub mod dialog_info;
pub mod message_summary;
pub mod multipart;
pub mod pidf_lo;
pub mod reginfo;
mod xml;
