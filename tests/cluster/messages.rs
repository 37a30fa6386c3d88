//! What the program says when it cannot start: which file, what was wrong, what to do.

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

fn config(folder: &Path, id: u64, more: &str) -> std::path::PathBuf {
    let path = folder.join("node.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\nadvertise = \"127.0.0.1:1\"\n[node]\nid = {id}\nsite = \"hq\"\ndata_dir = \"{}\"\n\
         [cluster]\ntoken = \"t\"\n[cluster.founders]\n{id} = \"127.0.0.1:1\"\n[pin]\ndanger_no_pepper = true\n{more}\n",
        folder.join("data").display()
    );
    std::fs::write(&path, text).expect("write");
    path
}

/// Runs the program until it ends; gives its exit code and what it said.
fn run(config: &Path) -> (i32, String) {
    let output = Command::new(PROGRAM)
        .args(["node", "--config"])
        .arg(config)
        .output()
        .expect("run");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    (output.status.code().expect("it ends by itself"), said)
}

fn refused(what: &str, config: &Path, expected: &[&str]) {
    let (code, said) = run(config);
    assert_ne!(code, 0, "{what}: {said}");
    for part in expected {
        assert!(said.contains(part), "{what}: expected {part:?} in: {said}");
    }
    assert!(!said.contains("panicked"), "{what}: {said}");
}

#[test]
fn a_configuration_that_is_not_there_or_not_right_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    refused("no file", &folder.path().join("nowhere.toml"), &["nowhere.toml"]);
    let misspelt = config(folder.path(), 1, "[timing]\nheartbeet_ms = 100\n");
    refused(
        "a misspelt key",
        &misspelt,
        &["node.toml", "heartbeet_ms", "heartbeat_ms"],
    );
    let wrong = config(folder.path(), 1, "[timing]\nheartbeat_ms = \"soon\"\n");
    refused("a wrong type", &wrong, &["node.toml", "heartbeat_ms"]);
}

#[test]
fn a_foreign_data_directory_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("make");
    std::fs::write(data.join("IDENTITY"), "this is not ours").expect("write");
    refused(
        "a damaged identity",
        &config(folder.path(), 1, ""),
        &["HD3", "IDENTITY"],
    );
}

#[test]
fn a_data_directory_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("data"), "a file where a folder should be").expect("write");
    refused(
        "a file instead of a folder",
        &config(folder.path(), 1, ""),
        &["HD3", "data"],
    );
}
