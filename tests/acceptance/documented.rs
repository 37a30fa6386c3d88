//! Every error code that the program can give is in ERRORS.md.

use std::collections::BTreeSet;

fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices("HD")
        .filter_map(|(at, _)| text.get(at..at + 6))
        .filter(|code| code[2..].bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_error_code_is_documented_and_no_other() {
    let defined = [
        include_str!("../../crates/core/src/refusal.rs"),
        include_str!("../../crates/proto/src/error/failure.rs"),
        include_str!("../../crates/proto/src/error/api_error.rs"),
        include_str!("../../crates/store/src/error.rs"),
        include_str!("../../crates/store/src/ledger/error.rs"),
        include_str!("../../crates/client/src/error.rs"),
        include_str!("../../crates/cli/src/exit.rs"),
    ];
    let defined: BTreeSet<String> = defined.iter().flat_map(|source| codes(source)).collect();
    let documented = codes(include_str!("../../ERRORS.md"));
    assert_eq!(defined, documented);
    assert!(defined.len() > 40);
}
