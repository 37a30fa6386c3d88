//! What the store promises, tested from outside: openraft's own suite, power cuts, killed processes, full
//! disks, foreign and damaged directories, and random operations against a model.

mod cuts;
mod harness;
mod image;
mod kill;
mod model;
mod random;
mod space;
mod suite;
