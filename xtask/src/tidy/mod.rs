//! Given the house, gives every place that breaks a rule a program can check. One file per rule;
//! each takes the same [`Subject`] and gives back findings, never stops at the first.

mod ascii;
mod duplicates;
mod edges;
mod exemptions;
mod fixtures;
mod globals;
mod licences;
mod lines;
mod links;
mod map;
mod names;
mod opening;
mod purity;
mod reached;
mod rust;
mod sizes;
mod subject;
mod unfinished;
mod words;

use std::path::Path;

use crate::Stop;
use crate::house::House;
pub(crate) use subject::Subject;

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// From 1.
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: path.into(), line, message: message.into() }
    }
}

type Check = fn(&Subject) -> Vec<Finding>;

/// Every rule, named as in its file.
const CHECKS: &[(&str, Check)] = &[
    ("ascii", ascii::check),
    ("duplicates", duplicates::check),
    ("edges", edges::check),
    ("exemptions", exemptions::check),
    ("fixtures", fixtures::check),
    ("globals", globals::check),
    ("licences", licences::check),
    ("lines", lines::check),
    ("links", links::check),
    ("map", map::check),
    ("names", names::check),
    ("opening", opening::check),
    ("purity", purity::check),
    ("reached", reached::check),
    ("sizes", sizes::check),
    ("unfinished", unfinished::check),
    ("words", words::check),
];

/// `cargo x tidy`: prints `path:line: message (rule)` for every finding.
pub(crate) fn run(house: &House, options: &[String]) -> Result<bool, Stop> {
    if !options.is_empty() {
        return Err(Stop::Usage("takes no options".to_owned()));
    }
    let count = report(house)?;
    Ok(count == 0)
}

/// Checks the house, prints the findings, gives their number.
pub(crate) fn report(house: &House) -> Result<usize, Stop> {
    let subject = Subject::load(house)?;
    let mut count = 0;
    for (rule, check) in CHECKS {
        let mut findings = check(&subject);
        findings.sort();
        findings.dedup();
        count += findings.len();
        for Finding { path, line, message } in findings {
            println!("{path}:{line}: {message} ({rule})");
        }
    }
    let files = subject.files.len();
    println!("tidy: {} rules, {files} files, {count} findings", CHECKS.len());
    Ok(count)
}

/// Whether the file holds tests alone, by its place: `tests.rs`, or below `tests/` or `benches/`.
fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || has_folder(path, "tests") || has_folder(path, "benches")
}

/// Whether the file may be as long and as wide as what it lists: tests, and tables by their name.
fn is_list(path: &str) -> bool {
    is_test_file(path) || path.ends_with("_table.rs")
}

/// Whether the file is data that tests read.
fn is_fixture(path: &str) -> bool {
    has_folder(path, "fixtures")
}

/// Whether one of the folders above the file has this name.
fn has_folder(path: &str, name: &str) -> bool {
    Path::new(path)
        .parent()
        .is_some_and(|folder| folder.components().any(|part| part.as_os_str() == name))
}

/// The path from the root of what `file` calls `relative`: a link, the path of a module.
fn path_from(file: &str, relative: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
