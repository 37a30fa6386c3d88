//! What is kept of calls: ladders in memory ([`Traces`]), records in a file ([`Records`]), and both over HTTP
//! ([`router`]).

mod http;
mod records;
mod traces;

pub use self::http::router;
pub use self::records::{Counts, Records, Rotation};
pub use self::traces::Traces;
