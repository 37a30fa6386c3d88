//! Deterministic simulation of the cluster and the linearizability checker.
