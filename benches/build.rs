//! Compiles the part of etcd's API that the comparison needs.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("proto");
    println!("cargo:rerun-if-changed={}", root.display());
    tonic_prost_build::configure()
        .build_server(false)
        .compile_fds(protox::compile(["etcd.proto"], [&root])?)?;
    Ok(())
}
