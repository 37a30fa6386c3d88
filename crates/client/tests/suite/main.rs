//! The client and the table against a fake node: a tonic server that answers as each test says.

mod calls;
mod fake;
mod stamps;
mod streams;
mod table;
mod tls;
