//! The fuzz targets' checks over their corpus and the test messages, on a stable compiler.

use std::path::{Path, PathBuf};

#[path = "../../fuzz/checks.rs"]
mod checks;

pub(crate) use self::checks::{datagram, stream};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder in the order of their names.
fn files(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(name)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("can be read");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// All test messages of the RFCs.
pub(crate) fn messages() -> Vec<Vec<u8>> {
    let mut all = files("tests/data/rfc4475");
    all.extend(files("tests/data/rfc5118"));
    all.into_iter().map(|(_, bytes)| bytes).collect()
}

#[test]
fn the_corpus_holds_what_the_fuzz_targets_check() {
    for (name, check) in [("datagram", datagram as fn(&[u8])), ("stream", stream)] {
        let files = files(&format!("fuzz/corpus/{name}"));
        assert!(files.len() >= 10, "{name}: {}", files.len());
        for (path, bytes) in files {
            println!("{}", path.display());
            check(&bytes);
        }
    }
}

#[test]
fn the_test_messages_hold_what_the_fuzz_targets_check() {
    let all = messages();
    assert_eq!(all.len(), 62);
    for bytes in &all {
        datagram(bytes);
        stream(bytes);
    }
    stream(&all.concat());
}
