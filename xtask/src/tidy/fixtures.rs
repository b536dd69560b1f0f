//! Every fixture is read by some test: its name, the name without its endings, or a folder below
//! `fixtures/` that holds it stands in a text literal of some Rust file.

use std::collections::BTreeSet;

use super::{Finding, Subject, is_fixture};

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let literals = subject.rust_files().flat_map(|file| &file.literals);
    let spoken: BTreeSet<&str> = literals.flat_map(|literal| literal.split('/')).collect();
    let mut findings = Vec::new();
    for file in subject.files.iter().filter(|file| is_fixture(&file.path)) {
        let (_, inside) = file.path.rsplit_once("fixtures/").unwrap_or_default();
        let name = inside.rsplit('/').next().unwrap_or(inside);
        let is_page = name == "README.md";
        let mut names = inside.split('/').chain(stems(name));
        if !is_page && !names.any(|name| spoken.contains(name)) {
            findings.push(Finding::new(&file.path, 1, "no Rust file names this fixture"));
        }
    }
    findings
}

/// `case.in.json`: `case.in`, `case`.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(at, _)| name.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixture_that_no_test_names_is_found() {
        let code = "check(\"fixtures/dialects\"); read(\"one\"); read(\"two.txt\"); // three\n";
        let files = [
            ("crates/a/tests/it/main.rs", code),
            ("crates/a/tests/fixtures/dialects/journal/x.in.json", ""),
            ("crates/a/tests/fixtures/one.in.json", ""),
            ("crates/a/tests/fixtures/two.txt", ""),
            ("crates/a/tests/fixtures/three.txt", ""),
            ("crates/a/tests/fixtures/README.md", ""),
        ];
        let findings = check(&Subject::sample(&files));
        let paths: Vec<_> = findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["crates/a/tests/fixtures/three.txt"]);
    }
}
