//! Compiles the protobuf files with protox, so that no `protoc` is needed.

use std::path::PathBuf;

use prost::Message as _;

const PUBLIC: [&str; 5] = [
    "hotdesk/v1/types.proto",
    "hotdesk/v1/session.proto",
    "hotdesk/v1/directory.proto",
    "hotdesk/v1/admin.proto",
    "hotdesk/v1/phones.proto",
];
const INTERNAL: [&str; 2] = ["hotdesk/internal/v1/log.proto", "hotdesk/internal/v1/peer.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    // Reflection describes the public services only.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let public = protox::compile(PUBLIC, [&root])?;
    std::fs::write(out.join("hotdesk.v1.bin"), public.encode_to_vec())?;
    let all = protox::compile(PUBLIC.iter().chain(&INTERNAL), [&root])?;
    tonic_prost_build::configure()
        .bytes(".hotdesk.internal.v1")
        .compile_fds(all)?;
    Ok(())
}
