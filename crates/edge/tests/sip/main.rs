//! An edge with phones, trunks and other edges, all in this process: the node is a fake that can only be watched.

mod calls;
mod edges;
mod emergency;
#[path = "../suite/fake.rs"]
mod fake;
mod office;
mod phones;
mod sessions;
