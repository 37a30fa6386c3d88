//! The edge against a fake node that sends what each test says.

mod edge;
mod fake;
