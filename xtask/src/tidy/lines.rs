//! A line has at most 100 columns, so that two files stand side by side. What cannot be broken is
//! let be: a word of more than 60 letters (an address, a hash), what a comment draws or tabulates,
//! and what is no code: prose, TOML, data, tests and tables.

use super::subject::File;
use super::{Finding, Subject, is_fixture, is_list};

const COLUMNS_MAX: usize = 100;
const WORD_MAX: usize = 60;
const ENDINGS: &[&str] = &[".rs", ".sh", ".py", ".js", ".css", ".go", ".ci/run"];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.files.iter().filter(|file| is_code(file)) {
        let mut is_quoted = false;
        for (line, text) in file.lines() {
            let comment = comment_of(text);
            if comment.is_some_and(|comment| comment.starts_with("```")) {
                is_quoted = !is_quoted;
            }
            // Code is never quoted, whatever a comment before it left open.
            is_quoted &= comment.is_some();
            let columns = text.chars().count();
            let is_table = comment.is_some_and(|comment| comment.starts_with('|'));
            if columns > COLUMNS_MAX && !is_quoted && !is_table && !is_unbreakable(text) {
                let message = format!("{columns} columns, at most {COLUMNS_MAX}");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

/// Neither data nor a list: those are as wide as what they hold.
fn is_code(file: &File) -> bool {
    file.has_ending(ENDINGS) && !is_fixture(&file.path) && !is_list(&file.path)
}

/// What stands in a comment of Rust; none for code.
fn comment_of(text: &str) -> Option<&str> {
    let comment = text.trim_start().strip_prefix("//")?;
    Some(comment.trim_start_matches(['/', '!']).trim_start())
}

fn is_unbreakable(text: &str) -> bool {
    text.split_whitespace().any(|word| word.chars().count() > WORD_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_found_unless_it_cannot_be_broken() {
        let long = "word ".repeat(21);
        let hash = format!("let hash = \"{}\"; // {long}", "0".repeat(64));
        let drawn = format!("//! ```text\n//! {long}\n//! ```\n//! | {long}\n{long}\n");
        let files = [("a.rs", &*long), ("b.rs", &*hash), ("c_table.rs", &*long), ("d.rs", &*drawn)];
        let findings = check(&Subject::sample(&files));
        let expected = [("a.rs", 1), ("d.rs", 5)];
        let expected =
            expected.map(|(path, line)| Finding::new(path, line, "105 columns, at most 100"));
        assert_eq!(findings, expected);
    }
}
