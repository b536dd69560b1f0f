//! The roots touch nothing: no file, clock, randomness, environment, thread or socket. Clippy
//! denies the calls; here the roots may not excuse themselves, nor name what does it.

use super::rust;
use super::{Finding, Subject, is_test_file};

const ROOTS: &[&str] = &["crates/tacho-event/src/", "crates/tacho-tree/src/"];

/// What a root has no use for. `std::path` is a value and may be named.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::thread",
    "std::net",
    "std::process",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "getrandom::",
    "clippy::disallowed_methods",
];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.rust_files() {
        let is_root = ROOTS.iter().any(|root| file.path.starts_with(root));
        if !is_root || is_test_file(&file.path) {
            continue;
        }
        let tests = rust::test_modules(&file.code);
        for (line, text) in file.code_lines() {
            let is_test = tests.iter().any(|lines| lines.contains(&line));
            if let Some(name) = OUTSIDE.iter().find(|name| text.contains(*name))
                && !is_test
            {
                let message = format!("`{name}` in a root: pass in what it would fetch");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_reaches_outside_is_found_its_tests_are_not() {
        let text = "//! Not std::fs.\nuse std::fs;\n#[cfg(test)]\nmod tests {\nuse std::fs;\n}\n";
        let excuse = "#[expect(clippy::disallowed_methods, reason = \"\")]\n";
        let files = [
            ("crates/tacho-event/src/a.rs", text),
            ("crates/tacho-tree/src/b.rs", excuse),
            ("crates/tachograph/src/c.rs", text),
            ("crates/tacho-event/src/a/tests.rs", text),
        ];
        let findings = check(&Subject::sample(&files));
        let places: Vec<_> = findings.iter().map(|f| (f.path.as_str(), f.line)).collect();
        let expected = [("crates/tacho-event/src/a.rs", 2), ("crates/tacho-tree/src/b.rs", 1)];
        assert_eq!(places, expected);
    }
}
