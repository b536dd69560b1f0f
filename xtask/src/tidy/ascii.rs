//! Rust source is ASCII: what a reader sees is what the compiler sees, no look-alikes, no letters
//! that turn the reading direction. Other letters are written as escapes.

use super::{Finding, Subject, is_fixture};

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.rust_files().filter(|file| !is_fixture(&file.path)) {
        for (line, text) in file.lines() {
            if let Some(letter) = text.chars().find(|letter| !letter.is_ascii()) {
                let escaped = letter.escape_unicode();
                findings.push(Finding::new(&file.path, line, format!("write `{escaped}`: ASCII")));
            }
        }
        if file.text.is_empty() && file.size_bytes > 0 {
            findings.push(Finding::new(&file.path, 1, "not UTF-8"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_beyond_ascii_is_found_with_its_escape() {
        let subject = Subject::sample(&[("a.rs", "//! fine\n// \u{202e}\n"), ("a.md", "\u{e9}")]);
        let findings = check(&subject);
        assert_eq!(findings, [Finding::new("a.rs", 2, "write `\\u{202e}`: ASCII")]);
    }
}
