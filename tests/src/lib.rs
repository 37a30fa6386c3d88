//! Shared harness of the suites: clusters in this process or of real processes, links that can be cut, whole
//! companies with phones, and waiting for conditions.

pub mod company;
pub mod ground;
pub mod links;
pub mod offices;
pub mod phones;
pub mod processes;
pub mod sipp;
pub mod tools;
pub mod wait;
