//! Every line of the checklist that names a record, a member, a value or a format has golden files.
//!
//! The checklist lies beside the project with the texts it sums up, in `TACHO_SEEDS`;
//! `fixtures/checklist.txt` is the ledger over it and says how it is written. A line is known by
//! its place and a fingerprint, so that a line which is added or changed needs its row again. That
//! golden files hold in both directions is what [`dialect`](crate::dialect) tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LEDGER: &str = include_str!("../../fixtures/checklist.txt");

/// The crates that bring what is no record.
const CRATES: [&str; 7] = [
    "tachograph",
    "tacho-cli",
    "tacho-query",
    "tacho-server",
    "tacho-shapes",
    "tacho-sink",
    "tacho-tap",
];

/// What the ledger says of one line.
#[derive(Default)]
struct Row {
    cases: Vec<&'static str>,
    says: BTreeSet<&'static str>,
    not: BTreeSet<&'static str>,
    proof: Vec<&'static str>,
    later: Vec<&'static str>,
}

/// By `section.line fingerprint`.
fn ledger() -> BTreeMap<&'static str, Row> {
    let mut rows = BTreeMap::new();
    let mut last = None;
    for line in LEDGER.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((key, about)) = line.strip_prefix('[').and_then(|row| row.split_once("] ")) {
            assert!(!about.is_empty(), "{key} is about nothing");
            assert!(rows.insert(key, Row::default()).is_none(), "{key} stands twice");
            last = Some(key);
            continue;
        }
        let (kind, words) = line.split_once(' ').unwrap();
        let row = rows.get_mut(last.unwrap()).unwrap();
        let words = words.split_whitespace();
        match kind {
            "cases" => row.cases.extend(words),
            "says" => row.says.extend(words),
            "not" => row.not.extend(words),
            "proof" => row.proof.extend(words),
            "later" => row.later.extend(words),
            _ => panic!("unknown: {line}"),
        }
    }
    rows
}

/// The lines of the checklist, by the same key.
fn lines(checklist: &str) -> BTreeMap<String, &str> {
    let (mut section, mut count) = ("", 0);
    let mut lines = BTreeMap::new();
    for line in checklist.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            (section, count) = (title.split('.').next().unwrap(), 0);
        } else if line.starts_with("- ") || (section == "5" && !line.trim().is_empty()) {
            count += 1;
            lines.insert(format!("{section}.{count} {:08x}", fingerprint(line)), line);
        }
    }
    lines
}

/// FNV-1a.
fn fingerprint(line: &str) -> u32 {
    let step = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    line.bytes().fold(0x811c_9dc5, step)
}

/// Names of members, of values and of functions, as programs write them.
fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .map(|word| word.trim_start_matches(|first: char| !first.is_ascii_alphabetic()))
        .filter(|word| word.len() >= 3 && word.contains('_'))
}

#[test]
fn every_row_of_the_ledger_is_held_to_by_what_it_names() {
    for (key, row) in ledger() {
        let kinds = [!row.cases.is_empty(), !row.proof.is_empty(), !row.later.is_empty()];
        assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{key} has one kind of proof");
        assert_eq!(row.cases.is_empty(), row.says.is_empty(), "{key}: golden files say something");
        assert!(row.later.iter().all(|name| CRATES.contains(name)), "{key}: no such crate");
        assert!(row.proof.iter().all(|file| root().join(file).is_file()), "{key}: no such file");
        let mut said = String::new();
        for case in &row.cases {
            let file = |kind| root().join(format!("fixtures/dialects/{case}.{kind}.json"));
            assert!(file("event").is_file(), "{key}: {case} says no event");
            said.push_str(&std::fs::read_to_string(file("in")).unwrap());
        }
        let missing: Vec<_> =
            row.says.iter().filter(|word| !said.contains(&format!("\"{word}\""))).collect();
        assert!(missing.is_empty(), "{key}: no golden file of its row says {missing:?}");
    }
}

#[test]
fn every_line_of_the_checklist_has_its_row() {
    let Some(folder) = tacho_testkit::seeds() else { return };
    let checklist = std::fs::read_to_string(folder.join("CHECKLIST.md")).unwrap();
    let (lines, ledger) = (lines(&checklist), ledger());
    let wanted: Vec<_> = lines.keys().filter(|key| !ledger.contains_key(key.as_str())).collect();
    assert!(wanted.is_empty(), "without a row, new or changed: {wanted:?}");
    let stale: Vec<_> = ledger.keys().filter(|key| !lines.contains_key(**key)).collect();
    assert!(stale.is_empty(), "rows without a line: {stale:?}");
    for (key, line) in lines {
        let row = &ledger[key.as_str()];
        if row.cases.is_empty() {
            continue;
        }
        let known = |word: &&str| row.says.contains(word) || row.not.contains(word);
        let unsaid: Vec<&str> = identifiers(line).filter(|word| !known(word)).collect();
        assert!(unsaid.is_empty(), "{key}: no golden file says {unsaid:?}");
    }
}

/// The folder of this crate.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
