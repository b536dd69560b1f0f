//! Rust source is ASCII: what a reader sees is what the compiler sees, no look-alikes, no letters
//! that turn the reading direction. Other letters are written as escapes. A comment may show the
//! dash with which the signature lines of a signed note begin: it shows the bytes.

use super::{Finding, Subject, is_fixture};

const DASH: char = '\u{2014}';

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.rust_files().filter(|file| !is_fixture(&file.path)) {
        for (line, text) in file.lines() {
            let is_comment = text.trim_start().starts_with("//");
            let is_fine = |letter: char| letter.is_ascii() || (is_comment && letter == DASH);
            if let Some(letter) = text.chars().find(|letter| !is_fine(*letter)) {
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
        let text = "//! \u{2014} name\n// \u{202e}\nlet a = \"\u{2014}\";\n";
        let findings = check(&Subject::sample(&[("a.rs", text), ("a.md", "\u{e9}")]));
        let expected = [(2, "write `\\u{202e}`: ASCII"), (3, "write `\\u{2014}`: ASCII")];
        assert_eq!(findings, expected.map(|(line, message)| Finding::new("a.rs", line, message)));
    }
}
