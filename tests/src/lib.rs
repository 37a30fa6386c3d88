//! Shared harness of the suites: clusters in this process or of real processes, links that can be cut, and
//! waiting for conditions.

pub mod links;
pub mod offices;
pub mod processes;
pub mod wait;
