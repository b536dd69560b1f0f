//! Every line of the checklist has its row, and every row names what is there.
//!
//! The checklist lies beside the project, in the folder `TACHO_SEEDS` or `../shared/seeds`. The
//! ledger over it is `fixtures/checklist.txt`; `docs/reference/seeds.md` is printed from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ledger::{CHECKLIST, Row};

#[path = "../../examples/ledger/mod.rs"]
mod ledger;

fn rows() -> Vec<Row> {
    ledger::rows(CHECKLIST)
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of the checklist by `section.line fingerprint`.
fn lines(checklist: &str) -> BTreeSet<String> {
    let (mut section, mut count) = ("", 0);
    let mut lines = BTreeSet::new();
    for line in checklist.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            (section, count) = (title.split('.').next().unwrap(), 0);
        } else if line.starts_with("- ") || (section == "5" && !line.trim().is_empty()) {
            count += 1;
            lines.insert(format!("{section}.{count} {:08x}", fingerprint(line)));
        }
    }
    lines
}

/// FNV-1a.
pub(crate) fn fingerprint(line: &str) -> u32 {
    let step = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    line.bytes().fold(0x811c_9dc5, step)
}

#[test]
fn every_line_of_the_checklist_has_its_row() {
    let Some(folder) = tacho_testkit::seeds() else { return };
    let checklist = std::fs::read_to_string(folder.join("CHECKLIST.md")).unwrap();
    let ledger: BTreeSet<String> = rows().iter().map(|row| row.key.to_owned()).collect();
    let lines = lines(&checklist);
    assert!(lines.len() > 60, "a checklist that lost its lines would pass");
    let wanted: Vec<_> = lines.difference(&ledger).collect();
    assert!(wanted.is_empty(), "without a row, new or changed: {wanted:?}");
    let stale: Vec<_> = ledger.difference(&lines).collect();
    assert!(stale.is_empty(), "rows without a line: {stale:?}");
}

#[test]
fn every_row_names_what_is_there() {
    let mut sources = BTreeMap::new();
    for row in rows() {
        assert!(!row.about.is_empty(), "{}", row.key);
        let says_something = !row.by.is_empty() || !row.also.is_empty() || !row.later.is_empty();
        assert!(says_something, "{} says nothing", row.key);
        for item in &row.by {
            let (module, name) = item.split_once("::").unwrap();
            let source = sources.entry(module.to_owned()).or_insert_with(|| source(module));
            let starts = ["fn ", "struct ", "enum ", "trait ", "const "];
            let is_there = starts.iter().any(|start| {
                let declared = format!("pub {start}{name}");
                let declared_async = format!("pub async {start}{name}");
                [declared, declared_async].iter().any(|text| {
                    source.match_indices(text.as_str()).any(|(at, _)| {
                        let after = source[at + text.len()..].chars().next();
                        after.is_some_and(|c| !c.is_alphanumeric() && c != '_')
                    })
                })
            });
            let is_word = source.contains(&format!("\n    {name} {{\n"));
            assert!(is_there || is_word, "{}: there is no {item}", row.key);
        }
        for later in &row.later {
            let (name, what) = later.split_once(": ").unwrap();
            assert!(LATER.contains(&name) && !what.is_empty(), "{}: {later}", row.key);
        }
    }
}

#[test]
fn three_systems_lack_no_behaviour_of_a_library() {
    // What stays open for them is not a library's: other programs bring it.
    for Row { key, later, .. } in rows() {
        let is_library = ["0.", "1.", "3."].iter().any(|section| key.starts_with(section));
        let open = later.iter().filter(|later| is_library && later.starts_with("tachograph"));
        assert_eq!(open.count(), 0, "{key}");
    }
}

/// The crates that bring what is not there yet.
pub(crate) const LATER: &[&str] = &[
    "tacho-cli",
    "tacho-python",
    "tacho-query",
    "tacho-server",
    "tacho-sink",
    "tacho-tap",
    "tachograph",
];

/// Every file of a module, in one text.
fn source(module: &str) -> String {
    let src = root().join("src");
    let mut text = std::fs::read_to_string(src.join(format!("{module}.rs"))).unwrap();
    let folder: &Path = &src.join(module);
    for name in tacho_shapes::paper::list(folder).unwrap() {
        text.push_str(&std::fs::read_to_string(folder.join(name)).unwrap());
    }
    text
}
