//! Directories that a ledger must not work in.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use hotdesk_store::Ledger;
use hotdesk_store::ledger::OpenLedgerError;

use super::{begin, open, put};

/// A ledger of 300 entries that was closed.
fn directory() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    for number in 0..300 {
        begin(&ledger, vec![put(&format!("key/{number}"), &"x".repeat(300))]);
    }
    ledger.close().unwrap();
    folder
}

fn assert_refused(refused: &OpenLedgerError, code: &str, sentence: &str) {
    assert_eq!(refused.code(), code, "{refused}");
    assert!(refused.to_string().contains(sentence), "{refused}");
    assert!(
        refused.what_to_do().ends_with('.') && !refused.what_to_do().contains("node"),
        "{refused}"
    );
}

fn check(code: &str, sentence: &str, harm: impl FnOnce(&Path)) {
    let folder = directory();
    harm(folder.path());
    let refused = Ledger::open(folder.path()).expect_err(sentence);
    assert_refused(&refused, code, sentence);
}

fn rewrite(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_damaged_ledger_is_refused() {
    check("HD3004", "but had", |dir| {
        fs::write(dir.join("db/db"), "").unwrap()
    });
    check("HD3004", "but had", |dir| {
        fs::remove_dir_all(dir.join("db")).unwrap()
    });
    check("HD3004", "checksum", |dir| {
        rewrite(&dir.join("LEDGER"), "generation ", "generation 1")
    });
    check("HD3004", "no generation", |dir| {
        rewrite(&dir.join("LEDGER"), "generation", "age")
    });
    for part in 1..8 {
        let folder = directory();
        let file = File::options()
            .write(true)
            .open(folder.path().join("db/db"))
            .unwrap();
        let length = file.metadata().unwrap().len();
        std::os::unix::fs::FileExt::write_all_at(&file, &[0xa5; 8192], length / 8 * part).unwrap();
        drop(file);
        // Where only free room was hit, nothing is wrong. Otherwise it is noticed.
        match Ledger::open(folder.path()) {
            Ok((_ledger, entries)) => assert_eq!(entries.len(), 300, "part {part}"),
            Err(refused) => assert_refused(&refused, "HD3004", "is damaged"),
        }
    }
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IDENTITY"), "hotdesk data directory\n").unwrap();
    let refused = Ledger::open(folder.path()).unwrap_err();
    assert_refused(&refused, "HD3010", "there is IDENTITY but no LEDGER");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    check("HD3010", "there is db but no LEDGER", |dir| {
        fs::remove_file(dir.join("LEDGER")).unwrap()
    });
    check("HD3010", "does not begin with its title", |dir| {
        fs::write(dir.join("LEDGER"), "#!/bin/sh\n").unwrap()
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(Ledger::open(file.path()).unwrap_err().code(), "HD3009");
}

#[test]
fn a_ledger_of_a_later_version_is_refused() {
    check("HD3001", "format 2; this version reads formats up to 1", |dir| {
        rewrite(&dir.join("LEDGER"), "format 1", "format 2");
    });
}

#[test]
fn two_edges_never_share_a_ledger() {
    let folder = directory();
    let (ledger, _) = open(folder.path());
    assert_refused(&Ledger::open(folder.path()).unwrap_err(), "HD3005", "in use");
    drop(ledger);
    open(folder.path());
}

#[test]
fn a_first_start_that_was_cut_short_is_no_obstacle() {
    for files in [&["LOCK"][..], &["LOCK", "LEDGER.new"], &["BALLAST", "LOCK"]] {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "").unwrap();
        }
        assert_eq!(open(folder.path()).1, []);
    }
    // The mark without a database.
    let folder = directory();
    let mut mark = String::new();
    File::open(folder.path().join("LEDGER"))
        .unwrap()
        .read_to_string(&mut mark)
        .unwrap();
    assert!(
        mark.starts_with("hotdesk ledger\nformat 1\ngeneration "),
        "{mark}"
    );
}
