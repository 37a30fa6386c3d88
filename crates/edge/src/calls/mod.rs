//! What is kept of calls: ladders in memory ([`Traces`], which the HTTP listener tells of), and records in a file
//! ([`Records`]).

mod records;
mod traces;

pub use self::records::{Counts, Records, Rotation};
pub use self::traces::Traces;
