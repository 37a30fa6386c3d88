//! Raft over tonic: transport, proposals, reads, membership, watch hub.
