//! A line has at most 100 columns, so that two files stand side by side. What cannot be broken is
//! let be: a word of more than 60 letters (an address, a hash), tables and quoted blocks of prose
//! and of comments, TOML, data.

use super::subject::File;
use super::{Finding, Subject, is_fixture};

const COLUMNS_MAX: usize = 100;
const WORD_MAX: usize = 60;
const ENDINGS: &[&str] = &[".rs", ".md", ".sh", ".py", ".js", ".css", ".go", ".ci/run"];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.files.iter().filter(|file| is_written_by_hand(file)) {
        let mut is_quoted = false;
        for (line, text) in file.lines() {
            let prose = prose_of(file, text);
            if prose.is_some_and(|prose| prose.starts_with("```")) {
                is_quoted = !is_quoted;
            }
            // A comment that is not continued was not closed: code is never quoted.
            is_quoted &= prose.is_some();
            let columns = text.chars().count();
            let is_table = prose.is_some_and(|prose| prose.starts_with('|'));
            if columns > COLUMNS_MAX && !is_quoted && !is_table && !is_unbreakable(text) {
                let message = format!("{columns} columns, at most {COLUMNS_MAX}");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

fn is_written_by_hand(file: &File) -> bool {
    file.has_ending(ENDINGS) && !is_fixture(&file.path) && !file.path.starts_with("docs/reference/")
}

/// Pages are prose, and so are comments; none for code.
fn prose_of<'a>(file: &File, text: &'a str) -> Option<&'a str> {
    let text = text.trim_start();
    if file.path.ends_with(".md") {
        return Some(text);
    }
    let comment = text.strip_prefix("//").filter(|_| file.is_rust())?;
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
        let quoted = format!("```\n{long}\n```\n{long}\n| {long} |\n");
        let drawn = format!("//! ```text\n//! {long}\n//! ```\n{long}\n");
        let files = [
            ("a.rs", &*long),
            ("b.rs", &*hash),
            ("c.md", &*quoted),
            ("d.json", &*long),
            ("e.rs", &*drawn),
        ];
        let findings = check(&Subject::sample(&files));
        let expected = [("a.rs", 1), ("c.md", 4), ("e.rs", 4)];
        let expected =
            expected.map(|(path, line)| Finding::new(path, line, "105 columns, at most 100"));
        assert_eq!(findings, expected);
    }
}
