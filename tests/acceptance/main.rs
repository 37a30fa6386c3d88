//! Stories, one file each, through gRPC against a cluster of three offices in this process.

mod administration;
mod documented;
mod eviction;
mod idle;
mod imports;
mod logout;
mod membership;
mod names;
mod pins;
mod policies;
mod reads;
mod retries;
mod watching;
