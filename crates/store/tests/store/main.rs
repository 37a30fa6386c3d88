//! What the store promises, tested from outside: openraft's own suite, power cuts, killed processes, full
//! disks, foreign and damaged directories, and random operations against a model.

mod cuts;
mod golden;
mod harness;
mod image;
mod kill;
mod ledger;
mod machine;
mod model;
mod random;
mod refusals;
mod space;
mod suite;
