//! What may stand where in the sources.

use std::collections::BTreeSet;

use crate::texts;

/// Folders whose code serves every family alike.
const FAMILY_NEUTRAL: &[&str] = &[
    "protocol/core/src",
    "light-clients/interface/src",
    "chains/contracts/src",
    "relayer/engine/src",
];

/// Names of families, of their chains and of their formats.
const FAMILY_NAMES: &[&str] =
    &["bitcoin", "ethereum", "cometbft", "tendermint", "cosmos", "pow", "pos", "pbft"];

/// The most lines of a source file.
const MAX_FILE_LINES: usize = 500;

/// The most characters of a line.
const MAX_LINE_CHARS: usize = 100;

/// Whole words; the power function of numbers is none.
fn words(text: &str) -> impl Iterator<Item = String> {
    let text = text.replace(".pow(", "(");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase);
    words.collect::<Vec<_>>().into_iter()
}

#[test]
fn no_family_is_named_in_shared_code() {
    for (path, text) in FAMILY_NEUTRAL.iter().flat_map(|folder| texts(folder, ".rs")) {
        for (index, line) in text.lines().enumerate() {
            let named = words(line).find(|word| FAMILY_NAMES.contains(&word.as_str()));
            assert_eq!(named, None, "{path}:{}: {line}", index + 1);
        }
    }
}

#[test]
fn files_and_lines_are_short() {
    for (path, text) in texts("", ".rs") {
        let lines = text.lines().count();
        assert!(lines <= MAX_FILE_LINES, "{path} has {lines} lines, at most {MAX_FILE_LINES}");
        for (index, line) in text.lines().enumerate() {
            let chars = line.chars().count();
            assert!(chars <= MAX_LINE_CHARS, "{path}:{} has {chars} characters", index + 1);
        }
    }
}

#[test]
fn every_crate_says_what_it_is() {
    for (path, text) in texts("", "lib.rs").into_iter().filter(|(path, _)| path.contains("src/")) {
        assert!(text.starts_with("//! "), "{path} does not open with a description");
        assert!(text.lines().take_while(|line| line.starts_with("//!")).count() >= 2, "{path}");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["TODO", "FIXME", "XXX", "HACK"].map(str::to_lowercase);
    for (path, text) in texts("", ".rs").into_iter().chain(texts("", ".md")) {
        if path != "tests/tidy/sources.rs" {
            let found = words(&text).find(|word| marks.contains(word));
            assert_eq!(found, None, "{path}");
        }
    }
}

/// The codes that a `refusals!` block gives: `=> "code", Recourse;`.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("=> \"")?;
        let (code, recourse) = rest.split_once("\", ")?;
        ["Reject;", "Wait;", "Retry;", "Halt;"].contains(&recourse.trim()).then_some(code)
    })
}

#[test]
fn every_code_of_a_light_client_is_in_the_list_of_verdicts() {
    let verdicts = std::fs::read_to_string(crate::root().join("docs/verdicts.md")).unwrap();
    let listed: BTreeSet<&str> =
        verdicts.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let mut known = 0;
    // The counting of signatures has codes of its own, under which no verifier reports.
    let verifiers = texts("light-clients", ".rs").into_iter();
    for (path, text) in verifiers.filter(|(path, _)| !path.contains("interface")) {
        for code in codes(&text) {
            assert!(listed.contains(code), "{path}: {code} is not in docs/verdicts.md");
            known += 1;
        }
    }
    assert!(known > 0, "no codes were found");
}
